import type { Diagnostic } from '../../src/model/diagnostic.ts';
import { printable } from '../../src/model/read/quote.ts';

export function promise(isKept: boolean, otherwise: string, cause?: unknown): asserts isKept {
  if (!isKept) throw new Error(otherwise.slice(0, 2000), { cause });
}

/** What is said of mistakes is finished, short, and steers no terminal. */
export function said(
  diagnostics: readonly Diagnostic[],
  format: (diagnostics: readonly Diagnostic[]) => string,
): void {
  printableLines(format(diagnostics));
  for (const { message, hint } of diagnostics) {
    promise(message.length < 2000, `a message without end: ${String(message.length)} characters`);
    promise((hint ?? '').length < 2000, `a hint without end: ${String(hint?.length)} characters`);
    // What others wrote stands in quotes, but for what the YAML parser repeats of it.
    const own = message.replace(/"(?:[^"\\]|\\.)*"/g, '').replace(/^cannot parse YAML: .*/, '');
    promise(!/\[object |undefined|NaN/.test(own), `an unfinished message: ${message}`);
  }
}

/** Nothing but line breaks steers a terminal, and nothing reorders a line. */
export function printableLines(text: string): void {
  for (const line of text.split('\n')) {
    if (printable(line) === line) continue;
    promise(false, `a steering character in what is printed: ${JSON.stringify(line)}`);
  }
}

export function wellFormed(problems: readonly string[]): void {
  promise(problems.length === 0, problems.join('; '));
}

/** Only an error of this kind may be thrown. Returns what the reader returns, and nothing where it threw. */
export function orThrows<T>(read: () => T, isExpected: (error: unknown) => boolean): T | undefined {
  try {
    return read();
  } catch (error) {
    promise(isExpected(error), 'an unexpected kind of error', error);
    return undefined;
  }
}
