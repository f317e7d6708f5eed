import { type Pod, type PodKey, podKey } from '../model/pod.ts';
import { familyOf } from '../net/address.ts';
import { blockContains } from '../net/address-block.ts';
import { numbersOf } from '../policy/isolation.ts';
import type { PodIndex } from '../policy/pod-index.ts';
import type { NamedPeerPort, SetDefinition } from './lower.ts';
import { addressElement, type ElementKey, endpointElement, type SetName } from './objects.ts';

/** A set whose elements come from pods. */
export type MemberSetDefinition = SetDefinition & { readonly kind: 'pods' | 'endpoints' };

/** What an event changed in one set. */
export interface MembershipChange {
  readonly set: SetName;
  readonly removed: readonly ElementKey[];
  readonly added: readonly ElementKey[];
}

/**
 * Keeps the elements of every set that is defined by pods. A pod's event costs only the sets that could hold the pod:
 * those of its namespace, and those that select namespaces by label. An address has one owner, so no two pods give a set
 * the same element.
 */
export interface MemberSets {
  /** Starts keeping the set; returns its elements now. */
  add(definition: MemberSetDefinition): readonly ElementKey[];
  remove(name: SetName): void;
  /**
   * Looks again at pods whose labels, ports, addresses or existence changed, and at every pod of namespaces whose labels
   * changed. All at once: an address may move from one pod to another, and is then removed and added in one set.
   */
  changed(pods: ReadonlySet<PodKey>, namespaces: Iterable<string>): readonly MembershipChange[];
}

interface MemberSet {
  readonly definition: MemberSetDefinition;
  readonly byPod: Map<PodKey, readonly ElementKey[]>;
}

export function createMemberSets(index: PodIndex): MemberSets {
  const sets = new Map<SetName, MemberSet>();
  const ofNamespace = new Map<string, Set<SetName>>();
  const ofAnyNamespace = new Set<SetName>();

  const changes = (keys: Iterable<PodKey>, candidates: (key: PodKey) => Iterable<SetName>) => {
    const perSet = new Map<SetName, { removed: ElementKey[]; added: ElementKey[] }>();
    for (const key of keys) {
      for (const name of candidates(key)) {
        const set = sets.get(name);
        if (set === undefined) continue;
        const before = set.byPod.get(key) ?? [];
        const pod = index.pod(key);
        const after = pod === undefined ? [] : contribution(set.definition, pod, index);
        if (sameElements(before, after)) continue;
        if (after.length === 0) set.byPod.delete(key);
        else set.byPod.set(key, after);
        const change = perSet.get(name) ?? { removed: [], added: [] };
        change.removed.push(...before.filter((element) => !after.includes(element)));
        change.added.push(...after.filter((element) => !before.includes(element)));
        perSet.set(name, change);
      }
    }
    return [...perSet].map(([set, change]) => ({ set, ...change }));
  };

  return {
    add(definition) {
      const byPod = new Map<PodKey, readonly ElementKey[]>();
      for (const pod of candidatePods(definition, index)) {
        const elements = contribution(definition, pod, index);
        if (elements.length > 0) byPod.set(podKey(pod), elements);
      }
      sets.set(definition.name, { definition, byPod });
      for (const namespace of namespacesOf(definition)) {
        if (namespace === undefined) ofAnyNamespace.add(definition.name);
        else ofNamespace.set(namespace, (ofNamespace.get(namespace) ?? new Set()).add(definition.name));
      }
      return [...byPod.values()].flat();
    },
    remove(name) {
      const set = sets.get(name);
      sets.delete(name);
      ofAnyNamespace.delete(name);
      for (const namespace of set === undefined ? [] : namespacesOf(set.definition)) {
        if (namespace === undefined) continue;
        const names = ofNamespace.get(namespace);
        names?.delete(name);
        if (names?.size === 0) ofNamespace.delete(namespace);
      }
    },
    changed(pods, namespaces) {
      const keys = new Set(pods);
      for (const namespace of namespaces) for (const pod of index.podsIn(namespace)) keys.add(podKey(pod));
      return changes(keys, (key) =>
        pods.has(key)
          ? [...(ofNamespace.get(key.slice(0, key.indexOf('/'))) ?? []), ...ofAnyNamespace]
          : ofAnyNamespace,
      );
    },
  };
}

/** The elements that a pod gives to a set: its addresses of that family, or its addresses with the numbers of its ports. */
function contribution(definition: MemberSetDefinition, pod: Pod, index: PodIndex): readonly ElementKey[] {
  switch (definition.kind) {
    case 'pods': {
      if (!definition.groups.some((group) => index.inGroup(group, pod))) return [];
      return ownAddresses(definition, pod, index).map(addressElement);
    }
    case 'endpoints': {
      if (pod.ports.length === 0) return [];
      // By name first: what else a rule allows may be much, and few pods declare any of its names.
      const ports = definition.ports.filter((port) => numbersOf(pod, port).length > 0);
      const elements = ownAddresses(definition, pod, index).flatMap((address) =>
        ports
          .filter(({ peer }) =>
            peer.kind === 'group'
              ? index.inGroup(peer.group, pod)
              : peer.blocks.some((block) => blockContains(block, address)),
          )
          .flatMap((port) =>
            numbersOf(pod, port).map((number) => endpointElement(address, port.protocol, number)),
          ),
      );
      return [...new Set(elements)];
    }
  }
}

function ownAddresses(definition: MemberSetDefinition, pod: Pod, index: PodIndex) {
  return index.addressesOf(pod).filter((address) => familyOf(address) === definition.family);
}

/** The namespaces whose pods the set may hold; `undefined` stands for any. */
function namespacesOf(definition: MemberSetDefinition): ReadonlySet<string | undefined> {
  const groups = definition.kind === 'pods' ? definition.groups : definition.ports.map(groupOf);
  return new Set(groups.map((group) => (group?.kind === 'namespace' ? group.namespace : undefined)));
}

function groupOf({ peer }: NamedPeerPort) {
  return peer.kind === 'group' ? peer.group : undefined;
}

function* candidatePods(definition: MemberSetDefinition, index: PodIndex): Iterable<Pod> {
  const namespaces = namespacesOf(definition);
  if (!namespaces.has(undefined)) {
    for (const namespace of namespaces) if (namespace !== undefined) yield* index.podsIn(namespace);
  } else if (definition.kind === 'pods' && definition.groups.length === 1) {
    for (const group of definition.groups) yield* index.members(group);
  } else {
    yield* index.pods();
  }
}

function sameElements(a: readonly ElementKey[], b: readonly ElementKey[]): boolean {
  return a.length === b.length && a.every((element, position) => element === b[position]);
}
