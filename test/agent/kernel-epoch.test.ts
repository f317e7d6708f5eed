import { expect, test } from 'vitest';
import { epochOfClock, kernelEpoch } from '../../src/agent/kernel-epoch.ts';
import type { ListedObject } from '../../src/nft/listing.ts';

// As listed by nft 1.0.6 and 1.1.3 for `ct mark set ct mark & 0xffff | 0x50000`: both add the bits that are set anyway.
function judged(mark: number, chain = 'judged'): ListedObject[] {
  return [
    { kind: 'table', body: { family: 'inet', name: 'ringfence' } },
    { kind: 'chain', body: { family: 'inet', table: 'ringfence', name: chain } },
    {
      kind: 'rule',
      body: {
        family: 'inet',
        table: 'ringfence',
        chain,
        expr: [
          { counter: { packets: 0, bytes: 0 } },
          {
            mangle: {
              key: { ct: { key: 'mark' } },
              value: { '|': [{ '&': [{ ct: { key: 'mark' } }, mark | 0xffff] }, mark] },
            },
          },
        ],
      },
    },
  ];
}

// what, listing, mask, expected
const cases: readonly (readonly [string, ListedObject[], number, number | undefined])[] = [
  ['the rule of the chain', judged(0x50000), 0xffff0000, 5],
  ['the last epoch', judged(0xfffe0000), 0xffff0000, 0xfffe],
  ['a mask within the word', judged(0x300), 0xff00, 3],
  ['revoked is no epoch', judged(0xffff0000), 0xffff0000, undefined],
  ['never judged is no epoch', judged(0), 0xffff0000, undefined],
  ['written under another mask', judged(0x5), 0xffff0000, undefined],
  ['another chain', judged(0x50000, 'denied'), 0xffff0000, undefined],
  ['an empty table', [], 0xffff0000, undefined],
];

test.each(cases)('%s', (_, listing, mask, expected) => {
  expect(kernelEpoch(listing, mask)).toBe(expected);
});

test('the clock gives an epoch that the mask has room for', () => {
  expect(epochOfClock(0, 0xffff0000)).toBe(1);
  expect(epochOfClock(59_999.9, 0xffff0000)).toBe(60_000);
  expect(epochOfClock(60_000, 0xffff0000)).toBe(1);
  for (const seconds of [253, 254, 255]) expect(epochOfClock(seconds, 0xff)).toBeLessThanOrEqual(254);
});
