import { expect, it } from 'vitest';
import { runInLab } from './in-lab.ts';

interface Report {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly again: readonly string[];
  readonly refused: string;
  readonly slowest: number;
}

it.each(['bridge', 'routed'])(
  'adds and removes pods while it runs, stray addresses too: %s',
  async (topology) => {
    const report = await runInLab<Report>(`${import.meta.dirname}/pods.lab.ts`, topology);
    const hosts = ['n1', 'n2', 'outside', 'x/a', 'x/c'];
    const answered = (by: string): readonly string[] =>
      [...hosts, by].sort().map((host) => `${host} allowed ${by}`);
    expect(report.added).toEqual(answered('x/stray'));
    expect(report.removed.filter((line) => line.includes('allowed'))).toEqual([]);
    expect(report.again).toEqual(answered('x/moved'));
    expect(report.refused).toBe('LAB_INVALID');
    expect(report.slowest).toBeLessThan(1000);
  },
);
