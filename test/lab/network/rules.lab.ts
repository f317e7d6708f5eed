import { run } from '../../../src/lab/network/run.ts';
import { startNetwork } from '../../../src/lab/network/network.ts';
import type { Interconnect, Topology } from '../../../src/lab/network/terrain.ts';
import { type ProbeFlow, startProber } from '../../../src/lab/probe/probe.ts';
import { cluster, pod } from './cluster.ts';
import { report } from './in-lab.ts';

const [topology, interconnect] = process.argv.slice(2) as [Topology, Interconnect];

const pods = [
  pod('x/a', { nodeName: 'n1' }),
  pod('x/b', { nodeName: 'n1' }),
  pod('x/c', { nodeName: 'n2' }),
  pod('x/host', { nodeName: 'n2', hostNetwork: true, containerPorts: [] }),
];
const network = await startNetwork(cluster(pods), { topology, interconnect, families: ['IPv4', 'IPv6'] });
const prober = startProber(network.hosts);
const guarded = network.hosts.get('x/b')?.addresses ?? [];
const flows = [...network.hosts.values()]
  .filter((host) => host.name !== 'x/b')
  .flatMap((host) =>
    guarded.flatMap((to) =>
      (['TCP', 'UDP', 'SCTP', 'ICMP', 'OTHER'] as const).map((protocol): ProbeFlow => ({
        from: host.name,
        to,
        protocol,
        port: 80,
      })),
    ),
  );
prober.listenFor(flows);

const onNode = async (rules: readonly string[]): Promise<void> => {
  const ruleset = `table inet guard {}\ndelete table inet guard\ntable inet guard {
    chain forward { type filter hook forward priority 0; ${rules.join('; ')}; }\n}\n`;
  const [file = '', ...args] = network.execIn('n1', ['nft', '-f', '-']);
  await run([file, ...args], ruleset);
};
const probe = async (asked: readonly ProbeFlow[] = flows): Promise<Record<string, readonly string[]>> => {
  const results = await prober.probe(asked);
  const verdicts = Map.groupBy(results, (result) => result.verdict);
  const text = ({ flow }: (typeof results)[number]): string =>
    `${flow.from} ${flow.protocol} ${flow.to.includes(':') ? 'IPv6' : 'IPv4'}`;
  return Object.fromEntries([...verdicts].map(([verdict, some]) => [verdict, some.map(text).sort()]));
};

const to = (what: string): string[] =>
  guarded.map((own) => `${own.includes(':') ? 'ip6' : 'ip'} daddr ${own} ${what}`);
const open = await probe();
await onNode(to('tcp dport 80 drop'));
const tcpDropped = await probe();
await onNode(to('drop'));
const allDropped = await probe();
await onNode(to('meta l4proto tcp reject with tcp reset'));
const tcpReset = await probe(flows.filter((flow) => flow.protocol === 'TCP'));
await onNode(to('reject with icmpx admin-prohibited'));
const rejected = await probe();
await onNode(to('tcp dport 81 drop'));
// Nobody listens on 81, so that silence proves nothing.
const unlistened = await probe(guarded.map((own) => ({ from: 'x/a', to: own, protocol: 'TCP', port: 81 })));
await onNode([]);
// Closed ports: the pod's own kernel answers, and its ICMP errors have to find the way back.
const closed = await prober.probe(
  guarded.flatMap((own) =>
    (['TCP', 'UDP', 'SCTP'] as const).map((protocol): ProbeFlow => ({
      from: 'x/c',
      to: own,
      protocol,
      port: 82,
    })),
  ),
);
const lost = await prober.probe([
  { from: 'x/a', to: '198.51.100.7' as ProbeFlow['to'], protocol: 'TCP', port: 80 },
]);
report({
  open,
  tcpDropped,
  allDropped,
  tcpReset,
  rejected,
  unlistened,
  closed: closed.map(({ flow, verdict, answeredBy }) =>
    `${flow.protocol} ${verdict} ${answeredBy ?? ''}`.trim(),
  ),
  lost: lost.map(({ verdict }) => verdict),
});
await prober.close();
