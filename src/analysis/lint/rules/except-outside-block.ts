import { problemsOf } from '../problems.ts';
import type { LintRule } from '../rule.ts';

/** An except of an ipBlock that takes nothing away, for it lies outside. */
export const exceptOutsideBlock: LintRule = {
  id: 'except-outside-block',
  title: 'an except that is not inside its cidr',
  severity: 'error',
  check: (context) => problemsOf('except-outside-block', context),
};
