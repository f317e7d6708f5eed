import { type Clock, sleep } from '../kube/clock.ts';
import { epochOfMark, lastEpoch } from '../ruleset/epoch.ts';
import type { EpochSupply } from '../ruleset/epoch-supply.ts';
import type { Log } from './log.ts';

/** The marks of all connections; `undefined` where the kernel does not tell. */
export type ListMarks = (options: {
  readonly signal: AbortSignal;
}) => Promise<ReadonlySet<number> | undefined>;

export interface RestockOptions {
  readonly mask: number;
  readonly listMarks: ListMarks;
  readonly log: Log;
  readonly clock: Clock;
}

/** Milliseconds between looks at the supply. */
const interval = 1000;

/** Milliseconds before connections are listed again, where that did not help. */
const retryInterval = 60_000;

/**
 * Looks which epochs no connection holds any more, before the last one is given out. Never rejects.
 * @param restocked called whenever there are epochs again
 */
export async function restockEpochs(
  supply: EpochSupply,
  restocked: () => void,
  { mask, listMarks, log, clock }: RestockOptions,
  signal: AbortSignal,
): Promise<void> {
  const low = lastEpoch(mask) / 2;
  let wait = interval;
  for (;;) {
    await sleep(clock, wait, signal);
    if (signal.aborted) return;
    wait = interval;
    if (supply.left() > low) continue;
    await restockOnce(supply, { mask, listMarks, log, signal });
    const left = supply.left();
    if (left > 0) restocked();
    else log.warn({ retrySeconds: retryInterval / 1000 }, 'no epoch is free: every packet is judged');
    if (left <= low) wait = retryInterval;
    else log.info({ epochs: left }, 'epochs are free again');
  }
}

async function restockOnce(
  supply: EpochSupply,
  { mask, listMarks, log, signal }: Omit<RestockOptions, 'clock'> & { readonly signal: AbortSignal },
): Promise<void> {
  const refill = supply.restock();
  try {
    const marks = await listMarks({ signal });
    if (marks !== undefined) refill(heldEpochs(marks, mask));
  } catch (error) {
    if (!signal.aborted) log.warn({ err: error }, 'connections not listed');
  }
}

/** The epochs in marks. */
export function heldEpochs(marks: Iterable<number>, mask: number): ReadonlySet<number> {
  return new Set([...marks].map((mark) => epochOfMark(mask, mark)));
}
