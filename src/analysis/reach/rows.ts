import { type LabelSelector, matchesSelector } from '../../model/label-selector.ts';
import type { NetworkPolicy } from '../../model/network-policy.ts';
import type { AddressBlock } from '../../net/address-block.ts';
import { families, type Family } from '../../net/protocol.ts';
import { everything, nothing, type Traffic, trafficOf, unionTraffic } from '../../net/traffic.ts';
import {
  type Allow,
  groupKey,
  type Isolation,
  numbersOf,
  type PodGroup,
  type PortName,
} from '../../policy/isolation.ts';
import type { Parties, PartyIndex, PodParty } from './parties.ts';

/** What an isolation lets through, party by party. */
export interface Row {
  toward(party: PartyIndex, family: Family): Traffic;
  /** What passes to or from everybody. */
  readonly anyone: Traffic;
  /** The parties for whom more passes, in some family. */
  readonly exceptions: ReadonlySet<PartyIndex>;
}

/** Resolves isolations to rows; what policies have in common is resolved once. */
export interface Rows {
  of(isolation: Isolation): Row;
  /** The parties of pods in a group. */
  members(group: PodGroup): readonly PartyIndex[];
}

export function createRows(parties: Parties): Rows {
  const rows = new WeakMap<Isolation, Row>();
  const groups = new Map<string, readonly PartyIndex[]>();
  const blockClasses = new Map<string, readonly number[]>();
  const namespaces = namespacesOf(parties);
  const matching = new Map<string, readonly string[]>();

  const namespacesWithin = (selector: LabelSelector): readonly string[] => {
    const key = JSON.stringify(selector);
    const found =
      matching.get(key) ??
      namespaces.filter((name) => matchesSelector(selector, parties.index.namespaceLabels(name)));
    matching.set(key, found);
    return found;
  };

  const members = (group: PodGroup): readonly PartyIndex[] => {
    const key = groupKey(group);
    const found = groups.get(key) ?? membersOf(parties, group, namespacesWithin);
    groups.set(key, found);
    return found;
  };

  const classesWithin = (blocks: readonly AddressBlock[]): readonly number[] => {
    const key = blocks.join();
    const found = blockClasses.get(key) ?? parties.addresses.within(blocks);
    blockClasses.set(key, found);
    return found;
  };

  const rowOf = (isolation: Isolation): Row => {
    const anyone = isolation.allows
      .filter(({ peers }) => peers.kind === 'anyone')
      .reduce((sum, allow) => unionTraffic(sum, plainTraffic(allow)), nothing);
    const either = new Map<PartyIndex, Traffic>();
    const owners = { IPv4: new Map<PartyIndex, Traffic>(), IPv6: new Map<PartyIndex, Traffic>() };
    const add = (to: Map<PartyIndex, Traffic>, party: PartyIndex, traffic: Traffic): void => {
      const sum = unionTraffic(to.get(party) ?? anyone, traffic);
      if (sum !== anyone) to.set(party, sum);
    };
    for (const allow of isolation.allows) {
      const plain = plainTraffic(allow);
      const toward = (party: PartyIndex): Traffic => namedTraffic(plain, allow, parties.all[party]);
      if (allow.peers.kind === 'anyone') {
        for (const party of declaring(allow)) add(either, party, toward(party));
        continue;
      }
      for (const party of allow.peers.groups.flatMap(members)) add(either, party, toward(party));
      for (const addressClass of classesWithin(allow.peers.blocks)) {
        add(either, parties.ofAddressClass(addressClass), plain);
        for (const party of parties.ownersIn(addressClass)) {
          const owner = parties.all[party] as PodParty;
          for (const family of families) {
            if (owner.addressClass[family] === addressClass) add(owners[family], party, toward(party));
          }
        }
      }
    }
    return {
      anyone,
      exceptions: new Set([...either.keys(), ...owners.IPv4.keys(), ...owners.IPv6.keys()]),
      toward: (party, family) => {
        const owned = owners[family].get(party);
        const traffic = either.get(party) ?? anyone;
        return owned === undefined ? traffic : unionTraffic(traffic, owned);
      },
    };
  };

  /** Parties that declare a port name of the rule. */
  const declaring = ({ ports }: Allow): readonly PartyIndex[] =>
    ports.kind === 'all' || ports.names.length === 0
      ? []
      : [...parties.all.keys()].filter((at) => parties.all[at]?.kind === 'pods');

  return {
    members,
    of(isolation) {
      const found = rows.get(isolation) ?? rowOf(isolation);
      rows.set(isolation, found);
      return found;
    },
  };
}

/** What the rule allows to whoever matches it, whatever ports that one declares. */
export function plainTraffic({ ports }: Allow): Traffic {
  return ports.kind === 'all' ? everything : trafficOf(ports.ranges);
}

/** With the numbers that the receiver gives to the port names of the rule; hostNetwork pods and strangers declare none. */
function namedTraffic(
  plain: Traffic,
  { ports }: Allow,
  receiver: Parties['all'][number] | undefined,
): Traffic {
  if (ports.kind === 'all' || ports.names.length === 0) return plain;
  if (receiver?.kind !== 'pods' || receiver.hostNetwork) return plain;
  const [pod] = receiver.pods;
  const named = ports.names.flatMap((name: PortName) =>
    numbersOf(pod, name).map((number) => ({ protocol: name.protocol, first: number, last: number })),
  );
  return unionTraffic(plain, trafficOf(named));
}

function namespacesOf({ all }: Parties): readonly NetworkPolicy['namespace'][] {
  return [
    ...new Set(all.flatMap((party) => (party.kind === 'pods' ? [party.pods[0].namespace] : []))),
  ].sort();
}

function membersOf(
  parties: Parties,
  group: PodGroup,
  namespacesWithin: (selector: LabelSelector) => readonly string[],
): readonly PartyIndex[] {
  const { all } = parties;
  const within = group.kind === 'namespace' ? [group.namespace] : namespacesWithin(group.namespaces);
  return within.flatMap((namespace) =>
    parties.ofNamespace(namespace).filter((at) => {
      const party = all[at];
      // hostNetwork pods are never peers: nothing tells them from their node.
      return (
        party?.kind === 'pods' && !party.hostNetwork && matchesSelector(group.pods, party.pods[0].labels)
      );
    }),
  );
}
