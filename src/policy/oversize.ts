import type { Cluster } from '../model/cluster.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import {
  type Direction,
  directions,
  modeOf,
  type NetworkPolicy,
  type PolicyMode,
  policyModes,
} from '../model/network-policy.ts';
import type { Pod } from '../model/pod.ts';
import { mostNamespaceSize, mostPodSize, sizeOfPolicy, sizeOfRules } from '../model/policy-size.ts';
import { selects } from './isolation.ts';

/** Policies that are too large together; each alone may be small enough. */
export interface Oversize {
  /** Those with rules in that direction, the largest first. */
  readonly policies: readonly NetworkPolicy[];
  readonly message: string;
}

/**
 * The policies that isolate a pod in one direction, where their rules come to more than a tenant may ask of a node. The agent
 * closes the direction of such a pod; audit policies, which close nothing, then deny all of it in what they tell.
 * @param policies policies of the pod's namespace
 */
export function oversizeOf(
  pod: Pod,
  direction: Direction,
  policies: readonly NetworkPolicy[],
  mode: PolicyMode = 'enforce',
): Oversize | undefined {
  const selecting = policies
    .filter((policy) => modeOf(policy) === mode && policy.policyTypes.includes(direction))
    .filter((policy) => selects(policy, pod));
  if (selecting.some(({ isCut }) => isCut)) return { policies: selecting, message: namespaceTooLarge };
  const sizes = selecting
    .filter((policy) => policy[direction].length > 0)
    .map((policy) => ({ policy, size: sizeOfRules(policy[direction]) }));
  const size = sizes.reduce((sum, each) => sum + each.size, 0);
  if (size <= mostPodSize) return undefined;
  sizes.sort((a, b) => b.size - a.size || (a.policy.name < b.policy.name ? -1 : 1));
  const count = sizes.length === 1 ? 'the policy' : `the ${String(sizes.length)} policies`;
  return {
    policies: sizes.map(({ policy }) => policy),
    message: `the rules of ${count} that select it come to ${String(size)} in size, more than ${String(mostPodSize)}`,
  };
}

export const namespaceTooLargeCode = 'namespace-too-large';
export const namespaceTooLarge = `the policies of its namespace come to more than ${String(mostNamespaceSize)} in size`;

/**
 * What every agent keeps of a policy whose namespace is beyond `mostNamespaceSize`: the directions that it isolates, for
 * every pod of the namespace.
 */
export function cutPolicy({
  namespace,
  name,
  uid,
  generation,
  policyTypes,
  audit,
}: NetworkPolicy): NetworkPolicy {
  const mode = audit === undefined ? {} : { audit };
  const nothing = { podSelector: [], ingress: [], egress: [], annotations: {} };
  return { namespace, name, uid, generation, policyTypes, ...mode, isCut: true, ...nothing };
}

/** The policies as agents have them in force. */
export function cutLargeNamespaces(policies: readonly NetworkPolicy[]): readonly NetworkPolicy[] {
  const sizes = new Map<string, number>();
  for (const policy of policies)
    sizes.set(policy.namespace, (sizes.get(policy.namespace) ?? 0) + sizeOfPolicy(policy));
  return policies.map((policy) =>
    (sizes.get(policy.namespace) ?? 0) > mostNamespaceSize ? cutPolicy(policy) : policy,
  );
}

/** What of that there is in a cluster: one error for each namespace, direction and mode, at the largest policy. */
export function oversizeDiagnostics(cluster: Cluster): readonly Diagnostic[] {
  return [
    ...namespaceDiagnostics(cluster.policies),
    ...policyModes.flatMap((mode) => diagnosticsIn(mode, cluster)),
  ];
}

function namespaceDiagnostics(policies: readonly NetworkPolicy[]): readonly Diagnostic[] {
  return [...Map.groupBy(policies, ({ namespace }) => namespace)].flatMap(([namespace, own]) => {
    const sizes = own.map((policy) => ({ policy, size: sizeOfPolicy(policy) }));
    const size = sizes.reduce((sum, each) => sum + each.size, 0);
    if (size <= mostNamespaceSize) return [];
    const { policy } = sizes.reduce((largest, each) => (each.size > largest.size ? each : largest));
    return [
      {
        code: namespaceTooLargeCode,
        severity: 'error',
        message: `Too large: nothing is allowed that these policies isolate: the ${String(own.length)} policies of namespace ${namespace} come to ${String(size)} in size, more than ${String(mostNamespaceSize)}`,
        hint: 'merge policies, rules and blocks',
        object: { kind: 'NetworkPolicy', namespace, name: policy.name },
        ...(policy.source === undefined ? {} : { source: policy.source }),
      },
    ];
  });
}

function diagnosticsIn(mode: PolicyMode, { pods, policies }: Cluster): readonly Diagnostic[] {
  const alike = policies.filter((policy) => modeOf(policy) === mode);
  const byNamespace = Map.groupBy(alike, ({ namespace }) => namespace);
  return [...byNamespace].flatMap(([namespace, own]) =>
    directions.flatMap((direction): readonly Diagnostic[] => {
      const sum = own.reduce((size, policy) => size + sizeOfRules(policy[direction]), 0);
      if (sum <= mostPodSize) return [];
      for (const pod of pods) {
        const oversize = pod.namespace === namespace ? oversizeOf(pod, direction, own, mode) : undefined;
        const largest = oversize?.policies[0];
        if (oversize === undefined || largest === undefined) continue;
        return [
          {
            code: 'policies-too-large',
            severity: 'error',
            message: `Too large: ${outcome[mode](`${direction} of pod ${pod.name}`)}: ${oversize.message}`,
            hint: 'merge rules and blocks, or let fewer policies select the pod',
            object: { kind: 'NetworkPolicy', namespace, name: largest.name },
            ...(largest.source === undefined ? {} : { source: largest.source }),
          },
        ];
      }
      return [];
    }),
  );
}

const outcome: Readonly<Record<PolicyMode, (what: string) => string>> = {
  enforce: (what) => `no ${what} is allowed`,
  audit: (what) => `audit would deny all ${what}`,
};
