import { type Labels, matchesSelector } from '../model/label-selector.ts';
import { type Pod, type PodKey, podKey } from '../model/pod.ts';
import type { Address } from '../net/address.ts';
import type { PodGroup } from './isolation.ts';

/**
 * All pods and namespaces of the cluster, with who owns which address. An address that several pods claim belongs to the
 * newest of them that is not being deleted (by creation time, then by key), else to the newest; the others own it not, and
 * get it when the owner goes.
 */
export interface PodIndex {
  /** Returns the keys of all pods whose ownership may have changed: this one and rivals for its addresses. */
  setPod(pod: Pod): readonly PodKey[];
  deletePod(key: PodKey): readonly PodKey[];
  /** Returns whether the labels changed. */
  setNamespace(name: string, labels: Labels): boolean;
  deleteNamespace(name: string): boolean;

  pod(key: PodKey): Pod | undefined;
  /** The addresses by which the pod can be known: none for hostNetwork pods, which look like their node. */
  addressesOf(pod: Pod): readonly Address[];
  podsIn(namespace: string): Iterable<Pod>;
  pods(): Iterable<Pod>;
  /** Labels of a namespace; one that was never declared has its name label alone. */
  namespaceLabels(name: string): Labels;
  /** Whether the pod is in the group, by labels alone. */
  inGroup(group: PodGroup, pod: Pod): boolean;
  /** Every pod of the group. */
  members(group: PodGroup): Iterable<Pod>;
  readonly podCount: number;
  readonly namespaceCount: number;
}

export function createPodIndex(): PodIndex {
  const pods = new Map<PodKey, Pod>();
  const byNamespace = new Map<string, Map<PodKey, Pod>>();
  const namespaces = new Map<string, Labels>();
  const claims = new Map<Address, PodKey[]>();

  const remove = (key: PodKey): readonly PodKey[] => {
    const pod = pods.get(key);
    if (pod === undefined) return [];
    pods.delete(key);
    const siblings = byNamespace.get(pod.namespace);
    siblings?.delete(key);
    if (siblings?.size === 0) byNamespace.delete(pod.namespace);
    return claimable(pod).flatMap((address) => {
      const rest = (claims.get(address) ?? []).filter((claimant) => claimant !== key);
      if (rest.length === 0) claims.delete(address);
      else claims.set(address, rest);
      return rest;
    });
  };

  const owner = (address: Address): PodKey | undefined => {
    const claimants = claims.get(address) ?? [];
    return claimants.length < 2 ? claimants[0] : claimants.reduce((a, b) => (isHeir(pods, b, a) ? b : a));
  };

  const index: PodIndex = {
    setPod(pod) {
      const key = podKey(pod);
      const rivals = remove(key);
      pods.set(key, pod);
      const siblings = byNamespace.get(pod.namespace);
      if (siblings === undefined) byNamespace.set(pod.namespace, new Map([[key, pod]]));
      else siblings.set(key, pod);
      const newRivals = claimable(pod).flatMap((address) => {
        const claimants = claims.get(address) ?? [];
        claims.set(address, [...claimants, key]);
        return claimants;
      });
      return [...new Set([key, ...rivals, ...newRivals])];
    },
    deletePod: (key) => [...new Set([key, ...remove(key)])],
    setNamespace(name, labels) {
      const before = index.namespaceLabels(name);
      namespaces.set(name, labels);
      return !sameLabels(before, labels);
    },
    deleteNamespace(name) {
      const before = index.namespaceLabels(name);
      namespaces.delete(name);
      return !sameLabels(before, index.namespaceLabels(name));
    },
    pod: (key) => pods.get(key),
    addressesOf: (pod) => claimable(pod).filter((address) => owner(address) === podKey(pod)),
    podsIn: (namespace) => byNamespace.get(namespace)?.values() ?? [],
    pods: () => pods.values(),
    namespaceLabels: (name) => namespaces.get(name) ?? { 'kubernetes.io/metadata.name': name },
    inGroup: (group, pod) =>
      matchesSelector(group.pods, pod.labels) &&
      (group.kind === 'namespace'
        ? group.namespace === pod.namespace
        : matchesSelector(group.namespaces, index.namespaceLabels(pod.namespace))),
    *members(group) {
      for (const [namespace, siblings] of byNamespace) {
        const within =
          group.kind === 'namespace'
            ? group.namespace === namespace
            : matchesSelector(group.namespaces, index.namespaceLabels(namespace));
        if (!within) continue;
        for (const pod of siblings.values()) if (matchesSelector(group.pods, pod.labels)) yield pod;
      }
    },
    get podCount() {
      return pods.size;
    },
    get namespaceCount() {
      return namespaces.size;
    },
  };
  return index;
}

function claimable(pod: Pod): readonly Address[] {
  return pod.hostNetwork || pod.finished ? [] : pod.addresses;
}

/** Whether `a` has the better claim to an address of both. */
function isHeir(pods: ReadonlyMap<PodKey, Pod>, a: PodKey, b: PodKey): boolean {
  const [first, second] = [pods.get(a), pods.get(b)];
  const [leaves, stays] = [first?.terminating === true, second?.terminating !== true];
  if (leaves === stays) return !leaves;
  const [x, y] = [first?.created ?? '', second?.created ?? ''];
  return x === y ? a < b : x > y;
}

function sameLabels(a: Labels, b: Labels): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key])
  );
}
