import type { Cluster } from '../../model/cluster.ts';
import type { Pod } from '../../model/pod.ts';
import type { Address } from '../../net/address.ts';
import { type AddressBlock, blockContains, intersectBlocks, isCidr } from '../../net/address-block.ts';
import { addressOfNumber, bounds } from '../../net/cidr.ts';
import type { PartyIndex } from '../reach/parties.ts';
import type { Reach } from '../reach/reach.ts';
import type { Place, PodsPlace } from './place.ts';

/** Pods by party, in the order of the parties. */
export function podPlaces(reach: Reach, pods: Iterable<Pod>, exceptOwnNode = false): readonly PodsPlace[] {
  const byParty = new Map<PartyIndex, [Pod, ...Pod[]]>();
  for (const pod of new Set(pods)) {
    const party = reach.parties.ofPod(pod);
    if (party === undefined) continue;
    const alike = byParty.get(party);
    if (alike === undefined) byParty.set(party, [pod]);
    else alike.push(pod);
  }
  return [...byParty]
    .sort(([a], [b]) => a - b)
    .map(([party, own]) => ({ kind: 'pods', party, pods: own, exceptOwnNode }));
}

/** Addresses that no pod owns, by class. */
export function strangersIn(reach: Reach, blocks: readonly AddressBlock[]): readonly Place[] {
  const { parties } = reach;
  const { addresses } = parties;
  return addresses.within(blocks).map((one) => ({
    kind: 'addresses',
    party: parties.ofAddressClass(one),
    blocks: intersectBlocks(addresses.blocksOf(one), blocks),
  }));
}

/** Whoever owns the addresses, and the addresses that nobody owns. */
export function blockPlaces(reach: Reach, blocks: readonly AddressBlock[]): readonly Place[] {
  const isInside = (address: Address): boolean => blocks.some((block) => blockContains(block, address));
  const owned = reach.cluster.pods.filter((pod) => reach.parties.index.addressesOf(pod).some(isInside));
  const [only, ...others] = blocks;
  const single = only !== undefined && others.length === 0 ? singleAddress(only) : undefined;
  if (single === undefined) return [...podPlaces(reach, owned), ...strangersIn(reach, blocks)];
  if (owned.length > 0) return podPlaces(reach, owned);
  const node = nodeOf(reach.cluster, single);
  return node === undefined
    ? strangersIn(reach, blocks)
    : [
        {
          kind: 'node',
          party: reach.parties.ofAddressClass(reach.parties.addresses.classOf(single)),
          node,
          address: single,
          exceptOwnNode: false,
        },
      ];
}

function singleAddress(block: AddressBlock): Address | undefined {
  if (!isCidr(block)) return undefined;
  const { family, first, last } = bounds(block);
  return first === last ? addressOfNumber(family, first) : undefined;
}

function nodeOf({ nodes, pods }: Cluster, address: Address): string | undefined {
  return (
    nodes.find(({ addresses }) => addresses.includes(address))?.name ??
    pods.find((pod) => pod.hostNetwork && !pod.finished && pod.addresses.includes(address))?.nodeName
  );
}
