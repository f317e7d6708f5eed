/** What the loop remembers between attempts. Times in milliseconds of one clock. */
export interface PaceState {
  /** Something changed since the last attempt started. */
  readonly pending: boolean;
  /** When the last attempt ended, and how long it took. */
  readonly lastEnd: number;
  readonly lastDuration: number;
  /** Attempts that failed in a row; 0 after a success. */
  readonly failures: number;
}

/** How often the kernel is written to. Milliseconds. */
export interface Pace {
  /** Rest after an attempt, as a share of what it took: 0.5 leaves a third of the time to everything else. */
  readonly restShare: number;
  readonly maxRest: number;
  /** Wait after the first failure; doubles with each further one. */
  readonly firstRetry: number;
  readonly maxRetry: number;
  /** The longest wait after a failure when something has changed since: new input may be what cures it. */
  readonly maxRetryWhenChanged: number;
}

export const defaultPace: Pace = {
  restShare: 0.5,
  maxRest: 1000,
  firstRetry: 100,
  maxRetry: 30_000,
  maxRetryWhenChanged: 1000,
};

/**
 * Milliseconds until the next attempt may start: 0 is now, `undefined` is not before something changes. When idle, one
 * change starts at once; under a flood attempts keep a distance that grows with what they take.
 */
export function untilNextAttempt(pace: Pace, state: PaceState, now: number): number | undefined {
  if (state.failures > 0) {
    const wait = retryDelay(pace, state.failures);
    const due = state.lastEnd + (state.pending ? Math.min(wait, pace.maxRetryWhenChanged) : wait);
    return Math.max(0, due - now);
  }
  if (!state.pending) return undefined;
  const rest = Math.min(state.lastDuration * pace.restShare, pace.maxRest);
  return Math.max(0, state.lastEnd + rest - now);
}

/** Milliseconds that failure number `failures` (1 is the first) waits before the next attempt. */
export function retryDelay(pace: Pace, failures: number): number {
  return Math.min(pace.firstRetry * 2 ** Math.min(failures - 1, 30), pace.maxRetry);
}
