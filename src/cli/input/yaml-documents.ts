import { Composer, type Document } from 'yaml';
import type { ParsedDocument, ParseResult } from './document.ts';
import { layOutFlow } from './flow-layout.ts';
import { type ListText, splitList } from './yaml-list.ts';
import {
  deepProblem,
  isSyntaxProblem,
  syntaxProblem,
  tooLargeProblem,
  withTemplateHint,
} from './yaml-problem.ts';
import { type TokenLimit, tokensOf } from './yaml-tokens.ts';
import { offsetInYaml, yamlValue } from './yaml-value.ts';

/**
 * Reads the documents of YAML text, one at a time. A document with a mistake in its syntax is one problem, the first:
 * what the parser says after that is mostly a consequence. Empty documents are left out. A large List comes as one
 * document for each item.
 */
export function* parseYaml(text: string): Generator<ParseResult> {
  yield* parseList(text) ?? parseDocuments(text);
}

function* parseDocuments(text: string): Generator<ParseResult> {
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

/** The items of a large List, each as a List of its own; `undefined` where the text is anything else. */
function parseList(text: string): Iterable<ParseResult> | undefined {
  const list = splitList(text);
  if (list === undefined) return undefined;
  const [header, ...more] = parseDocuments(list.header);
  if (header?.kind !== 'document' || more.length > 0 || !isListHeader(header.value)) return undefined;
  const { value, offsetOf } = header;
  return itemsOf(text, list, value, (path, what) => list.fromHeader(offsetOf(path, what)));
}

function* itemsOf(
  text: string,
  list: ListText,
  header: object,
  offsetInHeader: ParsedDocument['offsetOf'],
): Generator<ParseResult> {
  for (const { start, end } of list.items) {
    for (const result of parseDocuments(text.slice(start, end))) {
      if (result.kind === 'problem') {
        yield { ...result, offset: result.offset + start };
        continue;
      }
      yield {
        kind: 'document',
        value: { ...header, items: result.value },
        offsetOf: (path, what) =>
          path[0] === 'items' && path.length > 1
            ? start + result.offsetOf(path.slice(1), what)
            : offsetInHeader(path, what),
      };
    }
  }
}

function isListHeader(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const kind: unknown = Reflect.get(value, 'kind');
  return typeof kind === 'string' && kind.endsWith('List') && !('items' in value);
}

function* composed(text: string): Generator<readonly ParseResult[]> {
  // Everything but the structure is decided here, by kubectl's rules; and the library's own search for keys that stand
  // twice compares each with each.
  const composer = new Composer({ schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' });
  const limit: TokenLimit = {};
  try {
    for (const document of composer.compose(tokensOf(text, limit), false, text.length)) {
      yield resultsOf(document, text);
    }
  } catch (error) {
    // The library's parser calls itself for each level.
    if (!(error instanceof RangeError)) throw error;
    yield [deepProblem(text)];
  }
  if (limit.exceededAt !== undefined) yield [tooLargeProblem(limit.exceededAt)];
}

function resultsOf(document: Document.Parsed, text: string): readonly ParseResult[] {
  const [first] = document.errors;
  if (first !== undefined) return [syntaxProblem(first, text)];
  const { contents } = document;
  const { value, problems, targets } = yamlValue(contents);
  if (problems.length > 0) return problems.map((problem) => withTemplateHint(problem, text));
  if (value === null) return [];
  const parsed: ParsedDocument = {
    kind: 'document',
    value,
    offsetOf: (path, what) => offsetInYaml(contents, targets, path, what),
  };
  return [parsed];
}
