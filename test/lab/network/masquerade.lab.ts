import { run } from '../../../src/lab/network/run.ts';
import { startNetwork } from '../../../src/lab/network/network.ts';
import { type ProbeFlow, startProber } from '../../../src/lab/probe/probe.ts';
import { address, cluster, pod } from './cluster.ts';
import { report } from './in-lab.ts';

const pods = [pod('x/a', { nodeName: 'n1' }), pod('x/b', { nodeName: 'n1' }), pod('x/c', { nodeName: 'n2' })];
const network = await startNetwork(cluster(pods), {
  topology: 'bridge',
  interconnect: 'routes',
  families: ['IPv4', 'IPv6'],
  masquerade: process.argv[2] === 'masquerade',
});
const prober = startProber(network.hosts);

/** Which sources arrive at a host: counted there, by a rule for each source that there may be. */
const sources = async (to: string): Promise<readonly string[]> => {
  const candidates = ['x/a', 'n1'].flatMap((name) =>
    (network.hosts.get(name)?.addresses ?? []).map((own) => ({ name, own })),
  );
  const rules = candidates.map(
    ({ name, own }) =>
      `${own.includes(':') ? 'ip6' : 'ip'} saddr ${own} tcp dport 80 counter comment "${name}"`,
  );
  const ruleset = `table inet seen { chain input { type filter hook input priority 0; ${rules.join('; ')}; }; }`;
  const nft = async (...args: readonly string[]): Promise<string> => {
    const [file = '', ...rest] = network.execIn(to, ['nft', ...args]);
    return await run([file, ...rest]);
  };
  await nft(ruleset);
  const flows = (network.hosts.get(to)?.addresses ?? []).map((own): ProbeFlow => ({
    from: 'x/a',
    to: address(own),
    protocol: 'TCP',
    port: 80,
  }));
  prober.listenFor(flows);
  const results = await prober.probe(flows);
  if (results.some(({ verdict }) => verdict !== 'allowed')) throw new Error(`no way from x/a to ${to}`);
  const listed = await nft('list', 'table', 'inet', 'seen');
  return [
    ...listed.matchAll(/(ip6?) saddr \S+ tcp dport 80 counter packets [1-9]\d* bytes \d+ comment "(.*)"/g),
  ]
    .map((found) => `${found[1] ?? ''} ${found[2] ?? ''}`)
    .sort();
};

report({
  outside: await sources('outside'),
  sameNode: await sources('x/b'),
  otherNode: await sources('x/c'),
});
await prober.close();
