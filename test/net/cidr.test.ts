import { describe, expect, test } from 'vitest';
import { type Address, parseAddress } from '../../src/net/address.ts';
import {
  type Cidr,
  cidrContains,
  cidrCovers,
  compareAddresses,
  compareCidrs,
  everyAddress,
  hostCidr,
  prefixLength,
  readCidr,
} from '../../src/net/cidr.ts';
import { blockContains, mergeBlocks, subtractBlocks } from '../../src/net/address-block.ts';

describe('readCidr', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0/8', []],
    ['0.0.0.0/0', '0.0.0.0/0', []],
    ['1.2.3.4/32', '1.2.3.4/32', []],
    ['::/0', '::/0', []],
    ['2001:DB8::/32', '2001:db8::/32', []],
    ['2001:0db8:0:0::/64', '2001:db8::/64', []],
    ['10.0.0.1/8', '10.0.0.0/8', ['host-bits']],
    ['2001:db8::1/64', '2001:db8::/64', ['host-bits']],
    ['010.0.0.0/8', '10.0.0.0/8', ['leading-zeros']],
    ['10.010.000.0/16', '10.10.0.0/16', ['leading-zeros']],
    ['10.0.0.0/08', '10.0.0.0/8', ['leading-zeros']],
    ['010.0.0.1/8', '10.0.0.0/8', ['leading-zeros', 'host-bits']],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8', ['ipv4-mapped']],
    ['::ffff:10.1.2.3/128', '10.1.2.3/32', ['ipv4-mapped']],
    ['::ffff:10.0.0.1/104', '10.0.0.0/8', ['ipv4-mapped', 'host-bits']],
  ])('%s is %s %j', (text, cidr, oddities) => {
    expect(readCidr(text)).toEqual({ ok: true, cidr, oddities });
  });

  test.each([
    ['::ffff:a00:0/104', '10.0.0.0/8'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
  ])('%s is %s', (text, cidr) => {
    expect(readCidr(text)).toEqual({ ok: true, cidr, oddities: ['ipv4-mapped'] });
  });

  test.each([
    '',
    '10.0.0.0',
    '10.0.0.0/',
    '/8',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/-1',
    '10.0.0.0/+8',
    '10.0.0.0/8.0',
    '10.0.0.0/8/9',
    '10.0.0/8',
    '10/8',
    '300.0.0.0/8',
    '10.0.0.0 /8',
    ' 10.0.0.0/8',
    '10.0.0.0/8\n',
    'fe80::%eth0/64',
    'example.com/8',
    '10.0.0.0/255.0.0.0',
    `10.0.0.0/${'0'.repeat(10_000)}8`,
  ])('%.40j is no CIDR', (text) => {
    expect(readCidr(text)).toEqual({ ok: false });
  });
});

const cidr = (text: string): Cidr => {
  const reading = readCidr(text);
  if (!reading.ok) throw new Error(text);
  return reading.cidr;
};
const address = (text: string): Address => parseAddress(text)!;

test.each([
  ['10.0.0.0/8', '10.255.255.255', true],
  ['10.0.0.0/8', '11.0.0.0', false],
  ['0.0.0.0/0', '255.255.255.255', true],
  // The two families never meet, also where the numbers do.
  ['0.0.0.0/0', '2001:db8::1', false],
  ['10.0.0.0/8', 'a00::1', false],
  ['::/0', '10.0.0.1', false],
  ['::/0', 'ffff::', true],
])('%s contains %s: %s', (block, inner, expected) => {
  expect(cidrContains(cidr(block), address(inner))).toBe(expected);
});

test.each([
  ['10.0.0.0/8', '10.1.0.0/16', true],
  ['10.0.0.0/8', '10.0.0.0/8', true],
  ['10.1.0.0/16', '10.0.0.0/8', false],
  ['0.0.0.0/0', '::/1', false],
  ['::/0', '10.0.0.0/8', false],
])('%s covers %s: %s', (outer, inner, expected) => {
  expect(cidrCovers(cidr(outer), cidr(inner))).toBe(expected);
});

test('a host block holds one address', () => {
  expect(hostCidr(address('10.0.0.1'))).toBe('10.0.0.1/32');
  expect(hostCidr(address('2001:db8::1'))).toBe('2001:db8::1/128');
  expect(prefixLength(hostCidr(address('::')))).toBe(128);
});

test('subtraction leaves the other family alone, and everything but nothing', () => {
  expect(subtractBlocks(everyAddress('IPv4'), [everyAddress('IPv6')])).toEqual(['0.0.0.0/0']);
  expect(subtractBlocks(cidr('10.0.0.0/8'), [cidr('10.0.0.0/8')])).toEqual([]);
  expect(subtractBlocks(cidr('10.0.0.0/8'), [everyAddress('IPv4')])).toEqual([]);
  expect(subtractBlocks(cidr('10.0.0.0/30'), [cidr('10.0.0.1/32'), cidr('10.0.0.1/32')])).toEqual([
    '10.0.0.0/32',
    '10.0.0.2/31',
  ]);
});

test('what is no prefix is a range', () => {
  const [range, ...more] = subtractBlocks(cidr('10.0.0.0/29'), [cidr('10.0.0.0/32'), cidr('10.0.0.7/32')]);
  expect([range, ...more]).toEqual(['10.0.0.1-10.0.0.6']);
  expect(range !== undefined && blockContains(range, address('10.0.0.6'))).toBe(true);
  expect(range !== undefined && blockContains(range, address('10.0.0.7'))).toBe(false);
  expect(range !== undefined && blockContains(range, address('::10.0.0.6'))).toBe(false);
});

test('a thousand excepts leave a thousand and one ranges', () => {
  const holes = Array.from({ length: 1000 }, (_, index) => cidr(`2001:db8:${(2 * index).toString(16)}::/48`));
  expect(subtractBlocks(cidr('::/0'), holes)).toHaveLength(1001);
});

test('merging joins neighbours, drops what is covered, and sorts', () => {
  const blocks = ['2001:db8::/33', '10.1.0.0/16', '10.0.0.0/9', '2001:db8:8000::/33', '10.128.0.0/9'];
  expect(mergeBlocks(blocks.map(cidr))).toEqual(['10.0.0.0/8', '2001:db8::/32']);
  expect(mergeBlocks([])).toEqual([]);
});

test('order is by family and number, not by text', () => {
  const blocks = ['::/0', '9.0.0.0/8', '10.0.0.0/16', '10.0.0.0/8', '100.0.0.0/8'].map(cidr);
  expect([...blocks].sort(compareCidrs)).toEqual([
    '9.0.0.0/8',
    '10.0.0.0/8',
    '10.0.0.0/16',
    '100.0.0.0/8',
    '::/0',
  ]);
  expect(compareAddresses(address('9.0.0.1'), address('10.0.0.1'))).toBeLessThan(0);
  expect(compareAddresses(address('255.0.0.0'), address('::'))).toBeLessThan(0);
});
