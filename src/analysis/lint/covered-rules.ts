import { type LabelSelector, selectorText } from '../../model/label-selector.ts';
import {
  type Direction,
  directions,
  type NetworkPolicy,
  type PolicyRule,
} from '../../model/network-policy.ts';
import type { Reach } from '../reach/reach.ts';
import { impliesRule, impliesSelector, meaningOf, type RuleMeaning } from './implies.ts';

/** A rule, and another one that allows all of it to the same pods: for pods and namespaces to come as well. */
export interface CoveredRule {
  readonly policy: NetworkPolicy;
  readonly direction: Direction;
  readonly rule: PolicyRule;
  readonly by: { readonly policy: NetworkPolicy; readonly rule: PolicyRule };
}

const known = new WeakMap<Reach, readonly CoveredRule[]>();

/**
 * Every rule that another one makes needless, with a rule of its own policy where there is one. Of rules that say the same
 * the first stays. What only several rules together cover is not found.
 */
export function coveredRules(reach: Reach): readonly CoveredRule[] {
  const found = known.get(reach) ?? findCovered(reach);
  known.set(reach, found);
  return found;
}

interface Candidate {
  readonly policy: NetworkPolicy;
  readonly rule: PolicyRule;
  readonly meaning: RuleMeaning;
  readonly selector: string;
}

function findCovered(reach: Reach): readonly CoveredRule[] {
  // A policy that is only audited makes none needless, and its own rules go with it.
  const enforced = reach.cluster.policies.filter(({ audit }) => audit !== true);
  const namespaces = Map.groupBy(enforced, ({ namespace }) => namespace);
  return [...namespaces.values()].flatMap((policies) =>
    directions.flatMap((direction) => {
      const candidates = policies.flatMap((policy) =>
        policy[direction].map((rule) => ({
          policy,
          rule,
          meaning: meaningOf(policy, rule),
          selector: selectorText(policy.podSelector),
        })),
      );
      return coveredAmong(candidates, reach).map((covered) => ({ ...covered, direction }));
    }),
  );
}

/** Among rules of one namespace and direction. Few selectors are written often: they are compared once for each pair. */
function coveredAmong(
  candidates: readonly Candidate[],
  { parties }: Reach,
): readonly Omit<CoveredRule, 'direction'>[] {
  const bySelector = Map.groupBy(candidates, ({ selector }) => selector);
  const selectors = new Map<string, LabelSelector>(
    [...bySelector].flatMap(([text, [first]]) =>
      first === undefined ? [] : [[text, first.policy.podSelector]],
    ),
  );
  const order = new Map(candidates.map((candidate, index) => [candidate, index]));
  return [...selectors].flatMap(([text, narrow]) => {
    const wider = [...selectors].filter(([, wide]) => impliesSelector(narrow, wide)).map(([other]) => other);
    const others = wider.flatMap((other) => bySelector.get(other) ?? []);
    const covers = (wide: Candidate, one: Candidate): boolean =>
      wide !== one && impliesRule(one.meaning, wide.meaning, parties.index);
    /** Whether of the two it is the other that is needless. */
    const isFirst = (one: Candidate, wide: Candidate): boolean =>
      (order.get(one) ?? 0) < (order.get(wide) ?? 0) &&
      impliesSelector(wide.policy.podSelector, narrow) &&
      covers(one, wide);
    return (bySelector.get(text) ?? []).flatMap((one) => {
      const stands = (wide: Candidate): boolean => covers(wide, one) && !isFirst(one, wide);
      const by =
        others.find((wide) => wide.policy === one.policy && stands(wide)) ??
        others.find((wide) => wide.policy !== one.policy && stands(wide));
      return by === undefined ? [] : [{ policy: one.policy, rule: one.rule, by }];
    });
  });
}
