import type { Clock } from '../../src/kube/clock.ts';

/** A clock whose hands the test turns. */
export interface FakeClock extends Clock {
  /** Moves on and fires what is due, in order of time. */
  advance(milliseconds: number): void;
  /** Timers that are set. */
  pending(): number;
  /** Milliseconds until the next timer fires. */
  untilNext(): number;
}

export function createFakeClock(): FakeClock {
  let now = 1000;
  let sequence = 0;
  const timers = new Map<number, { readonly at: number; readonly callback: () => void }>();
  const nextDue = () => [...timers].sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];
  return {
    now: () => now,
    epochSeconds: () => 1_800_000_000 + now / 1000,
    after: (milliseconds, callback) => {
      const id = (sequence += 1);
      timers.set(id, { at: now + milliseconds, callback });
      return () => {
        timers.delete(id);
      };
    },
    advance: (milliseconds) => {
      const end = now + milliseconds;
      for (let due = nextDue(); due !== undefined && due[1].at <= end; due = nextDue()) {
        timers.delete(due[0]);
        now = Math.max(now, due[1].at);
        due[1].callback();
      }
      now = end;
    },
    pending: () => timers.size,
    untilNext: () => (nextDue()?.[1].at ?? Infinity) - now,
  };
}
