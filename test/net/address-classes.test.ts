import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AddressBlock,
  blockBounds,
  blockContains,
  cidrsOfBlock,
  intersectBlocks,
  withoutBlocks,
} from '../../src/net/address-block.ts';
import { cutAddresses } from '../../src/net/address-classes.ts';
import { type Address, parseAddress } from '../../src/net/address.ts';
import { readCidr } from '../../src/net/cidr.ts';

const block = fc
  .tuple(fc.constantFrom('10.0.0.', '2001:db8::'), fc.nat({ max: 15 }), fc.nat({ max: 4 }))
  .map(([prefix, host, bits]): AddressBlock => {
    const length = (prefix.includes(':') ? 128 : 32) - bits;
    const reading = readCidr(`${prefix}${host.toString(prefix.includes(':') ? 16 : 10)}/${length}`);
    if (!reading.ok) throw new Error('not a CIDR');
    return reading.cidr;
  });
const samples = [
  ...Array.from({ length: 18 }, (_, host) => `10.0.0.${host}`),
  ...Array.from({ length: 18 }, (_, host) => `2001:db8::${host.toString(16)}`),
  '0.0.0.0',
  '255.255.255.255',
  '::',
  'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
].map((text) => parseAddress(text)!);

describe('classes of addresses', () => {
  test('two addresses are in one class where every block holds both or neither', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 6 }), (blocks) => {
        const classes = cutAddresses(blocks);
        const heldBy = (address: Address): string =>
          blocks.map((one) => Number(blockContains(one, address))).join('');
        for (const a of samples) {
          for (const b of samples) {
            expect(classes.classOf(a) === classes.classOf(b)).toBe(heldBy(a) === heldBy(b));
          }
          expect(classes.blocksOf(classes.classOf(a)).filter((own) => blockContains(own, a))).toHaveLength(1);
        }
        for (const one of blocks) {
          const within = classes.within([one]);
          for (const a of samples) expect(within.includes(classes.classOf(a))).toBe(blockContains(one, a));
        }
      }),
    );
  });

  test('together they are every address, each once', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 6 }), (blocks) => {
        const classes = cutAddresses(blocks);
        const all = Array.from({ length: classes.count }, (_, index) => classes.blocksOf(index)).flat();
        const size = (family: string): bigint =>
          all
            .map(blockBounds)
            .filter((bounds) => bounds.family === family)
            .reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
        expect([size('IPv4'), size('IPv6')]).toEqual([2n ** 32n, 2n ** 128n]);
      }),
    );
  });

  test('without blocks there is one class of both families', () => {
    const classes = cutAddresses([]);
    expect(classes.count).toBe(1);
    expect(classes.blocksOf(0)).toEqual(['0.0.0.0/0', '::/0']);
  });
});

test('the CIDRs of a block are the block', () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 6 }), (blocks) => {
      for (const own of cutAddresses(blocks).blocksOf(0)) {
        const cidrs = cidrsOfBlock(own);
        for (const a of samples) {
          expect(cidrs.filter((cidr) => blockContains(cidr, a))).toHaveLength(blockContains(own, a) ? 1 : 0);
        }
      }
    }),
  );
  expect(cidrsOfBlock('10.0.0.1-10.0.0.6' as AddressBlock)).toEqual([
    '10.0.0.1/32',
    '10.0.0.2/31',
    '10.0.0.4/31',
    '10.0.0.6/32',
  ]);
});

test('an intersection holds what both hold', () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 4 }), block, (blocks, other) => {
      const own = cutAddresses(blocks).blocksOf(0);
      const common = intersectBlocks(own, [other]);
      for (const a of samples) {
        const inBoth = own.some((one) => blockContains(one, a)) && blockContains(other, a);
        expect(common.some((one) => blockContains(one, a))).toBe(inBoth);
      }
    }),
  );
});

test('a difference holds what the one holds and the others do not', () => {
  fc.assert(
    fc.property(
      fc.array(block, { maxLength: 4 }),
      fc.array(block, { maxLength: 4 }),
      fc.array(block, { maxLength: 3 }),
      (blocks, cuts, others) => {
        const own = cutAddresses(blocks).blocksOf(0);
        const holes = [...cutAddresses(cuts).blocksOf(0).slice(0, 2), ...others];
        const rest = withoutBlocks(own, holes);
        for (const a of samples) {
          const isLeft =
            own.some((one) => blockContains(one, a)) && !holes.some((one) => blockContains(one, a));
          expect(rest.filter((one) => blockContains(one, a))).toHaveLength(isLeft ? 1 : 0);
        }
      },
    ),
  );
});
