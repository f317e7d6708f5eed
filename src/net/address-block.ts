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
  const { family, first, last } = bounds(cidr);
  const holes = joined(excepts.filter((except) => familyOf(except) === family).map(blockBounds));
  const rest: Bounds[] = [];
  let start = first;
  for (const hole of holes) {
    if (hole.last < start || hole.first > last) continue;
    if (hole.first > start) rest.push({ family, first: start, last: hole.first - 1n });
    start = hole.last + 1n;
  }
  if (start <= last) rest.push({ family, first: start, last });
  return rest.map(blockText);
}

/** The union as disjoint ascending blocks that do not touch, IPv4 before IPv6. */
export function mergeBlocks(blocks: readonly AddressBlock[]): readonly AddressBlock[] {
  if (blocks.length < 2) return [...blocks];
  const all = blocks.map(blockBounds);
  return families.flatMap((family) => joined(all.filter((block) => block.family === family)).map(blockText));
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

function blockText({ family, first, last }: Bounds): AddressBlock {
  const size = last - first + 1n;
  const isPrefix = (size & (size - 1n)) === 0n && first % size === 0n;
  const start = addressOfNumber(family, first);
  if (!isPrefix) return `${start}-${addressOfNumber(family, last)}` as AddressRange;
  return `${start}/${String(addressBits(family) - hostBits(size))}` as Cidr;
}

function hostBits(size: bigint): number {
  return size.toString(2).length - 1;
}
