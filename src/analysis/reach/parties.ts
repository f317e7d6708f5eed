import type { Cluster } from '../../model/cluster.ts';
import type { Labels, LabelSelector } from '../../model/label-selector.ts';
import {
  directions,
  type NetworkPolicy,
  type PolicyPeer,
  type PolicyRule,
} from '../../model/network-policy.ts';
import type { NamedPort, Pod } from '../../model/pod.ts';
import { type Address, familyOf } from '../../net/address.ts';
import type { AddressBlock } from '../../net/address-block.ts';
import { type AddressClasses, cutAddresses } from '../../net/address-classes.ts';
import { families, type Family } from '../../net/protocol.ts';
import { createPodIndex, type PodIndex } from '../../policy/pod-index.ts';

/** The number of a party: pods first, then addresses. */
export type PartyIndex = number;

/**
 * Pods that no policy can tell apart: of one namespace, alike in every label, port name and address block that a policy
 * speaks of. hostNetwork pods are judged by the address of their node, and never stand with others.
 */
export interface PodParty {
  readonly kind: 'pods';
  readonly pods: readonly [Pod, ...Pod[]];
  readonly hostNetwork: boolean;
  /** Families in which the pods own an address; none where nobody has given them one yet. */
  readonly families: readonly Family[];
  /** The class of the address in each of these families. */
  readonly addressClass: Readonly<Partial<Record<Family, number>>>;
}

/** Addresses that no policy tells apart, as far as no pod owns them. */
export interface AddressParty {
  readonly kind: 'addresses';
  readonly addressClass: number;
}

export type Party = PodParty | AddressParty;

/**
 * Everybody who can send or receive, gathered into the classes that the policies can tell apart. Pods that are finished run
 * no more and are nobody.
 */
export interface Parties {
  readonly all: readonly Party[];
  readonly index: PodIndex;
  /** The address space, cut along every cidr and every except of every policy. */
  readonly addresses: AddressClasses;
  /** Parties of pods, by namespace. */
  ofNamespace(namespace: string): readonly PartyIndex[];
  /** The party of a pod; `undefined` for one that is finished or of another cluster. */
  ofPod(pod: Pod): PartyIndex | undefined;
  ofAddressClass(addressClass: number): PartyIndex;
  /** Parties of pods that own an address of the class. */
  ownersIn(addressClass: number): readonly PartyIndex[];
}

