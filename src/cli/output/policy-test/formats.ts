import type { TestReport } from '../../policy-test/test-result.ts';
import { testReportGithub } from './github.ts';
import { testReportJson } from './json.ts';
import { testReportJunit } from './junit.ts';
import { testReportMarkdown } from './markdown.ts';
import { testReportTap } from './tap.ts';
import { testReportText } from './text.ts';

export const testFormats = ['text', 'json', 'junit', 'tap', 'github', 'md'] as const;

export type TestFormat = (typeof testFormats)[number];

/**
 * A report in one of the forms that `ringfence test -o` knows.
 * @param folder for GitHub: as of `annotationCommand`
 */
export function formatTestReport(
  report: TestReport,
  format: TestFormat,
  { colour, folder }: { readonly colour: boolean; readonly folder: string },
): string {
  switch (format) {
    case 'text':
      return testReportText(report, colour);
    case 'json':
      return testReportJson(report);
    case 'junit':
      return testReportJunit(report);
    case 'tap':
      return testReportTap(report);
    case 'github':
      return testReportGithub(report, folder);
    case 'md':
      return testReportMarkdown(report);
  }
}
