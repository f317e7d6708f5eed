import { Command, Option } from 'commander';
import { createReach } from '../../analysis/reach/reach.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { printable } from '../../model/read/quote.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { type ClusterOptions, readCluster, withClusterOptions } from '../input-options.ts';
import { loadLive } from '../input/live-input.ts';
import { findTests } from '../input/policy-test/find-tests.ts';
import { type LabFlags, withLabOptions } from '../lab-options.ts';
import { formatDiagnostics } from '../output/diagnostics.ts';
import { folderInCheckout } from '../output/workflow-command.ts';
import { formatTestReport, type TestFormat, testFormats } from '../output/policy-test/formats.ts';
import {
  type AdequacyOptions,
  asksForAdequacy,
  withAdequacy,
  withAdequacyOptions,
} from '../policy-test/adequacy.ts';
import { clusterLoader, type GivenCluster } from '../policy-test/clusters.ts';
import { type RanSuite, runTests } from '../policy-test/run-tests.ts';
import { snapshotChecks } from '../policy-test/snapshot.ts';
import { countsOf, hasSurvivors, isCovered, type TestReport } from '../policy-test/test-result.ts';
import type { Finish } from '../program.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

export interface TestOptions extends ClusterOptions, AdequacyOptions {
  readonly output: TestFormat;
  readonly live?: true;
  readonly update?: true;
  readonly ci?: true;
  readonly packets?: true;
  /** Whether to show what agents log. */
  readonly verbose?: true;
}

/** `ringfence test`: runs policy tests. */
export function testCommand(terminal: Terminal, finish: Finish): Command {
  const command = withAdequacyOptions(
    withClusterOptions(
      new Command('test').argument('[path...]', 'policy test files, or directories (default: this one)'),
    ),
  );
  return withLabOptions(
    command.option('--packets', 'try the tests with real packets, too, in a lab of the cluster'),
  )
    .summary('run policy tests')
    .description(
      'Runs the policy tests (*.policy-test.yaml) at the paths: what must be allowed, what must be denied, and what nobody else may reach. A line is about every connection that it covers, pods that do not exist yet included.',
    )
    .option('--live', 'ask a running cluster in place of the manifests that the files name')
    .option('-u, --update', 'write the lock files of snapshot: anew')
    .option('--ci', 'refuse to write anything')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(testFormats).default('text'))
    .addHelpText(
      'after',
      `
Exit codes: 0 all passed, 1 a test failed (or --min-coverage or --mutate found
the tests wanting), 2 something could not be answered.

Examples:
  ringfence test
  ringfence test policies/ -f deploy/
  ringfence test --update && git diff                       # what a change of the policies opens and closes
  helm template . | ringfence test -f -
  ringfence test -o junit > tests.xml
  ringfence test --packets --family dual
  ringfence test --min-coverage 90                          # exit 1 where fewer of the policy rules are tested
  ringfence test --mutate                                   # are the tests any good?`,
    )
    .action((paths: readonly string[], options: TestOptions & LabFlags) =>
      runTestCommand(paths, options, terminal, finish),
    );
}

/** What `test` does, and `lab run` with tests. */
export async function runTestCommand(
  paths: readonly string[],
  options: TestOptions & LabFlags,
  terminal: Terminal,
  finish: Finish,
): Promise<void> {
  if (options.update === true && options.ci === true) {
    throw new UsageError('--ci refuses to write', 'leave out --update, and commit the lock files');
  }
  if (options.update === true && options.packets === true) {
    throw new UsageError('packets write no lock files', 'run test --update without --packets');
  }
  if (options.packets === true && asksForAdequacy(options)) {
    throw new UsageError('packets cover nothing and kill no mutants', 'ask for these without --packets');
  }
  const packets = options.packets === true ? await enterPacketRun(options, terminal) : undefined;
  try {
    const { files, diagnostics } = await findTests(paths.length === 0 ? ['.'] : paths, terminal.input);
    const given = await givenCluster(options, terminal);
    if (given === 'unreadable') {
      finish(exitCode.cannotAnswer);
      return;
    }
    const defaultNamespace = options.namespace ?? 'default';
    const ran = await runTests(files, {
      io: terminal.input,
      defaultNamespace,
      clusterOf: clusterLoader(
        {
          ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
          strictCidrs: options.strict ?? false,
        },
        given,
        terminal.input,
      ),
      more:
        packets === undefined
          ? snapshotChecks({
              io: terminal.input,
              ...(options.update === true ? { output: terminal.output } : {}),
              isLive: given?.replaces ?? false,
              note: terminal.err,
            })
          : () => Promise.resolve([]),
      ...(packets === undefined ? {} : { packets }),
    });
    const suites = ran.map((one) => one.report);
    const outside = [
      ...diagnostics,
      ...(packets?.problemsOf(suites.flatMap((suite) => suite.results)) ?? []),
    ];
    tellDiagnostics(outside, ran, terminal);
    const results = { suites, diagnostics: outside };
    const report = withAdequacy(results, ran, options, defaultNamespace);
    if (ran.length > 0 || options.output !== 'text') {
      const folder = folderInCheckout(terminal.env['GITHUB_WORKSPACE'], process.cwd());
      terminal.out(formatTestReport(report, options.output, { colour: terminal.colour.out, folder }));
    }
    finish(exitCodeOf(report));
  } finally {
    await packets?.close();
  }
}

