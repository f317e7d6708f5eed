import type { ProbeFlow } from '../../src/lab/probe/probe.ts';
import type { ProbeProtocol } from '../../src/lab/probe/listeners.ts';
import { familyOf } from '../../src/net/address.ts';
import { families } from '../../src/net/protocol.ts';
import { pod } from '../lab/network/cluster.ts';
import { report } from '../lab/network/in-lab.ts';
import { policy, startFlowLab } from './flow-lab.ts';
import { addressOf } from './sockets-in-pods.ts';

// --deny=reject: who is denied hears of it at once.

const lab = await startFlowLab(
  [
    pod('x/server', { nodeName: 'n1' }),
    pod('x/near', { nodeName: 'n1', labels: { app: 'client' } }),
    pod('x/far', { nodeName: 'n2', labels: { app: 'client' } }),
  ],
  { agentFlags: ['--deny', 'reject'] },
);
const protocols: readonly ProbeProtocol[] = ['TCP', 'UDP', 'SCTP', 'ICMP', 'OTHER'];
const policies = {
  ingress: { podSelector: { matchLabels: { app: 'server' } }, ingress: [] },
  egress: { podSelector: { matchLabels: { app: 'client' } }, policyTypes: ['Egress'], egress: [] },
};
const clients = { ingress: ['x/near', 'x/far', 'n2', 'outside'], egress: ['x/near', 'x/far'] };

const result: Record<string, unknown> = {};
for (const direction of ['ingress', 'egress'] as const) {
  const flows = clients[direction].flatMap((from) =>
    families.flatMap((family) =>
      protocols.map((protocol): ProbeFlow => ({
        from,
        to: addressOf(lab, 'x/server', family),
        protocol,
        port: 80,
      })),
    ),
  );
  lab.prober.listenFor(flows);
  const connections = await Promise.all(
    ['x/near', 'x/far'].flatMap((from) =>
      families.flatMap((family) =>
        (['TCP', 'UDP'] as const).map(async (protocol) => ({
          what: `${protocol} ${from} ${family}`,
          connection: await lab.prober.connect({
            from,
            to: addressOf(lab, 'x/server', family),
            protocol,
            port: 80,
          }),
        })),
      ),
    ),
  );
  await lab.apply(policy('deny', policies[direction]));
  const ended = await Promise.all(
    connections.map(async ({ what, connection }) => `${what}: ${await connection.exchange('more', 3000)}`),
  );
  const answers = await lab.prober.probe(flows, { timeoutMs: 3000, tries: 1 });
  const said = Object.groupBy(answers, ({ flow, verdict }) => `${flow.protocol} ${verdict}`);
  await lab.delete('NetworkPolicy', 'x', 'deny');
  const again = await lab.prober.probe(flows, { timeoutMs: 3000, tries: 6 });
  result[direction] = {
    said: Object.fromEntries(Object.entries(said).map(([what, some]) => [what, some.length])),
    others: answers
      .filter(({ flow, verdict }) => verdict !== (flow.protocol === 'TCP' ? 'reset' : 'rejected'))
      .map(({ flow, verdict }) => `${flow.from} ${flow.protocol} ${familyOf(flow.to)}: ${verdict}`),
    slowestMs: Math.max(...answers.map(({ ms }) => ms)),
    ended,
    closedAfterwards: again
      .filter(({ verdict }) => verdict !== 'allowed')
      .map(({ flow, verdict }) => `${flow.from} ${flow.protocol} ${familyOf(flow.to)}: ${verdict}`),
  };
}
report(result);
await lab.close();
