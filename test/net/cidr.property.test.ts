import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AddressBlock, blockBounds, mergeBlocks, subtractBlocks } from '../../src/net/address-block.ts';
import { type Cidr, readCidr } from '../../src/net/cidr.ts';

// A second opinion on the libraries' set operations: ranges of BigInt, worked out here without them.

type Range = readonly [first: bigint, last: bigint];

interface Block {
  readonly family: 'IPv4' | 'IPv6';
  readonly text: string;
  readonly range: Range;
}

/** Blocks that meet often: few distinct leading bits, and any prefix length. */
const block: fc.Arbitrary<Block> = fc
  .record({
    family: fc.constantFrom('IPv4' as const, 'IPv6' as const),
    high: fc.integer({ min: 0, max: 7 }),
    low: fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }),
    spread: fc.integer({ min: 0, max: 128 }),
  })
  .map(({ family, high, low, spread }) => {
    const bits = family === 'IPv4' ? 32 : 128;
    const prefix = spread % (bits + 1);
    const size = 1n << BigInt(bits - prefix);
    const number = (BigInt(high) << BigInt(bits - 3)) | ((low % (1n << BigInt(bits - 3))) & 0xffn);
    const first = number - (number % size);
    return { family, text: `${textOf(first, family)}/${prefix}`, range: [first, first + size - 1n] };
  });

function textOf(number: bigint, family: Block['family']): string {
  const [groups, width, separator, radix] =
    family === 'IPv4' ? ([4, 8n, '.', 10] as const) : ([8, 16n, ':', 16] as const);
  return Array.from({ length: groups }, (_, index) => {
    const shift = width * BigInt(groups - 1 - index);
    return ((number >> shift) & ((1n << width) - 1n)).toString(radix);
  }).join(separator);
}

function cidrOf({ text }: Block): Cidr {
  const reading = readCidr(text);
  if (!reading.ok) throw new Error(`no CIDR: ${text}`);
  return reading.cidr;
}

/** The range of canonical text, by arithmetic of this file alone. */
function rangeOf(cidr: Cidr): { readonly family: Block['family']; readonly range: Range } {
  const [address = '', prefix = ''] = cidr.split('/');
  const family = address.includes(':') ? 'IPv6' : 'IPv4';
  const bits = family === 'IPv4' ? 32 : 128;
  const first = family === 'IPv4' ? fromIpv4(address) : fromIpv6(address);
  return { family, range: [first, first + (1n << BigInt(bits - Number(prefix))) - 1n] };
}

function fromIpv4(address: string): bigint {
  return address.split('.').reduce((number, byte) => number * 256n + BigInt(byte), 0n);
}

function fromIpv6(address: string): bigint {
  const [head = '', tail = ''] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const middle = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...middle, ...right].reduce((number, group) => number * 65536n + BigInt(`0x${group}`), 0n);
}

/** Disjoint ascending ranges, neighbours joined. */
function union(ranges: readonly Range[]): readonly Range[] {
  const joined: Range[] = [];
  for (const range of [...ranges].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))) {
    const last = joined.at(-1);
    if (last !== undefined && range[0] <= last[1] + 1n) {
      joined[joined.length - 1] = [last[0], range[1] > last[1] ? range[1] : last[1]];
    } else {
      joined.push(range);
    }
  }
  return joined;
}

function without(whole: Range, holes: readonly Range[]): readonly Range[] {
  let rest: readonly Range[] = [whole];
  for (const [first, last] of holes) {
    rest = rest.flatMap(([from, to]): Range[] => {
      if (last < from || to < first) return [[from, to]];
      const before: Range[] = from < first ? [[from, first - 1n]] : [];
      const after: Range[] = last < to ? [[last + 1n, to]] : [];
      return [...before, ...after];
    });
  }
  return rest;
}

function rangesOf(blocks: readonly AddressBlock[], family: Block['family']): readonly Range[] {
  return blocks
    .map(blockBounds)
    .filter((one) => one.family === family)
    .map(({ first, last }) => [first, last]);
}

describe('against BigInt ranges', () => {
  test('a block is read as it was meant', () => {
    fc.assert(
      fc.property(block, (one) => {
        const { family, range } = rangeOf(cidrOf(one));
        expect({ family, range }).toEqual({ family: one.family, range: one.range });
      }),
    );
  });

  test('mergeBlocks is the union, disjoint and ascending', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 12 }), (blocks) => {
        const merged = mergeBlocks(blocks.map(cidrOf));
        for (const family of ['IPv4', 'IPv6'] as const) {
          const expected = union(blocks.filter((one) => one.family === family).map(({ range }) => range));
          const actual = rangesOf(merged, family);
          expect(union(actual)).toEqual(expected);
          actual.forEach(([first], index) => {
            const before = actual[index - 1];
            expect(before === undefined || before[1] < first).toBe(true);
          });
        }
        expect(merged.findIndex((one) => one.includes(':'))).toSatisfy(
          (firstSix: number) => firstSix === -1 || merged.slice(firstSix).every((one) => one.includes(':')),
        );
      }),
    );
  });

  test('subtractBlocks is the difference, disjoint and ascending', () => {
    fc.assert(
      fc.property(block, fc.array(block, { maxLength: 12 }), (whole, holes) => {
        const rest = subtractBlocks(cidrOf(whole), holes.map(cidrOf));
        const same = holes.filter(({ family }) => family === whole.family).map(({ range }) => range);
        const actual = rangesOf(rest, whole.family);
        expect(actual).toHaveLength(rest.length);
        expect(union(actual)).toEqual(union(without(whole.range, same)));
        actual.forEach(([first], index) => {
          const before = actual[index - 1];
          expect(before === undefined || before[1] < first).toBe(true);
        });
      }),
    );
  });
});
