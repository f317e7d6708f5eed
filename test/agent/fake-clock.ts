import type { Clock } from '../../src/agent/clock.ts';

export interface FakeClock extends Clock {
  /** Lets time pass, timer by timer, with all that follows from each. */
  advance(milliseconds: number): Promise<void>;
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>;
}

export function createFakeClock(): FakeClock {
  let now = 0;
  let timers: { at: number; callback: () => void }[] = [];

  return {
    now: () => now,
    epochSeconds: () => 1_000_000 + now / 1000,
    after(milliseconds, callback) {
      const timer = { at: now + milliseconds, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    turn: () => Promise.resolve(),
    settle,
    async advance(milliseconds) {
      const end = now + milliseconds;
      await settle();
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        now = Math.max(now, next.at);
        timers = timers.filter((other) => other !== next);
        next.callback();
        await settle();
      }
      now = end;
    },
  };
}

async function settle(): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
