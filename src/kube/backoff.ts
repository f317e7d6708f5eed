export interface Backoff {
  /**
   * Milliseconds to wait before the next attempt. What the server asked for (`retryAfter`, milliseconds) comes before the
   * jitter, so that thousands of agents that were all told "1 s" do not come back at once.
   */
  next(retryAfter?: number): number;
  /** Start again from the first step. */
  reset(): void;
}

/** A server, or a proxy before it, may ask for any wait. An agent that is told to sleep for a day would be blind. */
const longestRetryAfter = 300_000;

/**
 * Exponential backoff with full jitter: anywhere between 0 and a bound that doubles from `first` to `most` (milliseconds).
 * The bounds are client-go's for reflectors.
 */
export function createBackoff(random: () => number, first = 800, most = 30_000): Backoff {
  let failures = 0;
  return {
    next: (retryAfter = 0) => {
      const bound = Math.min(most, first * 2 ** Math.min(failures, 30));
      failures += 1;
      return Math.min(retryAfter, longestRetryAfter) + random() * bound;
    },
    reset: () => {
      failures = 0;
    },
  };
}
