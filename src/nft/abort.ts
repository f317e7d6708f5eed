import { setTimeout as delay } from 'node:timers/promises';

/** Asked anew: the compiler takes a signal that was not aborted once for one that never is. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Resolves after the milliseconds, or as soon as the signal aborts. */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
