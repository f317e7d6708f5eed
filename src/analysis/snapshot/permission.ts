import { matchesSelector } from '../../model/label-selector.ts';
import type { Direction } from '../../model/network-policy.ts';
import { type AddressBlock, mergeBlocks } from '../../net/address-block.ts';
import type { Family } from '../../net/protocol.ts';
import { everything, nothing, type Traffic, unionTraffic } from '../../net/traffic.ts';
import type { Allow, PodGroup } from '../../policy/isolation.ts';
import type { PartyIndex, PodParty } from '../reach/parties.ts';
import type { Reach } from '../reach/reach.ts';
import { plainTraffic, type Row } from '../reach/rows.ts';

/**
 * What the policies of one end let through, by the width with which they say it: to or from everybody, all pods, all pods of a
 * namespace, addresses. It is read from the peers, not from the pods that happen to exist, so that it does not change with these.
 * Each width holds all that passes there, the wider ones included.
 */
export interface Permission {
  readonly row: Row;
  readonly anyone: Traffic;
  readonly everyPod: Traffic;
  /** Namespaces of which every pod is let through with more than any pod. */
  readonly namespaces: ReadonlyMap<string, Traffic>;
  /** Blocks that are let through with more than anybody, by traffic. */
  readonly addresses: readonly (readonly [Traffic, readonly AddressBlock[]])[];
}

export interface Permissions {
  /** `undefined` where everything passes: nothing isolates the party, or its policies allow everybody everything. */
  of(party: PartyIndex, direction: Direction): Permission | undefined;
  /** Whether a width covers all that the pods of a party are let through, in the family. */
  covers(permission: Permission, party: PodParty, traffic: Traffic, family: Family): boolean;
}

export function permissionsIn(reach: Reach): Permissions {
  const known = new Map<Row, Permission | undefined>();
  const matched = new Map<string, readonly string[]>();
  const namespacesOf = (group: PodGroup): readonly string[] => {
    if (group.kind === 'namespace') return [group.namespace];
    const key = JSON.stringify(group.namespaces);
    const found = matched.get(key) ?? namespacesMatching(reach, group);
    matched.set(key, found);
    return found;
  };
  return {
    of(party, direction) {
      const row = reach.row(party, direction);
      if (row === undefined) return undefined;
      if (!known.has(row)) {
        const allows = reach.isolation(party, direction)?.allows ?? [];
        known.set(row, permissionOf(reach, row, allows, namespacesOf));
      }
      return known.get(row);
    },
    covers({ row, anyone, everyPod, namespaces }, party, traffic, family) {
      const [{ namespace }] = party.pods;
      const asPod = party.hostNetwork ? anyone : (namespaces.get(namespace) ?? everyPod);
      const addressClass = party.addressClass[family];
      const asAddress =
        addressClass === undefined ? nothing : row.toward(reach.parties.ofAddressClass(addressClass), family);
      return unionTraffic(asPod, asAddress) === traffic;
    },
  };
}

function permissionOf(
  reach: Reach,
  row: Row,
  allows: readonly Allow[],
  namespacesOf: (group: PodGroup) => readonly string[],
): Permission | undefined {
  const { anyone } = row;
  if (anyone === everything) return undefined;
  const wide = allows.flatMap((allow) =>
    allow.peers.kind === 'some'
      ? allow.peers.groups
          .filter(({ pods }) => pods.length === 0)
          .map((group) => ({ group, traffic: plainTraffic(allow) }))
      : [],
  );
  const everyPod = wide
    .filter(({ group }) => group.kind === 'namespaces' && group.namespaces.length === 0)
    .reduce((sum, { traffic }) => unionTraffic(sum, traffic), anyone);
  const namespaces = new Map<string, Traffic>();
  for (const { group, traffic } of wide) {
    for (const namespace of namespacesOf(group)) {
      const sum = unionTraffic(namespaces.get(namespace) ?? everyPod, traffic);
      if (sum !== everyPod) namespaces.set(namespace, sum);
    }
  }
  return { row, anyone, everyPod, namespaces, addresses: addressesOf(reach, row) };
}

function namespacesMatching(
  { namespaces, parties: { index } }: Reach,
  group: Extract<PodGroup, { kind: 'namespaces' }>,
): readonly string[] {
  return namespaces.filter((name) => matchesSelector(group.namespaces, index.namespaceLabels(name)));
}

function addressesOf({ parties }: Reach, row: Row): Permission['addresses'] {
  const byTraffic = new Map<Traffic, AddressBlock[]>();
  for (const at of row.exceptions) {
    const party = parties.all[at];
    if (party?.kind !== 'addresses') continue;
    // Addresses are let through by blocks, and a block is of one family: either says the same.
    const traffic = row.toward(at, 'IPv4');
    const blocks = byTraffic.get(traffic) ?? [];
    byTraffic.set(traffic, blocks);
    blocks.push(...parties.addresses.blocksOf(party.addressClass));
  }
  return [...byTraffic].map(([traffic, blocks]) => [traffic, mergeBlocks(blocks)]);
}
