import { type Clock, sleep } from '../kube/clock.ts';
import type { ConnectionTable } from '../nft/connection-table.ts';
import type { Log } from './log.ts';

/** Knows when the kernel has no room for new connections: they fail then, whatever the policies say. */
export interface ConnectionWatch {
  /** At the last look; `undefined` where the kernel does not tell. */
  readonly table: () => ConnectionTable | undefined;
  run(signal: AbortSignal): Promise<void>;
}

/** Milliseconds between looks. */
const interval = 5000;
/** Below so much of its limit the table has room again: at the limit it comes and goes. */
const roomy = 0.95;

export function createConnectionWatch({
  read,
  log,
  clock,
}: {
  readonly read: () => Promise<ConnectionTable | undefined>;
  readonly log: Log;
  readonly clock: Clock;
}): ConnectionWatch {
  let table: ConnectionTable | undefined;
  let isFull = false;
  let isRead = true;

  /** What cannot be read is no reason to end: nothing but this report depends on it. */
  const readOrSay = async (): Promise<ConnectionTable | undefined> => {
    try {
      const found = await read();
      isRead = true;
      return found;
    } catch (error) {
      if (isRead) log.warn({ err: error }, 'connections not counted');
      isRead = false;
      return undefined;
    }
  };

  const look = async (): Promise<void> => {
    const before = table;
    table = await readOrSay();
    if (table === undefined) return;
    const { entries, limit } = table;
    const isDropping = before !== undefined && table.drops > before.drops;
    // The kernel counts what it drops for want of memory likewise.
    if (!isFull && (entries >= limit || (isDropping && entries >= roomy * limit))) {
      isFull = true;
      log.error({ ...table }, 'no room for new connections');
    } else if (isFull && !isDropping && entries < roomy * limit) {
      isFull = false;
      log.info({ ...table }, 'room for new connections again');
    }
  };

  return {
    table: () => table,
    async run(signal) {
      while (!signal.aborted) {
        await look();
        await sleep(clock, interval, signal);
      }
    },
  };
}
