import type { SourcePosition } from '../../model/diagnostic.ts';

/** The text of one file, and where its lines begin. */
export interface SourceText {
  readonly file: string;
  /** Without a byte order mark. */
  readonly text: string;
  /** The place of an offset in UTF-16 units. */
  readonly positionAt: (offset: number) => SourcePosition;
  /** The text of a line, counted from 1, without its line break. */
  readonly lineAt: (line: number) => string;
}

export function sourceText(file: string, text: string): SourceText {
  let starts: readonly number[] | undefined;
  const lineStarts = (): readonly number[] => (starts ??= startsOfLines(text));
  return {
    file,
    text,
    positionAt: (offset) => {
      const line = lastAtOrBefore(lineStarts(), offset);
      return { file, line: line + 1, column: offset - (lineStarts()[line] ?? 0) + 1 };
    },
    lineAt: (line) => {
      const start = lineStarts()[line - 1] ?? text.length;
      const next = lineStarts()[line] ?? text.length + 1;
      return text.slice(start, next - 1).replace(/\r$/, '');
    },
  };
}

/** Bytes as text: UTF-8, or UTF-16 where a byte order mark says so (PowerShell writes it). `undefined`: neither. */
export function decodeText(bytes: Uint8Array): string | undefined {
  const encoding = encodingOf(bytes);
  const decoder = new TextDecoder(encoding, { fatal: true });
  try {
    return decoder.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function encodingOf([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return 'utf-8';
}

function startsOfLines(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** The index of the last number that is not greater; the numbers ascend and begin with 0. */
function lastAtOrBefore(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((numbers[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
