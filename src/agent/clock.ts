import { type Clock as KubeClock, systemClock as kubeClock } from '../kube/clock.ts';

/** The passing of time, so that tests can turn the hands. */
export interface Clock extends KubeClock {
  /** Resolves when everything that input and output have ready has been handled. */
  turn(): Promise<void>;
}

export const systemClock: Clock = {
  ...kubeClock,
  turn: () =>
    new Promise((resolve) => {
      setImmediate(resolve);
    }),
};
