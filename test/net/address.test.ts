import { describe, expect, test } from 'vitest';
import { familyOf, parseAddress } from '../../src/net/address.ts';

describe('parseAddress', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['2001:DB8::0:1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
    ['::1.2.3.4', '::102:304'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:10.0.0.1', '10.0.0.1'],
    ['::ffff:0:10.0.0.1', '::ffff:0:a00:1'],
  ])('%s is %s', (text, canonical) => {
    expect(parseAddress(text)).toBe(canonical);
  });

  // Go's net.ParseIP: an IPv4-mapped address is the IPv4 address, however it is spelled.
  test.each(['::ffff:a00:1', '::FFFF:0A00:0001', '0:0:0:0:0:ffff:a00:1'])('%s is 10.0.0.1', (text) => {
    expect(parseAddress(text)).toBe('10.0.0.1');
  });

  test.each([
    '',
    ' 10.0.0.1',
    '10.0.0.1 ',
    '10.0.0.1\n',
    '10.0.0.01',
    '010.0.0.1',
    '10.0.0',
    '10.0.0.256',
    '0x0a.0.0.1',
    '167772161',
    '10.0.0.1/32',
    '１０.0.0.1',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:8:9',
    ':::',
    '2001:db8::1::2',
    'example.com',
  ])('%j is no address', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

test('only IPv6 has colons', () => {
  expect(familyOf('10.0.0.0/8')).toBe('IPv4');
  expect(familyOf('2001:db8::/32')).toBe('IPv6');
});
