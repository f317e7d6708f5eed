import fc from 'fast-check';
import { type Target, target } from './target.ts';

// Readers that break a promise, for the test of whoever looks for such.

const at = fc.integer({ min: 0, max: 100 });

export function targets(): Promise<readonly Target[]> {
  return Promise.resolve([
    target('keeps', at, () => undefined),
    target('throws', at, (value) => {
      if (value > 50) throw new Error('above 50');
    }),
    target('hangs', at, (value) => {
      while (value > 50);
    }),
    target('swallows memory', at, (value) => {
      const all: number[][] = [];
      while (value > 50) all.push(new Array<number>(4_000_000).fill(0));
    }),
    target('is tried after the others', at, () => undefined),
  ]);
}
