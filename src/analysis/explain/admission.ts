import { matchesSelector } from '../../model/label-selector.ts';
import type { Pod } from '../../model/pod.ts';
import { familyOf, type Address } from '../../net/address.ts';
import { blockContains } from '../../net/address-block.ts';
import { protocolPorts } from '../../net/port-range.ts';
import type { Family } from '../../net/protocol.ts';
import { type Traffic, trafficOf } from '../../net/traffic.ts';
import { numbersOf, type Peers, type PodGroup, type Ports } from '../../policy/isolation.ts';
import type { Somebody } from '../ends/place.ts';
import type { Reach } from '../reach/reach.ts';

/** Whether somebody is among the peers of a rule; by address, in the family where one is given. */
export function admits(reach: Reach, peers: Peers, other: Somebody, family: Family | undefined): boolean {
  if (peers.kind === 'anyone') return true;
  if (peers.groups.some((group) => isMember(reach, group, other))) return true;
  return addressesOf(reach, other)
    .filter((address) => family === undefined || familyOf(address) === family)
    .some((address) => peers.blocks.some((block) => blockContains(block, address)));
}

function isMember(reach: Reach, group: PodGroup, other: Somebody): boolean {
  if (other.kind === 'pod') return !other.pod.hostNetwork && reach.parties.index.inGroup(group, other.pod);
  if (other.kind !== 'possible') return false;
  const { namespace, namespaceLabels, labels } = other.pod;
  const isWithin =
    group.kind === 'namespace'
      ? group.namespace === namespace
      : matchesSelector(group.namespaces, namespaceLabels);
  return isWithin && matchesSelector(group.pods, labels);
}

/** The addresses by which somebody is known; none for pods that have none yet. */
export function addressesOf(reach: Reach, end: Somebody): readonly Address[] {
  switch (end.kind) {
    case 'pod':
      return podAddresses(reach, end.pod);
    case 'node':
    case 'address':
      return [end.address];
    case 'possible':
      return [];
  }
}

function podAddresses(reach: Reach, pod: Pod): readonly Address[] {
  if (!pod.hostNetwork) return reach.parties.index.addressesOf(pod);
  if (pod.addresses.length > 0) return pod.addresses;
  return reach.cluster.nodes.find(({ name }) => name === pod.nodeName)?.addresses ?? [];
}

/** The numbers that ports come to at the receiver. A pod to come may give a name to any number, unless it has no names. */
export function declaredBy(receiver: Somebody, ports: Ports & { readonly kind: 'some' }): Traffic {
  const named = ports.names.flatMap((name) => {
    if (receiver.kind === 'possible') {
      return receiver.pod.namesNoPorts === true ? [] : [protocolPorts(name.protocol)];
    }
    if (receiver.kind !== 'pod' || receiver.pod.hostNetwork) return [];
    return numbersOf(receiver.pod, name).map((number) => ({
      protocol: name.protocol,
      first: number,
      last: number,
    }));
  });
  return trafficOf([...ports.ranges, ...named]);
}
