import { deepest, type ParseProblem, tooDeep } from './document.ts';

// JSON.parse says neither where a value stands nor that a key stands twice. These scanners do, over text that JSON.parse
// has already accepted, so they need not check it again. None recurses: the text may be nested as deeply as it likes.

/** What a first look over a JSON value finds. */
export interface JsonSurvey {
  readonly problems: readonly ParseProblem[];
  /** Where the items of a top-level `items` list begin. */
  readonly items: readonly number[];
}

/** One pass over a whole document: keys that stand twice, too deep nesting, and where the items of a List begin. */
export function surveyJson(text: string, start: number): JsonSurvey {
  const problems: ParseProblem[] = [];
  const items: number[] = [];
  const stack: { readonly keys: Set<string> | undefined; readonly isItems: boolean }[] = [];
  let key: string | undefined;
  let at = start;
  do {
    const token = nextToken(text, at);
    at = token.end;
    const top = stack.at(-1);
    if (top?.isItems === true && token.kind !== 'close' && token.kind !== 'comma') items.push(token.start);
    switch (token.kind) {
      case 'open':
        if (stack.length === deepest) {
          return {
            problems: [{ kind: 'problem', code: 'too-deep', message: tooDeep, offset: token.start }],
            items,
          };
        }
        stack.push({
          keys: text[token.start] === '{' ? new Set() : undefined,
          isItems: stack.length === 1 && key === 'items' && text[token.start] === '[',
        });
        key = undefined;
        break;
      case 'close':
        stack.pop();
        break;
      case 'key':
        key = stringAt(text, token);
        if (top?.keys?.has(key) === true) {
          const message = `key ${JSON.stringify(key)} is already set in this object`;
          problems.push({ kind: 'problem', code: 'duplicate-key', message, offset: token.start });
        }
        top?.keys?.add(key);
        break;
      case 'value':
      case 'comma':
        break;
    }
  } while (stack.length > 0);
  return { problems, items };
}

/** Where a value and all below it stand. */
export interface JsonOutline {
  readonly offset: number;
  readonly fields: Map<string, { readonly key: number; readonly value: JsonOutline }>;
  readonly items: JsonOutline[];
}

/** The places of one value and of all values in it. */
export function outlineJson(text: string, start: number): JsonOutline {
  const stack: JsonOutline[] = [];
  let key: { readonly name: string; readonly offset: number } | undefined;
  let at = start;
  let root: JsonOutline = { offset: start, fields: new Map(), items: [] };
  do {
    const token = nextToken(text, at);
    at = token.end;
    if (token.kind === 'key') {
      key = { name: stringAt(text, token), offset: token.start };
    } else if (token.kind === 'close') {
      stack.pop();
    } else if (token.kind !== 'comma') {
      const outline: JsonOutline = { offset: token.start, fields: new Map(), items: [] };
      const parent = stack.at(-1);
      if (parent === undefined) root = outline;
      if (key !== undefined) parent?.fields.set(key.name, { key: key.offset, value: outline });
      else parent?.items.push(outline);
      key = undefined;
      if (token.kind === 'open') stack.push(outline);
    }
  } while (stack.length > 0);
  return root;
}

/** The end of the value that starts here, by brackets alone: `undefined` where it does not end. */
export function endOfJson(text: string, start: number): number | undefined {
  let depth = 0;
  let at = start;
  do {
    const token = nextToken(text, at);
    if (token.end === token.start) return undefined;
    if (token.kind === 'open') depth += 1;
    if (token.kind === 'close') depth -= 1;
    at = token.end;
  } while (depth > 0);
  return at;
}

interface Token {
  readonly kind: 'open' | 'close' | 'comma' | 'key' | 'value';
  readonly start: number;
  readonly end: number;
}

/** The next token; at the end of the text an empty value. A key includes its colon. */
function nextToken(text: string, from: number): Token {
  const start = afterSpace(text, from);
  const first = text.charCodeAt(start);
  switch (first) {
    case openBrace:
    case openBracket:
      return { kind: 'open', start, end: start + 1 };
    case closeBrace:
    case closeBracket:
      return { kind: 'close', start, end: start + 1 };
    case comma:
      return { kind: 'comma', start, end: start + 1 };
    case quoteMark: {
      const end = endOfString(text, start);
      const next = afterSpace(text, end);
      return text.charCodeAt(next) === colon
        ? { kind: 'key', start, end: next + 1 }
        : { kind: 'value', start, end };
    }
    default:
      return { kind: 'value', start, end: endOfPlain(text, start) };
  }
}

const openBrace = 123;
const closeBrace = 125;
const openBracket = 91;
const closeBracket = 93;
const comma = 44;
const colon = 58;
const quoteMark = 34;
const backslash = 92;

/** Strings are most of a text, and few of them hold a backslash. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === backslash) first -= 1;
  return (at - first) % 2 === 1;
}

function stringAt(text: string, token: Token): string {
  const source = text.slice(token.start, endOfString(text, token.start));
  return source.includes('\\') ? String(JSON.parse(source)) : source.slice(1, -1);
}

function afterSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

function endOfPlain(text: string, from: number): number {
  let at = from;
  while (at < text.length && isPlain(text.charCodeAt(at))) at += 1;
  return at;
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9;
}

function isPlain(code: number): boolean {
  switch (code) {
    case openBrace:
    case closeBrace:
    case openBracket:
    case closeBracket:
    case comma:
    case colon:
    case quoteMark:
      return false;
    default:
      return !isSpace(code);
  }
}
