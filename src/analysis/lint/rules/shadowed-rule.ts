import { quote } from '../../../model/read/quote.ts';
import { type CoveredRule, coveredRules } from '../covered-rules.ts';
import { at, policyReference, ruleText } from '../objects.ts';
import type { LintRule } from '../rule.ts';

/** A rule that allows only what rules of other policies allow to the same pods, by meaning: removing it closes nothing. */
export const shadowedRule: LintRule = {
  id: 'shadowed-rule',
  title: 'a rule that other policies cover',
  severity: 'info',
  check: ({ reach, place }) =>
    coveredRules(reach)
      .filter(({ policy, by }) => by.some((one) => one.policy !== policy))
      .map((covered) => ({
        ...at(place(covered.policy, ['spec', covered.direction, covered.rule.index])),
        object: policyReference(covered.policy),
        message: messageOf(covered),
        hint:
          covered.by.length === 1 ? 'remove it, or narrow the other one' : 'remove it, or narrow the others',
      })),
};

function messageOf({ direction, by }: CoveredRule): string {
  const [one, ...others] = by;
  if (one !== undefined && others.length === 0) {
    return `NetworkPolicy ${quote(one.policy.name)} allows all of the rule already, to the same pods and perhaps more (${ruleText(direction, one.rule)})`;
  }
  const names = by.map(
    ({ policy, rule }) => `NetworkPolicy ${quote(policy.name)} ${ruleText(direction, rule)}`,
  );
  return `together these allow all of the rule already, to the same pods and perhaps more: ${names.join(', ')}`;
}
