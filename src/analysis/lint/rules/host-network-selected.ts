import { matchesSelector } from '../../../model/label-selector.ts';
import type { NetworkPolicy } from '../../../model/network-policy.ts';
import type { Pod } from '../../../model/pod.ts';
import { at, podReference, policyReference, referenceText } from '../objects.ts';
import type { LintRule } from '../rule.ts';
import { groupOfPolicy, hasPods } from '../selection.ts';

/** A policy whose podSelector matches hostNetwork pods: they look like their node, and no policy isolates them. */
export const hostNetworkSelected: LintRule = {
  id: 'host-network-selected',
  title: 'a policy for pods with hostNetwork',
  severity: 'warning',
  check: ({ cluster, reach, place }) => {
    const hostPods = Map.groupBy(
      cluster.pods.filter(({ hostNetwork, finished }) => hostNetwork && !finished),
      ({ namespace }) => namespace,
    );
    return cluster.policies.flatMap((policy) => {
      const selected = workloadsOf(policy, hostPods.get(policy.namespace) ?? []);
      const [first] = selected;
      if (first === undefined) return [];
      const more = selected.length === 1 ? '' : ` and ${String(selected.length - 1)} more`;
      // A policy for the whole namespace does what it says to the other pods.
      const isForOthers = policy.podSelector.length === 0 && hasPods(reach, groupOfPolicy(policy));
      return [
        {
          ...(isForOthers ? { severity: 'info' as const } : {}),
          ...at(place(policy, ['spec', 'podSelector'])),
          object: policyReference(policy),
          message: `the policy does nothing for ${first}${more}: pods with hostNetwork are not isolated`,
          hint: 'nothing tells their traffic from that of their node: use a firewall of the node, or give them a pod network',
        },
      ];
    });
  },
};

/** `DaemonSet kube-system/kube-proxy` of each workload that the policy's labels match. Sorted. */
function workloadsOf({ podSelector }: NetworkPolicy, pods: readonly Pod[]): readonly string[] {
  const matched = pods.filter(({ labels }) => matchesSelector(podSelector, labels));
  return [...new Set(matched.map((pod) => referenceText(podReference(pod))))].sort();
}
