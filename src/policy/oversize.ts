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
import { mostPodSize, sizeOfRules } from '../model/policy-size.ts';
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
  const sizes = policies
    .filter((policy) => modeOf(policy) === mode && policy.policyTypes.includes(direction))
    .filter((policy) => selects(policy, pod) && policy[direction].length > 0)
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

/** What of that there is in a cluster: one error for each namespace, direction and mode, at the largest policy. */
export function oversizeDiagnostics(cluster: Cluster): readonly Diagnostic[] {
  return policyModes.flatMap((mode) => diagnosticsIn(mode, cluster));
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
