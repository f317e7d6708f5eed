import type { YAMLParseError } from 'yaml';
import { printable, shorten } from '../../model/read/quote.ts';
import { deepest, type ParseProblem, type ParseResult, tooDeep } from './document.ts';
import { mostLexemes } from './yaml-tokens.ts';

/** What the parser found wrong first, in its words, with what to do about it. */
export function syntaxProblem(
  error: Pick<YAMLParseError, 'code' | 'message' | 'pos'>,
  text: string,
): ParseProblem {
  if (error.code === 'RESOURCE_EXHAUSTION') return deepProblem(text);
  const hint = syntaxHint(error);
  return withTemplateHint(
    {
      kind: 'problem',
      code: syntaxCode,
      message: `cannot parse YAML: ${printable(shorten(error.message))}`,
      offset: error.pos[0],
      ...(hint === undefined ? {} : { hint }),
    },
    text,
  );
}

export function isSyntaxProblem(result: ParseResult): boolean {
  return result.kind === 'problem' && result.code === syntaxCode;
}

const syntaxCode = 'yaml-syntax';

/** The commonest reason for YAML that is none: a template that nobody rendered. */
export function withTemplateHint(problem: ParseProblem, text: string): ParseProblem {
  const lineStart = text.lastIndexOf('\n', problem.offset - 1);
  const before = text.lastIndexOf('\n', lineStart - 1) + 1;
  const end = text.indexOf('\n', problem.offset);
  const lines = text.slice(before, end === -1 ? text.length : end);
  return lines.includes('{{') ? { ...problem, hint: templateHint } : problem;
}

const templateHint =
  'a template has to be rendered first, for example: helm template CHART | ringfence ... -f -';

function syntaxHint({ code, message }: Pick<YAMLParseError, 'code' | 'message'>): string | undefined {
  return message.startsWith('Flow ') ? 'a [ or { is not closed' : syntaxHints[code];
}

const syntaxHints: Partial<Record<YAMLParseError['code'], string>> = {
  BAD_ALIAS: 'text that begins with * needs quotes',
  BAD_INDENT: 'items of one level begin in the same column',
  BAD_SCALAR_START: 'text that begins with @ or ` needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'text that contains ": " needs quotes',
  MISSING_CHAR: 'something is not closed, or a key lacks its ": "',
  MULTILINE_IMPLICIT_KEY: 'a key lacks its ": ", or text that goes on in the next line is not indented',
  TAB_AS_INDENT: 'indent with spaces',
};

export function tooLargeProblem(offset: number): ParseProblem {
  const message = `document too large: more than ${String(mostLexemes)} keys, values and signs up to here`;
  return {
    kind: 'problem',
    code: 'too-large',
    message,
    hint: 'split it into several documents, or write JSON',
    offset,
  };
}

/** The parser gives up without saying where: the first place that is too deep, told by indentation and brackets. */
export function deepProblem(text: string): ParseProblem {
  return { kind: 'problem', code: 'too-deep', message: tooDeep, offset: deepOffset(text) };
}

function deepOffset(text: string): number {
  const indents: number[] = [];
  const line = /^( *)((?:- +)*)[^\n]*$/gm;
  for (const match of text.matchAll(line)) {
    const [whole, spaces = '', dashes = ''] = match;
    if (whole.trim() === '') continue;
    while ((indents.at(-1) ?? -1) >= spaces.length) indents.pop();
    for (let at = 0; at <= dashes.length; at += 2) indents.push(spaces.length + at);
    const brackets = whole.match(/[[{]/g)?.length ?? 0;
    if (indents.length + brackets > deepest) return match.index + spaces.length;
  }
  return 0;
}
