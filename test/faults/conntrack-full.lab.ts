import { setTimeout as delay } from 'node:timers/promises';
import { families } from '../../src/net/protocol.ts';
import { run } from '../../src/lab/network/run.ts';
import { pod } from '../lab/network/cluster.ts';
import { report } from '../lab/network/in-lab.ts';
import { openStream, type Stream } from '../packets/datagram-stream.ts';
import { policy, startFlowLab } from '../packets/flow-lab.ts';
import { until } from '../packets/sockets-in-pods.ts';

// The kernel of a node has no room for another connection, while policies change: conntrack-full.lab.ts TOPOLOGY
// INTERCONNECT.

const said: string[] = [];
const lab = await startFlowLab(
  [
    pod('x/server', { nodeName: 'n1', labels: { app: 'server' } }),
    pod('x/friend', { nodeName: 'n1', labels: { app: 'friend' } }),
    pod('x/far', { nodeName: 'n2', labels: { app: 'far' } }),
    pod('x/stranger', { nodeName: 'n1', labels: { app: 'stranger' } }),
    pod('x/far-stranger', { nodeName: 'n2', labels: { app: 'stranger' } }),
  ],
  {
    agentFlags: ['--log-level', 'info'],
    onLog: (node, line) => {
      if (node === 'n1' && line.startsWith('{')) said.push((JSON.parse(line) as { message: string }).message);
    },
  },
);
const letIn = (...apps: readonly string[]) =>
  policy('server', {
    podSelector: { matchLabels: { app: 'server' } },
    ingress: [{ from: apps.map((app) => ({ podSelector: { matchLabels: { app } } })) }],
  });
await lab.apply(letIn('friend', 'far'));
const streams = (...clients: readonly string[]): readonly Stream[] =>
  clients.flatMap((client) => families.map((family) => openStream(lab, client, 'x/server', family)));

const friend = streams('x/friend');
const far = streams('x/far');
await until(() => [...friend, ...far].every(({ answered }) => answered() > 10));
const entries = await conntrack('fill');

const strangers = streams('x/stranger', 'x/far-stranger');
const late = streams('x/friend');
const isToldFull = await until(() => said.includes('no room for new connections'), 20_000);
const lateWhileFull = arrivedAt(late);
const lostWhileFull = [...friend, ...far].reduce((sum, { lost }) => sum + lost(), 0);
// The agent's watch is a connection that there was before; whoever asks it anew gets no answer.
lab.api.apply(letIn('friend'));
const isFarClosed = await until(() => isQuiet(far), 10_000);
const friendBefore = arrivedAt(friend);
const friendGoesOn = await until(() => arrivedAt(friend) > friendBefore + 10);
const { exited } = lab.agents.get('n1')!;

await conntrack('clear');
const latePasses = await until(() => late.every(({ answered }) => answered() > 10), 10_000);
await lab.settled();
const isToldOver = await until(() => said.includes('room for new connections again'), 20_000);
const metrics = await (await fetch(`http://${lab.network.managementAddressOf('n1')}:9461/metrics`)).text();
await delay(200);
report({
  ...{
    entries,
    isToldFull,
    lateWhileFull,
    lostWhileFull,
    isFarClosed,
    friendGoesOn,
    exited: exited ?? 'runs',
  },
  ...{ latePasses, isToldOver, leaked: arrivedAt(strangers) },
  tried: strangers.reduce((sum, { sent }) => sum + sent(), 0),
  drops: Number(/^ringfence_conntrack_drops_total (\d+)$/m.exec(metrics)?.[1]),
  limit: Number(/^ringfence_conntrack_entries_limit (\S+)$/m.exec(metrics)?.[1]),
});
for (const { close } of [...friend, ...far, ...late, ...strangers]) close();
await lab.close();
// Servers are nobody's to close.
process.exit(0);

async function conntrack(what: 'fill' | 'clear'): Promise<number> {
  const script = `${import.meta.dirname}/fill-conntrack.ts`;
  return Number(await run(lab.network.execIn('n1', [process.execPath, script, what])));
}

function arrivedAt(some: readonly Stream[]): number {
  return some.reduce((sum, { arrived }) => sum + arrived(), 0);
}

/** Nothing came for a while, of senders that do not stop. */
function isQuiet(some: readonly Stream[]): boolean {
  return some.every(({ arrivals }) => performance.now() - (arrivals.at(-1) ?? 0) > 500);
}
