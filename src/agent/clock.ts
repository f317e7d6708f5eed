import { performance } from 'node:perf_hooks';

/** The passing of time, so that tests can turn the hands. */
export interface Clock {
  /** Milliseconds from some moment in the past; never goes back. */
  now(): number;
  /** Seconds since 1970. */
  epochSeconds(): number;
  /** Calls once after `milliseconds`; the returned function calls it off. */
  after(milliseconds: number, callback: () => void): () => void;
  /** Resolves when everything that input and output have ready has been handled. */
  turn(): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  epochSeconds: () => Date.now() / 1000,
  after: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds);
    return () => {
      clearTimeout(timer);
    };
  },
  turn: () =>
    new Promise((resolve) => {
      setImmediate(resolve);
    }),
};
