import { sleep } from '../kube/clock.ts';
import type { ListedObject } from '../nft/listing.ts';
import type { Nft } from '../nft/nft.ts';
import { readTable } from '../nft/read-table.ts';
import type { Compiler } from '../ruleset/compiler.ts';
import type { Ruleset } from '../ruleset/objects.ts';
import type { Transaction } from '../ruleset/operation.ts';
import type { Clock } from './clock.ts';
import { type Inspection, inspectTable } from './inspection.ts';
import type { Log } from './log.ts';
import { createOwnTransactions } from './own-transactions.ts';
import { createRepairPace } from './repair-pace.ts';

/**
 * Why the kernel is in doubt. Stable: labels of metrics.
 * - `table-deleted`: seen by the monitor
 * - `foreign-change`: a transaction that is not ours, seen by the monitor
 * - `monitor-lost`: nobody watched for a while
 * - `periodic`: nothing was seen
 */
export const driftCauses = ['table-deleted', 'foreign-change', 'monitor-lost', 'periodic'] as const;
export type DriftCause = (typeof driftCauses)[number];

/** Something else than the desired ruleset was in the kernel. */
export interface Drift {
  readonly cause: DriftCause;
  /** When it was seen, in the clock's milliseconds. */
  readonly since: number;
}

/** Notices what others do to the table. What is wrong is repaired by the sync loop, which is the one writer. */
export interface DriftWatch {
  /** Applies an own transaction, so that it is told from foreign ones. */
  apply(transaction: Transaction, options: { readonly signal: AbortSignal }): Promise<void>;
  /** Whether the kernel has the last committed ruleset. Never rejects; false where the kernel does not answer. */
  isAsCommitted(compiler: Compiler, options: { readonly signal: AbortSignal }): Promise<boolean>;
  /** All that the table holds; `undefined` where there is none, or something that we have no words for. Never rejects. */
  readKernel(options: { readonly signal: AbortSignal }): Promise<Ruleset | undefined>;
  /** Says that a replacement of the table is in the kernel. Returns the drift that it has repaired. */
  replaced(): Drift | undefined;
  /** Watches until the signal aborts. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  state(): DriftState;
}

export interface DriftState {
  /** Repairs since the start. */
  readonly repairs: number;
  /** Seconds since 1970. */
  readonly lastRepair?: number;
  /** When the kernel was last compared with what it should hold, in seconds since 1970. */
  readonly lastVerify?: number;
  /** Whether changes of others are seen at present. */
  readonly isWatching: boolean;
}

export interface DriftWatchOptions {
  readonly nft: Pick<Nft, 'apply' | 'list' | 'monitor'>;
  readonly table: string;
  /** Makes the sync loop replace the table. */
  readonly replace: () => void;
  /** Called before an own transaction takes the table away that stands: what it has counted is gone afterwards. Never rejects. */
  readonly replacing?: (signal: AbortSignal) => Promise<void>;
  /** Makes the sync loop ask `isAsCommitted`. */
  readonly look: () => void;
  readonly verified: (result: 'equal' | 'drift' | 'failed', seconds: number) => void;
  readonly log: Log;
  readonly clock: Clock;
  readonly random?: () => number;
}

/** Milliseconds between looks without any cause, as the backup of the monitor: 4 to 6 minutes. */
const period = 300_000;

/** Milliseconds that a replacement waits for counters to be read: what it repairs may be open meanwhile. 10,000 take about 250. */
const countPatience = 500;

