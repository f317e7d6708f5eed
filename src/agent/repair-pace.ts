import type { Clock } from './clock.ts';

/** Against somebody who does damage in a loop: repairs come at once at first, then at a bounded pace, and never end. */
export interface RepairPace {
  /** Milliseconds to wait before the next repair, which is counted. */
  next(): number;
}

/** Repairs without any wait. */
const burst = 10;
/** Milliseconds between repairs after that. While the table is gone everything is open, so it is short. */
const interval = 500;

export function createRepairPace(clock: Pick<Clock, 'now'>): RepairPace {
  /** When a full burst will be there again; the wait is what that is too far away. */
  let restored = clock.now();
  return {
    next() {
      const now = clock.now();
      restored = Math.max(restored, now) + interval;
      return Math.max(0, restored - now - burst * interval);
    },
  };
}
