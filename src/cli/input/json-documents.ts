import { printable } from '../../model/read/quote.ts';
import type { ParsedDocument, ParseProblem, ParseResult } from './document.ts';
import { endOfJson, type JsonOutline, outlineJson, surveyJson } from './json-scan.ts';

/**
 * Reads JSON: one value, or several one after the other, as kubectl takes them. `undefined` where the text is no JSON;
 * it may still be YAML.
 */
export function parseJson(text: string): readonly ParseResult[] | undefined {
  const whole = parseValue(text);
  if ('value' in whole) return documentsAt(text, 0, whole.value);
  const results: ParseResult[] = [];
  for (let start = nextValue(text, 0); start !== undefined;) {
    const end = endOfJson(text, start);
    const parsed = end === undefined ? undefined : parseValue(text.slice(start, end));
    if (end === undefined || parsed === undefined || 'error' in parsed) return undefined;
    results.push(...documentsAt(text, start, parsed.value));
    start = nextValue(text, end);
  }
  return results;
}

/** What is wrong with text that is no JSON, in the words of JSON.parse; `undefined` where these do not say where. */
export function jsonSyntaxProblem(text: string): ParseProblem | undefined {
  const parsed = parseValue(text);
  const [, message, offset] =
    ('error' in parsed ? /^(.*) in JSON at position (\d+)/.exec(parsed.error) : null) ?? [];
  if (message === undefined || offset === undefined) return undefined;
  return {
    kind: 'problem',
    code: 'json-syntax',
    message: `cannot parse JSON: ${printable(message)}`,
    offset: Number(offset),
  };
}

function parseValue(text: string): { readonly value: unknown } | { readonly error: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    if (error instanceof SyntaxError) return { error: error.message };
    throw error;
  }
}

function documentsAt(text: string, start: number, value: unknown): readonly ParseResult[] {
  const { problems, items } = surveyJson(text, start);
  return problems.length > 0 ? problems : [jsonDocument(text, start, value, items)];
}

function nextValue(text: string, from: number): number | undefined {
  const space = /\s*/y;
  space.lastIndex = from;
  space.exec(text);
  return space.lastIndex < text.length ? space.lastIndex : undefined;
}

/**
 * Places are found when they are asked for: outlining one item of a List costs as much as the item, and the next
 * question is nearly always about the same item.
 */
function jsonDocument(text: string, start: number, value: unknown, items: readonly number[]): ParsedDocument {
  let last: { readonly offset: number; readonly outline: JsonOutline } | undefined;
  const outlineAt = (offset: number): JsonOutline => {
    if (last?.offset !== offset) last = { offset, outline: outlineJson(text, offset) };
    return last.outline;
  };
  return {
    kind: 'document',
    value,
    offsetOf: (path, what) => {
      const item = path[0] === 'items' && typeof path[1] === 'number' ? items[path[1]] : undefined;
      if (item === undefined) return offsetIn(outlineAt(start), path, what);
      // The item itself needs no outline, and of most objects nothing else is asked.
      return path.length === 2 ? item : offsetIn(outlineAt(item), path.slice(2), what);
    },
  };
}

function offsetIn(root: JsonOutline, path: readonly (string | number)[], what: 'key' | 'value'): number {
  let outline = root;
  let key = root.offset;
  for (const segment of path) {
    const field = typeof segment === 'string' ? outline.fields.get(segment) : undefined;
    const next = typeof segment === 'string' ? field?.value : outline.items[segment];
    if (next === undefined) return outline.offset;
    key = field?.key ?? next.offset;
    outline = next;
  }
  return what === 'key' ? key : outline.offset;
}
