import { coveredRules } from '../covered-rules.ts';
import { at, policyReference, ruleText } from '../objects.ts';
import type { LintRule } from '../rule.ts';

/** A rule that allows only what another rule of the same policy allows, by meaning: it can go. */
export const redundantRule: LintRule = {
  id: 'redundant-rule',
  title: 'a rule that another rule of the policy covers',
  severity: 'warning',
  check: ({ reach, place }) =>
    coveredRules(reach)
      .filter(({ policy, by }) => by.policy === policy)
      .map(({ policy, direction, rule, by }) => ({
        ...at(place(policy, ['spec', direction, rule.index])),
        object: policyReference(policy),
        message: `the rule allows nothing that ${ruleText(direction, by.rule)} does not allow already`,
        hint: 'remove it, or narrow the other one',
      })),
};
