import { quote } from '../../../model/read/quote.ts';
import { coveredRules } from '../covered-rules.ts';
import { at, policyReference, ruleText } from '../objects.ts';
import type { LintRule } from '../rule.ts';

/** A rule that allows only what a rule of another policy allows to the same pods, by meaning: removing it closes nothing. */
export const shadowedRule: LintRule = {
  id: 'shadowed-rule',
  title: 'a rule that another policy covers',
  severity: 'info',
  check: ({ reach, place }) =>
    coveredRules(reach)
      .filter(({ policy, by }) => by.policy !== policy)
      .map(({ policy, direction, rule, by }) => ({
        ...at(place(policy, ['spec', direction, rule.index])),
        object: policyReference(policy),
        message: `NetworkPolicy ${quote(by.policy.name)} allows all of the rule already, to the same pods and perhaps more (${ruleText(direction, by.rule)})`,
        hint: 'remove it, or narrow the other one',
      })),
};
