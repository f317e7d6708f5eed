import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allCases } from '../cases/all.ts';
import { runInLab } from '../lab/network/in-lab.ts';
import type { CaseReport } from './case-lab.ts';

// The third witness: real packets, judged by the rulesets that real agent processes put into the kernel.

describe.each([
  ['bridge', 'vxlan'],
  ['routed', 'routes'],
])('packets in a lab do what the tables say: %s, %s', (topology, interconnect) => {
  const reports = new Map<string, CaseReport>();
  let took = 0;

  beforeAll(async () => {
    const start = performance.now();
    const script = `${import.meta.dirname}/cases.lab.ts`;
    for (const one of await runInLab<readonly CaseReport[]>(script, topology, interconnect)) {
      reports.set(one.name, one);
    }
    took = performance.now() - start;
  }, 600_000);

  it.for(allCases)('$name', ({ name, packets }, { skip }) => {
    if (packets !== undefined) skip(packets.reason);
    const report = reports.get(name);
    expect(report?.closedWithoutPolicies, 'must pass before there are policies').toEqual([]);
    expect(report?.differences).toEqual([]);
  });

  it('sends what the tables have, denied flows among it', () => {
    const flows = allCases
      .filter(({ packets }) => packets === undefined)
      .reduce((count, policyCase) => count + policyCase.flows.length, 0);
    // A row is one flow or two, one of each family.
    expect(sum(reports, ({ flows: own }) => own)).toBeGreaterThan(flows);
    expect(sum(reports, ({ denied }) => denied)).toBeGreaterThan(flows / 2);
  });

  afterAll(() => {
    process.stdout.write(summary(topology, reports, took));
  });
});

function summary(topology: string, reports: ReadonlyMap<string, CaseReport>, took: number): string {
  const impossible = allCases.filter(({ packets }) => packets !== undefined);
  const flows = sum(reports, (report) => report.flows);
  const denied = sum(reports, (report) => report.denied);
  const late = sum(reports, (report) => report.late);
  const wrong = sum(reports, (report) => report.differences.length + report.closedWithoutPolicies.length);
  const slowest = Math.max(0, ...[...reports.values()].map(({ slowestAnswer }) => slowestAnswer));
  return [
    `${topology}: ${reports.size} of ${allCases.length} cases with packets in ${(took / 1000).toFixed(0)} s: `,
    `${flows} flows, ${denied} of them denied, ${wrong} unlike the tables; `,
    `slowest answer ${slowest.toFixed(0)} ms, ${late} asked twice\n`,
    ...impossible.map(({ name, packets }) => `${topology}: no packets for ${name}: ${packets?.reason}\n`),
  ].join('');
}

function sum(reports: ReadonlyMap<string, CaseReport>, count: (report: CaseReport) => number): number {
  return [...reports.values()].reduce((total, report) => total + count(report), 0);
}
