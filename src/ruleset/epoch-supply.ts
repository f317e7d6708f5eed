import { lastEpoch } from './epoch.ts';

/**
 * Epochs that no connection is marked with. A connection may be idle for days and then still carry the epoch in which it was
 * judged: an epoch that came round again meanwhile would let it pass unjudged. So each is given out once, until somebody has
 * looked which marks the connections hold.
 */
export interface EpochSupply {
  /** The next epoch; 0 where none is left: then nothing may be marked, and every packet is judged. */
  take(): number;
  /** Says that the epoch taken last is in the kernel, and no earlier one. */
  applied(): void;
  left(): number;
  /**
   * Call it before connections are listed, and the result with the epochs that they hold: all others are given out again,
   * but for those that the kernel may have marked with meanwhile.
   */
  restock(): (held: ReadonlySet<number>) => void;
}

/**
 * @param range the epochs that are known to be free from the start, both included; none where `first` is above `last`
 */
export function createEpochSupply(
  mask: number,
  { first, last = lastEpoch(mask) }: { readonly first: number; readonly last?: number },
): EpochSupply {
  let free = epochsFrom(first, last);
  let current = 0;
  let inUse = new Set<number>();
  let meanwhile: Set<number> | undefined;
  return {
    take() {
      current = free.shift() ?? 0;
      inUse.add(current);
      meanwhile?.add(current);
      return current;
    },
    applied() {
      inUse = new Set([current]);
    },
    left: () => free.length,
    restock() {
      const marking = (meanwhile = new Set(inUse));
      return (held) => {
        if (meanwhile === marking) meanwhile = undefined;
        const start = current === 0 ? first : current + 1;
        free = [...epochsFrom(start, lastEpoch(mask)), ...epochsFrom(1, start - 1)].filter(
          (epoch) => !held.has(epoch) && !marking.has(epoch),
        );
      };
    },
  };
}

function epochsFrom(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
