import { run } from '../../../src/lab/network/run.ts';
import { startNetwork } from '../../../src/lab/network/network.ts';
import type { Topology } from '../../../src/lab/network/terrain.ts';
import { startProber } from '../../../src/lab/probe/probe.ts';
import { cluster, pod } from '../network/cluster.ts';
import { report } from '../network/in-lab.ts';

const topology = process.argv[2] as Topology;
const pods = [pod('x/a', { nodeName: 'n1' }), pod('x/b', { nodeName: 'n1' })];
const network = await startNetwork(cluster(pods), { topology, families: ['IPv4', 'IPv6'] });
const prober = startProber(network.hosts);
prober.listenAsDeclared();
const onNode = async (rule: string): Promise<void> => {
  const ruleset = `table inet guard {}\ndelete table inet guard\ntable inet guard {
    chain forward { type filter hook forward priority 0; ${rule}; }\n}\n`;
  const [file = '', ...args] = network.execIn('n1', ['nft', '-f', '-']);
  await run([file, ...args], ruleset);
};

const results = [];
for (const to of network.hosts.get('x/b')?.addresses ?? []) {
  const tcp = await prober.connect({ from: 'x/a', to, protocol: 'TCP', port: 80 });
  const udp = await prober.connect({ from: 'x/a', to, protocol: 'UDP', port: 80 });
  const open = [tcp.answeredBy, await tcp.exchange('hello'), udp.answeredBy, await udp.exchange('hello')];
  await onNode('meta l4proto { tcp, udp } drop');
  const dropped = [await tcp.exchange('one', 250), await udp.exchange('one', 250), tcp.state()];
  await onNode('');
  const back = [await tcp.exchange('two', 3000), await udp.exchange('two')];
  // A client that listens only hears of the end, too, once the listener's side sends.
  await onNode('meta l4proto tcp reject with tcp reset; meta l4proto udp reject');
  const ended = [await tcp.exchange('three', 1000), await udp.exchange('three'), await tcp.ended(10)];
  const refused = await prober.connect({ from: 'x/a', to, protocol: 'TCP', port: 80 }).then(
    () => 'connected',
    (error: unknown) => (error as { verdict: string }).verdict,
  );
  await onNode('');
  tcp.close();
  udp.close();
  results.push({ open, dropped, back, ended, refused });
}
report(results);
await prober.close();
