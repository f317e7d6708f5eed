import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allCases } from '../cases/all.ts';
import { runInLab } from '../lab/network/in-lab.ts';
import type { CaseReport } from './case-lab.ts';

// The third witness: real packets, judged by the rulesets that real agent processes put into the kernel.

const terrains = [
  ['bridge', 'vxlan'],
  ['routed', 'routes'],
] as const;

const reportsOf = new Map<string, ReadonlyMap<string, CaseReport>>();

// Both labs at once: most of their time is waiting for packets that must not come.
beforeAll(async () => {
  const script = `${import.meta.dirname}/cases.lab.ts`;
  await Promise.all(
    terrains.map(async ([topology, interconnect]) => {
      const reports = await runInLab<readonly CaseReport[]>(script, topology, interconnect);
      reportsOf.set(topology, new Map(reports.map((report) => [report.name, report])));
    }),
  );
}, 600_000);

afterAll(() => {
  for (const [topology, reports] of reportsOf) process.stdout.write(summary(topology, reports));
});

describe.each(terrains)('packets in a lab do what the tables say: %s, %s', (topology) => {
  it.for(allCases)('$name', ({ name, packets }, { skip }) => {
    if (packets !== undefined) skip(packets.reason);
    const report = reportsOf.get(topology)?.get(name);
    expect(report?.closedWithoutPolicies, 'must pass before there are policies').toEqual([]);
    expect(report?.differences).toEqual([]);
  });

  it('sends what the tables have, denied flows among it', () => {
    const reports = reportsOf.get(topology) ?? new Map<string, CaseReport>();
    const flows = allCases
      .filter(({ packets }) => packets === undefined)
      .reduce((count, policyCase) => count + policyCase.flows.length, 0);
    // A row is one flow or two, one of each family.
    expect(sum(reports, ({ flows: own }) => own)).toBeGreaterThan(flows);
    expect(sum(reports, ({ denied }) => denied)).toBeGreaterThan(flows / 2);
  });
});

function summary(topology: string, reports: ReadonlyMap<string, CaseReport>): string {
  const impossible = allCases.filter(({ packets }) => packets !== undefined);
  const flows = sum(reports, (report) => report.flows);
  const denied = sum(reports, (report) => report.denied);
  const late = sum(reports, (report) => report.late);
  const wrong = sum(reports, (report) => report.differences.length + report.closedWithoutPolicies.length);
  const slowest = Math.max(0, ...[...reports.values()].map(({ slowestAnswer }) => slowestAnswer));
  return [
    `${topology}: ${reports.size} of ${allCases.length} cases with packets in ${(sum(reports, ({ took }) => took) / 1000).toFixed(0)} s: `,
    `${flows} flows, ${denied} of them denied, ${wrong} unlike the tables; `,
    `slowest answer ${slowest.toFixed(0)} ms, ${late} asked twice\n`,
    ...impossible.map(({ name, packets }) => `${topology}: no packets for ${name}: ${packets?.reason}\n`),
  ].join('');
}

function sum(reports: ReadonlyMap<string, CaseReport>, count: (report: CaseReport) => number): number {
  return [...reports.values()].reduce((total, report) => total + count(report), 0);
}
