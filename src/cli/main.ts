import { once } from 'node:events';
import process from 'node:process';
import { buffer } from 'node:stream/consumers';
import { fileSystemIo } from './input/input-io.ts';
import { wantsColour } from './output/diagnostics.ts';
import { fileSystemOutput } from './output-io.ts';
import { runProgram } from './program.ts';
import type { Terminal } from './terminal.ts';

const controller = new AbortController();

/**
 * Signals are caught only once a command asks for them: the others end at once, as a process does, even while they
 * compute. A lab ends with its process.
 */
function catchSignals(): AbortSignal {
  if (!controller.signal.aborted && process.listenerCount('SIGHUP') === 0) {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(name, () => {
        controller.abort(new Error(name));
      });
    }
  }
  return controller.signal;
}

// A reader that goes away (`| head`) has what it wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`error: cannot write the output: ${error.message}\n`);
  process.exit(2);
});

const terminal: Terminal = {
  out: (text) => process.stdout.write(text),
  drained: async () => {
    if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
  },
  err: (text) => process.stderr.write(text),
  input: fileSystemIo(() => buffer(process.stdin)),
  output: fileSystemOutput,
  env: process.env,
  colour: { out: wantsColour(process.stdout, process.env), err: wantsColour(process.stderr, process.env) },
  ...(process.stdout.isTTY ? { columns: process.stdout.columns } : {}),
  get signal() {
    return catchSignals();
  },
};

process.exitCode = await runProgram(process.argv.slice(2), terminal);
