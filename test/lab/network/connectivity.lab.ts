import { startNetwork } from '../../../src/lab/network/network.ts';
import type { Interconnect, Topology } from '../../../src/lab/network/terrain.ts';
import type { ProbeProtocol } from '../../../src/lab/probe/listeners.ts';
import { type ProbeFlow, startProber } from '../../../src/lab/probe/probe.ts';
import { cluster, pod } from './cluster.ts';
import { report } from './in-lab.ts';

const [topology, interconnect, masquerade] = process.argv.slice(2) as [Topology, Interconnect, string];

const pods = [
  ...Array.from({ length: 11 }, (_, index) => pod(`x/p${String(index)}`)),
  pod('x/host', {
    hostNetwork: true,
    nodeName: 'node-2',
    containerPorts: [{ number: 9100, protocol: 'TCP' }],
  }),
];
const nodes = ['node-1', 'node-2'].map((name) => ({ name, labels: {}, addresses: [], podCIDRs: [] }));
const started = performance.now();
const network = await startNetwork(cluster(pods, { nodes }), {
  topology,
  interconnect,
  families: ['IPv4', 'IPv6'],
  masquerade: masquerade === 'masquerade',
});
const startMs = performance.now() - started;

const prober = startProber(network.hosts);
const everybody = [...network.hosts.values()];
const protocols: readonly ProbeProtocol[] = ['TCP', 'UDP', 'SCTP', 'ICMP', 'OTHER'];
const flows = everybody.flatMap((from) =>
  everybody.flatMap((host) =>
    host.addresses.flatMap((to) =>
      protocols.map((protocol): ProbeFlow => {
        const port = host.name === 'x/host' && protocol === 'TCP' ? 9100 : 80;
        return { from: from.name, to, protocol, port };
      }),
    ),
  ),
);
prober.listenFor(flows);
prober.listenAsDeclared();
const results = await prober.probe(flows);

// The burst again, one protocol and one family, for the clock.
const some = flows.filter((flow) => flow.protocol === 'TCP' && flow.to.includes('.'));
const before = performance.now();
await prober.probe(some);
const probeMs = performance.now() - before;

const owners = (to: string): readonly string[] =>
  everybody.filter((host) => host.addresses.some((own) => own === to)).map((host) => host.name);
report({
  startMs,
  probeMs,
  probed: some.length,
  flows: flows.length,
  notAllowed: results
    .filter((result) => result.verdict !== 'allowed')
    .map(({ flow, verdict }) => `${flow.from} > ${flow.to} ${flow.protocol}: ${verdict}`),
  wrongAnswers: results
    .filter(({ flow, answeredBy }) => answeredBy !== undefined && !owners(flow.to).includes(answeredBy))
    .map(({ flow, answeredBy }) => `${flow.to}: ${String(answeredBy)}`),
  hostPort: results.find(({ flow }) => flow.port === 9100)?.answeredBy,
});
await prober.close();
await network.close();
