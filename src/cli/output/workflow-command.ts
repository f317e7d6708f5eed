import type { SourcePosition } from '../../model/diagnostic.ts';
import { printable } from '../../model/read/quote.ts';

/** What GitHub Actions shows beside a line of a file. */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly title: string;
  readonly lines: readonly string[];
  readonly place?: SourcePosition;
}

/** An annotation as a workflow command, in one line. */
export function annotationCommand({ level, title, lines, place }: Annotation): string {
  const properties = [
    ...(place === undefined
      ? []
      : [
          ['file', place.file] as const,
          ['line', String(place.line)] as const,
          ['col', String(place.column)] as const,
        ]),
    ['title', title] as const,
  ];
  const head = properties.map(([name, value]) => `${name}=${propertyText(printable(value))}`).join(',');
  return `::${level} ${head}::${dataText(lines.map(printable).join('\n'))}\n`;
}

/** As the runner reads it back (actions/toolkit, `escapeData`). */
function dataText(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** The same for a property, where colons and commas end it (`escapeProperty`). */
function propertyText(text: string): string {
  return dataText(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
