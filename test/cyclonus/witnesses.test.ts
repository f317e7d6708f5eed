import { describe, expect, it } from 'vitest';
import { families } from '../../src/net/protocol.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { cellsOf } from '../suites/cyclonus/cells.ts';
import { groups } from '../suites/cyclonus/case.ts';
import { generateCases } from '../suites/cyclonus/generate.ts';
import { clusterOfWorld, worldsOf } from '../suites/cyclonus/world.ts';
import { compileNodes, interpretFlow } from '../support/witness.ts';

const cases = generateCases();

// For every cell of every step, in both families: what the API's words say is what the compiled rulesets do.
describe.each(groups)('evaluate = interpret(compile): %s', (group) => {
  it.each(cases.filter((one) => one.group === group))('$id $description', (cyclonusCase) => {
    for (const [at, { step, world }] of worldsOf(cyclonusCase).entries()) {
      const cluster = clusterOfWorld(world);
      const rulesets = compileNodes(cluster);
      const cells = cellsOf(cluster, step.probe, families);
      const wrong = cells.filter(
        ({ flow }) => evaluate(cluster, flow).allowed !== interpretFlow(rulesets, flow),
      );
      expect(
        wrong.map(({ text }) => text),
        `step ${at + 1}`,
      ).toEqual([]);
    }
  });
});
