/** Events on their way from one writer to one reader. */
export interface EventQueue<T> {
  push(event: T): void;
  /** The reader gets what is there and then ends. */
  end(): void;
  /** The next event, or `undefined` after the end. */
  next(): Promise<T | undefined>;
}

/** Holds at most `limit` events; `overflow` then stands for all of them. */
export function createEventQueue<T>(limit: number, overflow: () => T): EventQueue<T> {
  let events: T[] = [];
  let ended = false;
  let wake: (() => void) | undefined;

  function signal(): void {
    wake?.();
    wake = undefined;
  }

  return {
    push(event) {
      if (ended) return;
      if (events.length >= limit) events = [overflow()];
      else events.push(event);
      signal();
    },
    end() {
      ended = true;
      signal();
    },
    async next() {
      for (;;) {
        const event = events.shift();
        if (event !== undefined || ended) return event;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
