import { setTimeout as delay } from 'node:timers/promises';
import type { AgentProcess } from '../../src/lab/agent-process.ts';
import { run } from '../../src/lab/network/run.ts';
import type { ProbeProtocol } from '../../src/lab/probe/listeners.ts';
import type { PodKey } from '../../src/model/pod.ts';
import { pod } from '../lab/network/cluster.ts';
import { report } from '../lab/network/in-lab.ts';
import { policy, startFlowLab } from './flow-lab.ts';
import { addressOf } from './sockets-in-pods.ts';

// What the agent counts of connections, against what was sent, while policies change and the table is replaced.

const lab = await startFlowLab([
  pod('x/server', { nodeName: 'n1' }),
  pod('x/twin', { nodeName: 'n1', labels: { app: 'server' } }),
  pod('x/friend', { nodeName: 'n1' }),
  pod('x/stranger', { nodeName: 'n2' }),
]);
const friends = { podSelector: { matchLabels: { app: 'friend' } } };
const toFriends = (...more: readonly object[]) =>
  policy('to-friends', {
    podSelector: { matchLabels: { app: 'server' } },
    ingress: [{ from: [friends], ports: [{ port: 80 }, { port: 80, protocol: 'UDP' }] }, ...more],
  });
await lab.apply(toFriends());
for (const to of ['x/server', 'x/twin']) {
  for (const protocol of ['TCP', 'UDP'] as const) {
    lab.prober.listenFor([{ from: 'x/friend', to: addressOf(lab, to, 'IPv4'), protocol, port: 80 }]);
  }
}

const counted: Record<string, readonly string[]> = {};
await send('x/friend', 'x/server', 'TCP', 20);
await send('x/friend', 'x/twin', 'UDP', 7);
await send('x/stranger', 'x/server', 'TCP', 5);
counted['at first'] = await counts();

// The rules of both pods are written anew, and a change that narrows has every connection judged again.
await lab.apply(toFriends({ ports: [{ port: 81 }] }));
await send('x/friend', 'x/server', 'TCP', 3);
await lab.apply(toFriends());
await send('x/stranger', 'x/server', 'UDP', 4);
counted['after two syncs'] = await counts();

const agents = lab.agents as Map<string, AgentProcess>;
await agents.get('n1')?.stop();
agents.delete('n1');
await lab.enforce();
counted['after a restart'] = await counts();

const { repairs } = (await lab.status('n1')).drift;
await send('x/friend', 'x/server', 'TCP', 2);
await run(lab.network.execIn('n1', ['nft', '-f', '-']), 'add set inet ringfence foreign { type mark; }');
while ((await lab.status('n1')).drift.repairs === repairs) await delay(20);
await send('x/stranger', 'x/server', 'TCP', 1);
counted['after a replacement'] = await counts();

await lab.removePod('x/server' as PodKey);
await lab.settled();
counted['after a deletion'] = await counts();
report(counted);
await lab.close();
// Servers are nobody's to close.
process.exit(0);

/** So many connections, one after the other's packets: each sends one first packet and no second. */
async function send(from: string, to: string, protocol: ProbeProtocol, times: number): Promise<void> {
  const flow = { from, to: addressOf(lab, to, 'IPv4'), protocol, port: 80 };
  // Half a try: the second would come when the time is over.
  await lab.prober.probe(Array<typeof flow>(times).fill(flow), { timeoutMs: 400, tries: 0.5 });
}

async function counts(): Promise<readonly string[]> {
  // Counters are looked at once a second at most.
  await delay(1100);
  const url = `http://${lab.network.managementAddressOf('n1')}:9461/metrics`;
  const lines = (await (await fetch(url)).text()).match(
    /^ringfence_(pod|policy_rule)_connections_total.*$/gm,
  );
  return [...(lines ?? [])].map((line) =>
    line.replace('_connections_total', '').replace('namespace="x",', ''),
  );
}
