import { describe, expect, test } from 'vitest';
import { loadInput } from '../../src/cli/input/load-input.ts';
import type { Cluster } from '../../src/model/cluster.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { memoryIo } from '../cli/input/memory-io.ts';
import { compileNodes, interpretFlow } from '../support/witness.ts';
import { type Scenario, scenarios, verdictsOf } from './scenario.ts';
import { readVerdicts } from './verdicts.ts';

// What a person who reads the recipe expects, held against the policies as written and against the compiled rulesets.

describe.each(scenarios)('$name', (scenario) => {
  test('what the verdicts say is what the policies say and what the rulesets do', async () => {
    const cluster = await load(scenario);
    const rulesets = compileNodes(cluster);
    const expected = readVerdicts(verdictsOf(scenario), cluster);
    const of = (judge: (one: (typeof expected)[number]) => boolean) =>
      expected.map((one) => `${one.text}: ${judge(one) ? 'allow' : 'deny'}`);
    const written = of(({ allowed }) => allowed);
    expect(of(({ flow }) => evaluate(cluster, flow).allowed)).toEqual(written);
    expect(of(({ flow }) => interpretFlow(rulesets, flow))).toEqual(written);
  });

  test('the verdicts tell the policies from none', async () => {
    const cluster = await load(scenario);
    const expected = readVerdicts(verdictsOf(scenario), cluster);
    // Two recipes show that a policy opens a pod altogether.
    const opens = /^(02a|08)-/.test(scenario.name);
    const open = { ...cluster, policies: opens ? closed(cluster) : [] };
    expect(expected.some(({ flow, allowed }) => evaluate(open, flow).allowed !== allowed)).toBe(true);
  });
});

/** The policies without their rules: what they select stays isolated. */
function closed(cluster: Cluster): Cluster['policies'] {
  return cluster.policies.map((policy) => ({ ...policy, ingress: [], egress: [] }));
}

async function load({ files }: Scenario): Promise<Cluster> {
  const { cluster, diagnostics } = await loadInput({ files: Object.keys(files) }, memoryIo(files));
  expect(diagnostics).toEqual([]);
  return cluster;
}
