import fc from 'fast-check';
import { expect, test } from 'vitest';
import { coveredRules } from '../../src/analysis/lint/covered-rules.ts';
import { impliesSelector } from '../../src/analysis/lint/implies.ts';
import { createReach, type Reach } from '../../src/analysis/reach/reach.ts';
import { matchesSelector, selectorText } from '../../src/model/label-selector.ts';
import type { NetworkPolicy, PolicyRule } from '../../src/model/network-policy.ts';
import { cluster, labels, selector } from './arbitraries.ts';
import { runs } from './runs.ts';

// Rules that the linter calls needless must be needless: without one, and without all, the same passes between all there is.

test('without the rules that others cover the same passes', () => {
  let covered = 0;
  let together = 0;
  fc.assert(
    fc.property(cluster, (world) => {
      const reach = createReach(world);
      const before = passages(reach);
      const found = coveredRules(reach);
      const left = world.policies.map((one): NetworkPolicy => {
        const gone = found.filter(({ policy }) => policy === one).map(({ rule }) => rule);
        const rest = (rules: readonly PolicyRule[]) => rules.filter((rule) => !gone.includes(rule));
        return { ...one, ingress: rest(one.ingress), egress: rest(one.egress) };
      });
      const namespaces = new Set(left.map(({ namespace }) => namespace));
      const without = [...namespaces].reduce(
        (one, namespace) =>
          one.withPolicies(
            namespace,
            left.filter((policy) => policy.namespace === namespace),
          ),
        reach,
      );
      expect(passages(without)).toEqual(before);
      for (const { policy, direction, rule, by } of found) {
        covered += 1;
        if (by.length > 1) together += 1;
        const policies = world.policies
          .filter(({ namespace }) => namespace === policy.namespace)
          .map((one): NetworkPolicy =>
            one === policy ? { ...one, [direction]: one[direction].filter((other) => other !== rule) } : one,
          );
        expect(passages(reach.withPolicies(policy.namespace, policies))).toEqual(before);
      }
    }),
    runs(300),
  );
  expect(covered).toBeGreaterThan(50);
  expect(together).toBeGreaterThan(5);
});

test('a selector implies another where nothing it matches is left out', () => {
  let implied = 0;
  fc.assert(
    fc.property(selector, selector, labels, (narrow, wide, own) => {
      if (!impliesSelector(narrow, wide)) return;
      implied += 1;
      if (matchesSelector(narrow, own))
        expect(matchesSelector(wide, own), `${selectorText(narrow)} ${selectorText(wide)}`).toBe(true);
    }),
    runs(2000),
  );
  expect(implied).toBeGreaterThan(200);
});

/** What passes from every party to every party. */
function passages(reach: Reach): readonly unknown[] {
  const parties = [...reach.parties.all.keys()];
  return parties.flatMap((from) =>
    parties.map((to) => {
      const { traffic, byFamily } = reach.passage(from, to);
      return { traffic, byFamily };
    }),
  );
}
