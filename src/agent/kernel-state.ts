import { type Clock, sleep } from '../kube/clock.ts';
import type { Nft } from '../nft/nft.ts';
import { createEpochSupply, type EpochSupply } from '../ruleset/epoch-supply.ts';
import { heldEpochs, type ListMarks } from './epoch-restock.ts';
import { lastEpoch } from '../ruleset/epoch.ts';
import { epochOfClock, kernelEpoch } from './kernel-epoch.ts';
import type { Log } from './log.ts';

/** What an agent finds when it starts. */
export interface KernelState {
  /** Rules of an earlier run are in force: they stay until this run knows everything. */
  readonly hasTable: boolean;
  /** Epochs for this run: connections that an earlier one allowed are judged again. */
  readonly epochs: EpochSupply;
}

interface KernelSources {
  readonly listMarks: ListMarks;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
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
  { listMarks, log, clock, signal }: KernelSources,
): Promise<KernelState> {
  const fresh = epochOfClock(clock.epochSeconds(), ctMarkMask);
  const supply = async (current: number | undefined, otherwise: number): Promise<EpochSupply> => {
    const first = current === undefined ? otherwise : current + 1;
    const epochs = createEpochSupply(ctMarkMask, { first });
    const refill = epochs.restock();
    const marks = await listMarks({ signal });
    // The table that stands goes on marking with its epoch until it is replaced.
    if (marks !== undefined) refill(new Set([...heldEpochs(marks, ctMarkMask), current ?? 0]));
    return epochs;
  };
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    try {
      const objects = await nft.list(table, { signal, terse: true });
      if (objects === undefined) return { hasTable: false, epochs: await supply(undefined, fresh) };
      const epoch = kernelEpoch(objects, ctMarkMask);
      // A table without an epoch ran out of them, or has another mask: only a look at the connections tells what is free.
      return { hasTable: true, epochs: await supply(epoch, lastEpoch(ctMarkMask) + 1) };
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ err: error, attempt, table }, 'table not listed');
      await sleep(clock, pause, signal);
    }
  }
  return { hasTable: false, epochs: createEpochSupply(ctMarkMask, { first: fresh }) };
}
