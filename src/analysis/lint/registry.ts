import type { LintRule } from './rule.ts';
import { cidrSpelling } from './rules/cidr-spelling.ts';
import { exceptOutsideBlock } from './rules/except-outside-block.ts';
import { invalidObject } from './rules/invalid-object.ts';
import { unknownField } from './rules/unknown-field.ts';

/** Every rule, in the order of its page in the documentation: what is wrong as written first, then what it comes to. */
export const lintRules: readonly LintRule[] = [invalidObject, unknownField, exceptOutsideBlock, cidrSpelling];

/** The ids of all findings there can be. */
export const lintRuleIds: readonly string[] = lintRules.map(({ id }) => id);
