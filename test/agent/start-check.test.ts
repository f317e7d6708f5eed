import { expect, test } from 'vitest';
import { checkStart, hostErrors } from '../../src/agent/start-check.ts';
import { NftError, type NftErrorCode } from '../../src/nft/errors.ts';

const { signal } = new AbortController();
const version = { major: 1, minor: 0, patch: 6 };

test('a good host answers the version of nft', async () => {
  await expect(checkStart({ probe: () => Promise.resolve(version) }, signal)).resolves.toEqual({
    nftVersion: version,
    warnings: [],
  });
  await expect(hostErrors(version, signal)).resolves.toEqual([]);
});

// error of nft, what the message advises
const cases: readonly (readonly [NftErrorCode, RegExp])[] = [
  ['NFT_MISSING_BINARY', /install nftables/],
  ['NFT_TOO_OLD', /1\.0\.1 or newer/],
  ['NFT_NO_JSON', /built with JSON/],
  ['NFT_NO_PERMISSION', /user namespace|CAP_NET_ADMIN/],
  ['NFT_KILLED', /what nft said/],
];

test.each(cases)('%s ends the start', async (code, advice) => {
  const cause = new NftError(code, 'what nft said', { outcome: 'unchanged' });
  await expect(checkStart({ probe: () => Promise.reject(cause) }, signal)).rejects.toMatchObject({
    name: 'AgentError',
    code: 'nft-unusable',
    message: expect.stringMatching(advice) as string,
    cause,
  });
});

test('told to stop, it stops', async () => {
  const stopped = AbortSignal.abort(new Error('stop'));
  await expect(checkStart({ probe: () => Promise.resolve(version) }, stopped)).rejects.toThrow('stop');
});
