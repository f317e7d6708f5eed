import pc from 'picocolors';
import { printable } from '../../../model/read/quote.ts';
import { adequacyLines } from './adequacy-text.ts';
import {
  countsOf,
  isBroken,
  type Status,
  type SuiteReport,
  suiteName,
  type TestCounts,
  type TestReport,
  type TestResult,
} from '../../policy-test/test-result.ts';

/** A report for people: what failed with its cause, a line for each document, and a sum. */
export function testReportText(report: TestReport, colour = false): string {
  const colours = pc.createColors(colour);
  const marks: Record<Status, (text: string) => string> = {
    passed: colours.green,
    failed: colours.red,
    skipped: colours.yellow,
    unanswered: colours.red,
  };
  const lines = report.suites.flatMap((suite) => [
    ...suite.results
      .filter(({ status, packets }) => status !== 'passed' || packets !== undefined)
      .flatMap((result) => resultLines(result, marks[result.status])),
    suiteLine(suite, marks[suiteStatus(suite)]),
  ]);
  return [...lines, '', countsText(countsOf(report)), ...adequacyLines(report), ''].join('\n');
}

const words: Readonly<Record<Status, string>> = {
  passed: 'PASS',
  failed: 'FAIL',
  skipped: 'SKIP',
  unanswered: 'ERROR',
};

/** `FAIL shop.policy-test.yaml:12  only shop/api -> shop/db:5432`, and below it why. */
function resultLines(result: TestResult, mark: (text: string) => string): readonly string[] {
  const { file, line } = result.source;
  return [
    `${mark(words[result.status])} ${printable(file)}:${String(line)}  ${resultTitle(result)}`,
    ...blockLines(result).map((text) => `     ${text}`),
  ];
}

/** `only shop/api -> shop/db:5432`, with the name of the line where it has one. */
export function resultTitle({ verb, text, name }: Pick<TestResult, 'verb' | 'text' | 'name'>): string {
  const title = `${verb} ${text}`.trim();
  return printable(name === undefined ? title : `${title} (${name})`);
}

/** What is said of a result below its title. */
export function blockLines({ detail, why }: TestResult): readonly string[] {
  return [...detail, ...(why === undefined ? [] : [`why: ${why}`])].map(printable);
}

/** How a document ended, by its worst. */
export function suiteStatus(suite: SuiteReport): Status {
  const has = (status: Status): boolean => suite.results.some((result) => result.status === status);
  if (isBroken(suite)) return 'unanswered';
  if (has('failed')) return 'failed';
  if (has('unanswered')) return 'unanswered';
  return has('skipped') && !has('passed') ? 'skipped' : 'passed';
}

function suiteLine(suite: SuiteReport, mark: (text: string) => string): string {
  const name = printable(suiteName(suite));
  const said = isBroken(suite) ? 'could not be run' : countsText(countsOf({ suites: [suite] }));
  return `${mark(words[suiteStatus(suite)])} ${name}  ${said}`;
}

/** `12 passed, 1 failed`. */
export function countsText({ passed, failed, skipped, unanswered, broken }: TestCounts): string {
  const parts = [
    [passed, 'passed'],
    [failed, 'failed'],
    [skipped, 'skipped'],
    [unanswered, 'without an answer'],
    [broken, broken === 1 ? 'suite could not be run' : 'suites could not be run'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, word]) => `${String(count)} ${word}`);
  return said.length === 0 ? '0 passed' : said.join(', ');
}