/** @param policies those that may be asked about: everybody is cut into classes that these can tell apart */
export function gatherParties(
  cluster: Cluster,
  policies: readonly NetworkPolicy[] = cluster.policies,
): Parties {
  const index = createPodIndex();
  for (const { name, labels } of cluster.namespaces) index.setNamespace(name, labels);
  for (const pod of cluster.pods) index.setPod(pod);
  const spoken = spokenOf(policies);
  const addresses = cutAddresses(spoken.blocks);
  const nodes = new Map(cluster.nodes.map((node) => [node.name, node.addresses]));

  const bySignature = new Map<string, [Pod, ...Pod[]]>();
  for (const pod of cluster.pods) {
    if (pod.finished) continue;
    const signature = signatureOf(pod, addressesOf(pod, index, nodes), spoken, addresses);
    const alike = bySignature.get(signature);
    if (alike === undefined) bySignature.set(signature, [pod]);
    else alike.push(pod);
  }
  const pods = [...bySignature.values()].map((alike): PodParty => {
    const own = addressesOf(alike[0], index, nodes);
    const owned = families.flatMap((family) => {
      const address = own.find((one) => familyOf(one) === family);
      return address === undefined ? [] : [[family, addresses.classOf(address)] as const];
    });
    return {
      kind: 'pods',
      pods: alike,
      hostNetwork: alike[0].hostNetwork,
      families: owned.map(([family]) => family),
      addressClass: Object.fromEntries(owned),
    };
  });
  const all: readonly Party[] = [
    ...pods,
    ...Array.from({ length: addresses.count }, (_, addressClass): AddressParty => ({
      kind: 'addresses',
      addressClass,
    })),
  ];

  const byNamespace = new Map<string, PartyIndex[]>();
  const byAddressClass = new Map<number, Set<PartyIndex>>();
  const byPod = new Map<Pod, PartyIndex>();
  for (const [at, party] of pods.entries()) {
    append(byNamespace, party.pods[0].namespace, at);
    for (const pod of party.pods) byPod.set(pod, at);
    for (const addressClass of Object.values(party.addressClass)) {
      const owners = byAddressClass.get(addressClass) ?? new Set();
      byAddressClass.set(addressClass, owners.add(at));
    }
  }
  const owners = new Map([...byAddressClass].map(([addressClass, found]) => [addressClass, [...found]]));
  return {
    all,
    index,
    addresses,
    ofNamespace: (namespace) => byNamespace.get(namespace) ?? [],
    ofPod: (pod) => byPod.get(pod),
    ofAddressClass: (addressClass) => pods.length + addressClass,
    ownersIn: (addressClass) => owners.get(addressClass) ?? [],
  };
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** The addresses that a pod is judged by; those of its node for a hostNetwork pod. */
function addressesOf(
  pod: Pod,
  index: PodIndex,
  nodes: ReadonlyMap<string, readonly Address[]>,
): readonly Address[] {
  if (!pod.hostNetwork) return index.addressesOf(pod);
  return pod.addresses.length > 0 ? pod.addresses : (nodes.get(pod.nodeName) ?? []);
}

/** Everything that the policies speak of. */
interface Spoken {
  /** Values that selectors name, by key of a pod's label. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>;
  readonly portNames: ReadonlySet<string>;
  readonly blocks: ReadonlySet<AddressBlock>;
}

function spokenOf(policies: readonly NetworkPolicy[]): Spoken {
  const labels = new Map<string, Set<string>>();
  const portNames = new Set<string>();
  const blocks = new Set<AddressBlock>();
  const speak = (selector: LabelSelector): void => {
    for (const requirement of selector) {
      const values = labels.get(requirement.key) ?? new Set();
      labels.set(requirement.key, values);
      if ('values' in requirement) for (const value of requirement.values) values.add(value);
    }
  };
  const speakOf = (peer: PolicyPeer): void => {
    if (peer.kind === 'pods') speak(peer.podSelector);
    else for (const block of [peer.cidr, ...peer.except]) blocks.add(block);
  };
  const rule = ({ peers = [], ports = [] }: PolicyRule): void => {
    for (const peer of peers) speakOf(peer);
    for (const port of ports) if (port.kind === 'named') portNames.add(port.name);
  };
  for (const policy of policies) {
    speak(policy.podSelector);
    for (const direction of directions) for (const one of policy[direction]) rule(one);
  }
  return { labels, portNames, blocks };
}

/** Equal for pods that no policy can tell apart. */
function signatureOf(pod: Pod, own: readonly Address[], spoken: Spoken, addresses: AddressClasses): string {
  return JSON.stringify([
    pod.namespace,
    pod.hostNetwork,
    own.map((address) => [familyOf(address), addresses.classOf(address)]).sort(),
    spokenLabels(pod.labels, spoken),
    pod.ports.filter(({ name }) => spoken.portNames.has(name)).map(portKey),
  ]);
}

/** A value that no selector names is any such value. */
function spokenLabels(labels: Labels, spoken: Spoken): readonly (readonly [string, string | 0])[] {
  return Object.keys(labels)
    .sort()
    .flatMap((key) => {
      const values = spoken.labels.get(key);
      const value = labels[key] ?? '';
      return values === undefined ? [] : [[key, values.has(value) ? value : 0] as const];
    });
}

function portKey({ name, number, protocol }: NamedPort): readonly unknown[] {
  return [name, number, protocol];
}
