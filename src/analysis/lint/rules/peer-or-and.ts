import {
  directions,
  type NetworkPolicy,
  type PodPeer,
  type PolicyRule,
} from '../../../model/network-policy.ts';
import { selectorText } from '../../../model/label-selector.ts';
import { quote } from '../../../model/read/quote.ts';
import type { Reach } from '../../reach/reach.ts';
import { at, peersField, policyReference } from '../objects.ts';
import type { Found, LintContext, LintRule } from '../rule.ts';
import { groupOfPeer, hasPods } from '../selection.ts';

/**
 * Two items of a list of peers, one with a namespaceSelector and the next with a podSelector: either is enough, where one
 * item with both was probably meant. The pods that there are tell which is likelier.
 */
export const peerOrAnd: LintRule = {
  id: 'peer-or-and',
  title: 'two peers where one with both selectors was probably meant',
  severity: 'warning',
  check: (context) =>
    context.cluster.policies.flatMap((policy) =>
      directions.flatMap((direction) =>
        policy[direction].flatMap((rule) =>
          pairsOf(rule).flatMap(({ pods, namespaces, index }) => {
            const likely = likelihood(context.reach, policy, namespaces, pods);
            if (likely === 'unlikely') return [];
            const path = ['spec', direction, rule.index, peersField(direction), index];
            return [finding(context, policy, { namespaces, pods, path, likely })];
          }),
        ),
      ),
    ),
};

interface Pair {
  readonly namespaces: PodPeer;
  readonly pods: PodPeer;
  /** The place of the second of the two. */
  readonly index: number;
}

/** Peers side by side, of which one names only namespaces and the other only pods. Each stands in one pair at most. */
function pairsOf({ peers = [] }: PolicyRule): readonly Pair[] {
  const pairs: Pair[] = [];
  let taken = -1;
  for (const [index, second] of peers.entries()) {
    const first = peers[index - 1];
    if (first?.kind !== 'pods' || second.kind !== 'pods' || taken === index - 1) continue;
    const pair =
      namesOnlyNamespaces(first) && namesOnlyPods(second)
        ? { namespaces: first, pods: second, index }
        : namesOnlyPods(first) && namesOnlyNamespaces(second)
          ? { namespaces: second, pods: first, index }
          : undefined;
    if (pair === undefined) continue;
    pairs.push(pair);
    taken = index;
  }
  return pairs;
}

function namesOnlyNamespaces({ namespaceSelector, podSelector }: PodPeer): boolean {
  return namespaceSelector !== undefined && podSelector.length === 0;
}

/** Every pod of the own namespace is said by one who means it. */
function namesOnlyPods({ namespaceSelector, podSelector }: PodPeer): boolean {
  return namespaceSelector === undefined && podSelector.length > 0;
}

/** Where the labels are of pods here and of none there, the peers say what they mean; where of both, perhaps. */
function likelihood(
  reach: Reach,
  policy: NetworkPolicy,
  namespaces: PodPeer,
  pods: PodPeer,
): 'likely' | 'perhaps' | 'unlikely' {
  const here = hasPods(reach, groupOfPeer(policy, pods));
  if (!here) return 'likely';
  const both = { ...namespaces, podSelector: pods.podSelector };
  return hasPods(reach, groupOfPeer(policy, both)) ? 'perhaps' : 'unlikely';
}

interface Suspect {
  readonly namespaces: PodPeer;
  readonly pods: PodPeer;
  readonly path: readonly (string | number)[];
  readonly likely: 'likely' | 'perhaps';
}

function finding(
  { place }: LintContext,
  policy: NetworkPolicy,
  { namespaces, pods, path, likely }: Suspect,
): Found {
  const labels = quote(selectorText(pods.podSelector));
  const where =
    namespaces.namespaceSelector === undefined || namespaces.namespaceSelector.length === 0
      ? 'every namespace'
      : `the namespaces ${quote(selectorText(namespaces.namespaceSelector))}`;
  return {
    ...(likely === 'perhaps' ? { severity: 'info' } : {}),
    ...at(place(policy, path)),
    object: policyReference(policy),
    message: `two peers: every pod of ${where}, or pods ${labels} of namespace ${quote(policy.namespace)}`,
    hint: `for pods ${labels} of ${where} alone, make it one item: no "- " before the second selector`,
  };
}
