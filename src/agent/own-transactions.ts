import type { Clock } from './clock.ts';

/**
 * Tells own transactions from foreign ones. The monitor says of each transaction that it changed the table, not whose it
 * was (process numbers are those of the host, and the agent may live in a namespace). But an own one is seen exactly once:
 * what is seen beyond that is foreign. Where the monitor may have missed one, it is not waited for: better a needless look
 * than a foreign transaction taken for it.
 */
export interface OwnTransactions {
  /** Before nft is given a transaction. */
  starting(): void;
  /**
   * After it. Whether somebody else wrote meanwhile.
   * @param isApplied whether the kernel took it; where that is not known, the table is replaced anyway
   */
  ended(isApplied: boolean): boolean;
  /**
   * The monitor saw a transaction. Undecided: one is under way, which may be this. Doubtful: it may be one of ours that the
   * monitor was not sure to see.
   */
  seen(): 'own' | 'foreign' | 'undecided' | 'doubtful';
  /** From now on the monitor sees everything. */
  listening(): void;
  /** The monitor may have missed something. */
  lost(): void;
  /** Whether one of ours is under way or not seen yet. */
  isBusy(): boolean;
}

/** Milliseconds within which the monitor sees what nft has done; it takes a few. */
const patience = 5000;

export function createOwnTransactions(clock: Pick<Clock, 'now'>): OwnTransactions {
  let isListening = false;
  let isUnderWay = false;
  /** The monitor listened since before the one that is under way. */
  let isWatched = false;
  let undecided = 0;
  /** When each one ended that is to be seen yet. */
  let expected: readonly number[] = [];

  /** The same for those that the monitor may have missed. */
  let doubtful: readonly number[] = [];

  const recent = (times: readonly number[]): readonly number[] =>
    times.filter((at) => clock.now() - at < patience);

  return {
    starting() {
      isUnderWay = true;
      isWatched = isListening;
      undecided = 0;
    },
    ended(isApplied) {
      isUnderWay = false;
      const own = isApplied && undecided > 0 ? 1 : 0;
      const isForeign = undecided > own;
      if (isApplied && own === 0) {
        if (isWatched) expected = [...recent(expected), clock.now()];
        else doubtful = [...recent(doubtful), clock.now()];
      }
      undecided = 0;
      return isForeign;
    },
    seen() {
      [expected, doubtful] = [recent(expected), recent(doubtful)];
      if (expected.length > 0) {
        expected = expected.slice(1);
        return 'own';
      }
      if (isUnderWay) {
        undecided += 1;
        return 'undecided';
      }
      if (doubtful.length === 0) return 'foreign';
      doubtful = doubtful.slice(1);
      return 'doubtful';
    },
    listening() {
      isListening = true;
    },
    lost() {
      [isListening, isWatched] = [false, false];
      undecided = 0;
      expected = [];
    },
    isBusy: () => isUnderWay || recent(expected).length > 0,
  };
}
