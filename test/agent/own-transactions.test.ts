import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createOwnTransactions } from '../../src/agent/own-transactions.ts';

function setUp() {
  const clock = { time: 0, now: () => clock.time };
  const own = createOwnTransactions(clock);
  own.listening();
  return { own, clock };
}

test('one of ours is seen once, before or after nft has ended', () => {
  const { own } = setUp();
  own.starting();
  expect(own.seen()).toBe('undecided');
  expect(own.ended(true)).toBe(false);
  own.starting();
  expect(own.ended(true)).toBe(false);
  expect(own.seen()).toBe('own');
  expect(own.seen()).toBe('foreign');
});

test('a foreign one beside ours, or in place of one that was refused, is told', () => {
  const { own } = setUp();
  own.starting();
  own.seen();
  own.seen();
  expect(own.ended(true)).toBe(true);
  own.starting();
  own.seen();
  expect(own.ended(false)).toBe(true);
});

test('one that the monitor may have missed is not waited for', () => {
  const { own, clock } = setUp();
  own.starting();
  own.lost();
  own.listening();
  own.ended(true);
  expect(own.seen()).toBe('doubtful');
  expect(own.seen()).toBe('foreign');
  own.starting();
  own.ended(true);
  expect(own.isBusy()).toBe(true);
  clock.time = 5000;
  expect(own.isBusy()).toBe(false);
  expect(own.seen()).toBe('foreign');
});

test('whatever comes in whatever order, no foreign transaction goes by', () => {
  // Each apply is a start, an end and one sighting after the start; foreign sightings come anywhere.
  const step = fc.constantFrom('start', 'end', 'own', 'foreign');
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { own } = setUp();
      let [underWay, unseen, foreign, told] = [false, 0, 0, 0];
      const end = (): void => {
        if (underWay && own.ended(true)) told += 1;
        underWay = false;
      };
      const see = (): void => {
        if (own.seen() === 'foreign') told += 1;
      };
      for (const each of steps) {
        if (each === 'start' && !underWay) {
          own.starting();
          underWay = true;
          unseen += 1;
        } else if (each === 'end') end();
        else if (each === 'own' && unseen > 0) {
          unseen -= 1;
          see();
        } else if (each === 'foreign') {
          foreign += 1;
          see();
        }
      }
      end();
      for (; unseen > 0; unseen -= 1) see();
      // Several at once are told as one, but none is passed over and nothing is told without one.
      expect(told > 0).toBe(foreign > 0);
      expect(told).toBeLessThanOrEqual(foreign);
    }),
  );
});
