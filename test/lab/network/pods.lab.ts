import { startNetwork } from '../../../src/lab/network/network.ts';
import type { Topology } from '../../../src/lab/network/terrain.ts';
import { podKey } from '../../../src/model/pod.ts';
import { type ProbeFlow, startProber } from '../../../src/lab/probe/probe.ts';
import { address, cluster, pod } from './cluster.ts';
import { report } from './in-lab.ts';

const topology = process.argv[2] as Topology;
const pods = [pod('x/a', { nodeName: 'n1' }), pod('x/c', { nodeName: 'n2' })];
const network = await startNetwork(cluster(pods), { topology, interconnect: 'vxlan', families: ['IPv4'] });
const prober = startProber(network.hosts);
const ask = async (to: string): Promise<readonly string[]> => {
  const flows = [...network.hosts.keys()].map((from): ProbeFlow => ({
    from,
    to: address(to),
    protocol: 'TCP',
    port: 80,
  }));
  prober.listenFor(flows);
  const results = await prober.probe(flows);
  return results
    .map(({ flow, verdict, answeredBy }) => `${flow.from} ${verdict} ${answeredBy ?? ''}`.trim())
    .sort();
};

// One with an address that no pod CIDR covers, as plugins with their own address management give them.
const stray = pod('x/stray', { nodeName: 'n1', addresses: [address('10.99.0.5')] });
const times: number[] = [];
const add = async (what: typeof stray): Promise<void> => {
  const before = performance.now();
  await network.addPod(what);
  times.push(performance.now() - before);
};
const remove = async (what: typeof stray): Promise<void> => {
  prober.release(podKey(what));
  await network.removePod(podKey(what));
};
await add(stray);
const added = await ask('10.99.0.5');
await remove(stray);
const removed = await ask('10.99.0.5');
// The same address, at once, on another node.
const moved = pod('x/moved', { nodeName: 'n2', addresses: [address('10.99.0.5')] });
await add(moved);
const again = await ask('10.99.0.5');
let refused = '';
try {
  await network.addPod(pod('x/thief', { nodeName: 'n2', addresses: [address('10.99.0.5')] }));
} catch (error) {
  refused = (error as { code: string }).code;
}
report({ added, removed, again, refused, slowest: Math.max(...times) });
await prober.close();
await network.close();
