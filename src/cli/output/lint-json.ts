import type { Finding } from '../../analysis/lint/rule.ts';
import { printable } from '../../model/read/quote.ts';
import { countFindings } from './lint-text.ts';

/** The findings as a document. Read back, text is as it was written: whoever shows it escapes it. */
export function lintJson(findings: readonly Finding[]): string {
  const report = {
    apiVersion: 'ringfence.dev/v1alpha1',
    kind: 'LintReport',
    findings: findings.map(({ rule, severity, place, object, message, hint, ignored }) => ({
      rule,
      severity,
      message,
      hint,
      file: place?.file,
      line: place?.line,
      column: place?.column,
      object,
      ignored,
    })),
    counts: countFindings(findings),
  };
  // Within its strings JSON may escape any character; outside of them there are line breaks alone.
  const lines = JSON.stringify(report, null, 2).split('\n').map(printable);
  return `${lines.join('\n')}\n`;
}
