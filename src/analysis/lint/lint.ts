import type { Cluster } from '../../model/cluster.ts';
import type { Diagnostic, SourcePosition } from '../../model/diagnostic.ts';
import type { Locate } from '../../model/read/reading.ts';
import { createReach, type Reach } from '../reach/reach.ts';
import { withAnnotations } from './ignores.ts';
import { policyReference, referenceText } from './objects.ts';
import { lintRules } from './registry.ts';
import { type Finding, type LintContext, type LintOptions, type LintRule, severities } from './rule.ts';

/** What there is to lint. */
export interface LintInput {
  readonly cluster: Cluster;
  /** What was wrong with it when it was read: the cluster is what could be understood all the same. */
  readonly problems?: readonly Diagnostic[];
  /** Where a field of an object is written. The object is named by its own place. */
  readonly locate?: (object: SourcePosition, ...field: Parameters<Locate>) => SourcePosition | undefined;
}

/**
 * What every rule finds, sorted by place, object and rule, each once; marked where an annotation on the object ignores it.
 * Of an object that could not be read as written, only that is said, and who reaches whom is judged without it: everything
 * else would judge what the reader closed in its stead.
 */
export function lint(
  input: LintInput,
  options: LintOptions,
  rules: readonly LintRule[] = lintRules,
): readonly Finding[] {
  const broken = brokenObjects(input);
  const context = contextOf(input, options, broken);
  const findings = rules.flatMap((rule) =>
    rule.check(context).map((found): Finding => ({ severity: rule.severity, ...found, rule: rule.id })),
  );
  const told = findings.filter(
    ({ rule, object }) =>
      object === undefined || readingRules.has(rule) || !broken.has(referenceText(object)),
  );
  const known = rules.map(({ id }) => id);
  return uniqueFindings([...withAnnotations(told, context, known)].sort(compareFindings));
}

/** The objects that could not be read as written. */
function brokenObjects({ problems = [] }: LintInput): ReadonlySet<string> {
  return new Set(
    problems.flatMap(({ severity, code, object }) =>
      // Of two objects with one name the first was read.
      severity === 'error' && code !== 'duplicate-object' && object !== undefined
        ? [referenceText(object)]
        : [],
    ),
  );
}

/** The rules that say what is wrong with an object as it was read. */
const readingRules: ReadonlySet<string> = new Set([
  'invalid-object',
  'unknown-field',
  'except-outside-block',
  'cidr-spelling',
]);

function contextOf(
  { cluster, problems = [], locate }: LintInput,
  options: LintOptions,
  broken: ReadonlySet<string>,
): LintContext {
  const understood = cluster.policies.filter((policy) => !broken.has(referenceText(policyReference(policy))));
  let reach: Reach | undefined;
  return {
    cluster,
    get reach() {
      reach ??= createReach({ ...cluster, policies: understood });
      return reach;
    },
    options,
    problems,
    place: ({ source }, path = [], what = 'value') =>
      source === undefined || path.length === 0 ? source : (locate?.(source, path, what) ?? source),
  };
}

/** By file, line and column, those without a place first; then by object, rule, severity and words. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    compareText(a.place?.file ?? '', b.place?.file ?? '') ||
    (a.place?.line ?? 0) - (b.place?.line ?? 0) ||
    (a.place?.column ?? 0) - (b.place?.column ?? 0) ||
    compareText(objectText(a), objectText(b)) ||
    compareText(a.rule, b.rule) ||
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    compareText(a.message, b.message)
  );
}

function uniqueFindings(sorted: readonly Finding[]): readonly Finding[] {
  return sorted.filter((finding, index) => {
    const before = sorted[index - 1];
    return before === undefined || compareFindings(before, finding) !== 0;
  });
}

function objectText({ object }: Finding): string {
  return object === undefined ? '' : referenceText(object);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
