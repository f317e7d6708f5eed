import { expect, test } from 'vitest';
import { runInLab } from '../lab/network/in-lab.ts';

interface Report {
  readonly entries: number;
  readonly limit: number;
  readonly tried: number;
  readonly drops: number;
  readonly [what: string]: unknown;
}

// Some 262,144 connections are made for it, so it is left to `npm run test:faults`.
test.runIf(process.env['RINGFENCE_FAULT_ROUNDS'] !== undefined).each([
  ['bridge', 'vxlan'],
  ['routed', 'routes'],
])(
  'the table of connections is full: nothing opens, what stands goes on, changes apply, and room is room again: %s',
  { timeout: 180_000 },
  async (topology, interconnect) => {
    const report = await runInLab<Report>(
      `${import.meta.dirname}/conntrack-full.lab.ts`,
      topology,
      interconnect,
    );
    expect(report).toMatchObject({
      // While it is full.
      ...{ isToldFull: true, lateWhileFull: 0, lostWhileFull: 0 },
      ...{ isFarClosed: true, friendGoesOn: true, exited: 'runs' },
      // Afterwards.
      ...{ latePasses: true, isToldOver: true },
      leaked: 0,
    });
    expect(report.entries).toBeGreaterThanOrEqual(report.limit);
    expect(report.tried).toBeGreaterThan(1000);
    expect(report.drops).toBeGreaterThan(100);
  },
);
