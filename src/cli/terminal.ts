import type { InputIo } from './input/input-io.ts';
import type { OutputIo } from './output-io.ts';

/** Where a command reads and writes; tests give their own. */
export interface Terminal {
  /** Data. */
  readonly out: (text: string) => void;
  /** Waits until whoever reads the data has taken it; absent where nothing is held back. */
  readonly drained?: () => Promise<void>;
  /** Everything else. */
  readonly err: (text: string) => void;
  readonly input: InputIo;
  /** Files that a command writes when it is asked to. */
  readonly output: OutputIo;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether to colour what goes to each stream: a terminal, and NO_COLOR is not set. */
  readonly colour: { readonly out: boolean; readonly err: boolean };
  /** How wide a line of stdout may be; absent where that is no terminal. */
  readonly columns?: number;
  /** Aborted when the user asks the process to end. */
  readonly signal: AbortSignal;
}

/** Prints a long document piece by piece, no faster than it is read: a pipe that is not emptied would be all of it in memory. */
export async function printPieces(terminal: Terminal, pieces: Iterable<string>): Promise<void> {
  for (const piece of pieces) {
    terminal.out(piece);
    await terminal.drained?.();
  }
}
