import { printable } from '../model/read/quote.ts';
import { type GitTree, readGitTree } from './input/git-tree.ts';
import {
  type ClusterOptions,
  type InputOptions,
  type ReadCluster,
  readCluster,
  readFiles,
} from './input-options.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Options of every command that compares two inputs. */
export interface SidesOptions extends ClusterOptions {
  readonly base?: string;
}

export interface Sides {
  readonly before: ReadCluster;
  readonly after: ReadCluster;
}

/**
 * Reads what is compared: two arguments, one and a running cluster, or the files of `-f` and what they were in a commit.
 * `undefined` where one of them cannot be judged, which is said on stderr.
 *
 * @throws {UsageError} where the command line names no two inputs
 */
export async function readSides(
  before: string | undefined,
  after: string | undefined,
  options: SidesOptions,
  terminal: Terminal,
): Promise<Sides | undefined> {
  const { filename = [], base, context, kubeconfig } = options;
  const { namespace, recursive, strict, keepLocators } = options;
  const reading = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(recursive === undefined ? {} : { recursive }),
    ...(strict === undefined ? {} : { strict }),
    ...(keepLocators === undefined ? {} : { keepLocators }),
  };
  const isLive = context !== undefined || kubeconfig !== undefined;
  if (base !== undefined) {
    if (before !== undefined || filename.length === 0 || isLive) {
      throw new UsageError('--base compares the files of -f with a commit', '-f DIR --base REF');
    }
    if (filename.includes('-')) throw new UsageError('standard input is in no commit', 'name files with -f');
    const tree = await readGitTree(base, '.');
    const still = await filesThatStay(base, filename, tree, terminal);
    const now = await readFiles({ ...reading, filename: still }, terminal);
    if (now === undefined) return undefined;
    const was = await readBase(base, tree, filename, reading, terminal);
    return was === undefined ? undefined : { before: was, after: now };
  }
  if (filename.length > 0 || before === undefined || (after === undefined) !== isLive) {
    throw new UsageError(
      'a comparison needs two inputs',
      'name them as BEFORE AFTER, or as -f DIR --base REF',
    );
  }
  const was = await readFiles({ ...reading, filename: [before] }, terminal);
  const now = isLive
    ? await readCluster(options, terminal)
    : await readFiles({ ...reading, filename: after === undefined ? [] : [after] }, terminal);
  return was === undefined || now === undefined ? undefined : { before: was, after: now };
}

/** What the commit has and nobody else any more was removed: that is said, and the rest compared. */
async function filesThatStay(
  ref: string,
  files: readonly string[],
  tree: GitTree,
  terminal: Terminal,
): Promise<readonly string[]> {
  const staying: string[] = [];
  for (const file of files) {
    if (tree.at(file) === undefined || (await isThere(file, terminal))) staying.push(file);
    else terminal.err(`note: ${printable(file)} is gone since ${printable(ref)}: all of it is removed\n`);
  }
  return staying;
}

async function isThere(file: string, { input }: Terminal): Promise<boolean> {
  try {
    await input.kindOf(file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

/** What is not in the commit is new: that is said, and the rest compared. */
async function readBase(
  ref: string,
  tree: GitTree,
  files: readonly string[],
  reading: InputOptions,
  terminal: Terminal,
): Promise<ReadCluster | undefined> {
  const there = files.flatMap((file) => {
    const name = tree.at(file);
    if (name === undefined)
      terminal.err(`note: ${printable(file)} is not in ${printable(ref)}: all of it is new\n`);
    return name === undefined ? [] : [name];
  });
  return readFiles(
    { ...reading, filename: there },
    // Not all of the terminal: its signal would be asked for, and Ctrl-C no longer end the process.
    { err: terminal.err, colour: terminal.colour, input: tree.io },
  );
}
