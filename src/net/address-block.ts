import { type Address, familyOf } from './address.ts';
import { addressBits, addressOfNumber, type Bounds, bounds, type Cidr, hostCidr } from './cidr.ts';
import { families } from './protocol.ts';

// Set operations on addresses are done on ranges, not on prefixes: 1,000 excepts in an IPv6 block leave 1,001 ranges, but
// more than 100,000 prefixes.

declare const brand: unique symbol;

/** Addresses from the first to the last, both included: `10.0.0.1-10.0.0.9`. Never just one CIDR: that is a `Cidr`. */
export type AddressRange = string & { readonly [brand]: 'AddressRange' };

/** Consecutive addresses of one family in canonical text. Equal blocks are equal strings. */
export type AddressBlock = Cidr | AddressRange;

export function isCidr(block: AddressBlock): block is Cidr {
  return block.includes('/');
}

/** `cidr` without the addresses of `excepts`, as disjoint ascending blocks. Excepts outside the block change nothing. */
export function subtractBlocks(cidr: Cidr, excepts: readonly Cidr[]): readonly AddressBlock[] {
  return withoutBlocks([cidr], excepts);
}

/** The addresses of disjoint ascending blocks that are in none of the others, as disjoint ascending blocks. */
export function withoutBlocks(
  blocks: readonly AddressBlock[],
  others: readonly AddressBlock[],
): readonly AddressBlock[] {
  if (others.length === 0) return blocks;
  const holes = others.map(blockBounds);
  const byFamily = new Map(
    families.map((family) => [family, joined(holes.filter((hole) => hole.family === family))]),
  );
  return blocks.flatMap((block) => {
    const { family, first, last } = blockBounds(block);
    const rest: Bounds[] = [];
    let start = first;
    for (const hole of byFamily.get(family) ?? []) {
      if (hole.last < start || hole.first > last) continue;
      if (hole.first > start) rest.push({ family, first: start, last: hole.first - 1n });
      start = hole.last + 1n;
    }
    if (start <= last) rest.push({ family, first: start, last });
    return rest.map(blockOf);
  });
}

/** The union as disjoint ascending blocks that do not touch, IPv4 before IPv6. */
export function mergeBlocks(blocks: readonly AddressBlock[]): readonly AddressBlock[] {
  if (blocks.length < 2) return [...blocks];
  const all = blocks.map(blockBounds);
  return families.flatMap((family) => joined(all.filter((block) => block.family === family)).map(blockOf));
}

/** The addresses that are in both lists, as disjoint ascending blocks. Each list is of disjoint blocks. */
export function intersectBlocks(
  a: readonly AddressBlock[],
  b: readonly AddressBlock[],
): readonly AddressBlock[] {
  const others = b.map(blockBounds);
  const common = a.map(blockBounds).flatMap((x) =>
    others.flatMap((y) => {
      const first = x.first > y.first ? x.first : y.first;
      const last = x.last < y.last ? x.last : y.last;
      return x.family === y.family && first <= last ? [blockOf({ family: x.family, first, last })] : [];
    }),
  );
  return mergeBlocks(common);
}

/** The fewest CIDRs that make up the block, ascending. */
export function cidrsOfBlock(block: AddressBlock): readonly Cidr[] {
  if (isCidr(block)) return [block];
  const { family, first, last } = blockBounds(block);
  const cidrs: Cidr[] = [];
  for (let start = first; start <= last;) {
    let bits = 0n;
    const most = BigInt(addressBits(family));
    while (bits < most && start % (2n << bits) === 0n && start + (2n << bits) - 1n <= last) bits += 1n;
    cidrs.push(blockOf({ family, first: start, last: start + (1n << bits) - 1n }) as Cidr);
    start += 1n << bits;
  }
  return cidrs;
}

/** Whether the address lies in the block. Addresses of the other family never do. */
export function blockContains(block: AddressBlock, address: Address): boolean {
  const [outer, inner] = [blockBounds(block), bounds(hostCidr(address))];
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

/** The first and the last address of a block as numbers. */
export function blockBounds(block: AddressBlock): Bounds {
  if (isCidr(block)) return bounds(block);
  const [first = '', last = ''] = block.split('-');
  return {
    family: familyOf(block),
    first: bounds(hostCidr(first as Address)).first,
    last: bounds(hostCidr(last as Address)).first,
  };
}

/** Of one family: overlapping and touching ones put together, ascending. */
function joined(blocks: readonly Bounds[]): readonly Bounds[] {
  const ascending = [...blocks].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const result: Bounds[] = [];
  for (const block of ascending) {
    const previous = result.at(-1);
    if (previous === undefined || block.first > previous.last + 1n) result.push(block);
    else if (block.last > previous.last) result[result.length - 1] = { ...previous, last: block.last };
  }
  return result;
}

/** The addresses from the first number to the last. */
export function blockOf({ family, first, last }: Bounds): AddressBlock {
  const size = last - first + 1n;
  const isPrefix = (size & (size - 1n)) === 0n && first % size === 0n;
  const start = addressOfNumber(family, first);
  if (!isPrefix) return `${start}-${addressOfNumber(family, last)}` as AddressRange;
  return `${start}/${String(addressBits(family) - hostBits(size))}` as Cidr;
}

function hostBits(size: bigint): number {
  return size.toString(2).length - 1;
}
