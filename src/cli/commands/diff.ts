import { Command, Option } from 'commander';
import { differenceOf } from '../../analysis/difference/difference.ts';
import type { By } from '../../analysis/connectivity/endpoints.ts';
import type { Cluster } from '../../model/cluster.ts';
import { exitCode } from '../exit-code.ts';
import { readGitTree } from '../input/git-tree.ts';
import { type ClusterOptions, readCluster, readInput, withClusterOptions } from '../input-options.ts';
import { differenceJson } from '../output/difference/json.ts';
import { differenceMarkdown } from '../output/difference/markdown.ts';
import { differenceText } from '../output/difference/text.ts';
import type { Finish } from '../program.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

const units = ['workload', 'pod', 'namespace'] as const;

interface DiffOptions extends ClusterOptions {
  readonly base?: string;
  readonly by: By;
  readonly exitCode?: true;
  readonly failOn?: 'opened' | 'closed';
  readonly output: 'text' | 'json' | 'md';
}

interface Sides {
  readonly before: Cluster;
  readonly after: Cluster;
}

/** `ringfence diff`: what a change opens and closes. */
export function diffCommand(terminal: Terminal, finish: Finish): Command {
  return withClusterOptions(
    new Command('diff')
      .argument('[before]', 'manifests before the change: a file or a directory')
      .argument('[after]', 'manifests after it'),
  )
    .summary('what a change of the manifests opens and closes')
    .description(
      `Compares who reaches whom before and after a change, by what the policies mean: connections that it opens and closes, and
the policies that do. Two inputs, or -f and a commit of git to compare with.`,
    )
    .option('--base <ref>', 'compare with what the files of -f are in this commit, branch or tag')
    .addOption(new Option('--by <unit>', 'what an end stands for').choices(units).default('workload'))
    .option('--exit-code', 'exit with 1 where anything was opened or closed')
    .addOption(
      new Option('--fail-on <what>', 'exit with 1 where anything was opened, or closed').choices([
        'opened',
        'closed',
      ]),
    )
    .addOption(
      new Option('-o, --output <format>', 'what to print').choices(['text', 'json', 'md']).default('text'),
    )
    .addHelpText(
      'after',
      `
Examples:
  ringfence diff before/ after/
  ringfence diff -f deploy/ --base origin/main
  ringfence diff -f deploy/ --base origin/main -o md --fail-on opened   # a comment for a pull request
  ringfence diff deploy/ --context prod                                 # from what is written to what runs`,
    )
    .action(async (before: string | undefined, after: string | undefined, options: DiffOptions) => {
      const sides = await sidesOf(before, after, options, terminal);
      if (sides === undefined) {
        finish(exitCode.cannotAnswer);
        return;
      }
      const difference = differenceOf(sides.before, sides.after, options.by);
      if (options.output === 'json') for (const piece of differenceJson(difference)) terminal.out(piece);
      else if (options.output === 'md') terminal.out(differenceMarkdown(difference));
      else terminal.out(differenceText(difference, terminal.colour.out));
      const { opened, closed } = difference;
      const fails =
        (options.exitCode === true && opened.length + closed.length > 0) ||
        (options.failOn !== undefined && difference[options.failOn].length > 0);
      finish(fails ? exitCode.no : exitCode.yes);
    });
}

async function sidesOf(
  before: string | undefined,
  after: string | undefined,
  options: DiffOptions,
  terminal: Terminal,
): Promise<Sides | undefined> {
  const { filename = [], base, context, kubeconfig } = options;
  const { namespace, recursive, strict } = options;
  const reading = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(recursive === undefined ? {} : { recursive }),
    ...(strict === undefined ? {} : { strict }),
  };
  const isLive = context !== undefined || kubeconfig !== undefined;
  if (base !== undefined) {
    if (before !== undefined || filename.length === 0 || isLive) {
      throw new UsageError(
        '--base compares the files of -f with a commit',
        'ringfence diff -f DIR --base REF',
      );
    }
    const now = await readInput({ ...reading, filename }, terminal);
    if (now === undefined) return undefined;
    const was = await readBase(base, filename, reading, terminal);
    return was === undefined ? undefined : { before: was, after: now };
  }
  if (filename.length > 0 || before === undefined || (after === undefined) !== isLive) {
    throw new UsageError(
      'diff needs two inputs',
      'ringfence diff BEFORE AFTER, or ringfence diff -f DIR --base REF',
    );
  }
  const was = await readInput({ ...reading, filename: [before] }, terminal);
  const now = isLive
    ? (await readCluster(options, terminal))?.cluster
    : await readInput({ ...reading, filename: after === undefined ? [] : [after] }, terminal);
  return was === undefined || now === undefined ? undefined : { before: was, after: now };
}

/** What is not in the commit is new: that is said, and the rest compared. */
async function readBase(
  ref: string,
  files: readonly string[],
  reading: Omit<DiffOptions, 'by' | 'output'>,
  terminal: Terminal,
): Promise<Cluster | undefined> {
  if (files.includes('-')) throw new UsageError('standard input is in no commit', 'name files with -f');
  const tree = await readGitTree(ref, '.');
  const there = files.flatMap((file) => {
    const name = tree.at(file);
    if (name === undefined) terminal.err(`note: ${file} is not in ${ref}: all of it is new\n`);
    return name === undefined ? [] : [name];
  });
  return readInput({ ...reading, filename: there }, { ...terminal, input: tree.io });
}
