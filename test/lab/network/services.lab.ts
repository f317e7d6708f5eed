import { endpointsOf } from '../../../src/lab/network/endpoints.ts';
import { startNetwork } from '../../../src/lab/network/network.ts';
import type { Interconnect, Topology } from '../../../src/lab/network/terrain.ts';
import { type ProbeFlow, startProber } from '../../../src/lab/probe/probe.ts';
import { address, cluster, pod, service } from './cluster.ts';
import { report } from './in-lab.ts';

const [topology, interconnect] = process.argv.slice(2) as [Topology, Interconnect];

const pods = [
  pod('x/one', { nodeName: 'n1', labels: { app: 'pair', only: 'one' } }),
  pod('x/two', { nodeName: 'n2', labels: { app: 'pair' } }),
  pod('x/client', { nodeName: 'n1' }),
];
const ips = {
  pair: ['10.96.0.1', 'fd00:96::1'],
  single: ['10.96.0.2', 'fd00:96::2'],
  none: ['10.96.0.3', 'fd00:96::3'],
};
const services = [
  service('pair', ips.pair),
  service('single', ips.single, { selector: { only: 'one' } }),
  service('none', ips.none),
];
const network = await startNetwork(cluster(pods, { services }), {
  topology,
  interconnect,
  families: ['IPv4', 'IPv6'],
});
const prober = startProber(network.hosts);
prober.listenAsDeclared();

const ask = async (from: string, ip: readonly string[], times = 1): Promise<readonly string[]> => {
  const flows = Array.from({ length: times }, () => ip.map(address))
    .flat()
    .map((to): ProbeFlow => ({ from, to, protocol: 'TCP', port: 8080 }));
  const results = await prober.probe(flows);
  return [
    ...new Set(results.map(({ verdict, answeredBy }) => `${verdict} ${answeredBy ?? ''}`.trim())),
  ].sort();
};

await network.setServices(services, endpointsOf(services, network.cluster.pods));
const first = {
  spread: await ask('x/client', ips.pair, 20),
  // The pod that answers is the pod that asks: only masquerade lets it take its own answer.
  hairpin: await ask('x/one', ips.single, 3),
  fromNode: await ask('n2', ips.single),
  withoutEndpoints: await ask('x/client', ips.none),
};
await network.setServices(
  services,
  endpointsOf(
    services,
    network.cluster.pods.filter((each) => each.name === 'two'),
  ),
);
const second = { spread: await ask('x/client', ips.pair, 10), single: await ask('x/client', ips.single) };
report({ first, second });
await prober.close();
