import { readFile } from 'node:fs/promises';

/** The kernel's table of connections in this network namespace. */
export interface ConnectionTable {
  readonly entries: number;
  /** From here on no new connection gets through: the kernel drops its packets. `Infinity` where it sets no limit. */
  readonly limit: number;
  /** Packets that the kernel has dropped since it started, for want of room or memory for an entry. */
  readonly drops: number;
}

/**
 * Reads the kernel's numbers. `undefined` where the kernel does not tell them (`nf_conntrack` is not loaded, no procfs).
 * @param proc where procfs is mounted
 */
export async function readConnectionTable(proc = '/proc'): Promise<ConnectionTable | undefined> {
  try {
    const [entries, limit, perProcessor] = await Promise.all([
      readFile(`${proc}/sys/net/netfilter/nf_conntrack_count`, 'utf8'),
      readFile(`${proc}/sys/net/netfilter/nf_conntrack_max`, 'utf8'),
      readFile(`${proc}/net/stat/nf_conntrack`, 'utf8'),
    ]);
    const table = { entries: Number(entries), limit: Number(limit), drops: dropsOf(perProcessor) };
    if (!Object.values(table).every(Number.isFinite)) return undefined;
    return table.limit === 0 ? { ...table, limit: Number.POSITIVE_INFINITY } : table;
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'EACCES'].includes(String(error.code)))
      return undefined;
    throw error;
  }
}

/** A line of names, then one of hexadecimal numbers for each processor. */
function dropsOf(text: string): number {
  const [names = [], ...processors] = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const at = names.indexOf('drop');
  return processors.reduce((sum, numbers) => sum + parseInt(numbers[at] ?? '', 16), 0);
}
