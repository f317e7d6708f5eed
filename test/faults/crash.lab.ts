import { setTimeout as delay } from 'node:timers/promises';
import { inspectTable } from '../../src/agent/inspection.ts';
import { differenceLines } from './difference-lines.ts';
import type { AgentProcess } from '../../src/lab/agent-process.ts';
import { seededNumbers } from '../../src/lab/api-server/watch-stream.ts';
import { families } from '../../src/net/protocol.ts';
import { run } from '../../src/lab/network/run.ts';
import { createNft, type Nft } from '../../src/nft/nft.ts';
import { replacementOf } from '../../src/ruleset/transaction.ts';
import { desiredRuleset } from '../agent/desired-ruleset.ts';
import { pod } from '../lab/network/cluster.ts';
import { report } from '../lab/network/in-lab.ts';
import { openStream, type Stream } from '../packets/datagram-stream.ts';
import { policy, startFlowLab } from '../packets/flow-lab.ts';
import { until } from '../packets/sockets-in-pods.ts';
import { createChurn } from './churn.ts';
import { olderLayout, olderName } from './older-layout.ts';

// Agents are killed at random moments while everything changes and packets flow, every packet counted; then one is upgraded
// from another layout of the table, and one comes up on a node that has lost its rules: crash.lab.ts TOPOLOGY INTERCONNECT
// SECONDS SEED.

const [, , , , seconds = '8', seed = '1'] = process.argv;
const random = seededNumbers(Number(seed));
const lab = await startFlowLab(
  [
    pod('x/server', { nodeName: 'n1', labels: { app: 'server' } }),
    pod('x/near', { nodeName: 'n1', labels: { app: 'friend' } }),
    pod('x/far', { nodeName: 'n2', labels: { app: 'friend' } }),
    pod('x/near-stranger', { nodeName: 'n1', labels: { app: 'stranger' } }),
    pod('x/far-stranger', { nodeName: 'n2', labels: { app: 'stranger' } }),
  ],
  { onLog: () => undefined },
);
const agents = lab.agents as Map<string, AgentProcess>;
const nodes = ['n1', 'n2'] as const;
await lab.apply(
  policy('to-friends', {
    podSelector: { matchLabels: { app: 'server' } },
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'friend' } } }] }],
  }),
);
const churn = createChurn(lab.api, { seed: Number(seed), node: 'n1', prefix: '10.244.77' });
const streams = (clients: readonly string[]): readonly Stream[] =>
  clients.flatMap((client) => families.map((family) => openStream(lab, client, 'x/server', family)));
const friends = streams(['x/near', 'x/far']);
let strangers = streams(['x/near-stranger', 'x/far-stranger']);
await until(() => friends.every(({ answered }) => answered() > 10));

const stopChurn = new AbortController();
const churning = churn.run(40, stopChurn.signal);
const kills = await crash(Number(seconds) * 1000);
const upgraded = await upgrade();
stopChurn.abort();
await churning;
await lab.settled();
const differing = await differences();
const leaked = count(strangers);
await delay(50);
const lost = friends.reduce((sum, friend) => sum + friend.lost(), 0);
const rebooted = await reboot();
report({
  kills,
  changes: churn.changes(),
  sent: friends.reduce((sum, friend) => sum + friend.sent(), 0),
  tried: strangers.reduce((sum, stranger) => sum + stranger.sent(), 0),
  ...{ lost, leaked, upgraded, differing, rebooted },
});
for (const { close } of [...friends, ...strangers]) close();
await lab.close();
// Servers are nobody's to close.
process.exit(0);

/** Kills and starts one agent after the other: before it has synced, in the middle of a transaction, at rest. */
async function crash(milliseconds: number): Promise<number> {
  let done = 0;
  for (const end = performance.now() + milliseconds; performance.now() < end; done += 1) {
    await delay(random() * 1200);
    await kill(nodes[Math.floor(random() * nodes.length)]!);
    await delay(random() * 300);
    // Not waited for: the next may be killed while this one starts.
    startAgents();
  }
  await enforcing();
  return done;
}

/** Agents start, while changes come: nobody waits for the moment in which nothing is pending. */
function startAgents(): void {
  void lab.enforce().catch(() => undefined);
}

async function enforcing(): Promise<void> {
  startAgents();
  for (const node of nodes) {
    const phase = (): Promise<string> =>
      lab.status(node).then(
        (status) => status.phase,
        () => 'silent',
      );
    while ((await phase()) !== 'enforcing') {
      const agent = agents.get(node)!;
      if (agent.exited !== undefined) {
        throw new Error(`the agent on ${node} ended: ${agent.exited}\n${agent.lastLines()}`);
      }
      await delay(5);
    }
  }
}

async function kill(node: string): Promise<void> {
  await agents.get(node)?.stop('SIGKILL');
  agents.delete(node);
}

/** The table of n1 is that of another version: all names and the mask of marks are others. Then an agent takes over. */
async function upgrade(): Promise<{ readonly older: boolean }> {
  await kill('n1');
  const nft = nftOf('n1');
  await nft.apply(replacementOf(olderLayout(await desiredRuleset(lab.api, nft, 'n1'))));
  const older = (await nft.list('ringfence'))!.some(({ body }) => body['name'] === olderName('judged'));
  await delay(300);
  await enforcing();
  await delay(300);
  return { older };
}

/** The kernel is empty and pods are there already; the API server tells of pods and policies only later. */
async function reboot(): Promise<Record<string, unknown>> {
  for (const { close } of strangers) close();
  await kill('n1');
  const nft = nftOf('n1');
  const release = lab.api.faults.stall(
    (request) => request.kind === 'resource' && request.resource.plural !== 'nodes',
  );
  lab.api.faults.dropConnections();
  await run(lab.network.execIn('n1', ['nft', 'delete', 'table', 'inet', 'ringfence']));
  const starting = lab.enforce();
  while ((await nft.list('ringfence', { terse: true })) === undefined) await delay(2);
  strangers = streams(['x/near-stranger', 'x/far-stranger']);
  await delay(20);
  const before = friends.map(({ arrived }) => arrived());
  await delay(500);
  const passedWhileClosed = friends.reduce((sum, { arrived }, index) => sum + arrived() - before[index]!, 0);
  release();
  await starting;
  const friendsPass = await until(() =>
    friends.every(({ arrived }, index) => arrived() > before[index]! + 5),
  );
  await delay(200);
  return { passedWhileClosed, friendsPass, leaked: count(strangers), differing: await differences() };
}

/** How the kernel of each node differs from what a compile from scratch makes. */
async function differences(): Promise<readonly (readonly string[])[]> {
  return Promise.all(
    nodes.map(async (node) => {
      const nft = nftOf(node);
      return differenceLines(
        inspectTable(await nft.list('ringfence'), await desiredRuleset(lab.api, nft, node)),
      );
    }),
  );
}

function nftOf(node: string): Nft {
  return createNft({ command: lab.network.execIn(node, ['nft']) as [string, ...string[]] });
}

function count(some: readonly Stream[]): number {
  return some.reduce((sum, { arrived }) => sum + arrived(), 0);
}
