import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blockTexts } from '../../../src/analysis/snapshot/block-text.ts';
import { readEnd } from '../../../src/analysis/ends/expression.ts';
import { mergeBlocks, subtractBlocks } from '../../../src/net/address-block.ts';
import type { Cidr } from '../../../src/net/cidr.ts';

test.for<[string, readonly string[], readonly string[], readonly string[]]>([
  ['one CIDR', ['10.0.0.0/8'], [], ['10.0.0.0/8']],
  ['a hole', ['0.0.0.0/0'], ['10.0.0.0/8'], ['0.0.0.0/0 except 10.0.0.0/8']],
  [
    'two holes',
    ['0.0.0.0/0'],
    ['10.0.0.0/8', '192.168.0.0/16'],
    ['0.0.0.0/0 except 10.0.0.0/8,192.168.0.0/16'],
  ],
  ['half is left', ['10.0.0.0/8'], ['10.0.0.0/9'], ['10.128.0.0/9']],
  ['neighbours are one', ['10.0.0.0/9', '10.128.0.0/9'], [], ['10.0.0.0/8']],
  ['apart', ['10.0.0.1/32', '192.0.2.0/24'], [], ['10.0.0.1/32', '192.0.2.0/24']],
  ['both families', ['0.0.0.0/0', '::/0'], ['2001:db8::/32'], ['0.0.0.0/0', '::/0 except 2001:db8::/32']],
])('%s', ([, cidrs, excepts, texts]) => {
  const blocks = cidrs.flatMap((cidr) => subtractBlocks(cidr as Cidr, excepts as Cidr[]));
  expect(blockTexts(mergeBlocks(blocks))).toEqual(texts);
});

test('a text means the addresses', () => {
  const cidr = fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 20, max: 32 }))
    .map(([third, length]) => {
      const size = 2 ** (32 - length);
      const number = Math.floor((third * 256) / size) * size;
      return `10.0.${String(number >> 8)}.${String(number & 255)}/${String(length)}` as Cidr;
    });
  fc.assert(
    fc.property(
      fc.array(cidr, { minLength: 1, maxLength: 6 }),
      fc.array(cidr, { maxLength: 6 }),
      (cidrs, excepts) => {
        const blocks = mergeBlocks(cidrs.flatMap((one) => subtractBlocks(one, excepts)));
        const read = blockTexts(blocks).flatMap((text) => {
          const end = readEnd(text);
          if (!end.ok || end.value.means.kind !== 'addresses') throw new Error(text);
          return subtractBlocks(end.value.means.cidr, end.value.means.except ?? []);
        });
        expect(mergeBlocks(read)).toEqual(blocks);
      },
    ),
  );
});
