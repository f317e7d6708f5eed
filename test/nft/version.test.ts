import { expect, it } from 'vitest';
import { atLeast, jsonDeclaration, parseVersion } from '../../src/nft/version.ts';

it.each([
  ['nftables v1.0.6 (Lester Gooch #5)', [1, 0, 6]],
  ['nftables v1.1.3 (Commodore Bullmoose #4)\n  json: yes', [1, 1, 3]],
  ['nftables v1.0.6.1 (x)', [1, 0, 6]],
  ['nftables v1.2 (x)', [1, 2, 0]],
])('reads %j', (output, [major, minor, patch]) => {
  expect(parseVersion(output)).toEqual({ major, minor, patch });
});

it('reads nothing else', () => {
  for (const output of ['', 'nft 1.0.6', 'nftables version one', 'xnftables v1.0.6'])
    expect(parseVersion(output)).toBeUndefined();
});

it.each([
  ['1.0.1', '1.0.1', true],
  ['1.0.0', '1.0.1', false],
  ['0.9.9', '1.0.1', false],
  ['1.1.0', '1.0.9', true],
  ['2.0.0', '1.9.9', true],
])('%s is at least %s: %s', (version, least, expected) => {
  const read = (text: string) => parseVersion(`nftables v${text} `)!;
  expect(atLeast(read(version), read(least))).toBe(expected);
});

it.each([
  ['1.0.6', 'type'],
  ['1.0.9', 'type'],
  ['1.1.0', 'typeof'],
  ['1.1.3', 'typeof'],
  ['2.0.0', 'typeof'],
])('nft %s declares by %s', (text, declaration) => {
  expect(jsonDeclaration(parseVersion(`nftables v${text} `)!)).toBe(declaration);
});
