import { matchesSelector, selectorText } from '../../../model/label-selector.ts';
import {
  directions,
  type NetworkPolicy,
  type PodPeer,
  type PolicyPeer,
} from '../../../model/network-policy.ts';
import type { Pod } from '../../../model/pod.ts';
import { quote } from '../../../model/read/quote.ts';
import { subtractBlocks } from '../../../net/address-block.ts';
import { groupKey } from '../../../policy/isolation.ts';
import { labelHint } from '../label-hint.ts';
import { at, peersField, policyReference } from '../objects.ts';
import type { Found, LintContext, LintRule } from '../rule.ts';
import { groupOfPeer, hasPods } from '../selection.ts';

/**
 * A peer that is nobody: no pod has its labels, or its excepts leave no address. Where no namespace or no pod of one is
 * known, they may be what the input leaves out: then it is only an info.
 */
export const peerMatchesNothing: LintRule = {
  id: 'peer-matches-nothing',
  title: 'a peer that is nobody',
  severity: 'warning',
  check: (context) => {
    const explain = createExplanation(context);
    return context.cluster.policies.flatMap((policy) =>
      directions.flatMap((direction) =>
        policy[direction].flatMap((rule) =>
          (rule.peers ?? []).flatMap((peer, index): readonly Found[] => {
            const why = explain(policy, peer);
            if (why === undefined) return [];
            const path = ['spec', direction, rule.index, peersField(direction), index];
            return [{ ...why, ...at(context.place(policy, path)), object: policyReference(policy) }];
          }),
        ),
      ),
    );
  },
};

type Reason = Pick<Found, 'severity' | 'message' | 'hint'>;

/** Why a peer is nobody; each group of pods is looked at once. */
function createExplanation({
  cluster,
  reach,
}: LintContext): (policy: NetworkPolicy, peer: PolicyPeer) => Reason | undefined {
  const byNamespace = Map.groupBy(cluster.pods, ({ namespace }) => namespace);
  const known = new Map<string, Reason | undefined>();

  const reasonOf = (policy: NetworkPolicy, peer: PodPeer): Reason | undefined => {
    const selector = peer.namespaceSelector;
    const namespaces =
      selector === undefined
        ? [policy.namespace]
        : reach.namespaces.filter((name) =>
            matchesSelector(selector, reach.parties.index.namespaceLabels(name)),
          );
    if (namespaces.length === 0) {
      return {
        severity: 'info',
        message: `no namespace has the labels ${quote(selectorText(selector ?? []))}`,
      };
    }
    const pods = namespaces.flatMap((name) => byNamespace.get(name) ?? []);
    if (pods.length === 0) {
      return { severity: 'info', message: `there are no pods in ${namespacesText(namespaces)}` };
    }
    const matching = pods.filter(({ labels }) => matchesSelector(peer.podSelector, labels));
    if (matching.length > 0) return ofUnreachable(matching);
    const hint = labelHint(peer.podSelector, pods);
    return {
      message: `no pod of ${namespacesText(namespaces)} has the labels ${quote(selectorText(peer.podSelector))}`,
      ...(hint === undefined ? {} : { hint }),
    };
  };

  return (policy, peer) => {
    if (peer.kind === 'ipBlock') {
      return peer.except.length > 0 && subtractBlocks(peer.cidr, peer.except).length === 0
        ? { message: `the excepts leave nothing of ${peer.cidr}` }
        : undefined;
    }
    if (cluster.pods.length === 0) return undefined;
    const group = groupOfPeer(policy, peer);
    if (hasPods(reach, group)) return undefined;
    const key = groupKey(group);
    if (!known.has(key)) known.set(key, reasonOf(policy, peer));
    return known.get(key);
  };
}

/** Finished pods will come again; hostNetwork pods are never peers. */
function ofUnreachable(matching: readonly Pod[]): Reason | undefined {
  if (matching.some(({ hostNetwork }) => !hostNetwork)) return undefined;
  return {
    message: 'only pods with hostNetwork have these labels, and they are never matched by label',
    hint: 'name the addresses of the nodes in an ipBlock',
  };
}

function namespacesText(names: readonly string[]): string {
  return names.length === 1 ? `namespace ${quote(names[0] ?? '')}` : `${String(names.length)} namespaces`;
}
