import { invalidIgnoreId } from '../ignores.ts';
import type { LintRule } from '../rule.ts';

/** An annotation that ignores nothing. It is found where annotations are applied, for that takes all other findings. */
export const invalidIgnore: LintRule = {
  id: invalidIgnoreId,
  title: 'an annotation that ignores nothing',
  severity: 'warning',
  check: () => [],
};
