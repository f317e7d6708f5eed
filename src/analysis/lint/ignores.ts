import type { Cluster } from '../../model/cluster.ts';
import type { ObjectReference, SourcePosition } from '../../model/diagnostic.ts';
import { lintIgnoreAnnotation } from '../../model/read/object-meta.ts';
import { quote } from '../../model/read/quote.ts';
import { closest } from '../../model/read/suggestion.ts';
import { at, podReference, policyReference, referenceText } from './objects.ts';
import type { Finding, LintContext } from './rule.ts';

/** One ignore as somebody wrote it: what it is for, and why. */
export interface WrittenIgnore {
  readonly rule: string;
  readonly reason: string;
}

/** Longer than a sentence or two is no reason, and annotations come from anybody. */
export const longestIgnore = 1000;

/**
 * What an annotation `rule-id: reason; other-id: reason` says, and what is wrong with it. Each part stands for itself.
 * @param known ids of rules
 */
export function parseIgnores(
  text: string,
  known: readonly string[],
): { readonly ignores: readonly WrittenIgnore[]; readonly errors: readonly string[] } {
  if (text.length > longestIgnore) {
    return { ignores: [], errors: [`longer than ${String(longestIgnore)} characters`] };
  }
  const parts = text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const ignores: WrittenIgnore[] = [];
  const errors = parts.length === 0 ? ['names no rule'] : [];
  for (const part of parts) {
    const colon = part.indexOf(':');
    const rule = (colon < 0 ? part : part.slice(0, colon)).trim();
    const reason = colon < 0 ? '' : part.slice(colon + 1).trim();
    const error = ignoreError({ rule, reason }, known);
    if (error === undefined) ignores.push({ rule, reason });
    else errors.push(error);
  }
  return { ignores, errors };
}

/** What is wrong with an ignore: a rule that there is not, or no reason. */
export function ignoreError({ rule, reason }: WrittenIgnore, known: readonly string[]): string | undefined {
  if (!known.includes(rule)) {
    const meant = closest(rule, known);
    return `no rule ${quote(rule)}${meant === undefined ? '' : `: did you mean ${quote(meant)}?`}`;
  }
  return reason.trim() === '' ? `no reason for ${quote(rule)}` : undefined;
}

/** The rule that says what is wrong with an ignore. */
export const invalidIgnoreId = 'invalid-ignore';

/**
 * The findings with those marked that an annotation on their object answers, and what is wrong with the annotations: a
 * part that says nothing, or that answers nothing any more.
 */
export function withAnnotations(
  findings: readonly Finding[],
  context: LintContext,
  known: readonly string[],
): readonly Finding[] {
  const wrong: Finding[] = [];
  const reasons = new Map<string, string>();
  const unused = new Map<string, Annotated & { readonly rule: string }>();
  for (const annotated of annotatedObjects(context.cluster)) {
    const { ignores, errors } = parseIgnores(annotated.text, known);
    for (const error of errors) wrong.push(wrongIgnore(annotated, context, 'error', error));
    for (const { rule, reason } of ignores) {
      const key = `${rule} ${referenceText(annotated.object)}`;
      reasons.set(key, reason);
      unused.set(key, { ...annotated, rule });
    }
  }
  const marked = findings.map((finding): Finding => {
    if (finding.object === undefined) return finding;
    const key = `${finding.rule} ${referenceText(finding.object)}`;
    const reason = reasons.get(key);
    if (reason === undefined) return finding;
    unused.delete(key);
    return { ...finding, ignored: { by: 'annotation', reason } };
  });
  for (const { rule, ...annotated } of unused.values())
    wrong.push(wrongIgnore(annotated, context, 'warning', `${quote(rule)} finds nothing here`));
  return [...marked, ...wrong];
}

interface Annotated {
  readonly object: ObjectReference;
  readonly source: { readonly source?: SourcePosition };
  readonly text: string;
}

/** Pods of one workload mostly say the same: each text of an object counts once. */
function annotatedObjects(cluster: Cluster): readonly Annotated[] {
  const { policies, pods, namespaces, services } = cluster;
  const all = [
    ...policies.map((policy) => {
      const { annotations } = policy;
      const text = Object.hasOwn(annotations, lintIgnoreAnnotation)
        ? annotations[lintIgnoreAnnotation]
        : undefined;
      return { object: policyReference(policy), source: policy, text };
    }),
    ...pods.map((pod) => ({ object: podReference(pod), source: pod, text: pod.lintIgnore })),
    ...services.map((service) => {
      const { namespace, name, lintIgnore } = service;
      return { object: { kind: 'Service', namespace, name }, source: service, text: lintIgnore };
    }),
    ...namespaces.map((namespace) => {
      const { name, lintIgnore } = namespace;
      return { object: { kind: 'Namespace', name }, source: namespace, text: lintIgnore };
    }),
  ];
  const annotated = all.flatMap(({ text, ...rest }) => (text === undefined ? [] : [{ ...rest, text }]));
  return [...new Map(annotated.map((one) => [`${referenceText(one.object)} ${one.text}`, one])).values()];
}

function wrongIgnore(
  { object, source }: Annotated,
  { place }: LintContext,
  severity: 'error' | 'warning',
  message: string,
): Finding {
  return {
    rule: invalidIgnoreId,
    severity,
    ...at(place(source, ['metadata', 'annotations', lintIgnoreAnnotation], 'key')),
    object,
    message: `annotation ${lintIgnoreAnnotation}: ${message}`,
    hint: 'write "rule-id: reason; other-id: reason"',
  };
}
