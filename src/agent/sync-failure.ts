import { isNftError } from '../nft/errors.ts';

/** A short, closed name for metrics: `nft-timeout`, `nft-refused`, ...; `internal` for what nft did not say. */
export function failureKind(phase: 'compile' | 'apply', error: unknown): string {
  if (phase === 'compile') return 'compile';
  return isNftError(error) ? error.code.toLowerCase().replaceAll('_', '-') : 'internal';
}

/**
 * Whether the kernel may hold something else than what was last committed: the outcome is unknown, or the kernel spoke of
 * objects that are missing, there already, or in use, which it cannot be for a delta from what we know.
 */
export function isKernelInDoubt(error: unknown): boolean {
  if (!isNftError(error) || error.outcome === 'unknown') return true;
  return error.code === 'NFT_NOT_FOUND' || error.code === 'NFT_EXISTS' || error.code === 'NFT_BUSY';
}
