import { Composer, type Document, Parser, type YAMLParseError } from 'yaml';
import { printable } from '../../model/read/quote.ts';
import { deepest, type ParsedDocument, type ParseProblem, type ParseResult, tooDeep } from './document.ts';
import { layOutFlow } from './flow-layout.ts';
import { offsetInYaml, yamlValue } from './yaml-value.ts';

/**
 * Reads the documents of YAML text, one at a time. A document that is broken is one problem, its first: what the parser
 * says after that is mostly a consequence. Empty documents are left out.
 */
export function* parseYaml(text: string): Generator<ParseResult> {
  let index = 0;
  for (const results of composed(text)) {
    const laidOut = results.some(isSyntaxProblem) ? layOutFlow(text) : text;
    if (laidOut !== text) {
      yield* documentsFrom(laidOut, index);
      return;
    }
    yield* results;
    index += 1;
  }
}

function* documentsFrom(text: string, first: number): Generator<ParseResult> {
  let index = 0;
  for (const results of composed(text)) {
    if (index >= first) yield* results;
    index += 1;
  }
}

function isSyntaxProblem(result: ParseResult): boolean {
  return result.kind === 'problem' && result.code === syntaxCode;
}

const syntaxCode = 'yaml-syntax';

function* composed(text: string): Generator<readonly ParseResult[]> {
  // Everything but the structure is decided here, by kubectl's rules; and the library's own search for keys that stand
  // twice compares each with each.
  const composer = new Composer({ schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' });
  try {
    for (const document of composer.compose(new Parser().parse(text), false, text.length)) {
      yield resultsOf(document, text);
    }
  } catch (error) {
    // The library's parser calls itself for each level.
    if (!(error instanceof RangeError)) throw error;
    yield [{ kind: 'problem', code: 'too-deep', message: tooDeep, offset: deepOffset(text) }];
  }
}

function resultsOf(document: Document.Parsed, text: string): readonly ParseResult[] {
  const [first] = document.errors;
  if (first !== undefined) return [syntaxProblem(first, text)];
  const { contents } = document;
  const { value, problems, targets } = yamlValue(contents);
  if (problems.length > 0) return problems;
  if (value === null) return [];
  const parsed: ParsedDocument = {
    kind: 'document',
    value,
    offsetOf: (path, what) => offsetInYaml(contents, targets, path, what),
  };
  return [parsed];
}

function syntaxProblem(error: Pick<YAMLParseError, 'code' | 'message' | 'pos'>, text: string): ParseProblem {
  const hint = isTemplate(text, error.pos[0]) ? templateHint : syntaxHints[error.code];
  return {
    kind: 'problem',
    code: syntaxCode,
    message: `cannot parse YAML: ${printable(error.message)}`,
    offset: error.pos[0],
    ...(hint === undefined ? {} : { hint }),
  };
}

/** Whether the line, or the one before it, is of a Helm chart or another template. */
function isTemplate(text: string, offset: number): boolean {
  const lineStart = text.lastIndexOf('\n', offset - 1);
  const from = text.lastIndexOf('\n', lineStart - 1) + 1;
  const end = text.indexOf('\n', offset);
  return text.slice(from, end === -1 ? text.length : end).includes('{{');
}

const templateHint =
  'a template has to be rendered first, for example: helm template CHART | ringfence ... -f -';

const syntaxHints: Partial<Record<YAMLParseError['code'], string>> = {
  BAD_ALIAS: 'text that begins with * needs quotes',
  BAD_INDENT: 'items of one level begin in the same column',
  BAD_SCALAR_START: 'text that begins with @ or ` needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'text that contains ": " needs quotes',
  MISSING_CHAR: 'something is not closed, or a key lacks its ": "',
  MULTILINE_IMPLICIT_KEY: 'a key lacks its ": ", or text that goes on in the next line is not indented',
  TAB_AS_INDENT: 'indent with spaces',
};

/** Where the text first gets too deep, told by indentation and brackets: the parser gave up without saying. */
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
