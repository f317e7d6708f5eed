import {
  countsOf,
  isBroken,
  type Status,
  type SuiteReport,
  suiteName,
  type TestReport,
  type TestResult,
} from '../../policy-test/test-result.ts';
import { formatOne } from '../diagnostics.ts';
import { bytesOf, commentBytes, fitting, markdownTable, markdownText } from '../markdown.ts';
import { adequacySuite } from './adequacy-text.ts';
import { blockLines, countsText, resultTitle, suiteStatus } from './text.ts';

/** Of one result; the others have a right to be seen, too. */
const blockBytes = 6_000;

/** A report for a comment or the summary of a job. What does not fit is left out, and the comment says how much. */
export function testReportMarkdown(report: TestReport): string {
  const head = `### Policy tests: ${countsText(countsOf(report))}\n`;
  const suites = [...report.suites, ...adequacySuite(report)];
  const columns = ['', 'suite', ''];
  const table = fitting(suites.map(suiteRow), commentBytes / 4, (row) => `${row.join(' | ')}    `);
  const rows = table.kept.length === 0 ? '' : `\n${markdownTable(columns, table.kept)}`;
  const start = `${head}${rows}${leftText(table.left, 'suites')}`;
  const blocks = fitting(blocksOf({ ...report, suites }), commentBytes - bytesOf(start), (block) => block);
  return `${start}${blocks.kept.join('')}${leftText(blocks.left, 'results')}`;
}

const signs: Readonly<Record<Status, string>> = {
  passed: '✅ passed',
  failed: '❌ failed',
  skipped: '➖ skipped',
  unanswered: '⚠️ no answer',
};

function suiteRow(suite: SuiteReport): readonly string[] {
  const said = isBroken(suite) ? 'could not be run' : countsText(countsOf({ suites: [suite] }));
  return [signs[suiteStatus(suite)], markdownText(shortened(suiteName(suite))), said];
}

/** The worst first, and at the end what passed and has something to say. */
function blocksOf({ diagnostics, suites }: TestReport): readonly string[] {
  const results = (status: Status): readonly string[] =>
    suites
      .flatMap((suite) => suite.results)
      .filter((result) => result.status === status && (status !== 'passed' || result.detail.length > 0))
      .map(resultBlock);
  const errors = [...diagnostics, ...suites.flatMap((suite) => suite.diagnostics)].filter(
    ({ severity }) => severity === 'error',
  );
  return [
    ...new Set(
      errors.map((one) => blockText('⚠️ could not be run', formatOne(one, {}).trimEnd().split('\n'))),
    ),
    ...results('failed'),
    ...results('unanswered'),
    ...results('skipped'),
    ...results('passed'),
  ];
}

function resultBlock(result: TestResult): string {
  const { file, line } = result.source;
  return blockText(
    `${signs[result.status]} ${markdownText(shortened(`${file}:${String(line)}`))} <b>${markdownText(shortened(resultTitle(result)))}</b>`,
    blockLines(result),
  );
}

function blockText(title: string, lines: readonly string[]): string {
  const { kept, left } = fitting(
    lines.map((line) => `${markdownText(shortened(line))}\n`),
    blockBytes,
    (line) => line,
  );
  const cut = left === 0 ? '' : `and ${String(left)} more lines\n`;
  return `\n${title}\n<pre>\n${kept.join('')}${cut}</pre>\n`;
}

function shortened(text: string): string {
  return text.length <= 600 ? text : `${text.slice(0, 600)}…`;
}

function leftText(count: number, what: string): string {
  if (count === 0) return '';
  return `\n**${String(count)} ${what} do not fit into a comment and are left out**; \`ringfence test\` in a terminal or with \`-o json\` shows them all.\n`;
}
