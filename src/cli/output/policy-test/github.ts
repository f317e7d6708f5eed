import { createHash } from 'node:crypto';
import type { Diagnostic } from '../../../model/diagnostic.ts';
import type { TestReport, TestResult } from '../../policy-test/test-result.ts';
import { type Annotation, annotationCommand } from '../workflow-command.ts';
import { adequacySuite } from './adequacy-text.ts';
import { blockLines, resultTitle, testReportText } from './text.ts';

/** As many of each level as GitHub shows for a step; it drops the others without a word. */
const mostShown = 10;

/**
 * A report for the log of GitHub Actions, and annotations of the lines that failed, the worst first.
 * @param folder as of `annotationCommand`
 */
export function testReportGithub(report: TestReport, folder = ''): string {
  const diagnostics = [...report.diagnostics, ...report.suites.flatMap((suite) => suite.diagnostics)];
  const results = [...report.suites, ...adequacySuite(report)].flatMap((suite) => suite.results);
  const annotations = [
    ...diagnostics.map(ofDiagnostic),
    ...(['failed', 'unanswered', 'skipped'] as const).flatMap((status) =>
      results.filter((result) => result.status === status).map((result) => ofResult(result, levels[status])),
    ),
  ];
  const commands = (['error', 'warning', 'notice'] as const).flatMap((level) =>
    withinLimit(
      annotations.filter((annotation) => annotation.level === level),
      folder,
    ),
  );
  return `${withoutCommands(testReportText(report))}${commands.join('')}`;
}

/** Names in the text cannot be commands to the runner: it takes none until the token, which no text can contain. */
function withoutCommands(text: string): string {
  const token = createHash('sha256').update(text).digest('hex');
  return `::stop-commands::${token}\n${text}::${token}::\n`;
}

/** Each once: suites that share manifests share what is wrong with them. */
function withinLimit(annotations: readonly Annotation[], folder: string): readonly string[] {
  const commands = [...new Set(annotations.map((one) => annotationCommand(one, folder)))];
  const [first] = annotations;
  if (first === undefined || commands.length <= mostShown) return commands;
  const left = String(commands.length - mostShown + 1);
  const rest = { level: first.level, title: `${left} more`, lines: ['the log of this step has them all'] };
  return [...commands.slice(0, mostShown - 1), annotationCommand(rest)];
}

function ofDiagnostic({ code, severity, message, hint, source }: Diagnostic): Annotation {
  return {
    level: severity,
    title: code,
    lines: [message, ...(hint === undefined ? [] : [`hint: ${hint}`])],
    ...(source === undefined ? {} : { place: source }),
  };
}

const levels = { failed: 'error', unanswered: 'error', skipped: 'notice' } as const;

function ofResult(result: TestResult, level: Annotation['level']): Annotation {
  return { level, title: resultTitle(result), lines: blockLines(result), place: result.source };
}
