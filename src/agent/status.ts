import type { Diagnostic } from '../model/diagnostic.ts';
import { modeOf, type PolicyKey, policyKey, type PolicyMode } from '../model/network-policy.ts';
import { type Pod, type PodKey, podKey } from '../model/pod.ts';
import { selects } from '../policy/isolation.ts';
import type { CompilerCounts } from '../ruleset/compiler.ts';
import type { PodConnections, RuleConnections } from './connection-counts.ts';
import type { DriftState } from './drift.ts';
import type { PolicyProgressEntry } from './policy-progress.ts';
import type { StoredPolicy } from './stored-objects.ts';
import type { SyncState } from './sync-loop.ts';
import type { WatchedResource } from './watches.ts';

/** The answer of `/status`: what is enforced here, for people and programs. Stable. */
export interface AgentStatus {
  readonly apiVersion: 'ringfence.dev/v1alpha1';
  readonly kind: 'AgentStatus';
  readonly node: string;
  readonly version: string;
  readonly nftVersion: string;
  readonly table: string;
  /** `starting`: rules of an earlier run, or the closed start ruleset. `failing`: the last transaction did not succeed. */
  readonly phase: 'starting' | 'enforcing' | 'failing';
  /** ISO 8601; absent before the first success. */
  readonly lastSync?: string;
  readonly lastError?: string;
  /** `resourceVersion`: how far the API server's changes are known here. */
  readonly watches: readonly {
    readonly resource: WatchedResource;
    readonly synced: boolean;
    readonly resourceVersion: string;
  }[];
  /** Whether something of that is still on its way into the kernel. */
  readonly pending: boolean;
  readonly drift: DriftStatus;
  readonly counts: CompilerCounts;
  /** What local pods, and rules of policies, have allowed and denied; absent from agents that do not count. */
  readonly connections?: {
    readonly pods: readonly PodConnections[];
    readonly rules: readonly RuleConnections[];
  };
  readonly policies: readonly PolicyStatus[];
}

/** What others did to the table, and whether that would be seen. */
export interface DriftStatus {
  /** Whether changes of others are seen at once. */
  readonly watching: boolean;
  /** Since the start of the agent. */
  readonly repairs: number;
  /** ISO 8601; absent: never. */
  readonly lastRepair?: string;
  /** When the kernel was last compared with what it should hold. */
  readonly lastVerify?: string;
}

export interface PolicyStatus {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  /** The generation that the kernel of this node has; absent: none yet. */
  readonly appliedGeneration?: number;
  /** `audit`: what it would deny is told, nothing is denied. A change of it raises no generation. */
  readonly mode: PolicyMode;
  /** Pods of this node that the policy selects, as `namespace/name`. */
  readonly selectedPods: readonly PodKey[];
  readonly diagnostics: readonly Pick<Diagnostic, 'code' | 'severity' | 'message' | 'path'>[];
}

export function driftStatus({ isWatching, repairs, lastRepair, lastVerify }: DriftState): DriftStatus {
  return {
    watching: isWatching,
    repairs,
    ...(lastRepair === undefined ? {} : { lastRepair: isoTime(lastRepair) }),
    ...(lastVerify === undefined ? {} : { lastVerify: isoTime(lastVerify) }),
  };
}

/** @param seconds since 1970 */
export function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** Whether the agent is at its start, enforcing, or unable to. */
export function phaseOf({ failures }: SyncState, isEnforcing: boolean): AgentStatus['phase'] {
  if (failures > 0) return 'failing';
  return isEnforcing ? 'enforcing' : 'starting';
}

/**
 * Every policy with what it does on this node, sorted by namespace and name.
 * @param localPods pods of this node
 */
export function policyStatuses(
  policies: ReadonlyMap<PolicyKey, StoredPolicy>,
  progress: readonly PolicyProgressEntry[],
  localPods: Iterable<Pod>,
): readonly PolicyStatus[] {
  const podsOf = Map.groupBy(localPods, ({ namespace }) => namespace);
  const applied = new Map(progress.map(({ key, appliedGeneration }) => [key, appliedGeneration]));
  return [...policies.values()]
    .map(({ policy, diagnostics }) => {
      const { namespace, name, uid, generation } = policy;
      const appliedGeneration = applied.get(policyKey(policy));
      return {
        namespace,
        name,
        uid,
        generation,
        ...(appliedGeneration === undefined ? {} : { appliedGeneration }),
        mode: modeOf(policy),
        selectedPods: (podsOf.get(namespace) ?? [])
          .filter((pod) => selects(policy, pod))
          .map(podKey)
          .sort(),
        diagnostics: diagnostics.map(({ code, severity, message, path }) => ({
          code,
          severity,
          message,
          ...(path === undefined ? {} : { path }),
        })),
      };
    })
    .sort((a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
