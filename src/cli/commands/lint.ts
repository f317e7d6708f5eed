import { Command, Option } from 'commander';
import packageJson from '../../../package.json' with { type: 'json' };
import { withConfigured } from '../../analysis/lint/configured-ignores.ts';
import { lint } from '../../analysis/lint/lint.ts';
import { lintRuleIds, lintRules } from '../../analysis/lint/registry.ts';
import { type Finding, severities, type Severity } from '../../analysis/lint/rule.ts';
import { quote } from '../../model/read/quote.ts';
import { closest } from '../../model/read/suggestion.ts';
import { exitCode } from '../exit-code.ts';
import { type ClusterOptions, withClusterOptions } from '../input-options.ts';
import { lintPage } from '../lint-pages.ts';
import { defaultConfigFile, ignoreOption, readLintConfig } from '../lint/config.ts';
import { readForLint } from '../lint/read.ts';
import { repeatable } from '../options.ts';
import { columnsText } from '../output/columns.ts';
import { formatDiagnostics } from '../output/diagnostics.ts';
import { lintGithub } from '../output/lint-github.ts';
import { lintJson } from '../output/lint-json.ts';
import { lintSarif } from '../output/lint-sarif.ts';
import { lintText } from '../output/lint-text.ts';
import type { Finish } from '../program.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

interface LintCommandOptions extends ClusterOptions {
  readonly output: 'text' | 'json' | 'sarif' | 'github';
  readonly minSeverity: Severity;
  readonly failOn: Severity | 'none';
  readonly ignore?: readonly string[];
  readonly config?: string;
  readonly showIgnored?: boolean;
  readonly masqueradeAll?: true;
  readonly explain?: string;
  readonly list?: true;
}

/** `ringfence lint`: mistakes and traps in policies, and in what they are for. */
export function lintCommand(terminal: Terminal, finish: Finish): Command {
  return withClusterOptions(new Command('lint'))
    .summary('find mistakes and traps in policies')
    .description(
      `Finds mistakes and traps in policies, by what they mean for the pods and Services beside them. Exit code 0
where nothing is found at or above --fail-on, 1 where something is. A finding that is no mistake is ignored with
a reason: in the annotation ringfence.dev/lint-ignore: "rule: reason" on the object, in ${defaultConfigFile}
or with --ignore.`,
    )
    .addOption(
      new Option('-o, --output <format>', 'what to print')
        .choices(['text', 'json', 'sarif', 'github'])
        .default('text'),
    )
    .addOption(
      new Option('--min-severity <severity>', 'print nothing below').choices([...severities]).default('info'),
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
    .option('--config <file>', `ignores with reasons (default: ${defaultConfigFile}, where there is one)`)
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
      if (options.list === true) terminal.out(listText());
      else if (options.explain !== undefined) terminal.out(await lintPage(knownRule(options.explain)));
      else finish(await run(options, terminal));
    });
}

function listText(): string {
  return columnsText(
    ['RULE', 'SEVERITY', 'WHAT IS WRONG'],
    lintRules.map(({ id, severity, title }) => [id, severity, title]),
  );
}

function knownRule(text: string): string {
  const rule = lintRuleIds.find((id) => id === text);
  if (rule !== undefined) return rule;
  const meant = closest(text, lintRuleIds);
  throw new UsageError(
    `no rule ${quote(text)}`,
    meant === undefined ? 'see ringfence lint --list' : `did you mean ${quote(meant)}?`,
  );
}

async function run(options: LintCommandOptions, terminal: Terminal): Promise<0 | 1 | 2> {
  const asked = (options.ignore ?? []).map(ignoreOption);
  const config = await readLintConfig(options.config, terminal.input);
  if (config.diagnostics.length > 0) {
    const sourceLine = ({ line }: { readonly line: number }) => config.source?.lineAt(line);
    terminal.err(formatDiagnostics(config.diagnostics, { sourceLine, colour: terminal.colour.err }));
    return exitCode.cannotAnswer;
  }
  const input = await readForLint(options, terminal);
  if (input === undefined) return exitCode.cannotAnswer;

  const all = lint(input, { masqueradeAll: options.masqueradeAll ?? false });
  const { findings, unused } = withConfigured(all, [...config.ignores, ...asked]);
  const least = severities.indexOf(options.minSeverity);
  const shown = findings.filter(({ severity }) => severities.indexOf(severity) <= least);
  terminal.out(await render(shown, options, terminal, input.sourceLine));

  for (const { rule, source } of unused) {
    const place =
      source === undefined ? '--ignore' : `${source.file}:${String(source.line)}:${String(source.column)}`;
    terminal.err(`error: ${place}: the ignore of ${quote(rule)} matches nothing: remove it\n`);
  }
  if (unused.length > 0) return exitCode.cannotAnswer;
  return findings.some((finding) => fails(finding, options.failOn)) ? exitCode.no : exitCode.yes;
}

function fails({ severity, ignored }: Finding, failOn: Severity | 'none'): boolean {
  if (ignored !== undefined || failOn === 'none') return false;
  return severities.indexOf(severity) <= severities.indexOf(failOn);
}

async function render(
  findings: readonly Finding[],
  { output, showIgnored = false }: Pick<LintCommandOptions, 'output' | 'showIgnored'>,
  { colour }: Terminal,
  sourceLine: NonNullable<Parameters<typeof lintText>[1]['sourceLine']>,
): Promise<string> {
  switch (output) {
    case 'text':
      return lintText(findings, { sourceLine, colour: colour.out, showIgnored });
    case 'json':
      return lintJson(findings);
    case 'github':
      return lintGithub(findings);
    case 'sarif': {
      const pages = await Promise.all(lintRuleIds.map(async (id) => [id, await lintPage(id)] as const));
      const { version } = packageJson;
      return lintSarif(findings, { rules: lintRules, pages: new Map(pages), folder: process.cwd(), version });
    }
  }
}
