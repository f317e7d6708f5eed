/** The version of nft. */
export interface NftVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** The oldest nft that Ringfence writes for: the first with a JSON form that takes all of its objects. */
export const minimumVersion: NftVersion = { major: 1, minor: 0, patch: 1 };

/** From `nftables v1.0.6 (Lester Gooch #5)`, the output of `nft --version`. */
export function parseVersion(output: string): NftVersion | undefined {
  const match = /^nftables v(\d+)\.(\d+)(?:\.(\d+))?/m.exec(output);
  if (match === null) return undefined;
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3] ?? 0) };
}

export function formatVersion({ major, minor, patch }: NftVersion): string {
  return `${String(major)}.${String(minor)}.${String(patch)}`;
}

/** Whether `version` is `least` or newer. */
export function atLeast(version: NftVersion, least: NftVersion): boolean {
  if (version.major !== least.major) return version.major > least.major;
  if (version.minor !== least.minor) return version.minor > least.minor;
  return version.patch >= least.patch;
}

/**
 * How this nft declares the key of a set in JSON. Sets that nft 1.1 declares with `type` crash nft 1.0.6 on the same
 * node, in whatever table, while `typeof` is safe; nft 1.0 refuses `typeof` in JSON, and what it writes is safe.
 */
export function jsonDeclaration(version: NftVersion): 'type' | 'typeof' {
  return atLeast(version, { major: 1, minor: 1, patch: 0 }) ? 'typeof' : 'type';
}
