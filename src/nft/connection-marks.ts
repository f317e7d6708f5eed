import { open } from 'node:fs/promises';

/**
 * The marks that the connections of this network namespace hold, each once; `undefined` where the kernel does not list them
 * (no CONFIG_NF_CONNTRACK_PROCFS, or not as root). Two passes: the listing goes bucket by bucket and may miss one whose
 * neighbour goes in that moment.
 */
export async function listConnectionMarks({
  signal,
  path = '/proc/net/nf_conntrack',
}: {
  readonly signal?: AbortSignal;
  readonly path?: string;
} = {}): Promise<ReadonlySet<number> | undefined> {
  const marks = new Set<number>();
  for (let pass = 0; pass < 2; pass += 1) {
    try {
      await using file = await open(path);
      for await (const line of file.readLines({ ...(signal === undefined ? {} : { signal }) })) {
        const mark = /\bmark=(\d+)\b/.exec(line)?.[1];
        if (mark !== undefined) marks.add(Number(mark));
      }
    } catch (error) {
      if (!isRefused(error)) throw error;
      return undefined;
    }
  }
  return marks;
}

function isRefused(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && ['ENOENT', 'EACCES', 'EPERM'].includes(String(error.code))
  );
}
