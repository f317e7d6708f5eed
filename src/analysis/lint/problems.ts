import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Found, LintContext } from './rule.ts';
import { at } from './objects.ts';

/** What reading said already, and which rule says it. Every other code is of `invalid-object`. */
const ruleOfCode: Readonly<Record<string, string>> = {
  'unknown-field': 'unknown-field',
  'cidr-spelling': 'cidr-spelling',
  'invalid-except': 'except-outside-block',
};

/** The rule that a problem of reading belongs to. */
export function ruleOfProblem({ code }: Diagnostic): string {
  return (Object.hasOwn(ruleOfCode, code) ? ruleOfCode[code] : undefined) ?? 'invalid-object';
}

/** The problems that belong to a rule, as it finds them. */
export function problemsOf(rule: string, { problems }: LintContext): readonly Found[] {
  return problems
    .filter((problem) => ruleOfProblem(problem) === rule)
    .map(({ severity, message, path, hint, object, source }) => ({
      severity,
      message: path === undefined || message.includes(path) ? message : `${path}: ${message}`,
      ...at(source),
      ...(hint === undefined ? {} : { hint }),
      ...(object === undefined ? {} : { object }),
    }));
}
