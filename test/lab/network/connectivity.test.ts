import { expect, it } from 'vitest';
import { runInLab } from './in-lab.ts';

interface Report {
  readonly startMs: number;
  readonly probeMs: number;
  readonly probed: number;
  readonly flows: number;
  readonly notAllowed: readonly string[];
  readonly wrongAnswers: readonly string[];
  readonly hostPort: string;
}

const script = `${import.meta.dirname}/connectivity.lab.ts`;

it.each([
  ['bridge', 'routes'],
  ['bridge', 'vxlan'],
  ['routed', 'routes'],
  ['routed', 'vxlan'],
])('connects everybody with everybody before there are policies: %s, %s', async (topology, interconnect) => {
  const report = await runInLab<Report>(script, topology, interconnect, 'plain');
  expect(report.flows).toBe(15 * 15 * 2 * 5);
  expect(report.notAllowed).toEqual([]);
  expect(report.wrongAnswers).toEqual([]);
  expect(report.hostPort).toBe('x/host');
  // Far below these where nothing else runs: 0.1 s and 0.2 s.
  expect(report.startMs).toBeLessThan(3000);
  expect(report.probed).toBeGreaterThan(200);
  expect(report.probeMs).toBeLessThan(2000);
});
