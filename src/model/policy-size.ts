import type { LabelSelector } from './label-selector.ts';
import {
  type Direction,
  directions,
  type NetworkPolicy,
  type PolicyPeer,
  type PolicyRule,
} from './network-policy.ts';

// What a tenant writes costs every node that runs a selected pod: memory, processor time, transactions of nft. The size of
// rules says how much before the work is done. A policy, and all policies of a pod together, may be so large and no larger.

/** Size of the rules of a policy in one direction. */
export const mostPolicySize = 20_000;
/** Size of the rules of all policies that isolate a pod in one direction. */
export const mostPodSize = 30_000;
/** Size of all policies of a namespace, whether they select a pod or not: every agent of the cluster holds them. */
export const mostNamespaceSize = 200_000;

/** What a policy takes of `mostNamespaceSize`: itself, its podSelector and its rules in both directions. */
export function sizeOfPolicy(policy: Pick<NetworkPolicy, 'podSelector' | Direction>): number {
  const rules = directions.reduce((sum, direction) => sum + sizeOfRules(policy[direction]), 0);
  return policyItself + sizeOfSelector(policy.podSelector) + rules;
}

/** Its name, identity and place in the tables of an agent, in the size of a peer. */
const policyItself = 5;

/**
 * How much there is to enforce in rules: each rule, peer, except, value of a selector and port counts one, a selector three
 * (it is a set in the kernel), and a port name once more for each peer and except, because each pair is looked up.
 */
export function sizeOfRules(rules: readonly PolicyRule[]): number {
  return rules.reduce((sum, rule) => sum + sizeOfRule(rule), 0);
}

function sizeOfRule({ peers = [], ports = [] }: PolicyRule): number {
  const peerSize = peers.reduce((sum, peer) => sum + sizeOfPeer(peer), 0);
  const names = ports.filter(({ kind }) => kind === 'named').length;
  return 1 + peerSize + ports.length + names * peerSize;
}

function sizeOfPeer(peer: PolicyPeer): number {
  if (peer.kind === 'ipBlock') return 1 + peer.except.length;
  return 3 + sizeOfSelector(peer.podSelector) + sizeOfSelector(peer.namespaceSelector ?? []);
}

function sizeOfSelector(selector: LabelSelector): number {
  return selector.reduce(
    (sum, requirement) => sum + 1 + ('values' in requirement ? requirement.values.length : 0),
    0,
  );
}
