import { expect, test } from 'vitest';
import { type Choice, samplesOf } from '../../../src/analysis/trials/sample.ts';
import { podOf } from '../../cases/builders.ts';

const [a, b, c] = [podOf('x/a'), podOf('x/b'), podOf('x/c')];
const ports = (at: string, tried: number, of: number): Choice => ({ what: 'ports', at, tried, of });

test.each<readonly [string, readonly Choice[], readonly unknown[]]>([
  ['nothing', [], []],
  ['all of it', [ports('x/a TCP', 3, 3)], []],
  [
    'at two receivers',
    [ports('x/a TCP', 8, 20), ports('x/b TCP', 8, 9)],
    [{ what: 'ports', tried: 16, of: 29 }],
  ],
  [
    'the same receiver twice',
    [ports('x/a TCP', 2, 2), ports('x/a TCP', 8, 20)],
    [{ what: 'ports', tried: 8, of: 20 }],
  ],
  [
    'places that overlap',
    [
      { what: 'pods', chosen: [a], among: [a, b, c] },
      { what: 'pods', chosen: [b], among: [b, c] },
    ],
    [{ what: 'pods', tried: 2, of: 3 }],
  ],
  [
    'pods that stand for each other in turn',
    [
      { what: 'pods', chosen: [a], among: [a, b] },
      { what: 'pods', chosen: [b], among: [b, a] },
    ],
    [],
  ],
  [
    'several kinds, in one order',
    [ports('x/a TCP', 8, 20), { what: 'pods', chosen: [a], among: [a, b] }],
    [
      { what: 'pods', tried: 1, of: 2 },
      { what: 'ports', tried: 8, of: 20 },
    ],
  ],
])('%s', (_, choices, samples) => {
  expect(samplesOf(choices)).toEqual(samples);
});
