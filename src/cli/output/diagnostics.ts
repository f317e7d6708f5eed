import pc from 'picocolors';
import type { Diagnostic, ObjectReference, SourcePosition } from '../../model/diagnostic.ts';
import { printable } from '../../model/read/quote.ts';

export interface DiagnosticFormat {
  /** The line of the file at a place, where it is still at hand. */
  readonly sourceLine?: (position: SourcePosition) => string | undefined;
  /** Colours; the words say the same without. */
  readonly colour?: boolean;
}

/** Whether to colour what goes to a stream: a terminal that is not dumb, unless NO_COLOR is set (no-color.org). */
export function wantsColour(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const isRefused = env.NO_COLOR !== undefined && env.NO_COLOR !== '';
  return stream.isTTY === true && !isRefused && env.TERM !== 'dumb';
}

/**
 * Diagnostics for people and for editors, sorted by place, each once, with a line that counts them. The first line of
 * each is `file:line:column: severity: message`. Nothing from the input can reach the terminal as a control character.
 * Empty where there is nothing to say.
 */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], format: DiagnosticFormat = {}): string {
  if (diagnostics.length === 0) return '';
  const blocks = new Set([...diagnostics].sort(compareDiagnostics).map((one) => formatOne(one, format)));
  return `${[...blocks].join('')}${summary(diagnostics)}\n`;
}

/** One of them, over several lines. */
export function formatOne(
  diagnostic: Omit<Diagnostic, 'code' | 'severity'> & { readonly severity: 'error' | 'warning' | 'info' },
  format: DiagnosticFormat,
): string {
  const colours = pc.createColors(format.colour ?? false);
  const { severity, message, hint, source } = diagnostic;
  const paint = { error: colours.red, warning: colours.yellow, info: colours.cyan }[severity];
  const label = paint(`${severity}:`);
  const place = source === undefined ? '' : `${colours.bold(placeText(source))}: `;
  const lines = [`${place}${label} ${printable(message)}`];
  const subject = subjectText(diagnostic);
  if (subject !== '') lines.push(`  at ${subject}`);
  if (source !== undefined) lines.push(...excerpt(source, format, colours.red));
  if (hint !== undefined) lines.push(`  ${colours.cyan('hint:')} ${printable(hint)}`);
  return lines.map((line) => `${line}\n`).join('');
}

function placeText({ file, line, column }: SourcePosition): string {
  return `${printable(file)}:${String(line)}:${String(column)}`;
}

/** `spec.policyType of NetworkPolicy shop/web`. */
function subjectText({ path, object }: Pick<Diagnostic, 'path' | 'object'>): string {
  const parts = [path, object && objectText(object)].filter((part) => part !== undefined);
  return printable(parts.join(' of '));
}

function objectText({ kind, namespace, name }: ObjectReference): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

const widest = 100;

/** The line with a caret under the column; of a long line the part around it. */
function excerpt(
  source: SourcePosition,
  { sourceLine }: DiagnosticFormat,
  mark: (text: string) => string,
): readonly string[] {
  const line = sourceLine?.(source);
  if (line === undefined || line.trim() === '') return [];
  const column = Math.min(source.column - 1, line.length);
  const start = column < widest - 20 ? 0 : column - widest / 2;
  const before = printable((start > 0 ? '...' : '') + line.slice(start, column).replaceAll('\t', ' '));
  const rest = printable(line.slice(column, start + widest).replaceAll('\t', ' '));
  const gutter = `  ${String(source.line)} | `;
  const cut = line.length > start + widest ? '...' : '';
  return [
    `${gutter}${before}${rest}${cut}`.trimEnd(),
    `${' '.repeat(gutter.length - 2)}| ${' '.repeat(before.length)}${mark('^')}`,
  ];
}

/** `2 errors, 1 warning`. */
function summary(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const counts = [plural(errors, 'error'), plural(diagnostics.length - errors, 'warning')];
  return counts.filter((count) => count !== '').join(', ');
}

function plural(count: number, noun: string): string {
  if (count === 0) return '';
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** By place, those without one first; then errors before warnings; then by what they say. */
export function compareDiagnostics(a: Diagnostic, b: Diagnostic): number {
  return (
    compareText(a.source?.file ?? '', b.source?.file ?? '') ||
    (a.source?.line ?? 0) - (b.source?.line ?? 0) ||
    (a.source?.column ?? 0) - (b.source?.column ?? 0) ||
    compareText(a.severity, b.severity) ||
    compareText(a.path ?? '', b.path ?? '') ||
    compareText(a.message, b.message)
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
