import { Command, Option } from 'commander';
import { differenceOf } from '../../analysis/difference/difference.ts';
import type { By } from '../../analysis/connectivity/endpoints.ts';
import { exitCode } from '../exit-code.ts';
import { withClusterOptions } from '../input-options.ts';
import { readSides, type SidesOptions } from '../input-sides.ts';
import { differenceJson } from '../output/difference/json.ts';
import { differenceMarkdown } from '../output/difference/markdown.ts';
import { differenceText } from '../output/difference/text.ts';
import type { Finish } from '../program.ts';
import { printPieces, type Terminal } from '../terminal.ts';

const units = ['workload', 'pod', 'namespace'] as const;

interface DiffOptions extends SidesOptions {
  readonly by: By;
  readonly exitCode?: true;
  readonly failOn?: 'opened' | 'closed';
  readonly output: 'text' | 'json' | 'md';
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
      'Compares who reaches whom before and after a change, by what the policies mean: connections that it ' +
        'opens and closes, and the policies that do. Two inputs, or -f and a commit of git to compare with.',
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
      const sides = await readSides(before, after, options, terminal);
      if (sides === undefined) {
        finish(exitCode.cannotAnswer);
        return;
      }
      const difference = differenceOf(sides.before.cluster, sides.after.cluster, options.by);
      if (options.output === 'json') await printPieces(terminal, differenceJson(difference));
      else if (options.output === 'md') terminal.out(differenceMarkdown(difference));
      else terminal.out(differenceText(difference, terminal.colour.out));
      const { opened, closed } = difference;
      const fails =
        (options.exitCode === true && opened.length + closed.length > 0) ||
        (options.failOn !== undefined && difference[options.failOn].length > 0);
      finish(fails ? exitCode.no : exitCode.yes);
    });
}
