import type { Suite } from '../../analysis/policy-test/suite.ts';
import { prepareSuite, type PreparedSuite, runSuite } from '../../analysis/policy-test/run-suite.ts';
import type { Reach } from '../../analysis/reach/reach.ts';
import { worldOf } from '../../analysis/policy-test/world.ts';
import type { Diagnostic, SourcePosition } from '../../model/diagnostic.ts';
import type { InputIo } from '../input/input-io.ts';
import { unreadableFile } from '../input/list-files.ts';
import { readSuites, type SuiteReading } from '../input/policy-test/read-suites.ts';
import { decodeText, type SourceText, sourceText } from '../input/source-text.ts';
import type { TestCluster } from './clusters.ts';
import { resultOf } from './results.ts';
import type { SuiteReport, TestResult } from './test-result.ts';

/** What a run of policy tests needs of the world. */
export interface TestRun {
  readonly io: InputIo;
  /** Where names are looked up that have no namespace. */
  readonly defaultNamespace: string;
  readonly clusterOf: (suite: Suite) => Promise<TestCluster>;
  /** What else a suite asks for, once its lines are answered. */
  readonly more: (prepared: PreparedSuite) => Promise<readonly TestResult[]>;
  /** Where lines are tried with packets, too. */
  readonly packets?: PacketRun;
}

/** Suites in a lab. */
export interface PacketRun {
  /** The suite and its cluster as the lab will have them: each pod on a node, with addresses. */
  place(suite: Suite, reach: Reach): { readonly suite: Suite; readonly reach: Reach };
  /** The results of the lines, packets among the grounds. */
  results(prepared: PreparedSuite): Promise<readonly TestResult[]>;
  /** Why the results of all suites are no answer. */
  problemsOf(results: readonly TestResult[]): readonly Diagnostic[];
}

/** A document that was run, or could not be. */
export interface RanSuite {
  readonly report: SuiteReport;
  /** Absent: it could not be run. */
  readonly prepared?: PreparedSuite;
  /** Lines of the files that were read, for diagnostics. */
  readonly sourceLine: (position: SourcePosition) => string | undefined;
  readonly cluster?: TestCluster;
}

/** Runs the documents of the files, one after the other. One that is broken keeps no other from being run. */
export async function runTests(files: readonly string[], run: TestRun): Promise<readonly RanSuite[]> {
  const ran: RanSuite[] = [];
  for (const file of files) {
    const source = await readSource(file, run.io);
    if ('code' in source) {
      const report = { file, document: 1, documents: 1, diagnostics: [source], results: [] };
      ran.push({ report, sourceLine: () => undefined });
      continue;
    }
    const readings = readSuites(source, run.defaultNamespace);
    for (const reading of readings) ran.push(await runReading(source, reading, readings.length, run));
  }
  return ran;
}

async function readSource(file: string, io: InputIo): Promise<SourceText | Diagnostic> {
  try {
    const text = decodeText(await io.readFile(file));
    if (text !== undefined) return sourceText(file, text);
  } catch (error) {
    return unreadableFile(file, error);
  }
  const message = 'neither UTF-8 nor, by its byte order mark, UTF-16';
  return { code: 'not-text', severity: 'error', message, source: { file, line: 1, column: 1 } };
}

async function runReading(
  source: SourceText,
  { suite, document, diagnostics }: SuiteReading,
  documents: number,
  run: TestRun,
): Promise<RanSuite> {
  const lineOfTest = ({ file, line }: SourcePosition): string | undefined =>
    file === source.file ? source.lineAt(line) : undefined;
  const reportOf = (more: readonly Diagnostic[], results: readonly TestResult[] = []): SuiteReport => ({
    file: source.file,
    document,
    documents,
    diagnostics: [...diagnostics, ...more],
    results,
  });
  if (suite === undefined) return { report: reportOf([]), sourceLine: lineOfTest };
  const cluster = await run.clusterOf(suite);
  const sourceLine = (position: SourcePosition): string | undefined =>
    lineOfTest(position) ?? cluster.sourceLine(position);
  const asked =
    cluster.reach === undefined
      ? undefined
      : (run.packets?.place(suite, cluster.reach) ?? { suite, reach: cluster.reach });
  const world = asked === undefined ? undefined : worldOf(asked.suite, asked.reach, run.defaultNamespace);
  if (asked === undefined || world === undefined)
    return { report: reportOf(cluster.diagnostics), sourceLine, cluster };
  if (!world.ok) {
    const problems = world.problems.map((problem): Diagnostic => ({
      code: 'invalid-suite',
      severity: 'error',
      ...problem,
    }));
    return { report: reportOf([...cluster.diagnostics, ...problems]), sourceLine, cluster };
  }
  const prepared = prepareSuite(asked.suite, world.world);
  const results =
    (await run.packets?.results(prepared)) ??
    runSuite(prepared).map((check) => resultOf(check, world.world.reach));
  const more = await run.more(prepared);
  return { report: reportOf(cluster.diagnostics, [...results, ...more]), prepared, sourceLine, cluster };
}
