import type { Cluster } from '../../model/cluster.ts';
import type { Pod } from '../../model/pod.ts';
import { type Address, familyOf } from '../../net/address.ts';
import {
  type AddressBlock,
  blockBounds,
  blockContains,
  intersectBlocks,
  isCidr,
} from '../../net/address-block.ts';
import { addressOfNumber, bounds } from '../../net/cidr.ts';
import { families, type Family } from '../../net/protocol.ts';
import type { Parties, PartyIndex } from '../reach/parties.ts';
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

/** Said of one pod that is named itself, not by its workload. */
export function asOnePod(place: PodsPlace): PodsPlace {
  return { ...place, onePod: true };
}

/** Addresses that no pod owns, by class. */
export function strangersIn(reach: Reach, blocks: readonly AddressBlock[]): readonly Place[] {
  const { parties } = reach;
  const { addresses } = parties;
  const taken = takenAddresses(reach);
  return addresses.within(blocks).flatMap((one): readonly Place[] => {
    const own = intersectBlocks(addresses.blocksOf(one), blocks);
    const [first, ...others] = families.flatMap((family) => freeAddress(own, family, taken) ?? []);
    if (first === undefined) return [];
    return [
      { kind: 'addresses', party: parties.ofAddressClass(one), blocks: own, examples: [first, ...others] },
    ];
  });
}

/** Addresses that somebody has: those of pods are no strangers, those of nodes are poor examples of them. */
interface Taken {
  readonly byPods: ReadonlySet<Address>;
  readonly byNodes: ReadonlySet<Address>;
}

const takenIn = new WeakMap<Parties, Taken>();

function takenAddresses({ cluster, parties }: Reach): Taken {
  const found = takenIn.get(parties) ?? {
    byPods: new Set(cluster.pods.flatMap((pod) => parties.index.addressesOf(pod))),
    byNodes: new Set([
      ...cluster.nodes.flatMap(({ addresses }) => addresses),
      ...cluster.pods.flatMap(({ hostNetwork, addresses }) => (hostNetwork ? addresses : [])),
    ]),
  };
  takenIn.set(parties, found);
  return found;
}

/** The lowest address of the family in the blocks that nobody has, else one of a node; none where pods have them all. */
function freeAddress(
  blocks: readonly AddressBlock[],
  family: Family,
  { byPods, byNodes }: Taken,
): Address | undefined {
  let ofNode: Address | undefined;
  for (const block of blocks) {
    const { family: own, first, last } = blockBounds(block);
    if (own !== family) continue;
    for (let number = first; number <= last; number += 1n) {
      const address = addressOfNumber(family, number);
      if (byPods.has(address)) continue;
      if (!byNodes.has(address)) return address;
      ofNode ??= address;
    }
  }
  return ofNode;
}

/** Whoever owns the addresses, in the family of these, and the addresses that nobody owns. */
export function blockPlaces(reach: Reach, blocks: readonly AddressBlock[]): readonly Place[] {
  const [only, ...others] = blocks;
  const single = only !== undefined && others.length === 0 ? singleAddress(only) : undefined;
  const owners = families.flatMap((family) => ownersIn(reach, blocks, family));
  if (single === undefined) return [...owners, ...strangersIn(reach, blocks)];
  if (owners.length > 0) return owners.map(asOnePod);
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

function ownersIn(reach: Reach, blocks: readonly AddressBlock[], family: Family): readonly PodsPlace[] {
  const own = blocks.filter((block) => familyOf(block) === family);
  const owned = reach.cluster.pods.filter((pod) =>
    reach.parties.index
      .addressesOf(pod)
      .some((address) => own.some((block) => blockContains(block, address))),
  );
  return podPlaces(reach, owned).map((place) => ({ ...place, family }));
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
