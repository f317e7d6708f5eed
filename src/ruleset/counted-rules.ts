import type { Allow, RuleReference } from '../policy/isolation.ts';
import { ruleCounterName } from './names.ts';
import type { CounterName, Statement } from './objects.ts';

/** A rule of a policy that stands for itself in the ruleset. */
export interface CountedRule {
  readonly rule: RuleReference;
  readonly counter: CounterName;
}

export function countedRule({ rule }: Allow): CountedRule {
  const { policy, direction, index } = rule;
  return { rule, counter: ruleCounterName(policy, direction, index) };
}

/** Counted again where a connection is judged again: nothing but the mark tells, and each rule would have to look at it. */
export function allowedBy(allow: Allow): readonly Statement[] {
  return [{ kind: 'counter', name: countedRule(allow).counter }, ...returned];
}

export const returned: readonly Statement[] = [{ kind: 'verdict', verdict: { kind: 'return' } }];
