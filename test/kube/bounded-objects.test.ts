import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createBoundedObjects, type OwnerBound } from '../../src/kube/bounded-objects.ts';

interface Thing {
  readonly size: number;
  readonly body?: string;
}

const bound: OwnerBound<string, Thing> = {
  owner: (key) => key.slice(0, key.indexOf('/')),
  size: ({ size }) => size,
  most: 10,
  cut: ({ size }) => ({ size }),
};

const thing = (size: number): Thing => ({ size, body: 'body' });

it('cuts the objects of an owner beyond the bound, nobody else, and says which', () => {
  const objects = createBoundedObjects(bound);
  objects.set('a/1', thing(6));
  objects.set('b/1', thing(10));
  const kept = objects.set('a/2', thing(5));
  expect(kept).toEqual([
    { key: 'a/2', object: { size: 5 }, previous: undefined },
    { key: 'a/1', object: { size: 6 }, previous: thing(6) },
  ]);
  expect([...objects.all]).toEqual([
    ['a/1', { size: 6 }],
    ['b/1', thing(10)],
    ['a/2', { size: 5 }],
  ]);
  expect(objects.isOutgrown()).toBe(false);
});

it('keeps them cut once they fit again, and says that a list is needed', () => {
  const objects = createBoundedObjects(bound);
  objects.set('a/1', thing(6));
  objects.set('a/2', thing(6));
  objects.set('a/2', thing(4));
  expect(objects.isOutgrown()).toBe(true);
  expect(objects.all.get('a/2')).toEqual({ size: 4 });
  objects.set('a/3', thing(1));
  expect(objects.isOutgrown()).toBe(false);
  objects.delete('a/3');
  expect(objects.isOutgrown()).toBe(true);
  objects.delete('a/1');
  objects.delete('a/2');
  expect(objects.isOutgrown()).toBe(false);
  // Nothing is left of it: the next is not held to what was.
  objects.set('a/1', thing(10));
  expect(objects.all.get('a/1')).toEqual(thing(10));
});

const change = fc.record({
  key: fc.constantFrom('a/1', 'a/2', 'a/3', 'b/1', 'b/2'),
  size: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
});

it('after any changes, what is whole is what a list in any order has whole, or a list is asked for', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), fc.boolean(), (changes, reversed) => {
      const objects = createBoundedObjects(bound);
      const there = new Map<string, Thing>();
      for (const { key, size } of changes) {
        if (size === undefined) {
          objects.delete(key);
          there.delete(key);
        } else {
          objects.set(key, thing(size));
          there.set(key, thing(size));
        }
      }
      const listed = createBoundedObjects(bound);
      const entries = [...there];
      for (const [key, object] of reversed ? entries.reverse() : entries) listed.set(key, object);
      expect(listed.isOutgrown()).toBe(false);
      const sorted = ({ all }: typeof objects) => [...all].sort(([a], [b]) => (a < b ? -1 : 1));
      if (!objects.isOutgrown()) expect(sorted(objects)).toEqual(sorted(listed));
      // Never more than the bound allows.
      for (const name of ['a', 'b']) {
        const whole = [...objects.all].filter(
          ([key, { body }]) => key.startsWith(name) && body !== undefined,
        );
        expect(whole.reduce((sum, [, { size }]) => sum + size, 0)).toBeLessThanOrEqual(bound.most);
      }
    }),
  );
});
