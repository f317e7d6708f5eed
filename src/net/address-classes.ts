import type { Address } from './address.ts';
import { type AddressBlock, blockBounds, blockOf } from './address-block.ts';
import { everyAddress, hostCidr } from './cidr.ts';
import { families, type Family } from './protocol.ts';

/**
 * All addresses of both families, cut into classes: two addresses are in one class where every block that the cut was made
 * for holds both or neither. A class may have many blocks, of both families. Classes are numbered by their lowest address,
 * IPv4 before IPv6.
 */
export interface AddressClasses {
  readonly count: number;
  /** The addresses of a class: disjoint, ascending, not touching. */
  blocksOf(index: number): readonly AddressBlock[];
  /** The class of an address. */
  classOf(address: Address): number;
  /**
   * The classes that have addresses in the blocks, ascending. Of blocks that the cut was made for, each class lies within
   * them as a whole.
   */
  within(blocks: readonly AddressBlock[]): readonly number[];
}

/** Cuts the address space along the blocks. */
export function cutAddresses(blocks: Iterable<AddressBlock>): AddressClasses {
  const distinct = [...new Set(blocks)];
  const spaces = families.map((family) => cutFamily(family, distinct));
  const offsets = [0, spaces[0]?.starts.length ?? 0];
  const segments = spaces.reduce((sum, { starts }) => sum + starts.length, 0);

  /** The run of segments that a block is. */
  const segmentsOf = (block: AddressBlock): readonly [first: number, end: number] => {
    const { family, first, last } = blockBounds(block);
    const position = families.indexOf(family);
    const { starts } = spaces[position] ?? { starts: [] };
    const offset = offsets[position] ?? 0;
    return [offset + lastAtMost(starts, first), offset + lastAtMost(starts, last) + 1];
  };

  const classes = refine(segments, distinct.map(segmentsOf));
  const count = classes.reduce((most, one) => Math.max(most, one + 1), 0);
  const members: number[][] = Array.from({ length: count }, () => []);
  for (const [segment, index] of classes.entries()) members[index]?.push(segment);
  const texts = new Map<number, readonly AddressBlock[]>();

  const blocksOf = (index: number): readonly AddressBlock[] => {
    const found = texts.get(index);
    if (found !== undefined) return found;
    const own = spaces.flatMap(({ family, starts, last }, position) => {
      const offset = offsets[position] ?? 0;
      return joinRuns(
        (members[index] ?? [])
          .map((segment) => segment - offset)
          .filter((at) => at >= 0 && at < starts.length),
      ).map(([from, to]) =>
        blockOf({ family, first: starts[from] ?? 0n, last: (starts[to + 1] ?? last + 1n) - 1n }),
      );
    });
    texts.set(index, own);
    return own;
  };

  return {
    count,
    blocksOf,
    classOf: (address) => classes[segmentsOf(hostCidr(address))[0]] ?? 0,
    within: (wanted) => {
      const found = new Set<number>();
      for (const block of wanted) {
        const [first, end] = segmentsOf(block);
        for (let segment = first; segment < end; segment += 1) found.add(classes[segment] ?? 0);
      }
      return [...found].sort((a, b) => a - b);
    },
  };
}

interface Space {
  readonly family: Family;
  /** Where segments begin, ascending; the first is 0. */
  readonly starts: readonly bigint[];
  /** The last address of the family. */
  readonly last: bigint;
}

function cutFamily(family: Family, blocks: readonly AddressBlock[]): Space {
  const { last: end } = blockBounds(everyAddress(family));
  const points = new Set([0n]);
  for (const block of blocks) {
    const bounds = blockBounds(block);
    if (bounds.family !== family) continue;
    points.add(bounds.first);
    if (bounds.last < end) points.add(bounds.last + 1n);
  }
  return { family, starts: [...points].sort((a, b) => (a < b ? -1 : 1)), last: end };
}

/** Partition refinement: each run splits the classes that it has a part of. Numbered by first segment. */
function refine(
  segments: number,
  runs: readonly (readonly [first: number, end: number])[],
): readonly number[] {
  const classes = new Array<number>(segments).fill(0);
  let next = 1;
  for (const [first, end] of runs) {
    const split = new Map<number, number>();
    for (let segment = first; segment < end; segment += 1) {
      const before = classes[segment] ?? 0;
      let after = split.get(before);
      if (after === undefined) split.set(before, (after = next++));
      classes[segment] = after;
    }
  }
  const numbers = new Map<number, number>();
  return classes.map((one) => {
    let number = numbers.get(one);
    if (number === undefined) numbers.set(one, (number = numbers.size));
    return number;
  });
}

function joinRuns(ascending: readonly number[]): readonly (readonly [first: number, last: number])[] {
  const runs: [number, number][] = [];
  for (const at of ascending) {
    const previous = runs.at(-1);
    if (previous?.[1] === at - 1) previous[1] = at;
    else runs.push([at, at]);
  }
  return runs;
}

/** The index of the last number that is not greater; the first is never greater. */
function lastAtMost(ascending: readonly bigint[], limit: bigint): number {
  let [low, high] = [0, ascending.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((ascending[middle] ?? 0n) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
