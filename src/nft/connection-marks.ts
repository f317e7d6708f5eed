import { open } from 'node:fs/promises';

export interface ListingOptions {
  readonly signal?: AbortSignal;
  readonly path?: string;
}

/**
 * The marks that the connections of this network namespace hold, each once; `undefined` where the kernel does not list them
 * (no CONFIG_NF_CONNTRACK_PROCFS, or not as root). Two passes: the listing goes bucket by bucket and may miss one whose
 * neighbour goes in that moment.
 */
export async function listConnectionMarks(
  options: ListingOptions = {},
): Promise<ReadonlySet<number> | undefined> {
  const marks = new Set<number>();
  for (let pass = 0; pass < 2; pass += 1) {
    const isListed = await eachMark(options, (mark) => marks.add(mark));
    if (!isListed) return undefined;
  }
  return marks;
}

/** How many connections hold a mark within the mask; `undefined` where the kernel does not list them. */
export async function countMarkedConnections(
  mask: number,
  options: ListingOptions = {},
): Promise<number | undefined> {
  let count = 0;
  const isListed = await eachMark(options, (mark) => {
    if ((mark & mask) !== 0) count += 1;
  });
  return isListed ? count : undefined;
}

/** @returns false where the kernel does not list connections */
async function eachMark(
  { signal, path = '/proc/net/nf_conntrack' }: ListingOptions,
  take: (mark: number) => void,
): Promise<boolean> {
  try {
    await using file = await open(path);
    for await (const line of file.readLines({ ...(signal === undefined ? {} : { signal }) })) {
      const mark = /\bmark=(\d+)\b/.exec(line)?.[1];
      if (mark !== undefined) take(Number(mark));
    }
    return true;
  } catch (error) {
    if (!isRefused(error)) throw error;
    return false;
  }
}

function isRefused(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && ['ENOENT', 'EACCES', 'EPERM'].includes(String(error.code))
  );
}
