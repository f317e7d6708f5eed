import { expect, test } from 'vitest';
import { checkNft } from '../../src/agent/start-check.ts';
import { NftError, type NftErrorCode } from '../../src/nft/errors.ts';
import type { Nft } from '../../src/nft/nft.ts';

function probing(probe: Nft['probe']): Nft {
  return { probe } as Nft;
}

const { signal } = new AbortController();

test('a good nft answers its version', async () => {
  const version = { major: 1, minor: 0, patch: 6 };
  await expect(
    checkNft(
      probing(() => Promise.resolve(version)),
      'nft',
      signal,
    ),
  ).resolves.toEqual(version);
});

// error of nft, code of the agent, what the message advises
const cases: readonly (readonly [NftErrorCode, string, string])[] = [
  ['NFT_MISSING_BINARY', 'nft-missing', '--nft-path'],
  ['NFT_TOO_OLD', 'nft-too-old', '1.0.1 or newer'],
  ['NFT_NO_JSON', 'nft-unusable', 'built with JSON'],
  ['NFT_NO_PERMISSION', 'nft-not-permitted', 'CAP_NET_ADMIN'],
  ['NFT_TIMEOUT', 'nft-unusable', '/opt/nft'],
  ['NFT_KILLED', 'nft-unusable', '/opt/nft'],
  ['NFT_REFUSED', 'nft-unusable', '/opt/nft'],
];

test.each(cases)('%s', async (code, expected, advice) => {
  const cause = new NftError(code, 'what nft said', { outcome: 'unchanged' });
  await expect(
    checkNft(
      probing(() => Promise.reject(cause)),
      '/opt/nft',
      signal,
    ),
  ).rejects.toMatchObject({
    name: 'AgentError',
    code: expected,
    message: expect.stringContaining(advice) as string,
    cause,
  });
});
