import type { InputIo } from './input/input-io.ts';

/** Where a command reads and writes; tests give their own. */
export interface Terminal {
  /** Data. */
  readonly out: (text: string) => void;
  /** Everything else. */
  readonly err: (text: string) => void;
  readonly input: InputIo;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether to colour: a terminal, and NO_COLOR is not set. */
  readonly colour: boolean;
  /** Columns of the terminal, 80 where there is none. */
  readonly columns: number;
  /** Aborted when the user asks the process to end. */
  readonly signal: AbortSignal;
}
