import { describe, expect, it } from 'vitest';
import { casesByTopic } from '../cases/all.ts';
import { flowsOf, readCase } from '../cases/run.ts';
import { compileNodes, interpretAudit, interpretFlow } from '../support/witness.ts';

describe.each(Object.entries(casesByTopic))('interpret the compiled ruleset: %s', (_topic, cases) => {
  it.each(cases)('$name', (policyCase) => {
    const { cluster } = readCase(policyCase);
    const rulesets = compileNodes(cluster, policyCase.options);
    const wrong = flowsOf(policyCase, cluster).filter(
      ({ flow, verdict }) => interpretFlow(rulesets, flow) !== (verdict === 'allow'),
    );
    expect(wrong.map(({ text, verdict }) => `${text}: ${verdict}`)).toEqual([]);
    const audited = flowsOf(policyCase, cluster).filter(({ verdict }) => verdict === 'allow');
    const wronglyTold = audited.filter(({ flow, audited }) => interpretAudit(rulesets, flow) !== audited);
    expect(wronglyTold.map(({ text, audited }) => `${text}: ${audited ? 'not ' : ''}audited`)).toEqual([]);
  });
});
