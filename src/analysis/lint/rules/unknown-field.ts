import { problemsOf } from '../problems.ts';
import type { LintRule } from '../rule.ts';

/** A field that the API does not have: the API server drops it, and with it what it was to restrict. */
export const unknownField: LintRule = {
  id: 'unknown-field',
  title: 'a field that there is not',
  severity: 'error',
  check: (context) => problemsOf('unknown-field', context),
};
