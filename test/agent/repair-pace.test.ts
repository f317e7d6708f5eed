import { expect, test } from 'vitest';
import { createRepairPace } from '../../src/agent/repair-pace.ts';

test('repairs come at once, then twice a second, and at once again after a rest', () => {
  const clock = { time: 0, now: () => clock.time };
  const pace = createRepairPace(clock);
  const waits = (count: number): readonly number[] =>
    Array.from({ length: count }, () => {
      const wait = pace.next();
      clock.time += wait;
      return wait;
    });
  expect(waits(10)).toEqual(Array.from({ length: 10 }, () => 0));
  expect(waits(20)).toEqual(Array.from({ length: 20 }, () => 500));
  clock.time += 1500;
  expect(waits(5)).toEqual([0, 0, 0, 500, 500]);
  clock.time += 3_600_000;
  expect(waits(11)).toEqual([...Array.from({ length: 10 }, () => 0), 500]);
});