/** Goes on inside a lab; see `enterLab`. */
async function enterPacketRun(options: TestOptions & LabFlags, terminal: Terminal) {
  if (options.live === true || options.context !== undefined || options.kubeconfig !== undefined) {
    throw new UsageError(
      '--packets and a running cluster exclude each other: a lab has no way out of its network',
      'save its objects with kubectl get ns,nodes,pods,svc,netpol -A -o yaml, and name them with -f',
    );
  }
  // Loaded only here: the lab needs Linux and koffi, and tests without packets do without.
  const [{ enterLab }, { createPacketRun }] = await Promise.all([
    import('../../lab/network/enter.ts'),
    import('../policy-test/packet-run.ts'),
  ]);
  await enterLab();
  return createPacketRun(
    options,
    (node, line) => {
      if (options.verbose === true) terminal.err(`${printable(`${node}: ${line}`)}\n`);
    },
    terminal.err,
  );
}

/** The cluster of `-f`, or of `--live`; `undefined` where the files have to name theirs. */
async function givenCluster(
  options: TestOptions,
  terminal: Terminal,
): Promise<GivenCluster | 'unreadable' | undefined> {
  const { filename = [], context, kubeconfig } = options;
  const isLive = options.live ?? (context !== undefined || kubeconfig !== undefined);
  if (!isLive && filename.length === 0) return undefined;
  if (isLive && filename.length > 0) {
    throw new UsageError('-f and --live exclude each other', 'read either manifests or a running cluster');
  }
  const read =
    context === undefined && kubeconfig === undefined && isLive
      ? await readCurrentContext(terminal)
      : await readCluster(options, terminal);
  return read === undefined ? 'unreadable' : { reach: createReach(read.cluster), replaces: isLive };
}

async function readCurrentContext(terminal: Terminal) {
  const { cluster, diagnostics } = await loadLive({}, terminal.signal);
  if (diagnostics.length > 0) terminal.err(formatDiagnostics(diagnostics, { colour: terminal.colour.err }));
  return diagnostics.some(({ severity }) => severity === 'error') ? undefined : { cluster };
}

/** What is wrong with files, each thing once, and what was passed over in manifests. */
function tellDiagnostics(found: readonly Diagnostic[], ran: readonly RanSuite[], terminal: Terminal): void {
  const diagnostics = [...found, ...ran.flatMap(({ report }) => report.diagnostics)];
  terminal.err(
    formatDiagnostics(diagnostics, {
      sourceLine: (position) =>
        ran.map(({ sourceLine }) => sourceLine(position)).find((line) => line !== undefined),
      colour: terminal.colour.err,
    }),
  );
  const clusters = new Set(ran.flatMap(({ cluster }) => cluster ?? []));
  const ignored = new Map<string, number>();
  for (const { kind, count } of [...clusters].flatMap((cluster) => cluster.ignored)) {
    ignored.set(kind, (ignored.get(kind) ?? 0) + count);
  }
  if (ignored.size === 0) return;
  const kinds = [...ignored]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, count]) => `${String(count)} ${printable(kind)}`);
  terminal.err(
    `note: objects that say nothing about who reaches whom were passed over: ${kinds.join(', ')}\n`,
  );
}

function exitCodeOf(report: TestReport): ExitCode {
  const { failed, unanswered, broken } = countsOf(report);
  if (report.diagnostics.length > 0 || broken > 0 || unanswered > 0) return exitCode.cannotAnswer;
  return failed > 0 || !isCovered(report) || hasSurvivors(report) ? exitCode.no : exitCode.yes;
}
