import { isNftError, type NftErrorCode } from '../nft/errors.ts';
import type { Nft } from '../nft/nft.ts';
import { formatVersion, minimumVersion, type NftVersion } from '../nft/version.ts';
import { AgentError, type AgentErrorCode } from './errors.ts';

/**
 * Whether rulesets can be written here at all.
 *
 * @throws AgentError that says what to do
 */
export async function checkNft(nft: Nft, nftPath: string, signal: AbortSignal): Promise<NftVersion> {
  try {
    return await nft.probe({ signal });
  } catch (error) {
    if (!isNftError(error) || error.code === 'NFT_ABORTED') throw error;
    const advice = adviceFor[error.code];
    if (advice === undefined) {
      throw new AgentError('nft-unusable', `nft (${nftPath}) does not work here: ${error.message}`, {
        cause: error,
      });
    }
    const [code, text] = advice;
    throw new AgentError(code, `${error.message}: ${text}`, { cause: error });
  }
}

const needed = `nftables ${formatVersion(minimumVersion)} or newer`;

const adviceFor: Readonly<Partial<Record<NftErrorCode, readonly [AgentErrorCode, string]>>> = {
  NFT_MISSING_BINARY: ['nft-missing', `install ${needed}, or name the binary with --nft-path`],
  NFT_TOO_OLD: ['nft-too-old', `install ${needed}, or name a newer binary with --nft-path`],
  NFT_NO_JSON: ['nft-unusable', `install ${needed} built with JSON (libjansson)`],
  NFT_NO_PERMISSION: [
    'nft-not-permitted',
    'run as root with CAP_NET_ADMIN (in a pod: hostNetwork and securityContext.capabilities.add: [NET_ADMIN])',
  ],
};
