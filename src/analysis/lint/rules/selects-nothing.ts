import { matchesSelector, selectorText } from '../../../model/label-selector.ts';
import type { NetworkPolicy } from '../../../model/network-policy.ts';
import type { Pod } from '../../../model/pod.ts';
import { quote } from '../../../model/read/quote.ts';
import { at, policyReference } from '../objects.ts';
import type { LintRule } from '../rule.ts';
import { labelHint } from '../label-hint.ts';

/**
 * A podSelector that matches no pod of its namespace. A namespace without any pod may be one that the input leaves out, and
 * `podSelector: {}` is for pods to come.
 */
export const selectsNothing: LintRule = {
  id: 'selects-nothing',
  title: 'a policy that selects no pod',
  severity: 'warning',
  check: ({ cluster, place }) => {
    const byNamespace = Map.groupBy(cluster.pods, ({ namespace }) => namespace);
    const known = new Map<string, boolean>();
    return cluster.policies.flatMap((policy) => {
      const pods = byNamespace.get(policy.namespace) ?? [];
      if (cluster.pods.length === 0 || policy.podSelector.length === 0) return [];
      const text = selectorText(policy.podSelector);
      const key = `${policy.namespace} ${text}`;
      const selects = known.get(key) ?? selectsAny(policy, pods);
      known.set(key, selects);
      if (selects) return [];
      const hint = labelHint(policy.podSelector, pods);
      return [
        {
          ...(pods.length === 0 ? { severity: 'info' as const } : {}),
          ...at(place(policy, ['spec', 'podSelector'])),
          object: policyReference(policy),
          message:
            pods.length === 0
              ? `namespace ${quote(policy.namespace)} has no pods, so the policy selects none`
              : `no pod of namespace ${quote(policy.namespace)} has the labels ${quote(text)}: the policy selects none`,
          ...(hint === undefined ? {} : { hint }),
        },
      ];
    });
  },
};

function selectsAny({ podSelector }: NetworkPolicy, pods: readonly Pod[]): boolean {
  return pods.some(({ labels }) => matchesSelector(podSelector, labels));
}
