import { directions } from '../../../src/model/network-policy.ts';
import { withRules } from './base-policy.ts';
import { type CaseDraft, policyCase } from './case.ts';
import { tagSet } from './tags.ts';

/** No rule at all, and a rule that says nothing. */
export function rulesCases(): readonly CaseDraft[] {
  return directions.flatMap((direction) => [
    policyCase(tagSet(direction, 'deny-all'), [withRules(direction, [])]),
    policyCase(tagSet(direction, 'allow-all'), [withRules(direction, [{}])]),
  ]);
}
