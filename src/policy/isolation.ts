import { matchesSelector, type LabelSelector } from '../model/label-selector.ts';
import {
  type Direction,
  modeOf,
  type NetworkPolicy,
  type PolicyKey,
  policyKey,
  type PolicyMode,
  type PolicyPeer,
  type PolicyPort,
  type PolicyRule,
} from '../model/network-policy.ts';
import type { Pod } from '../model/pod.ts';
import { type AddressBlock, mergeBlocks, subtractBlocks } from '../net/address-block.ts';
import { mergePorts, type PortRange, protocolPorts } from '../net/port-range.ts';
import type { Protocol } from '../net/protocol.ts';

/**
 * The meaning of every policy that selects a pod for one direction: isolated, and allowed what any of `allows` allows.
 * This is the IR between the policies and nftables; it knows neither addresses of peers nor chains.
 */
export interface Isolation {
  readonly direction: Direction;
  /** By audit policies: what nothing allows is told, not denied. Absent: enforced. */
  readonly audit?: true;
  /** The policies that isolate the pod, sorted. */
  readonly policies: readonly PolicyKey[];
  /** Sorted by policy and rule. Rules that can match nothing are left out. */
  readonly allows: readonly Allow[];
}

/** One rule of a policy: (any of the peers) and (any of the ports). */
export interface Allow {
  readonly rule: RuleReference;
  readonly peers: Peers;
  readonly ports: Ports;
}

export interface RuleReference {
  readonly policy: PolicyKey;
  readonly direction: Direction;
  /** Position in the policy's list of that direction. */
  readonly index: number;
}

export type Peers =
  | { readonly kind: 'anyone' }
  /** Pods of the groups, and addresses of the blocks. The blocks are disjoint, excepts are taken out. */
  | { readonly kind: 'some'; readonly groups: readonly PodGroup[]; readonly blocks: readonly AddressBlock[] };

/** Pods by label, in one namespace or in the namespaces that a selector matches. */
export type PodGroup =
  | { readonly kind: 'namespace'; readonly namespace: string; readonly pods: LabelSelector }
  | { readonly kind: 'namespaces'; readonly namespaces: LabelSelector; readonly pods: LabelSelector };

export type Ports =
  /** Every port of every protocol, and every other protocol. */
  | { readonly kind: 'all' }
  /** Disjoint ascending ranges, and names that are still to be resolved on the destination. */
  | { readonly kind: 'some'; readonly ranges: readonly PortRange[]; readonly names: readonly PortName[] };

/** A port name; which number it is depends on the pod that declares it. */
export interface PortName {
  readonly protocol: Protocol;
  readonly name: string;
}

/**
 * What the policies of the pod's own namespace make of the pod in one direction; `undefined` where none isolates it. Policies
 * of the other mode have no part in it.
 * @param policies policies of the pod's namespace, in any order
 * @param allows what the rules of a policy allow, for whoever has that at hand
 */
export function isolationOf(
  pod: Pod,
  direction: Direction,
  policies: Iterable<NetworkPolicy>,
  mode: PolicyMode = 'enforce',
  allows = allowsOf,
): Isolation | undefined {
  const isolating = [...policies]
    .filter(
      (policy) => modeOf(policy) === mode && policy.policyTypes.includes(direction) && selects(policy, pod),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (isolating.length === 0) return undefined;
  return {
    direction,
    ...(mode === 'audit' ? { audit: true } : {}),
    policies: isolating.map(policyKey),
    allows: isolating.flatMap((policy) => allows(policy, direction, pod)),
  };
}

/**
 * What the rules of a policy allow in one direction. Port names of ingress rules are looked up on the pod; without one they
 * stay names, as those of egress rules always do.
 */
export function allowsOf(policy: NetworkPolicy, direction: Direction, pod?: Pod): readonly Allow[] {
  return policy[direction].flatMap((rule) => allowOf(policy, direction, rule, pod));
}

/** Whether the policy's podSelector selects the pod. hostNetwork pods are never selected. */
export function selects(policy: NetworkPolicy, pod: Pod): boolean {
  return (
    !pod.hostNetwork && policy.namespace === pod.namespace && matchesSelector(policy.podSelector, pod.labels)
  );
}

function allowOf(
  policy: NetworkPolicy,
  direction: Direction,
  rule: PolicyRule,
  pod: Pod | undefined,
): readonly Allow[] {
  const peers = rule.peers === undefined ? anyone : peersOf(policy, rule.peers);
  const ports =
    rule.ports === undefined ? allPorts : portsOf(rule.ports, direction === 'ingress' ? pod : undefined);
  if (peers.kind === 'some' && peers.groups.length === 0 && peers.blocks.length === 0) return [];
  if (ports.kind === 'some' && ports.ranges.length === 0 && ports.names.length === 0) return [];
  return [{ rule: { policy: policyKey(policy), direction, index: rule.index }, peers, ports }];
}

const anyone: Peers = { kind: 'anyone' };
const allPorts: Ports = { kind: 'all' };

function peersOf(policy: NetworkPolicy, peers: readonly PolicyPeer[]): Peers {
  const groups: PodGroup[] = [];
  const blocks: (readonly AddressBlock[])[] = [];
  for (const peer of peers) {
    switch (peer.kind) {
      case 'ipBlock':
        blocks.push(subtractBlocks(peer.cidr, peer.except));
        break;
      case 'pods':
        groups.push(
          peer.namespaceSelector === undefined
            ? { kind: 'namespace', namespace: policy.namespace, pods: peer.podSelector }
            : { kind: 'namespaces', namespaces: peer.namespaceSelector, pods: peer.podSelector },
        );
        break;
    }
  }
  return { kind: 'some', groups: uniqueGroups(groups), blocks: mergeBlocks(blocks.flat()) };
}

/**
 * Named ports are resolved on the destination pod: at once for ingress, where it is the selected pod, and not yet for
 * egress, where each peer has numbers of its own.
 */
function portsOf(ports: readonly PolicyPort[], destination: Pod | undefined): Ports {
  const ranges: PortRange[] = [];
  const names = new Map<string, PortName>();
  for (const port of ports) {
    switch (port.kind) {
      case 'all':
        ranges.push(protocolPorts(port.protocol));
        break;
      case 'range':
        ranges.push({ protocol: port.protocol, first: port.first, last: port.last });
        break;
      case 'named':
        if (destination === undefined) {
          names.set(`${port.protocol}/${port.name}`, { protocol: port.protocol, name: port.name });
        } else {
          ranges.push(
            ...numbersOf(destination, port).map((first) => ({ protocol: port.protocol, first, last: first })),
          );
        }
        break;
    }
  }
  const sortedNames = [...names.keys()].sort().flatMap((key) => names.get(key) ?? []);
  return { kind: 'some', ranges: mergePorts(ranges), names: sortedNames };
}

/** The numbers that a pod's containers give to a port name of that protocol: none, one, or several. */
export function numbersOf(pod: Pod, port: PortName): readonly number[] {
  return pod.ports
    .filter((declared) => declared.name === port.name && declared.protocol === port.protocol)
    .map((declared) => declared.number);
}

/** Text that is equal for equal groups and different for different ones. */
export function groupKey(group: PodGroup): string {
  return JSON.stringify(
    group.kind === 'namespace' ? [group.namespace, group.pods] : [null, group.namespaces, group.pods],
  );
}

/** Sorted by key, without repeats. */
export function uniqueGroups(groups: readonly PodGroup[]): readonly PodGroup[] {
  const byKey = new Map(groups.map((group) => [groupKey(group), group]));
  return [...byKey.keys()].sort().flatMap((key) => byKey.get(key) ?? []);
}
