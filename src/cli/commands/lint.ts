import { Command, Option } from 'commander';
import { withClusterOptions } from '../input-options.ts';
import type { LintCommandOptions } from '../lint/run.ts';
import { repeatable } from '../options.ts';
import type { Finish } from '../program.ts';
import type { Terminal } from '../terminal.ts';

const severities = ['error', 'warning', 'info'];

/** `ringfence lint`: mistakes and traps in policies, and in what they are for. */
export function lintCommand(terminal: Terminal, finish: Finish): Command {
  return withClusterOptions(new Command('lint'))
    .summary('find mistakes and traps in policies')
    .description(
      `Finds mistakes and traps in policies, by what they mean for the pods and Services beside them. Exit code 0
where nothing is found at or above --fail-on, 1 where something is, 2 where a file cannot be
parsed. A finding that is no mistake is ignored with a reason: in the annotation ringfence.dev/lint-ignore: "rule: reason" on the object, in .ringfence-lint.yaml
or with --ignore.`,
    )
    .addOption(
      new Option('-o, --output <format>', 'what to print')
        .choices(['text', 'json', 'sarif', 'github'])
        .default('text'),
    )
    .addOption(
      new Option('--min-severity <severity>', 'print nothing below').choices(severities).default('info'),
    )
    .addOption(
      new Option('--fail-on <severity>', 'exit code 1 at or above')
        .choices([...severities, 'none'])
        .default('warning'),
    )
    .option(
      '--ignore <rule=reason>',
      'ignore what a rule finds, with the reason for it; repeatable',
      repeatable,
    )
    .option('--config <file>', `ignores with reasons (default: .ringfence-lint.yaml, where there is one)`)
    .option('--show-ignored', 'print also what is ignored, with its reason')
    .option('--masquerade-all', 'kube-proxy runs with --masquerade-all: Services hide every client')
    .option('--explain <rule>', 'print the page of a rule: why, a bad example, a good one')
    .option('--list', 'print the rules')
    .addHelpText(
      'after',
      `
Examples:
  ringfence lint -f deploy/ -f policies/
  ringfence lint -f policies/ -o sarif > lint.sarif
  ringfence lint -f policies/ --fail-on error --ignore 'cidr-spelling=generated, fixed upstream next week'
  ringfence lint --explain peer-or-and`,
    )
    .action(async (options: LintCommandOptions) => {
      // Loaded only now: the help of all commands does without the rules.
      const { pageText, rulesText, runLint } = await import('../lint/run.ts');
      if (options.list === true) terminal.out(rulesText());
      else if (options.explain !== undefined) terminal.out(await pageText(options.explain));
      else finish(await runLint(options, terminal));
    });
}
