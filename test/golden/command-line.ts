import { runProgram } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import type { InputIo } from '../../src/cli/input/input-io.ts';
import type { OutputIo } from '../../src/cli/output-io.ts';
import { memoryIo } from '../cli/input/memory-io.ts';

/** What a command line did. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a command finds, apart from its arguments. */
export interface World {
  /** Files by path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly env?: Terminal['env'];
  readonly colour?: boolean;
  /** How wide the terminal is. */
  readonly columns?: number;
  /** In place of files and stdin. */
  readonly io?: InputIo;
  /** Where files are written to; nowhere without it. */
  readonly output?: OutputIo;
}

/** Runs a command line in this process, on files that exist only here. */
export async function run(args: readonly string[], world: World = {}): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    input: world.io ?? memoryIo(world.files ?? {}, world.stdin),
    output: world.output ?? nowhere,
    env: world.env ?? {},
    colour: { out: world.colour ?? false, err: world.colour ?? false },
    ...(world.columns === undefined ? {} : { columns: world.columns }),
    signal: new AbortController().signal,
  };
  const code = await runProgram(args, terminal);
  return { code, out: out.join(''), err: err.join('') };
}

const nowhere: OutputIo = { writeFile: () => Promise.reject(new Error('nothing may be written here')) };
