import type { Labels, LabelSelector, Requirement } from '../../model/label-selector.ts';
import type { Pod } from '../../model/pod.ts';
import { type AddressBlock, blockContains, mergeBlocks } from '../../net/address-block.ts';
import { hostCidr } from '../../net/cidr.ts';
import type { PodGroup } from '../../policy/isolation.ts';
import type { Condition } from '../../policy/possible-labels.ts';
import type { EndExpression } from '../ends/expression.ts';
import type { Place } from '../ends/place.ts';
import { resolveEnd, type Surroundings } from '../ends/resolve.ts';
import type { Reach } from '../reach/reach.ts';
import { asksForLabels } from './suite.ts';

/**
 * Whom an expression mentions. That is more than whom it is checked for: pods to come that are like the ones that are meant
 * are mentioned with them, so that a second replica is no stranger.
 */
export interface Crowd {
  /** Everybody, pods to come included. */
  readonly everyone: boolean;
  readonly pods: ReadonlySet<Pod>;
  /** Addresses that no pod owns. */
  readonly blocks: readonly AddressBlock[];
  readonly toCome: readonly PodsToCome[];
}

/** Pods to come that an expression mentions. */
export type PodsToCome =
  /** All of a namespace, or of every namespace. */
  | { readonly kind: 'namespace'; readonly namespace?: string }
  /** Those with such labels, of one namespace or of all. */
  | { readonly kind: 'selector'; readonly namespace?: string; readonly selector: LabelSelector }
  /** Those that the policies name together with one of these; see `replicaConditions`. */
  | { readonly kind: 'replicas'; readonly pods: readonly Pod[] };

/** Whether all pods that the namespace comes to have are mentioned. */
export function mentionsAllOf({ toCome }: Crowd, namespace: string | undefined): boolean {
  return toCome.some(
    (one) => one.kind === 'namespace' && (one.namespace === undefined || one.namespace === namespace),
  );
}

export const everyone: Crowd = { everyone: true, pods: new Set(), blocks: [], toCome: [] };

/** @param places whom the expression means */
export function crowdOf(end: EndExpression, places: readonly Place[], within: Surroundings): Crowd {
  const pods = new Set(places.flatMap((place) => (place.kind === 'pods' ? place.pods : [])));
  const toCome = podsToCome(end, [...pods], within);
  if (toCome === 'everyone') return { ...everyone, pods };
  const blocks = mergeBlocks(
    places.flatMap((place) => {
      if (place.kind === 'node') return [hostCidr(place.address)];
      return place.kind === 'addresses' ? place.blocks : [];
    }),
  );
  return {
    everyone: false,
    pods: blocks.length === 0 ? pods : withHostPods(pods, blocks, within.reach),
    blocks,
    toCome,
  };
}

/** On the wire a hostNetwork pod is its node: whoever speaks of the address speaks of it. */
function withHostPods(
  pods: ReadonlySet<Pod>,
  blocks: readonly AddressBlock[],
  { cluster }: Reach,
): ReadonlySet<Pod> {
  const hosts = cluster.pods.filter(({ hostNetwork, finished, addresses, nodeName }) => {
    if (!hostNetwork || finished) return false;
    const own =
      addresses.length > 0
        ? addresses
        : (cluster.nodes.find(({ name }) => name === nodeName)?.addresses ?? []);
    return own.length > 0 && own.every((address) => blocks.some((block) => blockContains(block, address)));
  });
  return new Set([...pods, ...hosts]);
}

function podsToCome(
  { means }: EndExpression,
  pods: readonly Pod[],
  within: Surroundings,
): readonly PodsToCome[] | 'everyone' {
  switch (means.kind) {
    case 'any':
      return 'everyone';
    case 'internet':
    case 'node':
    case 'addresses':
      return [];
    case 'pods':
      return [{ kind: 'namespace' }];
    case 'namespace':
      return [{ kind: 'namespace', namespace: means.namespace }];
    case 'selector': {
      const { namespace, selector } = means;
      return [{ kind: 'selector', ...(namespace === undefined ? {} : { namespace }), selector }];
    }
    case 'word': {
      const named = within.names.get(means.word);
      if (named?.kind === 'blocks') return [];
      if (named?.kind !== 'ends') return [{ kind: 'replicas', pods }];
      const parts = named.ends.map((end) => podsToCome(end, podsOf(end, within), within));
      return parts.includes('everyone')
        ? 'everyone'
        : parts.flatMap((part) => (part === 'everyone' ? [] : part));
    }
    case 'workload':
    case 'service':
    case 'ingress':
    case 'host':
      return [{ kind: 'replicas', pods }];
  }
}

function podsOf(end: EndExpression, within: Surroundings): readonly Pod[] {
  const places = resolveEnd(end, within);
  return places.ok ? places.value.flatMap((place) => (place.kind === 'pods' ? place.pods : [])) : [];
}

/**
 * When pods that a rule's peer admits are replicas of one of these pods: the peer admits that pod, it names it by a label of
 * its own (and of its namespace, where it selects those), and the others agree with it in every label that the peer asks for.
 * A peer that asks for no label admits anybody, and nobody is a replica then.
 * @returns lists of conditions; whoever meets all of one list is a replica
 */
export function replicaConditions(
  reach: Reach,
  group: PodGroup,
  pods: Iterable<Pod>,
): readonly (readonly Condition[])[] {
  const isPinned =
    asksForLabels(group.pods) && (group.kind === 'namespace' || asksForLabels(group.namespaces));
  if (!isPinned) return [];
  const lists = new Map<string, readonly Condition[]>();
  for (const pod of pods) {
    if (pod.hostNetwork || !reach.parties.index.inGroup(group, pod)) continue;
    const own = agreement('pod', group.pods, pod.labels);
    const where =
      group.kind === 'namespace'
        ? []
        : agreement('namespace', group.namespaces, reach.parties.index.namespaceLabels(pod.namespace));
    const list = [...own, ...where];
    lists.set(JSON.stringify(list), list);
  }
  return [...lists.values()];
}

/** To have the same, in every label of which the selector speaks. */
export function agreement(of: string, selector: LabelSelector, labels: Labels): readonly Condition[] {
  return [...new Set(selector.map(({ key }) => key))].map((key) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    const requirement: Requirement =
      value === undefined ? { key, operator: 'DoesNotExist' } : { key, operator: 'In', values: [value] };
    return { of, requirement };
  });
}
