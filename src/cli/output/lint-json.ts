import type { Finding } from '../../analysis/lint/rule.ts';
import { jsonText } from './json-text.ts';
import { countFindings } from './lint-text.ts';
import { apiVersion } from './traffic-json.ts';

/** The findings as a document of kind LintReport. */
export function lintJson(findings: readonly Finding[]): string {
  return jsonText({
    apiVersion,
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
  });
}
