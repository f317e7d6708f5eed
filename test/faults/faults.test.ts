import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pod } from '../agent/objects.ts';
import type { AgentMeasure } from './agent-handle.ts';
import { apiFaults, nodeFaults, silentFaults } from './faults.ts';
import { type FaultNode, startFaultNode } from './fault-node.ts';
import { watchKernel } from './kernel-watch.ts';

// A real agent process with the machine's nft in a kernel of its own against the embedded API server. Each fault comes under
// changes; nothing may be open during it, and afterwards the kernel is what a compile from scratch makes and memory is back.

/** How often each fault comes; every round has other changes. */
const rounds = Number(process.env['RINGFENCE_FAULT_ROUNDS'] ?? 1);
const changesPerSecond = 30;
/** Bytes, and numbers, by which an agent may differ from before all faults. */
const slack = { heap: 8 * 1024 * 1024, resources: 8, descriptors: 8 };

describe.each([
  ['the API server', apiFaults, 20],
  ['silence', silentFaults, 30],
  ['nft and the node', nodeFaults, 1],
] as const)('%s', (_what, faults, speed) => {
  let node: FaultNode;
  let first: AgentMeasure;

  beforeAll(async () => {
    node = await startFaultNode({ seed: 1, speed });
    await changing(async () => delay(1000));
    await node.converged();
    first = await settledMeasure();
  });
  afterAll(() => node.close());

  const plays = Array.from({ length: rounds }, (_, round) =>
    faults.map((fault) => ({
      ...fault,
      name: rounds === 1 ? fault.name : `${fault.name}, round ${String(round + 1)}`,
    })),
  ).flat();

  test.each(plays)('$name', { timeout: 120_000 }, async (fault) => {
    const watch = watchKernel(node.kernel);
    const times = await changing(() => fault.play(node));
    // Something new to come: without it the kernel may be right by chance.
    node.api.apply(pod('shop/last', '10.244.1.14', { app: 'web', at: String(performance.now()) }));
    const recovered = await node.converged();
    const { looks, wrong } = await watch.stop();
    expect(wrong).toEqual([]);
    expect(times).toBeGreaterThan(0);
    expect(looks).toBeGreaterThan(3);
    const after = await settledMeasure();
    expect(after.children).toBeLessThanOrEqual(first.children);
    for (const what of ['heap', 'resources', 'descriptors'] as const) {
      expect(after[what], what).toBeLessThan(first[what] + slack[what]);
    }
    const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
    process.stdout.write(
      `${fault.name}: met ${String(times)} times, ${String(looks)} looks at the kernel, right again ${recovered.toFixed(0)} ms after, heap ${megabytes(first.heap)} > ${megabytes(after.heap)} MB\n`,
    );
  });

  /** Works while the cluster changes. */
  async function changing<T>(work: () => Promise<T>): Promise<T> {
    const stop = new AbortController();
    const churn = node.churn.run(changesPerSecond, stop.signal);
    try {
      return await work();
    } finally {
      stop.abort();
      await churn;
    }
  }

  /** Connections and children that are on their way out do not count. */
  async function settledMeasure(): Promise<AgentMeasure> {
    let best = await node.agent.measure();
    for (let round = 0; round < 10; round += 1) {
      await delay(100);
      const next = await node.agent.measure();
      if (next.descriptors === best.descriptors && next.resources === best.resources && round > 1)
        return next;
      best = next;
    }
    return best;
  }
});
