import type { Service } from '../../model/cluster.ts';
import type { IpBlockPeer, NetworkPolicy, PodPeer } from '../../model/network-policy.ts';
import type { Pod } from '../../model/pod.ts';
import { groupKey, type PodGroup } from '../../policy/isolation.ts';
import { podsOfService } from '../../policy/service-backends.ts';
import { subtractBlocks } from '../../net/address-block.ts';
import type { PartyIndex } from '../reach/parties.ts';
import type { Reach } from '../reach/reach.ts';

/** The pods that a policy selects, as a group. */
export function groupOfPolicy({ namespace, podSelector }: NetworkPolicy): PodGroup {
  return { kind: 'namespace', namespace, pods: podSelector };
}

/** The pods that a peer of a policy means. */
export function groupOfPeer({ namespace }: NetworkPolicy, peer: PodPeer): PodGroup {
  return peer.namespaceSelector === undefined
    ? { kind: 'namespace', namespace, pods: peer.podSelector }
    : { kind: 'namespaces', namespaces: peer.namespaceSelector, pods: peer.podSelector };
}

/** Whether there is a pod in the group that runs and is no hostNetwork pod. */
export function hasPods(reach: Reach, group: PodGroup): boolean {
  return reach.rows.members(group).length > 0;
}

const known = new WeakMap<Reach, Map<string, readonly Pod[]>>();

/** The running pods of a group, hostNetwork pods left out. Thousands of policies share few groups: each is listed once. */
export function podsOf(reach: Reach, group: PodGroup): readonly Pod[] {
  return listedOnce(reach, groupKey(group), () => podsOfParties(reach, reach.rows.members(group)));
}

/** The running pods that own an address of the block, hostNetwork pods left out. */
export function ownersOf(reach: Reach, { cidr, except }: IpBlockPeer): readonly Pod[] {
  return listedOnce(reach, JSON.stringify({ cidr, except }), () => {
    const classes = reach.parties.addresses.within(subtractBlocks(cidr, except));
    const owners = new Set(classes.flatMap((addressClass) => reach.parties.ownersIn(addressClass)));
    return podsOfParties(reach, [...owners]);
  });
}

function listedOnce(reach: Reach, key: string, list: () => readonly Pod[]): readonly Pod[] {
  const lists = known.get(reach) ?? new Map<string, readonly Pod[]>();
  known.set(reach, lists);
  const found = lists.get(key) ?? list();
  lists.set(key, found);
  return found;
}

function podsOfParties({ parties }: Reach, indexes: readonly PartyIndex[]): readonly Pod[] {
  return indexes.flatMap((index) => {
    const party = parties.all[index];
    return party?.kind === 'pods' && !party.hostNetwork ? party.pods : [];
  });
}

/** The running pods behind a Service, as a set. */
export function backendPods(reach: Reach, service: Service): ReadonlySet<Pod> {
  return new Set(podsOfService(service, [...reach.parties.index.podsIn(service.namespace)]));
}