export function createDriftWatch(options: DriftWatchOptions): DriftWatch {
  const { nft, table, log, clock, random = Math.random } = options;
  const own = createOwnTransactions(clock);
  const pace = createRepairPace(clock);
  let cause: DriftCause = 'periodic';
  let drift: Drift | undefined;
  let isWatching = false;
  let isScheduled = false;
  let hasApplied = false;
  let repairs = 0;
  let lastRepair: number | undefined;
  let lastVerify: number | undefined;
  let until: AbortSignal = new AbortController().signal;

  const onDoubt = (why: DriftCause): void => {
    // The first doubt that is not settled yet is the one to tell.
    if (!isScheduled) cause = why;
    if (why === 'table-deleted') found(why);
    if (isScheduled) return;
    isScheduled = true;
    afterPause(why === 'periodic' ? 0 : pace.next(), () => {
      isScheduled = false;
      // Only of a deleted table there is nothing to look at; and if one of ours came after, it may be back.
      if (why === 'table-deleted' && !own.isBusy()) options.replace();
      else options.look();
    });
  };

  const found = (why: DriftCause): void => {
    drift ??= { cause: why, since: clock.now() };
  };

  const afterPause = (milliseconds: number, act: () => void): void => {
    if (milliseconds === 0) {
      act();
      return;
    }
    void sleep(clock, milliseconds, until).then(() => {
      if (!until.aborted) act();
    });
  };

  const watch = async (signal: AbortSignal): Promise<void> => {
    for await (const event of nft.monitor(table, { signal })) {
      switch (event.kind) {
        case 'listening':
          own.listening();
          isWatching = true;
          onDoubt('monitor-lost');
          break;
        case 'lost':
          own.lost();
          log.warn({ err: event.error }, 'monitor lost');
          // A monitor that does not come back leaves the table unwatched: each attempt to start it is a reason to look.
          if (!isWatching) onDoubt('monitor-lost');
          isWatching = false;
          break;
        case 'transaction': {
          const { by, changes, gone } = event;
          const whose = own.seen();
          if (whose === 'doubtful' && !gone) {
            onDoubt('monitor-lost');
          } else if (whose === 'foreign' || gone) {
            log.warn({ by, changes, gone }, 'foreign change');
            onDoubt(gone ? 'table-deleted' : 'foreign-change');
          }
        }
      }
    }
  };

  const verifyNowAndThen = async (signal: AbortSignal): Promise<void> => {
    while (!isAborted(signal)) {
      await sleep(clock, period * (0.8 + 0.4 * random()), signal);
      if (!isAborted(signal)) onDoubt('periodic');
    }
  };

  const list = async (signal: AbortSignal): Promise<readonly ListedObject[] | undefined | 'failed'> => {
    try {
      return await nft.list(table, { signal });
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error, table }, 'table not listed');
      return 'failed';
    }
  };

  const inspect = async (compiler: Compiler, signal: AbortSignal): Promise<Inspection | 'failed'> => {
    const objects = await list(signal);
    return objects === 'failed' ? 'failed' : inspectTable(objects, compiler.ruleset());
  };

  return {
    async apply(transaction, { signal }) {
      // Where others have deleted it nothing is left to look at, and everything is open meanwhile. At the start nothing was counted.
      const isOurs = hasApplied && drift?.cause !== 'table-deleted';
      if (isOurs && replaces(transaction)) {
        await Promise.race([options.replacing?.(signal), sleep(clock, countPatience, signal)]);
      }
      own.starting();
      let isApplied = false;
      try {
        await nft.apply(transaction, { signal });
        isApplied = true;
        hasApplied = true;
      } finally {
        if (own.ended(isApplied)) {
          log.warn({ by: '', changes: [], gone: false }, 'foreign change');
          onDoubt('foreign-change');
        }
      }
    },
    async isAsCommitted(compiler, { signal }) {
      const started = clock.now();
      const why = cause;
      cause = 'periodic';
      const inspection = await inspect(compiler, signal);
      if (isAborted(signal)) return true;
      const seconds = (clock.now() - started) / 1000;
      lastVerify = clock.epochSeconds();
      if (inspection === 'failed') {
        options.verified('failed', seconds);
      } else if (inspection.kind === 'equal') {
        drift = undefined;
        options.verified('equal', seconds);
        log.debug({ cause: why, seconds }, 'kernel verified');
        return true;
      } else {
        options.verified('drift', seconds);
        log.warn({ cause: why, seconds, ...described(inspection) }, 'drift found');
      }
      found(why);
      return false;
    },
    async readKernel({ signal }) {
      const objects = await list(signal);
      if (objects === undefined || objects === 'failed') return undefined;
      const { ruleset, foreign } = readTable(table, objects);
      return foreign.length === 0 ? ruleset : undefined;
    },
    replaced() {
      const repaired = drift;
      drift = undefined;
      if (repaired === undefined) return undefined;
      repairs += 1;
      lastRepair = clock.epochSeconds();
      return repaired;
    },
    async run(signal) {
      until = signal;
      await Promise.all([watch(signal), verifyNowAndThen(signal)]);
    },
    state: () => ({
      repairs,
      isWatching,
      ...(lastRepair === undefined ? {} : { lastRepair }),
      ...(lastVerify === undefined ? {} : { lastVerify }),
    }),
  };
}

function replaces({ operations }: Transaction): boolean {
  return operations.some(({ op }) => op === 'delete-table');
}

/** Asked anew: the compiler takes a signal that was not aborted once for one that never is. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Whoever meddles decides how much there is to say. */
const toldDifferences = 20;

function described(inspection: Exclude<Inspection, { kind: 'equal' }>): Readonly<Record<string, unknown>> {
  if (inspection.kind === 'missing') return { missing: true };
  const { differences, foreign } = inspection;
  return {
    objects: differences.length + foreign.length,
    differences: differences.slice(0, toldDifferences).map(({ kind, object, details }) => ({
      kind,
      object,
      details: details.slice(0, 5),
    })),
    foreign: foreign.slice(0, toldDifferences),
  };
}
