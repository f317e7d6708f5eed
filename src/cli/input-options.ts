import { type Command, Option } from 'commander';
import type { Cluster } from '../model/cluster.ts';
import type { Diagnostic, SourcePosition } from '../model/diagnostic.ts';
import { printable } from '../model/read/quote.ts';
import type { KubeConfigSource } from '../kube/client.ts';
import { type IgnoredKind, type Input, type InputRequest, loadInput } from './input/load-input.ts';
import { loadLive } from './input/live-input.ts';
import { repeatable } from './options.ts';
import { formatDiagnostics } from './output/diagnostics.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Options of every command that reads manifests, as kubectl has them. */
export interface InputOptions {
  readonly filename?: readonly string[];
  readonly recursive?: true;
  readonly namespace?: string;
  readonly strict?: true;
  /** Keeps the places of fields: for whoever lints. No option of a command line. */
  readonly keepLocators?: true;
}

/** Options of every command that also answers about a running cluster. */
export interface ClusterOptions extends InputOptions {
  readonly context?: string;
  readonly kubeconfig?: string;
}

/** For commands that read manifests alone. */
export function withInputOptions(command: Command): Command {
  return withFileOptions(command.requiredOption(...filename));
}

/** For commands that read manifests, or find out by other options what to read. */
export function withOptionalInput(command: Command): Command {
  return withFileOptions(command.option(...filename));
}

/** For commands that read manifests, or a running cluster where `--context` or `--kubeconfig` says so. */
export function withClusterOptions(command: Command): Command {
  return withFileOptions(command.option(...filename))
    .option(
      '--context <name>',
      'ask the API server of this context of the kubeconfig instead of reading files',
    )
    .option('--kubeconfig <file>', 'kubeconfig to use with it (default: $KUBECONFIG, else ~/.kube/config)');
}

const filename = [
  '-f, --filename <path>',
  'manifests: file, directory, or - for stdin; repeatable',
  repeatable,
] as const;

function withFileOptions(command: Command): Command {
  return command
    .option('-R, --recursive', 'read directories with all below them')
    .addOption(
      new Option('-n, --namespace <name>', 'namespace of objects and names that have none').default(
        undefined,
        'default',
      ),
    )
    .addOption(new Option('-A, --all-namespaces', 'all namespaces, as without -n').conflicts('namespace'))
    .option('--strict', 'reject CIDRs that only old API servers stored (host bits, leading zeros)');
}

/** A cluster that was read without an error, and the lines of its files. */
export interface ReadCluster {
  readonly cluster: Cluster;
  /** The line of a place in a file that was read, where the places of its fields were asked for, too. */
  readonly sourceLine: (position: SourcePosition) => string | undefined;
  /** What was odd about it, none of it an error. */
  readonly diagnostics: readonly Diagnostic[];
  /** Where a field of an object is written, where that was asked for; never for a running cluster. */
  readonly locate?: Input['locate'];
}

/**
 * Reads what the options name and says on stderr what is wrong with it. `undefined` where anything is an error: half an
 * input must not be judged.
 */
export async function readCluster(
  options: ClusterOptions,
  terminal: Terminal,
): Promise<ReadCluster | undefined> {
  const live = sourceOf(options);
  if (live === undefined) return readFiles(options, terminal);
  const { cluster, diagnostics } = await loadLive(live, terminal.signal);
  if (diagnostics.length > 0) terminal.err(formatDiagnostics(diagnostics, { colour: terminal.colour.err }));
  if (diagnostics.some(({ severity }) => severity === 'error')) return undefined;
  return { cluster, diagnostics, sourceLine: () => undefined };
}

/**
 * The running cluster that the options name; `undefined` where they name manifests.
 *
 * @throws {UsageError} where they name neither or both
 */
export function sourceOf(options: ClusterOptions): KubeConfigSource | undefined {
  const { filename = [] } = options;
  const live = liveSource(options);
  if (live === undefined && filename.length === 0) {
    throw new UsageError(
      'nothing to read',
      'name manifests with -f FILE, -f DIR or -f -, or a running cluster with --context NAME',
    );
  }
  if (live !== undefined && filename.length > 0) {
    throw new UsageError('-f and --context exclude each other', 'read either manifests or a running cluster');
  }
  return live;
}

function liveSource({ context, kubeconfig }: ClusterOptions): KubeConfigSource | undefined {
  if (context === undefined && kubeconfig === undefined) return undefined;
  return {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
}

/** For commands that take manifests alone: the cluster of `-f`. */
export async function readInput(options: InputOptions, terminal: Terminal): Promise<Cluster | undefined> {
  return (await readFiles(options, terminal))?.cluster;
}

/** The same with the places of its fields. */
export async function readFiles(
  options: InputOptions,
  terminal: Pick<Terminal, 'input' | 'err' | 'colour'>,
): Promise<ReadCluster | undefined> {
  const { keepLocators = false } = options;
  const request = { ...requestOf(options), keepLocators };
  const { cluster, diagnostics, ignored, sourceLine, locate } = await loadInput(request, terminal.input);
  if (diagnostics.length > 0)
    terminal.err(formatDiagnostics(diagnostics, { sourceLine, colour: terminal.colour.err }));
  if (diagnostics.some(({ severity }) => severity === 'error')) return undefined;
  noteIgnored(ignored, terminal);
  // Either would keep the whole text of the files.
  return keepLocators
    ? { cluster, diagnostics, sourceLine, locate }
    : { cluster, diagnostics, sourceLine: () => undefined };
}

/** What the options tell to read. */
export function requestOf(options: InputOptions): InputRequest {
  return {
    files: options.filename ?? [],
    recursive: options.recursive ?? false,
    ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    strictCidrs: options.strict ?? false,
  };
}

/** Says which objects were passed over. */
export function noteIgnored(ignored: readonly IgnoredKind[], terminal: Pick<Terminal, 'err'>): void {
  if (ignored.length === 0) return;
  const kinds = ignored.map(({ kind, count }) => `${String(count)} ${printable(kind)}`);
  terminal.err(
    `note: objects that say nothing about who reaches whom were passed over: ${kinds.join(', ')}\n`,
  );
}
