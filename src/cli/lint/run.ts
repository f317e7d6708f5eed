import packageJson from '../../../package.json' with { type: 'json' };
import { withConfigured } from '../../analysis/lint/configured-ignores.ts';
import { lint } from '../../analysis/lint/lint.ts';
import { lintRuleIds, lintRules } from '../../analysis/lint/registry.ts';
import { type Finding, severities, type Severity } from '../../analysis/lint/rule.ts';
import { printable, quote } from '../../model/read/quote.ts';
import { closest } from '../../model/read/suggestion.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import type { ClusterOptions } from '../input-options.ts';
import { lintPage } from '../lint-pages.ts';
import { columnsText } from '../output/columns.ts';
import { formatDiagnostics } from '../output/diagnostics.ts';
import { lintGithub } from '../output/lint-github.ts';
import { lintJson } from '../output/lint-json.ts';
import { folderInCheckout } from '../output/workflow-command.ts';
import { lintSarif } from '../output/lint-sarif.ts';
import { lintText } from '../output/lint-text.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { ignoreOption, readLintConfig } from './config.ts';
import { readForLint } from './read.ts';

/** Options of `ringfence lint`. */
export interface LintCommandOptions extends ClusterOptions {
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

/** The rules, one a line. */
export function rulesText(): string {
  return columnsText(
    ['RULE', 'SEVERITY', 'WHAT IS WRONG'],
    lintRules.map(({ id, severity, title }) => [id, severity, title]),
  );
}

/**
 * The page of a rule.
 * @throws {UsageError} where there is no such rule
 */
export function pageText(text: string): Promise<string> {
  const rule = lintRuleIds.find((id) => id === text);
  if (rule !== undefined) return lintPage(rule);
  const meant = closest(text, lintRuleIds);
  throw new UsageError(
    `no rule ${quote(text)}`,
    meant === undefined ? 'see ringfence lint --list' : `did you mean ${quote(meant)}?`,
  );
}

/** Reads, lints and prints; what the process is to say. */
export async function runLint(options: LintCommandOptions, terminal: Terminal): Promise<ExitCode> {
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
    terminal.err(`error: ${printable(place)}: the ignore of ${quote(rule)} matches nothing: remove it\n`);
  }
  // Whatever is ignored or tolerated: what stands in a file that cannot be taken apart, nobody has looked at.
  if (unused.length > 0 || input.isIncomplete) return exitCode.cannotAnswer;
  return findings.some((finding) => fails(finding, options.failOn)) ? exitCode.no : exitCode.yes;
}

function fails({ severity, ignored }: Finding, failOn: Severity | 'none'): boolean {
  if (ignored !== undefined || failOn === 'none') return false;
  return severities.indexOf(severity) <= severities.indexOf(failOn);
}

async function render(
  findings: readonly Finding[],
  { output, showIgnored = false }: Pick<LintCommandOptions, 'output' | 'showIgnored'>,
  { colour, env }: Terminal,
  sourceLine: NonNullable<Parameters<typeof lintText>[1]['sourceLine']>,
): Promise<string> {
  const inCheckout = folderInCheckout(env['GITHUB_WORKSPACE'], process.cwd());
  switch (output) {
    case 'text':
      return lintText(findings, { sourceLine, colour: colour.out, showIgnored });
    case 'json':
      return lintJson(findings);
    case 'github':
      return lintGithub(findings, inCheckout);
    case 'sarif': {
      const pages = await Promise.all(lintRuleIds.map(async (id) => [id, await lintPage(id)] as const));
      const { version } = packageJson;
      return lintSarif(findings, {
        rules: lintRules,
        pages: new Map(pages),
        folder: process.cwd(),
        folderInCheckout: inCheckout,
        version,
      });
    }
  }
}
