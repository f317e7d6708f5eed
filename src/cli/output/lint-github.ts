import { type Finding, severities } from '../../analysis/lint/rule.ts';
import { referenceText } from '../../analysis/lint/objects.ts';
import { printable } from '../../model/read/quote.ts';

/**
 * Findings as workflow commands of GitHub Actions, the worst first: it shows ten of each kind for a step. Ignored ones are
 * left out.
 */
export function lintGithub(findings: readonly Finding[]): string {
  const told = findings.filter(({ ignored }) => ignored === undefined);
  return severities
    .flatMap((severity) => told.filter((finding) => finding.severity === severity))
    .map(commandOf)
    .join('');
}

const commands = { error: 'error', warning: 'warning', info: 'notice' } as const;

function commandOf({ rule, severity, place, object, message, hint }: Finding): string {
  const properties = [
    ...(place === undefined
      ? []
      : [
          ['file', place.file] as const,
          ['line', String(place.line)] as const,
          ['col', String(place.column)] as const,
        ]),
    ['title', rule] as const,
  ];
  const lines = [
    object === undefined ? message : `${referenceText(object)}: ${message}`,
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
  ];
  const head = properties.map(([name, value]) => `${name}=${propertyText(printable(value))}`).join(',');
  return `::${commands[severity]} ${head}::${dataText(lines.map(printable).join('\n'))}\n`;
}

/** As the runner reads it back (actions/toolkit, `escapeData`). */
function dataText(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** The same for a property, where colons and commas end it (`escapeProperty`). */
function propertyText(text: string): string {
  return dataText(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
