import type { LabelSelector } from '../../model/label-selector.ts';
import { matchesSelector } from '../../model/label-selector.ts';
import { mergeBlocks, withoutBlocks } from '../../net/address-block.ts';
import { protocolPorts } from '../../net/port-range.ts';
import type { Protocol } from '../../net/protocol.ts';
import { coversTraffic, splitTraffic, type Traffic, trafficOf } from '../../net/traffic.ts';
import type { PodIndex } from '../../policy/pod-index.ts';
import { type Condition, findLabels } from '../../policy/possible-labels.ts';
import { conditions } from '../reach/ways.ts';
import { nameLabel, type PodMeaning, type RuleMeaning } from './implies.ts';

/** For each part of some traffic that rules tell apart: which of their sets of ports hold all of it. */
export type Parts = (traffic: Traffic) => readonly ReadonlySet<Traffic>[];

/** The parts by the ports of rules. Many rules share few sets of ports: each is taken apart once. */
export function partsBy(rules: readonly RuleMeaning[]): Parts {
  const sets = [...new Set(rules.map(({ traffic }) => traffic))];
  const known = new Map<Traffic, readonly ReadonlySet<Traffic>[]>();
  return (traffic) => {
    const parts =
      known.get(traffic) ??
      splitTraffic(traffic, sets).map((part) => new Set(sets.filter((set) => coversTraffic(set, part))));
    known.set(traffic, parts);
    return parts;
  };
}

/**
 * Whether several rules allow together all that one does, for pods to come as well: all of policies of one namespace. Doubt
 * is no.
 * @param partsOf by the ports of these rules, and perhaps of more
 */
export function coverTogether(
  rules: readonly RuleMeaning[],
  one: RuleMeaning,
  partsOf: Parts,
  index: PodIndex,
): boolean {
  const allowed = (covering: ReadonlySet<Traffic>, name?: string): boolean => {
    const allowing = rules.filter(
      ({ traffic, names }) => covering.has(traffic) || (name !== undefined && names.has(name)),
    );
    return coverPeers(allowing, one, index);
  };
  const plain = partsOf(one.traffic);
  if (plain.length === 0 && one.names.size === 0) return false;
  return (
    plain.every((covering) => allowed(covering)) &&
    // What number a name stands for nobody knows.
    [...one.names].every((name) => partsOf(wholeProtocol(name)).every((covering) => allowed(covering, name)))
  );
}

function wholeProtocol(name: string): Traffic {
  return trafficOf([protocolPorts(name.slice(0, name.indexOf('/')) as Protocol)]);
}

function coverPeers(rules: readonly RuleMeaning[], one: RuleMeaning, index: PodIndex): boolean {
  if (rules.some(({ pods }) => pods === undefined)) return true;
  if (one.pods === undefined) return false;
  const wide = rules.flatMap(({ pods }) => pods ?? []);
  if (!one.pods.every((peer) => coverPeer(wide, peer, index))) return false;
  return (
    one.blocks.length === 0 ||
    withoutBlocks(one.blocks, mergeBlocks(rules.flatMap(({ blocks }) => blocks))).length === 0
  );
}

/** Whether there are no labels, of a pod and of its namespace, that the peer matches and none of the others. */
function coverPeer(peers: readonly PodMeaning[], one: PodMeaning, index: PodIndex): boolean {
  const { podSelector, namespaceSelector } = one.peer;
  const of = { pod: 'pod', namespace: 'namespace' };
  if (namespaceSelector === undefined) {
    const own = peers.filter(
      ({ peer }) =>
        peer.namespaceSelector === undefined ||
        matchesSelector(peer.namespaceSelector, index.namespaceLabels(one.namespace)),
    );
    const unwanted = own.map(({ peer }) => conditions(of.pod, peer.podSelector));
    return findLabels(conditions(of.pod, podSelector), unwanted).kind === 'none';
  }
  const inNamespaces = (pods: LabelSelector, namespaces: LabelSelector): readonly Condition[] => [
    ...conditions(of.pod, pods),
    ...conditions(of.namespace, namespaces),
  ];
  const unwanted = peers.map(({ peer, namespace }) =>
    // A namespace of that name is the policy's own.
    inNamespaces(
      peer.podSelector,
      peer.namespaceSelector ?? [{ key: nameLabel, operator: 'In', values: [namespace] }],
    ),
  );
  return findLabels(inNamespaces(podSelector, namespaceSelector), unwanted).kind === 'none';
}
