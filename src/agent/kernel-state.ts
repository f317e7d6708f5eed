import { type Clock, sleep } from '../kube/clock.ts';
import type { Nft } from '../nft/nft.ts';
import { nextEpoch } from '../ruleset/epoch.ts';
import { epochOfClock, kernelEpoch } from './kernel-epoch.ts';
import type { Log } from './log.ts';

/** What an agent finds when it starts. */
export interface KernelState {
  /** Rules of an earlier run are in force: they stay until this run knows everything. */
  readonly hasTable: boolean;
  /** The first epoch of this run: connections that an earlier one allowed are judged again. */
  readonly epoch: number;
}

const attempts = 3;
/** Milliseconds between attempts. */
const pause = 500;

/**
 * Looks for our table. One that cannot be listed after a few attempts counts as missing: then the start ruleset closes
 * what would otherwise stand under rules that nobody knows.
 */
export async function readKernel(
  nft: Nft,
  { table, ctMarkMask }: { readonly table: string; readonly ctMarkMask: number },
  { log, clock, signal }: { readonly log: Log; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<KernelState> {
  const fresh = epochOfClock(clock.epochSeconds(), ctMarkMask);
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    try {
      const objects = await nft.list(table, { signal, terse: true });
      if (objects === undefined) return { hasTable: false, epoch: fresh };
      const epoch = kernelEpoch(objects, ctMarkMask);
      return { hasTable: true, epoch: epoch === undefined ? fresh : nextEpoch(ctMarkMask, epoch) };
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ err: error, attempt, table }, 'table not listed');
      await sleep(clock, pause, signal);
    }
  }
  return { hasTable: false, epoch: fresh };
}
