import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../../src/lab/network/run.ts';
import { families } from '../../src/net/protocol.ts';
import { pod } from '../lab/network/cluster.ts';
import { report } from '../lab/network/in-lab.ts';
import { openStream, type Stream } from './datagram-stream.ts';
import { policy, startFlowLab } from './flow-lab.ts';
import { until } from './sockets-in-pods.ts';

// What packets meet while another program damages the rules: those that are allowed go on, the others pass until the repair
// and not a packet longer, although conntrack has taken up their connection by then.

const lab = await startFlowLab([
  pod('x/server', { nodeName: 'n1', labels: { app: 'server' } }),
  pod('x/near', { nodeName: 'n1', labels: { app: 'friend' } }),
  pod('x/far', { nodeName: 'n2', labels: { app: 'friend' } }),
  pod('x/near-stranger', { nodeName: 'n1', labels: { app: 'stranger' } }),
  pod('x/far-stranger', { nodeName: 'n2', labels: { app: 'stranger' } }),
]);
await lab.apply(
  policy('to-friends', {
    podSelector: { matchLabels: { app: 'server' } },
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'friend' } } }] }],
  }),
);
const streams = (clients: readonly string[]): readonly Stream[] =>
  clients.flatMap((client) => families.map((family) => openStream(lab, client, 'x/server', family)));
const friends = streams(['x/near', 'x/far']);
const strangers = streams(['x/near-stranger', 'x/far-stranger']);
await until(() => friends.every(({ answered }) => answered() > 10));

const results: Record<string, unknown> = {};
for (const [what, commands, times] of [
  ['table', 'delete table inet ringfence', 8],
  ['denied', 'flush chain inet ringfence denied; add rule inet ringfence denied accept', 4],
] as const) {
  const gaps: number[] = [];
  for (let round = 0; round < times; round += 1) {
    const before = strangers.map(({ arrivals }) => arrivals.length);
    const { repairs } = (await lab.status('n1')).drift;
    const started = performance.now();
    await run(lab.network.execIn('n1', ['nft', '-f', '-']), commands);
    await until(() => strangers.some(({ arrivals }, index) => arrivals.length > before[index]!), 100);
    while ((await lab.status('n1')).drift.repairs === repairs) await delay(5);
    // What was under way when the rules came back.
    await delay(20);
    const after = strangers.map(({ arrivals }) => arrivals.length);
    await delay(300);
    const late = strangers.map(({ arrivals }, index) => arrivals.length - after[index]!);
    if (late.some((count) => count > 0)) results[`${what} leaked after repair ${round}`] = late;
    gaps.push(Math.max(0, ...strangers.map(({ arrivals }) => (arrivals.at(-1) ?? 0) - started)));
  }
  gaps.sort((a, b) => a - b);
  results[what] = { p50: gaps[Math.floor(gaps.length / 2)], max: gaps.at(-1) };
}
await delay(50);
report({
  ...results,
  lost: friends.map((friend) => friend.lost()),
  leaked: strangers.reduce((count, { arrived }) => count + arrived(), 0),
});
for (const { close } of [...friends, ...strangers]) close();
await lab.close();
// Servers are nobody's to close.
process.exit(0);
