import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { NftMood } from './broken-nft.ts';
import type { FaultNode } from './fault-node.ts';

/** Something that goes wrong for a while, under changes. */
export interface Fault {
  readonly name: string;
  /** Makes it go wrong, and well again. Resolves to how often it was met, which must be more than never. */
  play(node: FaultNode): Promise<number>;
}

/** For about so many milliseconds. */
const lasting = 700;

const requestsOf = ({ api }: FaultNode): number =>
  Object.values(api.requests()).reduce((sum, count) => sum + count, 0);

/** Faults whose answer is a request anew. */
function met(name: string, work: (node: FaultNode) => Promise<void>): Fault {
  return {
    name,
    async play(node) {
      const before = requestsOf(node);
      await work(node);
      for (const end = performance.now() + 20_000; requestsOf(node) === before && performance.now() < end;)
        await delay(20);
      return requestsOf(node) - before;
    },
  };
}

const answers = (code: number, more: { readonly reason?: string; readonly retryAfter?: number } = {}) =>
  met(
    `the API server answers ${String(code)}${more.retryAfter === undefined ? '' : ' with Retry-After'}`,
    async ({ api }) => {
      const release = api.faults.answer({ code, times: 1000, ...more });
      api.faults.endWatches();
      await delay(lasting);
      release();
    },
  );

const isGone = (goneAs: 'event' | 'status') =>
  met(`410 as ${goneAs}`, async ({ api, churn }) => {
    api.faults.goneAs = goneAs;
    await api.faults.refuse(true);
    for (let round = 0; round < 50; round += 1) churn.step();
    api.faults.expireHistory();
    await api.faults.refuse(false);
    await delay(lasting);
  });

/** What the API server and the way to it do. */
export const apiFaults: readonly Fault[] = [
  met('connections are dropped again and again', async ({ api }) => {
    for (let round = 0; round < 5; round += 1) {
      api.faults.dropConnections();
      await delay(lasting / 5);
    }
  }),
  met('watches end in order', async ({ api }) => {
    api.faults.endWatches();
    await delay(lasting / 2);
  }),
  met('connections are refused', async ({ api }) => {
    await api.faults.refuse(true);
    await delay(lasting);
    await api.faults.refuse(false);
  }),
  answers(500),
  answers(503),
  answers(403, { reason: 'Forbidden' }),
  answers(429, { retryAfter: 1 }),
  isGone('event'),
  isGone('status'),
  met('garbage in a watch', async ({ api }) => {
    api.faults.corruptWatch('garbage');
    await delay(lasting / 2);
  }),
  met('an object cut in the middle', async ({ api }) => {
    api.faults.corruptWatch('truncated');
    await delay(lasting / 2);
  }),
  met('bytes that are no HTTP', async ({ way }) => {
    way.garble();
    await delay(lasting / 2);
  }),
  {
    name: 'events twice, and kinds that overtake each other',
    async play({ api }) {
      const releases = [
        api.faults.duplicate(),
        api.faults.delayWatch('pods', 300),
        api.faults.delayWatch('namespaces', 120),
      ];
      await delay(lasting);
      for (const release of releases) release();
      return 1;
    },
  },
  met('a slow API server', async ({ api }) => {
    const release = api.faults.delay(400);
    api.faults.dropConnections();
    await delay(lasting);
    release();
  }),
  met('an expired token', async (node) => {
    const { handOver } = node.rotateToken();
    node.api.faults.dropConnections();
    await delay(lasting);
    await handOver();
  }),
  met('the clock jumps forth and back', async ({ agent, api }) => {
    for (const seconds of [86_400, -2 * 86_400, 86_400]) {
      agent.jump(seconds);
      await delay(lasting / 3);
      api.faults.endWatches();
    }
  }),
];

/** What shows only by silence: the agent's clock runs faster for these. */
export const silentFaults: readonly Fault[] = [
  met('half-open connections', async ({ way }) => {
    way.swallow(true);
    await delay(lasting);
    way.swallow(false);
  }),
  met('the API server stalls', async ({ api }) => {
    const release = api.faults.stall();
    await delay(10 * lasting);
    release();
  }),
];

/** What nft and the node do. */
export const nodeFaults: readonly Fault[] = [
  ...(
    [
      'missing',
      'fails',
      'crashes',
      'is killed',
      'is killed after its work',
      'hangs',
      'hangs after its work',
      'answers with garbage',
      'is told that memory is out',
      'has no memory',
      'is slow',
    ] as const satisfies readonly (NftMood | 'missing')[]
  ).map((mood) => nftFault(mood)),
  {
    name: 'the monitor of nft is killed',
    async play({ netns }) {
      const { output } = await netns.sh(
        'awk \'$2 == 12 && $4 != "00000000" { print $3 }\' /proc/net/netlink',
      );
      const pids = output.split('\n').filter((text) => text !== '');
      for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
      await delay(lasting / 2);
      return pids.length;
    },
  },
  {
    name: 'the file systems in memory are full',
    async play({ agent }) {
      const before = agent.said.get('sync failed') ?? 0;
      const files = ['run', 'dev/shm'].map((folder) => `/proc/${String(agent.pid)}/root/${folder}/fill`);
      for (const file of files) fill(file);
      await delay(lasting);
      for (const file of files) rmSync(file);
      return (agent.said.get('sync failed') ?? 0) - before;
    },
  },
];

function nftFault(mood: NftMood | 'missing'): Fault {
  return {
    name: mood === 'missing' ? 'nft is missing' : `nft ${mood}`,
    async play({ broken, agent }) {
      const before = { met: broken.met(), failed: agent.said.get('sync failed') ?? 0 };
      broken.become(mood);
      // Longer than a hanging nft is waited for.
      await delay(mood.startsWith('hangs') ? 3 * lasting : lasting);
      broken.become('works');
      return mood === 'missing'
        ? (agent.said.get('sync failed') ?? 0) - before.failed
        : broken.met() - before.met;
    },
  };
}

function fill(file: string): void {
  const descriptor = openSync(file, 'w');
  const block = Buffer.alloc(4096);
  try {
    for (;;) writeSync(descriptor, block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(descriptor);
  }
}
