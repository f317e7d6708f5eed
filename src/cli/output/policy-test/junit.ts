import type { Diagnostic } from '../../../model/diagnostic.ts';
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
import { xmlText } from '../xml.ts';
import { adequacySuite } from './adequacy-text.ts';
import { blockLines, resultTitle } from './text.ts';

/**
 * A report as JUnit XML, as Jenkins and GitLab read it: a suite for each document, a case for each of its statements. What
 * could not be read is a case with an error. Without times, so that the same input gives the same bytes.
 */
export function testReportJunit(report: TestReport): string {
  const outside = report.diagnostics.length === 0 ? [] : [outsideSuite(report.diagnostics)];
  const suites = [...outside, ...report.suites, ...adequacySuite(report)];
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes({ name: 'ringfence test', ...countAttributes(suites) })}>`,
    ...suites.flatMap(suiteElement),
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

/** What belongs to no document: paths that could not be read. */
function outsideSuite(diagnostics: readonly Diagnostic[]): SuiteReport {
  return { file: 'ringfence test', document: 1, documents: 1, diagnostics, results: [] };
}

function countAttributes(suites: readonly SuiteReport[]) {
  const { passed, failed, skipped, unanswered, broken } = countsOf({ suites });
  const errors = unanswered + broken;
  return { tests: passed + failed + skipped + errors, failures: failed, errors, skipped };
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${xmlText(String(value))}"`)
    .join(' ');
}

function suiteElement(suite: SuiteReport): readonly string[] {
  const { file, diagnostics, results } = suite;
  const name = suiteName(suite);
  const warnings = diagnostics.filter(({ severity }) => severity === 'warning');
  return [
    `  <testsuite ${attributes({ name, ...countAttributes([suite]), file })}>`,
    ...(isBroken(suite) ? brokenCase(name, suite) : []),
    ...results.flatMap((result) => caseElement(name, result)),
    ...(warnings.length === 0 ? [] : [`    <system-err>${diagnosticsText(warnings)}</system-err>`]),
    '  </testsuite>',
  ];
}

function brokenCase(suite: string, { file, diagnostics }: SuiteReport): readonly string[] {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  const place = first?.source ?? { file };
  return [
    `    <testcase ${attributes({ name: 'the suite can be run', classname: suite, ...placeAttributes(place) })}>`,
    `      <error ${attributes({ message: first?.message ?? '', type: first?.code ?? '' })}>${diagnosticsText(errors)}</error>`,
    '    </testcase>',
  ];
}

function placeAttributes({ file, line }: { readonly file: string; readonly line?: number }) {
  return line === undefined ? { file } : { file, line };
}

function diagnosticsText(diagnostics: readonly Diagnostic[]): string {
  return textOf(diagnostics.flatMap((one) => formatOne(one, {}).trimEnd().split('\n')));
}

/** Lines of an element's text. */
function textOf(lines: readonly string[]): string {
  return lines.map(xmlText).join('\n');
}

const elements: Readonly<Record<Exclude<Status, 'passed'>, string>> = {
  failed: 'failure',
  unanswered: 'error',
  skipped: 'skipped',
};

function caseElement(suite: string, result: TestResult): readonly string[] {
  const { status, source, verb, detail } = result;
  const head = attributes({
    name: resultTitle(result),
    classname: suite,
    ...placeAttributes(source),
  });
  if (status === 'passed' && detail.length === 0) return [`    <testcase ${head}/>`];
  const text = textOf(blockLines(result));
  const said = attributes({ message: detail[0] ?? '', ...(status === 'skipped' ? {} : { type: verb }) });
  const below =
    status === 'passed'
      ? `<system-out>${text}</system-out>`
      : `<${elements[status]} ${said}>${text}</${elements[status]}>`;
  return [`    <testcase ${head}>`, `      ${below}`, '    </testcase>'];
}
