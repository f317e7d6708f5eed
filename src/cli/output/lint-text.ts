import { type Finding, severities } from '../../analysis/lint/rule.ts';
import { printable } from '../../model/read/quote.ts';
import { type DiagnosticFormat, formatOne } from './diagnostics.ts';

/** Findings for people and editors, each as `file:line:column: severity: message [rule]`, and a line that counts them. */
export function lintText(
  findings: readonly Finding[],
  { showIgnored, ...format }: DiagnosticFormat & { readonly showIgnored: boolean },
): string {
  const shown = findings.filter(({ ignored }) => showIgnored || ignored === undefined);
  const blocks = shown.map((finding) => {
    const { rule, severity, place, object, message, hint, ignored } = finding;
    const text = formatOne(
      {
        severity,
        message: `${message} [${rule}]`,
        ...(place === undefined ? {} : { source: place }),
        ...(object === undefined ? {} : { object }),
        ...(hint === undefined ? {} : { hint }),
      },
      format,
    );
    return ignored === undefined ? text : `${text}  ignored: ${printable(ignored.reason)}\n`;
  });
  return `${blocks.join('')}${countsText(findings)}\n`;
}

/** `1 error, 2 warnings, 1 ignored`. */
export function countsText(findings: readonly Finding[]): string {
  const { ignored, ...counts } = countFindings(findings);
  const nouns = {
    error: ['error', 'errors'],
    warning: ['warning', 'warnings'],
    info: ['info', 'infos'],
  } as const;
  const parts = severities.flatMap((severity) => {
    const count = counts[severity];
    return count === 0 ? [] : [`${String(count)} ${nouns[severity][count === 1 ? 0 : 1]}`];
  });
  if (parts.length === 0) parts.push('nothing found');
  return [...parts, ...(ignored === 0 ? [] : [`${String(ignored)} ignored`])].join(', ');
}

/** How many there are of each severity, the ignored ones apart. */
export function countFindings(
  findings: readonly Finding[],
): Readonly<Record<'error' | 'warning' | 'info' | 'ignored', number>> {
  const counts = { error: 0, warning: 0, info: 0, ignored: 0 };
  for (const { severity, ignored } of findings) counts[ignored === undefined ? severity : 'ignored'] += 1;
  return counts;
}
