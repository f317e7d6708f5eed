import type { Cluster } from '../../model/cluster.ts';
import type { Diagnostic, ObjectReference, SourcePosition } from '../../model/diagnostic.ts';
import type { Reach } from '../reach/reach.ts';

/** How bad a finding is; the worst first. */
export const severities = ['error', 'warning', 'info'] as const;
export type Severity = (typeof severities)[number];

/** A mistake or a trap in what somebody wrote. */
export interface Finding {
  /** The id of the rule that found it: kebab-case, stable. */
  readonly rule: string;
  readonly severity: Severity;
  /** Absent where nobody wrote it in a file. */
  readonly place?: SourcePosition;
  readonly object?: ObjectReference;
  /** One sentence without a final period. */
  readonly message: string;
  readonly hint?: string;
  /** Somebody said why this is no mistake; the text is theirs. */
  readonly ignored?: { readonly by: 'annotation' | 'configuration'; readonly reason: string };
}

/** What a rule says of it; the severity is the rule's own unless given. */
export type Found = Omit<Finding, 'rule' | 'severity' | 'ignored'> & { readonly severity?: Severity };

/** A check of its own, with a page `rules/lint/<id>.md` that says why. */
export interface LintRule {
  readonly id: string;
  /** What is wrong, in a few words. */
  readonly title: string;
  /** The severity of what it finds, as a rule. */
  readonly severity: Severity;
  /** Everything wrong, in any order. Never looks at each pair of things: clusters are large. */
  readonly check: (context: LintContext) => readonly Found[];
}

/** What the rules look at. */
export interface LintContext {
  readonly cluster: Cluster;
  /** Worked out when it is first asked for. */
  readonly reach: Reach;
  readonly options: LintOptions;
  /** What was wrong with the input already when it was read. */
  readonly problems: readonly Diagnostic[];
  /**
   * Where a field of an object is written: `place(policy, ['spec', 'ingress', rule.index, 'from', 0])`. Where nothing is
   * written there, the nearest value above it, at last the object; `undefined` where nobody wrote it in a file.
   */
  readonly place: (
    object: { readonly source?: SourcePosition },
    path?: readonly (string | number)[],
    what?: 'key' | 'value',
  ) => SourcePosition | undefined;
}

/** What the manifests do not say of the cluster. */
export interface LintOptions {
  /** kube-proxy runs with `--masquerade-all`: every connection to a Service seems to come from a node. */
  readonly masqueradeAll: boolean;
}
