import { problemsOf } from '../problems.ts';
import type { LintRule } from '../rule.ts';

/** Everything that reading refuses and no other rule names. */
export const invalidObject: LintRule = {
  id: 'invalid-object',
  title: 'an object that no API server takes, or that nobody can judge',
  severity: 'error',
  check: (context) => problemsOf('invalid-object', context),
};
