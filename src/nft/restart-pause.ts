/** How long to wait before a child process that ended is started again. Milliseconds. */
export interface RestartPause {
  readonly first: number;
  readonly last: number;
  /** One that ran so long was well: what ended it is no sign that the next one will end too. */
  readonly healthy: number;
}

/** Twice as long after each process that ended soon, up to the last; the first again after one that was well. */
export function createRestartPause({ first, last, healthy }: RestartPause): {
  /** @param ran milliseconds from the start of the process to its end */
  next(ran: number): number;
} {
  let coming = first;
  return {
    next(ran) {
      const pause = ran >= healthy ? first : coming;
      coming = Math.min(pause * 2, last);
      return pause;
    },
  };
}
