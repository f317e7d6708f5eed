import type { Diagnostic } from '../../../model/diagnostic.ts';
import { printable } from '../../../model/read/quote.ts';
import {
  isBroken,
  type SuiteReport,
  suiteName,
  type TestReport,
  type TestResult,
} from '../../policy-test/test-result.ts';
import { adequacySuite } from './adequacy-text.ts';
import { blockLines, resultTitle, suiteStatus } from './text.ts';

/**
 * A report as TAP 14 (testanything.org): a test point for each document, with a subtest for its statements. What could not be
 * read is a test point that is not ok.
 */
export function testReportTap(report: TestReport): string {
  const points = [
    ...report.diagnostics.map(outsidePoint),
    ...[...report.suites, ...adequacySuite(report)].map(suitePoint),
  ];
  const lines = points.flatMap(({ subtest, point }, index) => [...subtest, ...numbered(point, index)]);
  return ['TAP version 14', plan(points.length), ...lines, ''].join('\n');
}

interface Point {
  readonly isOk: boolean;
  readonly description: string;
  readonly directive?: string;
  /** Below it, in YAML. */
  readonly facts?: Readonly<Record<string, string | number | readonly string[]>>;
}

function plan(count: number): string {
  return count === 0 ? '1..0 # nothing to check' : `1..${String(count)}`;
}

function numbered({ isOk, description, directive, facts }: Point, index: number): readonly string[] {
  const head = `${isOk ? 'ok' : 'not ok'} ${String(index + 1)} - ${escaped(description)}`;
  return [
    `${head}${directive === undefined ? '' : ` # SKIP ${escaped(directive)}`}`,
    ...(facts === undefined ? [] : ['---', ...yamlLines(facts), '...'].map((line) => `  ${line}`)),
  ];
}

/** `#` begins a directive, and `\` escapes. */
function escaped(text: string): string {
  return printable(text).replace(/[\\#]/g, '\\$&');
}

/** Strings as JSON has them are strings in YAML, too, in one line each. */
function yamlLines(facts: NonNullable<Point['facts']>): readonly string[] {
  const scalar = (value: string | number): string => printable(JSON.stringify(value));
  return Object.entries(facts).flatMap(([key, value]) =>
    typeof value === 'object'
      ? [`${key}:`, ...value.map((item) => `  - ${scalar(item)}`)]
      : [`${key}: ${scalar(value)}`],
  );
}

function outsidePoint(diagnostic: Diagnostic): {
  readonly subtest: readonly string[];
  readonly point: Point;
} {
  const facts = { severity: 'error', errors: errorTexts([diagnostic]) };
  return { subtest: [], point: { isOk: false, description: diagnostic.message, facts } };
}

function suitePoint(suite: SuiteReport): { readonly subtest: readonly string[]; readonly point: Point } {
  const name = suiteName(suite);
  if (isBroken(suite)) {
    const facts = { severity: 'error', errors: errorTexts(suite.diagnostics) };
    return { subtest: [], point: { isOk: false, description: name, facts } };
  }
  const lines = [
    `# Subtest: ${printable(name)}`,
    plan(suite.results.length),
    ...suite.results.flatMap((result, index) => numbered(resultPoint(result), index)),
  ];
  const isOk = ['passed', 'skipped'].includes(suiteStatus(suite));
  return { subtest: lines.map((line) => `    ${line}`), point: { isOk, description: name } };
}

function errorTexts(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(({ message, hint, source }) => {
      const place =
        source === undefined ? '' : `${source.file}:${String(source.line)}:${String(source.column)}: `;
      return `${place}${message}${hint === undefined ? '' : ` (hint: ${hint})`}`;
    });
}

function resultPoint(result: TestResult): Point {
  const { status, source, detail } = result;
  const description = resultTitle(result);
  if (status === 'skipped') return { isOk: true, description, directive: detail.join(' ') };
  if (status === 'passed' && detail.length === 0) return { isOk: true, description };
  const { file, line, column } = source;
  const facts = {
    ...(status === 'passed' ? {} : { severity: status === 'failed' ? 'fail' : 'error' }),
    file,
    line,
    column,
    detail: blockLines(result),
  };
  return { isOk: status === 'passed', description, facts };
}
