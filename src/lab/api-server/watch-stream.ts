import type { ServerResponse } from 'node:http';

export interface WatchStreamOptions {
  /** Milliseconds by which a line is late that is written now. */
  readonly delay: () => number;
  /** While this returns a promise, nothing is sent until it resolves. */
  readonly heldBack: () => Promise<void> | undefined;
  /** How often a line is sent; default once. */
  readonly copies?: () => number;
  /** A number in [0, 1): cuts the stream into pieces at such positions. Absent: one piece a line. */
  readonly split?: (() => number) | undefined;
}

/** The body of a watch: lines in order, late, held back, split or broken as the faults say. */
export interface WatchStream {
  line(text: string): void;
  /** Breaks the next line. */
  corrupt(how: 'garbage' | 'truncated'): void;
  /** Ends the stream once everything before has been sent. */
  end(): void;
  /** Whether anything waits to be sent. */
  idle(): boolean;
}

interface Piece {
  readonly text: string;
  readonly notBefore: number;
  readonly last: 'no' | 'end' | 'destroy';
}

export function createWatchStream(response: ServerResponse, options: WatchStreamOptions): WatchStream {
  const queue: Piece[] = [];
  let pumping = false;
  let corruption: 'garbage' | 'truncated' | undefined;

  // What is written in one turn, such as the initial events, goes out together.
  let corked = false;
  const cork = (): void => {
    if (corked) return;
    corked = true;
    response.cork();
    process.nextTick(uncork);
  };
  // Always before end(), which would send its last chunk ahead of what is corked.
  const uncork = (): void => {
    if (corked) response.uncork();
    corked = false;
  };
  const pump = async (): Promise<void> => {
    for (let piece = queue[0]; piece !== undefined && !response.destroyed; piece = queue[0]) {
      const wait = piece.notBefore - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      for (let held = options.heldBack(); held !== undefined; held = options.heldBack()) await held;
      uncork();
      await send(response, piece.text, options.split);
      if (piece.last === 'end') response.end();
      if (piece.last === 'destroy') {
        // The bytes written so far must leave before the connection goes.
        await new Promise((resolve) => setTimeout(resolve, 20));
        response.destroy();
      }
      queue.shift();
    }
    if (response.destroyed) queue.length = 0;
  };

  const push = (text: string, last: Piece['last'] = 'no'): void => {
    if (response.destroyed || response.writableEnded) return;
    const delay = options.delay();
    const plain =
      last === 'no' && delay === 0 && options.split === undefined && options.heldBack() === undefined;
    if (plain && queue.length === 0 && !pumping) {
      cork();
      response.write(text);
      return;
    }
    queue.push({ text, notBefore: performance.now() + delay, last });
    if (pumping) return;
    pumping = true;
    void pump().finally(() => {
      pumping = false;
    });
  };

  return {
    line: (text) => {
      const how = corruption;
      corruption = undefined;
      if (how === 'truncated') push(text.slice(0, text.length >> 1), 'destroy');
      else
        push(
          how === 'garbage'
            ? `\u0000{"type":"ADDED","object":[}}\n${text}`
            : text.repeat(options.copies?.() ?? 1),
        );
    },
    corrupt: (how) => {
      corruption = how;
    },
    end: () => {
      push('', 'end');
    },
    idle: () => queue.length === 0,
  };
}

async function send(
  response: ServerResponse,
  text: string,
  split: (() => number) | undefined,
): Promise<void> {
  if (text === '') return;
  if (split === undefined) {
    response.write(text);
    return;
  }
  // Bytes, not characters: a border may fall into the middle of one.
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length && !response.destroyed;) {
    const end = Math.min(bytes.length, start + 1 + Math.floor(split() * Math.min(64, bytes.length)));
    response.write(bytes.subarray(start, end));
    start = end;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A small generator of numbers in [0, 1), the same for the same seed (mulberry32). */
export function seededNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
