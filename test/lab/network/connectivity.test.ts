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
  expect(report.probed).toBeGreaterThan(200);
  process.stdout.write(
    `${topology}, ${interconnect}: started in ${report.startMs.toFixed(0)} ms, ${report.probed} connections probed in ${report.probeMs.toFixed(0)} ms\n`,
  );
});
