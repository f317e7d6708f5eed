import { type EndExpression, readEnd } from '../../../analysis/ends/expression.ts';
import { readPorts } from '../../../analysis/ends/port-expression.ts';
import type { Line } from '../../../analysis/policy-test/suite.ts';
import type { SourcePosition } from '../../../model/diagnostic.ts';
import { type Cursor, isAbsent, stringOf } from '../../../model/read/cursor.ts';
import { quote } from '../../../model/read/quote.ts';
import type { SourceText } from '../source-text.ts';
import { placeOf, reportProblem } from './suite-problem.ts';

/**
 * Reads the matrix: a block of text, a row for each source, a column for each destination. Each cell is a line: `.` nothing,
 * `*` everything, `-` anything, or exactly these ports.
 */
export function readMatrix(cursor: Cursor, source: SourceText): readonly Line[] {
  if (isAbsent(cursor)) return [];
  const text = stringOf(cursor, '');
  if (text === undefined) return [];
  const [header, ...rows] = tokensOf(cursor, text, source);
  const [corner, ...heads] = header ?? [];
  if (corner === undefined || !corner.text.includes('\\') || heads.length === 0) {
    reportProblem(
      cursor,
      'invalid-matrix',
      'the first row of the matrix is its header: a corner, and a destination for each column',
      'the corner is written from\\to, in the column in which the rows begin: from\\to  shop/web  shop/db',
      corner?.source ?? placeOf(cursor),
    );
    return [];
  }
  if (rows.length === 0) {
    const hint = 'write matrix: | and below it a line for each row';
    reportProblem(cursor, 'invalid-matrix', 'the matrix has no rows', hint, corner.source);
    return [];
  }
  const columns = heads.map((head) => readHead(cursor, head));
  return rows.flatMap((row) => readRow(cursor, row, columns));
}

interface Token {
  readonly text: string;
  readonly source: SourcePosition;
}

/** The words of each row that has some; a row that begins with # is a comment. */
function tokensOf(cursor: Cursor, text: string, source: SourceText): readonly (readonly Token[])[] {
  const start = placeOf(cursor);
  // A literal block keeps its lines as they are, below the line of its mark.
  const isLiteral = source.lineAt(start.line)[start.column - 1] === '|';
  return text.split('\n').flatMap((line, index): readonly (readonly Token[])[] => {
    const words = [...line.matchAll(/\S+/g)];
    if (words.length === 0 || words[0]?.[0].startsWith('#')) return [];
    const number = start.line + 1 + index;
    const indent = Math.max(0, source.lineAt(number).indexOf(line));
    return [
      words.map((word) => ({
        text: word[0],
        source: isLiteral ? { file: start.file, line: number, column: indent + word.index + 1 } : start,
      })),
    ];
  });
}

interface Head extends Token {
  readonly end: EndExpression | undefined;
}

function readHead(cursor: Cursor, token: Token): Head {
  const end = readEnd(token.text);
  if (end.ok) return { ...token, end: end.value };
  const hint = /[(,]$/.test(token.text)
    ? 'what has spaces in it needs a name: give it one under names'
    : end.hint;
  reportProblem(cursor, 'invalid-end', end.message, hint, token.source);
  return { ...token, end: undefined };
}

function readRow(
  cursor: Cursor,
  [first, ...cells]: readonly Token[],
  columns: readonly Head[],
): readonly Line[] {
  if (first === undefined) return [];
  const from = readHead(cursor, first);
  if (cells.length !== columns.length) {
    reportProblem(
      cursor,
      'invalid-matrix',
      `${count(cells.length, 'cell')} in a row of ${count(columns.length, 'column')}`,
      'a cell is . for nothing, * for everything, - for anything, or ports such as 8080,53/udp without spaces',
      first.source,
    );
    return [];
  }
  return cells.flatMap((cell, index) => {
    const to = columns[index];
    return to === undefined ? [] : readCell(cursor, from, to, cell);
  });
}

function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? '' : 's'}`;
}

function readCell(cursor: Cursor, from: Head, to: Head, cell: Token): readonly Line[] {
  const ports = readContent(cell.text);
  if (!ports.ok) {
    const hint = 'a cell is . for nothing, * for everything, - for anything, or ports such as 8080,53/udp';
    reportProblem(cursor, 'invalid-matrix', ports.message, hint, cell.source);
    return [];
  }
  if (from.end === undefined || to.end === undefined) return [];
  const { verb, list } = ports.value;
  return [
    {
      verb,
      from: from.end,
      to: { end: to.end, ports: list },
      text: `${from.text} -> ${to.text}${contentText(cell.text)}`,
      source: cell.source,
      isCell: true,
    },
  ];
}

function readContent(text: string) {
  if (text === '.') return { ok: true, value: { verb: 'deny', list: [] } } as const;
  if (text === '*') return { ok: true, value: { verb: 'allow', list: [] } } as const;
  if (text === '-') return { ok: true, value: { verb: 'any', list: [] } } as const;
  const ports = readPorts(text);
  return ports.ok
    ? ({ ok: true, value: { verb: 'exactly', list: ports.value } } as const)
    : { ...ports, message: `${quote(text)} is no cell: ${ports.message}` };
}

function contentText(cell: string): string {
  if (cell === '.') return ' nothing';
  return cell === '*' ? ' everything' : `:${cell}`;
}
