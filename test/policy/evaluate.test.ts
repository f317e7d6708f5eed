import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/policy/evaluate.ts';
import { casesByTopic } from '../cases/all.ts';
import { flowsOf, readCase } from '../cases/run.ts';

describe.each(Object.entries(casesByTopic))('evaluate: %s', (_topic, cases) => {
  it.each(cases)('$name', (policyCase) => {
    const { cluster } = readCase(policyCase);
    const flows = flowsOf(policyCase, cluster);
    const wrong = flows.filter(
      ({ flow, verdict }) => evaluate(cluster, flow, policyCase.options).allowed !== (verdict === 'allow'),
    );
    expect(
      wrong.map(({ text, verdict, flow }) => ({
        text,
        verdict,
        evaluation: evaluate(cluster, flow, policyCase.options),
      })),
    ).toEqual([]);
    const told = flows.filter(
      ({ flow, audited }) => (evaluate(cluster, flow, policyCase.options).audit !== undefined) !== audited,
    );
    expect(told.map(({ text, audited }) => `${text}: ${audited ? 'not ' : ''}audited`)).toEqual([]);
  });
});
