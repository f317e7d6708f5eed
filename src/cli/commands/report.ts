import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import packageJson from '../../../package.json' with { type: 'json' };
import { createReach } from '../../analysis/reach/reach.ts';
import { printable, quote } from '../../model/read/quote.ts';
import type { ReportData, SideData, SuiteData } from '../../page/data.ts';
import { packCluster } from '../../page/packed-cluster.ts';
import { exitCode } from '../exit-code.ts';
import { type ReadCluster, readCluster, withClusterOptions } from '../input-options.ts';
import { readSides, type SidesOptions } from '../input-sides.ts';
import { readLintConfig } from '../lint/config.ts';
import { formatDiagnostics } from '../output/diagnostics.ts';
import { findTests } from '../input/policy-test/find-tests.ts';
import { clusterLoader } from '../policy-test/clusters.ts';
import { runTests } from '../policy-test/run-tests.ts';
import { isBroken } from '../policy-test/test-result.ts';
import type { Finish } from '../program.ts';
import { reportHtml } from '../report/document.ts';
import { findingsOf } from '../report/findings.ts';
import { kernelRules } from '../report/kernel-rules.ts';
import { policyText } from '../report/policy-texts.ts';
import { suiteData } from '../report/test-results.ts';
import { reportPageParts } from '../report-page.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

interface ReportOptions extends SidesOptions {
  readonly tests?: readonly string[];
  readonly output: string;
}

/** `ringfence report`: everything about an input, or a change of it, as one page. */
export function reportCommand(terminal: Terminal, finish: Finish): Command {
  return withClusterOptions(
    new Command('report')
      .argument('[before]', 'manifests before a change: a file or a directory')
      .argument('[after]', 'manifests after it'),
  )
    .summary('one page: who reaches whom and why, what a change does, findings, tests')
    .description(
      'Writes one HTML page that needs nothing but a browser and asks nobody for anything: who reaches whom, ' +
        'the reason for each cell with the lines of the policies and the nftables rules that they become, and ' +
        'what the linter finds. With two inputs also what a change opens and closes, with --tests how policy ' +
        'tests end.',
    )
    .option('--base <ref>', 'compare with what the files of -f are in this commit, branch or tag')
    .option('--tests <path...>', 'run these policy tests, or all below a directory, and show how they end')
    .option('-o, --output <file>', 'where to write it; - is stdout', 'report.html')
    .addHelpText(
      'after',
      `
Exit codes: 0 the page shows all that was asked for, 2 something could not be
answered. A failed test is in the page; "ringfence test" tells it to scripts.

Examples:
  ringfence report -f deploy/ -o report.html
  ringfence report -f deploy/ --base origin/main --tests policies/
  ringfence report before/ after/ -o - > report.html
  ringfence report --context prod`,
    )
    .action(async (before: string | undefined, after: string | undefined, options: ReportOptions) => {
      const config = await readLintConfig(undefined, terminal.input);
      const inputs = await inputsOf(before, after, { ...options, keepLocators: true }, terminal);
      if (config.diagnostics.length > 0) tell(config.diagnostics, terminal);
      if (inputs === undefined || config.diagnostics.length > 0) {
        finish(exitCode.cannotAnswer);
        return;
      }
      const tests = await testsOf(options, inputs.after.read, terminal);
      const data: ReportData = {
        version: packageJson.version,
        after: sideData(inputs.after),
        ...(inputs.before === undefined ? {} : { before: sideData(inputs.before) }),
        lint: findingsOf(inputs.after.read, config.ignores),
        ...(tests === undefined ? {} : { tests: tests.suites }),
      };
      const page = reportHtml(data, await reportPageParts());
      if (options.output === '-') terminal.out(page);
      else await write(options.output, page, terminal);
      finish(tests?.isWhole === false ? exitCode.cannotAnswer : exitCode.yes);
    });
}

interface NamedInput {
  readonly label: string;
  readonly read: ReadCluster;
}

async function inputsOf(
  before: string | undefined,
  after: string | undefined,
  options: SidesOptions,
  terminal: Terminal,
): Promise<{ readonly before?: NamedInput; readonly after: NamedInput } | undefined> {
  const { base, context, filename = [] } = options;
  const files = filename.join(', ');
  const live = context === undefined ? 'the current context' : `context ${context}`;
  if (before === undefined && base === undefined) {
    const read = await readCluster(options, terminal);
    return read && { after: { label: files === '' ? live : files, read } };
  }
  const sides = await readSides(before, after, options, terminal);
  return (
    sides && {
      before: { label: before ?? `${files} at ${base ?? ''}`, read: sides.before },
      after: { label: after ?? (files === '' ? live : files), read: sides.after },
    }
  );
}

function sideData({ label, read: { cluster, sourceLine } }: NamedInput): SideData {
  return {
    label,
    cluster: packCluster(cluster),
    texts: cluster.policies.map((policy) => policyText(policy, sourceLine)),
    kernel: kernelRules(cluster),
  };
}

/** Runs the tests on the input, as `ringfence test` does; `isWhole` where each of them was answered. */
async function testsOf(
  { tests, namespace, strict, context, kubeconfig }: ReportOptions,
  { cluster }: ReadCluster,
  terminal: Terminal,
): Promise<{ readonly suites: readonly SuiteData[]; readonly isWhole: boolean } | undefined> {
  if (tests === undefined) return undefined;
  const { files, diagnostics } = await findTests(tests, terminal.input);
  const isLive = context !== undefined || kubeconfig !== undefined;
  const ran = await runTests(files, {
    io: terminal.input,
    defaultNamespace: namespace ?? 'default',
    clusterOf: clusterLoader(
      { ...(namespace === undefined ? {} : { namespace }), strictCidrs: strict ?? false },
      { reach: createReach(cluster), replaces: isLive },
      terminal.input,
    ),
    more: () => Promise.resolve([]),
  });
  const reports = ran.map(({ report }) => report);
  tell([...diagnostics, ...reports.flatMap((report) => report.diagnostics)], terminal);
  return {
    suites: reports.map(suiteData),
    isWhole:
      diagnostics.length === 0 &&
      !reports.some((report) => isBroken(report) || report.results.some(isUnanswered)),
  };
}

function isUnanswered({ status }: { readonly status: string }): boolean {
  return status === 'unanswered';
}

function tell(diagnostics: Parameters<typeof formatDiagnostics>[0], { err, colour }: Terminal): void {
  if (diagnostics.length > 0) err(formatDiagnostics(diagnostics, { colour: colour.err }));
}

/** @throws {UsageError} where the file cannot be written */
async function write(file: string, page: string, terminal: Terminal): Promise<void> {
  try {
    await writeFile(file, page);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UsageError(`cannot write ${quote(file)}: ${code}`, 'name another file with -o');
  }
  terminal.err(`wrote ${printable(file)} (${String(Math.ceil(page.length / 1024))} KiB)\n`);
}
