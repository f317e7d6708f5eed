import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluate } from '../../src/policy/evaluate.ts';
import { checkWellFormed } from '../../src/ruleset/well-formed.ts';
import { compileNodes, interpretAudit, interpretFlow } from '../support/witness.ts';
import { cluster, flowIn } from './arbitraries.ts';
import { runs } from './runs.ts';

test('evaluate(flow) = interpret(compile(cluster), packet)', () => {
  let allowed = 0;
  let denied = 0;
  let audited = 0;
  fc.assert(
    fc.property(
      cluster,
      fc.constantFrom('allow' as const, 'enforce' as const),
      fc.gen(),
      (world, nodeEgress, gen) => {
        const rulesets = compileNodes(world, { nodeEgress });
        for (const ruleset of rulesets.values()) expect(checkWellFormed(ruleset)).toEqual([]);
        for (let count = 0; count < 24; count += 1) {
          const flow = gen(flowIn, world);
          if (flow === undefined) continue;
          const expected = evaluate(world, flow, { nodeEgress });
          if (expected.allowed) allowed += 1;
          else denied += 1;
          expect(interpretFlow(rulesets, flow), JSON.stringify({ flow, expected })).toBe(expected.allowed);
          if (!expected.allowed) continue;
          if (expected.audit !== undefined) audited += 1;
          expect(interpretAudit(rulesets, flow), JSON.stringify({ flow, expected })).toBe(
            expected.audit !== undefined,
          );
        }
      },
    ),
    runs(400),
  );
  // A test that only ever sees one verdict proves little.
  expect(Math.min(allowed, denied)).toBeGreaterThan((allowed + denied) / 10);
  expect(audited).toBeGreaterThan(0);
});
