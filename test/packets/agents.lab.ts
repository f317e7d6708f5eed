import { setTimeout as delay } from 'node:timers/promises';
import type { AgentProcess } from '../../src/lab/agent-process.ts';
import { podManifest } from '../../src/lab/manifests.ts';
import { type Pod, podKey } from '../../src/model/pod.ts';
import { families } from '../../src/net/protocol.ts';
import { address, pod } from '../lab/network/cluster.ts';
import { report } from '../lab/network/in-lab.ts';
import { policy, startFlowLab } from './flow-lab.ts';
import { openStream, type Stream } from './datagram-stream.ts';
import { until } from './sockets-in-pods.ts';

// What packets meet while rules are on their way: a pod that is newer than its rules, and a node whose agent is dead.

const lab = await startFlowLab([
  pod('x/server', { nodeName: 'n1' }),
  pod('x/near', { nodeName: 'n1', labels: { app: 'friend' } }),
  pod('x/far', { nodeName: 'n2', labels: { app: 'friend' } }),
  pod('x/near-stranger', { nodeName: 'n1', labels: { app: 'stranger' } }),
  pod('x/far-stranger', { nodeName: 'n2', labels: { app: 'stranger' } }),
]);
const toFriends = policy('to-friends', {
  podSelector: { matchLabels: { app: 'server' } },
  ingress: [{ from: [{ podSelector: { matchLabels: { app: 'friend' } } }] }],
});
const toNobody = policy('to-friends', { podSelector: { matchLabels: { app: 'server' } }, ingress: [] });

const newPods = [];
for (const place of ['n1', 'n2'] as const) newPods.push(await newPod(place));
report({ newPods, withoutAgents: await withoutAgents() });
await lab.close();
// Servers are nobody's to close.
process.exit(0);

/**
 * A pod sends and is sent to before the API server knows of it. Twins: one that nothing isolates, and one that a policy
 * isolates for ingress since before it exists.
 */
async function newPod(place: 'n1' | 'n2'): Promise<Record<string, unknown>> {
  const isolating = policy('isolate', { podSelector: { matchLabels: { app: 'isolated' } }, ingress: [] });
  await lab.apply(isolating);
  const [open, isolated] = [fresh('open', place, 100), fresh('isolated', place, 101)];
  for (const each of [open, isolated]) await lab.network.addPod(each);
  const streams = families.flatMap((family) =>
    [open, isolated].flatMap((each) => [
      { ...openStream(lab, podKey(each), 'x/server', family), what: `${each.name} > server` },
      ...['x/near', 'x/far'].map((client) => ({
        ...openStream(lab, client, podKey(each), family),
        what: `${client} > ${each.name}`,
      })),
    ]),
  );
  await delay(300);
  const sentBefore = Math.min(...streams.map(({ sent }) => sent()));
  const leaked = streams.filter(({ arrived }) => arrived() > 0).map(({ what }) => what);
  const known = performance.now();
  for (const each of [open, isolated]) lab.api.apply(podManifest(each));
  const mayPass = streams.filter(({ what }) => !what.endsWith('> isolated'));
  const passes = await until(() => mayPass.every(({ arrived }) => arrived() > 0));
  const passedAfter = Math.max(...mayPass.map(({ firstAt }) => firstAt() - known));
  await lab.settled();
  await delay(100);
  const intoIsolated = streams.filter(({ what }) => what.endsWith('> isolated'));
  const result = {
    sentBefore,
    leaked,
    passes,
    passedAfter,
    isolatedGot: intoIsolated.reduce((count, { arrived }) => count + arrived(), 0),
  };
  for (const { close } of streams) close();
  for (const each of [open, isolated]) await lab.removePod(podKey(each));
  await lab.delete('NetworkPolicy', 'x', 'isolate');
  return result;
}

function fresh(app: string, place: 'n1' | 'n2', host: number): Pod {
  const node = lab.network.cluster.nodes.find(({ name }) => name === place)!;
  const addresses = node.podCIDRs.map((block) =>
    address(
      block.includes(':') ? block.replace(/::\/.*$/, `::${host}`) : block.replace(/0\/24$/, String(host)),
    ),
  );
  return pod(`x/${app}`, { nodeName: place, addresses, labels: { app } });
}

/** All agents are killed; meanwhile the policies change, once toward more, once toward less. */
async function withoutAgents(): Promise<Record<string, unknown>> {
  await lab.apply(toFriends);
  const friends = both(['x/near', 'x/far']);
  const strangers = both(['x/near-stranger', 'x/far-stranger']);
  await until(() => friends.every(({ answered }) => answered() > 10));
  await kill();
  const dead = await observe(friends, strangers);
  await lab.enforce();
  const adopted = await observe(friends, strangers);
  await kill();
  // Nobody is there to open it.
  lab.api.delete('NetworkPolicy', 'x', 'to-friends');
  const openedUnseen = await observe(friends, strangers);
  await lab.enforce();
  const opened = await until(() => strangers.every(({ answered }) => answered() > 0));
  for (const { close } of strangers) close();
  await kill();
  lab.api.apply(toNobody);
  const closedUnseen = await observe(friends, []);
  await delay(50);
  const lost = friends.map((friend) => friend.lost());
  await lab.enforce();
  const answeredThen = friends.map(({ answered }) => answered());
  await delay(100);
  const answeredAfterwards = friends.map(({ answered }, index) => answered() - (answeredThen[index] ?? 0));
  for (const { close } of friends) close();
  return { dead, adopted, openedUnseen, opened, closedUnseen, lost, answeredAfterwards };
}

/** For a while: whether friends get answers, old and new flows alike, and how often strangers do. */
async function observe(
  friends: readonly Stream[],
  strangers: readonly Stream[],
): Promise<Record<string, unknown>> {
  const before = friends.map(({ answered }) => answered());
  const fresher = both(['x/near', 'x/far']);
  const freshStrangers = strangers.length === 0 ? [] : both(['x/near-stranger', 'x/far-stranger']);
  await delay(200);
  const goOn = await until(() => friends.every(({ answered }, index) => answered() > before[index]! + 20));
  const newOnesPass = await until(() => fresher.every(({ answered }) => answered() > 0));
  const strangersGot = [...strangers, ...freshStrangers].reduce(
    (count, { answered }) => count + answered(),
    0,
  );
  for (const { close } of [...fresher, ...freshStrangers]) close();
  return { goOn, newOnesPass, strangersGot };
}

async function kill(): Promise<void> {
  const agents = lab.agents as Map<string, AgentProcess>;
  await Promise.all([...agents.values()].map((agent) => agent.stop('SIGKILL')));
  agents.clear();
}

function both(clients: readonly string[]): readonly Stream[] {
  return clients.flatMap((client) => families.map((family) => openStream(lab, client, 'x/server', family)));
}
