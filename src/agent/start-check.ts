import type { Nft } from '../nft/nft.ts';
import { checkHost, type HostFinding } from '../nft/requirements.ts';
import type { NftVersion } from '../nft/version.ts';
import { AgentError } from './errors.ts';

/** A host on which policies hold, as far as can be seen from here. */
export interface FitHost {
  readonly nftVersion: NftVersion;
  readonly warnings: readonly HostFinding[];
}

/**
 * Whether policies would hold on this host: nft and its version, CAP_NET_ADMIN, the kernel, br_netfilter.
 *
 * @throws AgentError that names everything that is missing and what to do about it
 */
export async function checkStart(nft: Pick<Nft, 'probe'>, signal: AbortSignal): Promise<FitHost> {
  let nftVersion: NftVersion | undefined;
  let nftError: unknown;
  const findings = await checkHost(
    {
      async probe(options) {
        try {
          return (nftVersion = await nft.probe(options));
        } catch (error) {
          nftError = error;
          throw error;
        }
      },
    },
    { signal },
  );
  signal.throwIfAborted();
  const errors = findings.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first !== undefined) {
    const message = errors.map((finding) => `${finding.message}: ${finding.fix}`).join('; ');
    throw new AgentError(first.code, message, { cause: nftError });
  }
  if (nftVersion === undefined) {
    throw new AgentError('nft-unusable', 'nft could not be probed: run "nft --version" here', {
      cause: nftError,
    });
  }
  return { nftVersion, warnings: findings };
}

/** The errors of a host on which nft is known to work, without running it: for looking again, now and then. */
export async function hostErrors(
  nftVersion: NftVersion,
  signal: AbortSignal,
): Promise<readonly HostFinding[]> {
  const findings = await checkHost({ probe: () => Promise.resolve(nftVersion) }, { signal });
  return findings.filter(({ severity }) => severity === 'error');
}
