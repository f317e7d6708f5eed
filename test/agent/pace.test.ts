import { expect, test } from 'vitest';
import { defaultPace, retryDelay, untilNextAttempt } from '../../src/agent/pace.ts';

// what, [pending, lastEnd, lastDuration, failures], now, expected wait
const cases: readonly (readonly [
  string,
  readonly [boolean, number, number, number],
  number,
  number | undefined,
])[] = [
  ['nothing to do', [false, 0, 10, 0], 5, undefined],
  ['first event ever', [true, Number.NEGATIVE_INFINITY, 0, 0], 0, 0],
  ['event after a rest', [true, 0, 10, 0], 5, 0],
  ['event within the rest', [true, 0, 10, 0], 3, 2],
  ['the rest is bounded', [true, 0, 60_000, 0], 0, 1000],
  ['retry without a change', [false, 0, 10, 8], 0, 12_800],
  ['retry with a change', [true, 0, 10, 8], 0, 1000],
  ['retry sooner than the bound for changes', [true, 0, 10, 1], 0, 100],
  ['retry overdue', [false, 0, 10, 1], 500, 0],
];

test.each(cases)('%s', (_, [pending, lastEnd, lastDuration, failures], now, expected) => {
  expect(untilNextAttempt(defaultPace, { pending, lastEnd, lastDuration, failures }, now)).toBe(expected);
});

test('the retry delay grows and never overflows', () => {
  expect([1, 2, 3, 9, 10, 100, 1e9].map((failures) => retryDelay(defaultPace, failures))).toEqual([
    100, 200, 400, 25_600, 30_000, 30_000, 30_000,
  ]);
});
