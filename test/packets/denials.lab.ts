import { setTimeout as delay } from 'node:timers/promises';
import { families } from '../../src/net/protocol.ts';
import type { ProbeProtocol } from '../../src/lab/probe/listeners.ts';
import { pod } from '../lab/network/cluster.ts';
import { report } from '../lab/network/in-lab.ts';
import { policy, startFlowLab } from './flow-lab.ts';
import { addressOf } from './sockets-in-pods.ts';

// What the agents log of denied connections, with real packets through the kernel's log and ulogd.

interface DenialLine {
  readonly message: string;
  readonly [field: string]: unknown;
}

const lines: DenialLine[] = [];
const lab = await startFlowLab(
  [
    pod('x/server', { nodeName: 'n1' }),
    pod('x/friend', { nodeName: 'n2' }),
    pod('x/stranger', { nodeName: 'n2' }),
    pod('x/caged', { nodeName: 'n2' }),
    pod('x/tried', { nodeName: 'n2' }),
  ],
  {
    agentFlags: ['--log-denials', '--log-level', 'info'],
    onLog: (node, line) => {
      if (!line.includes('denied')) return;
      lines.push({ node, ...(JSON.parse(line) as DenialLine) });
    },
  },
);
await lab.apply(
  policy('server', {
    podSelector: { matchLabels: { app: 'server' } },
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'friend' } } }], ports: [{ port: 80 }] }],
  }),
  policy(
    'tried',
    {
      podSelector: { matchLabels: { app: 'tried' } },
      policyTypes: ['Egress'],
      egress: [{ to: [{ podSelector: {} }], ports: [{ port: 80 }] }],
    },
    { 'ringfence.dev/mode': 'audit' },
  ),
  policy('caged', { podSelector: { matchLabels: { app: 'caged' } }, policyTypes: ['Egress'], egress: [] }),
);
await until(() => lines.filter(({ message }) => message === 'denied connections are logged').length === 2);

const protocols: readonly ProbeProtocol[] = ['TCP', 'UDP', 'SCTP', 'ICMP'];
const flows = ['x/friend', 'x/stranger', 'x/caged'].flatMap((from) =>
  families.flatMap((family) =>
    protocols.map((protocol) => ({ from, to: addressOf(lab, 'x/server', family), protocol, port: 80 })),
  ),
);
lab.prober.listenFor(flows);
// All pass; an audit policy would allow TCP to port 80 alone.
const tried = families.flatMap((family) =>
  protocols.map((protocol) => ({
    from: 'x/tried',
    to: addressOf(lab, 'x/friend', family),
    protocol,
    port: 80,
  })),
);
lab.prober.listenFor(tried);
const passed = await lab.prober.probe(tried, { timeoutMs: 2000, tries: 3 });
await lab.prober.probe(tried, { timeoutMs: 2000, tries: 3 });
// Twice: a flow is told once.
for (let round = 0; round < 2; round += 1) await lab.prober.probe(flows, { timeoutMs: 500, tries: 2 });
const told = (): readonly DenialLine[] => lines.filter(({ message }) => message === 'connection denied');
const audited = (): readonly DenialLine[] =>
  lines.filter(({ message }) => message === 'connection would be denied');
// The friend's UDP, SCTP and ICMP, all of the stranger, and the caged one's egress; in both families.
await until(() => told().length >= 22 && audited().length >= 6);
await delay(300);
const metrics = await Promise.all(
  ['n1', 'n2'].map(async (node) => {
    const url = `http://${lab.network.managementAddressOf(node)}:9461/metrics`;
    return (await (await fetch(url)).text()).match(/^ringfence_(audit_)?denied_connections_total.*$/gm) ?? [];
  }),
);
report({ told: told(), metrics, audited: audited(), passed: passed.map(({ verdict }) => verdict) });
await lab.close();

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!holds() && performance.now() < end) await delay(20);
}
