import { type LabelSelector, selectorText } from '../../model/label-selector.ts';
import {
  type Direction,
  directions,
  type NetworkPolicy,
  type PolicyRule,
} from '../../model/network-policy.ts';
import type { PodIndex } from '../../policy/pod-index.ts';
import type { Reach } from '../reach/reach.ts';
import { coverTogether, partsBy } from './covers-together.ts';
import { impliesRule, impliesSelector, meaningOf, type RuleMeaning } from './implies.ts';

/** A rule, and others that allow all of it to the same pods: for pods and namespaces to come as well. */
export interface CoveredRule {
  readonly policy: NetworkPolicy;
  readonly direction: Direction;
  readonly rule: PolicyRule;
  /** One that covers it alone; else as few as do together. */
  readonly by: readonly CoveringRule[];
}

export interface CoveringRule {
  readonly policy: NetworkPolicy;
  readonly rule: PolicyRule;
}

const known = new WeakMap<Reach, readonly CoveredRule[]>();

/**
 * Every rule that others make needless, with rules of its own policy where these do. All of them can go together: of rules
 * that say the same the first stays. A rule that other policies cover just for each of its pods another one is not found.
 */
export function coveredRules(reach: Reach): readonly CoveredRule[] {
  const found = known.get(reach) ?? findCovered(reach);
  known.set(reach, found);
  return found;
}

interface Candidate extends CoveringRule {
  readonly meaning: RuleMeaning;
  readonly selector: string;
}

type Covered = Omit<CoveredRule, 'direction'>;

function findCovered(reach: Reach): readonly CoveredRule[] {
  const { index } = reach.parties;
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
      const wider = widerSelectors(candidates);
      const alone = coveredByOne(candidates, wider, index);
      return [...alone.values(), ...coveredTogether(candidates, wider, new Set(alone.keys()), index)].map(
        (covered) => ({ ...covered, direction }),
      );
    }),
  );
}

/** By selector the rules of all policies that select the same pods and perhaps more. Few selectors are written often. */
function widerSelectors(candidates: readonly Candidate[]): ReadonlyMap<string, readonly Candidate[]> {
  const bySelector = Map.groupBy(candidates, ({ selector }) => selector);
  const selectors = [...bySelector].flatMap(([text, own]): [string, LabelSelector, Candidate[]][] =>
    own[0] === undefined ? [] : [[text, own[0].policy.podSelector, own]],
  );
  return new Map(
    selectors.map(([text, narrow]) => [
      text,
      selectors.flatMap(([, wide, own]) => (impliesSelector(narrow, wide) ? own : [])),
    ]),
  );
}

/** Among rules of one namespace and direction. */
function coveredByOne(
  candidates: readonly Candidate[],
  wider: ReadonlyMap<string, readonly Candidate[]>,
  index: PodIndex,
): ReadonlyMap<Candidate, Covered> {
  const order = new Map(candidates.map((candidate, at) => [candidate, at]));
  const covers = (wide: Candidate, one: Candidate): boolean =>
    wide !== one && impliesRule(one.meaning, wide.meaning, index);
  /** Whether of the two it is the other that is needless. */
  const isFirst = (one: Candidate, wide: Candidate): boolean =>
    (order.get(one) ?? 0) < (order.get(wide) ?? 0) &&
    impliesSelector(wide.policy.podSelector, one.policy.podSelector) &&
    covers(one, wide);
  return new Map(
    candidates.flatMap((one): [Candidate, Covered][] => {
      const others = wider.get(one.selector) ?? [];
      const stands = (wide: Candidate): boolean => covers(wide, one) && !isFirst(one, wide);
      const by =
        others.find((wide) => wide.policy === one.policy && stands(wide)) ??
        others.find((wide) => wide.policy !== one.policy && stands(wide));
      return by === undefined ? [] : [[one, { policy: one.policy, rule: one.rule, by: [by] }]];
    }),
  );
}

/** The same by several, the last first: those that are needless already cover nothing, so that all can go. */
function coveredTogether(
  candidates: readonly Candidate[],
  wider: ReadonlyMap<string, readonly Candidate[]>,
  needless: Set<Candidate>,
  index: PodIndex,
): readonly Covered[] {
  const parts = partsBy(candidates.map(({ meaning }) => meaning));
  const covers = (some: readonly Candidate[], one: Candidate): boolean =>
    coverTogether(
      some.map(({ meaning }) => meaning),
      one.meaning,
      parts,
      index,
    );
  return candidates.toReversed().flatMap((one): readonly Covered[] => {
    if (needless.has(one)) return [];
    const others = (wider.get(one.selector) ?? []).filter((other) => other !== one && !needless.has(other));
    const own = others.filter(({ policy }) => policy === one.policy);
    const by = fewest(own, one, covers) ?? fewest(others, one, covers);
    if (by === undefined) return [];
    needless.add(one);
    return [{ policy: one.policy, rule: one.rule, by }];
  });
}

/** Of rules that cover one together those without which it does not go; `undefined` where they do not. */
function fewest(
  rules: readonly Candidate[],
  one: Candidate,
  covers: (some: readonly Candidate[], one: Candidate) => boolean,
): readonly Candidate[] | undefined {
  if (rules.length < 2 || !covers(rules, one)) return undefined;
  return rules.reduceRight<readonly Candidate[]>((left, rule) => {
    const rest = left.filter((other) => other !== rule);
    return covers(rest, one) ? rest : left;
  }, rules);
}
