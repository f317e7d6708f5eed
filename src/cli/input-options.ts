import type { Command } from 'commander';
import type { Cluster } from '../model/cluster.ts';
import { loadInput } from './input/load-input.ts';
import { repeatable } from './options.ts';
import { formatDiagnostics } from './output/diagnostics.ts';
import type { Terminal } from './terminal.ts';

/** Options of every command that reads manifests, as kubectl has them. */
export interface InputOptions {
  readonly filename: readonly string[];
  readonly recursive?: true;
  readonly namespace?: string;
  readonly strict?: true;
}

export function withInputOptions(command: Command): Command {
  return command
    .requiredOption(
      '-f, --filename <path>',
      'manifests: file, directory, or - for stdin; repeatable',
      repeatable,
    )
    .option('-R, --recursive', 'read directories with all below them')
    .option('-n, --namespace <name>', 'namespace of objects that name none', 'default')
    .option('--strict', 'reject CIDRs that only old API servers stored (host bits, leading zeros)');
}

/**
 * Reads what the options name and says on stderr what is wrong with it. `undefined` where anything is an error: half an
 * input must not be judged.
 */
export async function readInput(options: InputOptions, terminal: Terminal): Promise<Cluster | undefined> {
  const { cluster, diagnostics, ignored, sourceLine } = await loadInput(
    {
      files: options.filename,
      recursive: options.recursive ?? false,
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
      strictCidrs: options.strict ?? false,
    },
    terminal.input,
  );
  if (diagnostics.length > 0)
    terminal.err(formatDiagnostics(diagnostics, { sourceLine, colour: terminal.colour.err }));
  if (diagnostics.some(({ severity }) => severity === 'error')) return undefined;
  if (ignored.length > 0) {
    const kinds = ignored.map(({ kind, count }) => `${String(count)} ${kind}`);
    terminal.err(
      `note: objects that say nothing about who reaches whom were passed over: ${kinds.join(', ')}\n`,
    );
  }
  return cluster;
}
