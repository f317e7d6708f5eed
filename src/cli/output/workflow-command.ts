import path from 'node:path';
import type { SourcePosition } from '../../model/diagnostic.ts';
import { printable } from '../../model/read/quote.ts';

/** What GitHub Actions shows beside a line of a file. */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly title: string;
  readonly lines: readonly string[];
  readonly place?: SourcePosition;
}

/**
 * The working directory as GitHub Actions names files: from the top of the checkout; empty there and elsewhere.
 * @param workspace the variable GITHUB_WORKSPACE of the runner
 */
export function folderInCheckout(workspace: string | undefined, workingDirectory: string): string {
  const folder =
    workspace === undefined || workspace === '' ? '' : path.relative(workspace, workingDirectory);
  return folder === '..' || folder.startsWith(`..${path.sep}`) ? '' : folder;
}

/**
 * An annotation as a workflow command, in one line.
 * @param folder where the names of files begin, seen from the top of the checkout
 */
export function annotationCommand({ level, title, lines, place }: Annotation, folder = ''): string {
  const properties = [
    ...(place === undefined
      ? []
      : [
          ['file', path.isAbsolute(place.file) ? place.file : path.join(folder, place.file)] as const,
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
