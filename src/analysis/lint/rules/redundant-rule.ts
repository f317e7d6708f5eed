import { coveredRules } from '../covered-rules.ts';
import { at, policyReference, ruleText } from '../objects.ts';
import type { LintRule } from '../rule.ts';

/** A rule that allows only what other rules of the same policy allow, by meaning: it can go. */
export const redundantRule: LintRule = {
  id: 'redundant-rule',
  title: 'a rule that other rules of the policy cover',
  severity: 'warning',
  check: ({ reach, place }) =>
    coveredRules(reach)
      .filter(({ policy, by }) => by.every((one) => one.policy === policy))
      .map(({ policy, direction, rule, by }) => {
        const names = by.map((one) => ruleText(direction, one.rule));
        return {
          ...at(place(policy, ['spec', direction, rule.index])),
          object: policyReference(policy),
          message:
            names.length === 1
              ? `the rule allows nothing that ${names.join('')} does not allow already`
              : `the rule allows nothing that others together do not allow already: ${names.join(', ')}`,
          hint: names.length === 1 ? 'remove it, or narrow the other one' : 'remove it, or narrow the others',
        };
      }),
};
