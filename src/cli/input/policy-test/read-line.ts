import {
  type DestinationExpression,
  type EndExpression,
  readDestination,
  readEnd,
} from '../../../analysis/ends/expression.ts';
import { type PortExpression, readPorts } from '../../../analysis/ends/port-expression.ts';
import type { Line } from '../../../analysis/policy-test/suite.ts';
import {
  type Cursor,
  entriesOf,
  fieldOf,
  hasOnlyFields,
  isAbsent,
  itemsOf,
  stringOf,
} from '../../../model/read/cursor.ts';
import { reportRequired, reportUnsupported, reportWrongType } from '../../../model/read/field-error.ts';
import { mostItems } from '../../../model/read/limits.ts';
import { quote } from '../../../model/read/quote.ts';
import type { SourceText } from '../source-text.ts';
import { placeOf, placeWithin, reportProblem } from './suite-problem.ts';

/** The list that a line stands in: those of the three verbs, and the one of lines that each say what they expect. */
export type ListName = 'allow' | 'only' | 'deny' | 'tests';

/** Reads the items of a list of lines. Broken ones are reported and left out. */
export function readLines(list: Cursor, name: ListName, source: SourceText): readonly Line[] {
  return (itemsOf(list, mostItems) ?? []).flatMap((item) => readLine(item, name, source) ?? []);
}

function readLine(item: Cursor, name: ListName, source: SourceText): Line | undefined {
  const { value } = item;
  if (typeof value === 'string') {
    if (name !== 'tests') return readShort(item, value, name, source);
    reportProblem(
      item,
      'invalid-line',
      'a line under tests has fields',
      'write {from: A, to: B, port: 80, expect: allow}',
    );
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    reportWrongType(item, 'a line FROM -> TO[:PORTS]');
    return undefined;
  }
  const arrow = Object.keys(value).find((key) => key.includes('->'));
  return arrow === undefined ? readLong(item, name) : readMapped(item, arrow, name, source);
}

/** `FROM -> TO[:PORTS]`. */
function readShort(
  item: Cursor,
  text: string,
  verb: Exclude<ListName, 'tests'>,
  source: SourceText,
): Line | undefined {
  const at = text.indexOf('->');
  if (at === -1) {
    reportProblem(item, 'invalid-line', `${quote(text)} is no line: there is no ->`, arrowHint(text));
    return undefined;
  }
  if (text.includes('->', at + 2)) {
    reportProblem(
      item,
      'invalid-line',
      `${quote(text)} has more than one ->`,
      'write a line for each connection',
    );
    return undefined;
  }
  const [fromText, toText] = [text.slice(0, at), text.slice(at + 2)];
  if (fromText.trim() === '') {
    reportProblem(
      item,
      'invalid-line',
      'there is nothing before ->',
      'text that begins with !, &, *, @, { or [ needs quotes, or YAML reads it as something else',
    );
    return undefined;
  }
  const from = readEnd(fromText);
  const to = readDestination(toText);
  if (!from.ok) {
    reportProblem(item, 'invalid-end', from.message, from.hint, placeWithin(item, source, indent(fromText)));
  }
  if (!to.ok) {
    reportProblem(
      item,
      'invalid-end',
      to.message,
      to.hint,
      placeWithin(item, source, at + 2 + indent(toText)),
    );
  }
  if (!from.ok || !to.ok) return undefined;
  return lineOf(item, verb, from.value, to.value, `${tidy(fromText)} -> ${tidy(toText)}`);
}

function arrowHint(text: string): string {
  const other = ['=>', '\u2192', '>'].find((arrow) => text.includes(arrow));
  return other === undefined
    ? 'a line is FROM -> TO[:PORTS], for example shop/web -> shop/api:8080'
    : `did you mean -> in place of ${other}?`;
}

function indent(text: string): number {
  return text.length - text.trimStart().length;
}

function tidy(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

/** `a -> b: 8080`, which YAML takes for a map because of the space. It means what it looks like. */
function readMapped(item: Cursor, arrow: string, name: ListName, source: SourceText): Line | undefined {
  const others = (entriesOf(item, mostItems) ?? []).filter(([key]) => key !== arrow);
  const [other] = others;
  if (other !== undefined || name === 'tests') {
    const hint = 'a line with more to say is {from: A, to: B, port: 80, why: TEXT}';
    const message =
      other === undefined
        ? 'a line under tests has fields'
        : `field ${quote(other[0])} beside ${quote(arrow)}`;
    reportProblem(other?.[1] ?? item, 'invalid-line', message, hint);
    return undefined;
  }
  const ports = fieldOf(item, arrow);
  const { value } = ports;
  if (typeof value !== 'string' && typeof value !== 'number') {
    const hint = 'a line is FROM -> TO[:PORTS]; the ports are numbers, names, or a list of these with commas';
    reportProblem(ports, 'invalid-line', `no ports after ${quote(`${arrow}:`)}`, hint, placeOf(item));
    return undefined;
  }
  const whole: Cursor = { ...item, value: `${arrow}:${String(value)}` };
  return readShort(whole, `${arrow}:${String(value)}`, name, source);
}

export const longFields = ['from', 'to', 'port', 'expect', 'name', 'why'] as const;
const longHints = {
  ports: 'the field is port; it takes a list, too',
  source: 'the field is from',
  destination: 'the field is to',
  description: 'the field is why',
  reason: 'the field is why',
};

/** `{from, to, port, expect, name, why}`. */
function readLong(item: Cursor, list: ListName): Line | undefined {
  if (!hasOnlyFields(item, longFields, longHints)) return undefined;
  const verb = readExpect(fieldOf(item, 'expect'), list);
  const from = readField(fieldOf(item, 'from'), readEnd);
  const to = readField(fieldOf(item, 'to'), readDestination);
  const port = readPort(fieldOf(item, 'port'));
  const name = stringOf(fieldOf(item, 'name'), '');
  const why = stringOf(fieldOf(item, 'why'), '');
  if (verb === undefined || from === undefined || to === undefined || port === undefined) return undefined;
  if (name === undefined || why === undefined) return undefined;
  if (port.ports.length > 0 && to.ports.length > 0) {
    const message = 'the ports are written twice, in to and in port';
    reportProblem(fieldOf(item, 'port'), 'invalid-line', message, 'write them in one of the two');
    return undefined;
  }
  const toText = tidy(String(fieldOf(item, 'to').value));
  const text = `${tidy(String(fieldOf(item, 'from').value))} -> ${toText}${port.text === '' ? '' : `:${port.text}`}`;
  const destination = port.ports.length > 0 ? { ...to, ports: port.ports } : to;
  return {
    ...lineOf(item, verb, from, destination, text),
    ...(name === '' ? {} : { name }),
    ...(why === '' ? {} : { why }),
  };
}

export const expectations = ['allow', 'deny', 'only'] as const;

function readExpect(cursor: Cursor, list: ListName): (typeof expectations)[number] | undefined {
  if (isAbsent(cursor)) {
    if (list !== 'tests') return list;
    reportRequired(cursor, 'one of allow, deny, only');
    return undefined;
  }
  const expected = expectations.find((one) => one === cursor.value);
  if (expected === undefined) {
    reportUnsupported(cursor, expectations);
    return undefined;
  }
  if (list === 'tests' || list === expected) return expected;
  const message = `expect: ${expected} stands under ${list}`;
  reportProblem(cursor, 'invalid-line', message, `put the line under ${expected}, or under tests`);
  return undefined;
}

function readField<T>(
  cursor: Cursor,
  read: (
    text: string,
  ) =>
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly message: string; readonly hint?: string },
): T | undefined {
  if (isAbsent(cursor)) {
    reportRequired(cursor, '');
    return undefined;
  }
  const text = stringOf(cursor, '');
  if (text === undefined) return undefined;
  const reading = read(text);
  if (reading.ok) return reading.value;
  reportProblem(cursor, 'invalid-end', reading.message, reading.hint);
  return undefined;
}

interface LongPort {
  readonly text: string;
  readonly ports: readonly PortExpression[];
}

/** A number, text, or a list of these. */
function readPort(cursor: Cursor): LongPort | undefined {
  if (isAbsent(cursor)) return { text: '', ports: [] };
  const items = Array.isArray(cursor.value) ? itemsOf(cursor, mostItems) : [cursor];
  const texts: string[] = [];
  const ports: PortExpression[] = [];
  for (const item of items ?? []) {
    if (typeof item.value !== 'string' && typeof item.value !== 'number') {
      reportWrongType(item, 'a port');
      return undefined;
    }
    const text = String(item.value);
    const reading = readPorts(text);
    if (!reading.ok) {
      reportProblem(item, 'invalid-port', reading.message, reading.hint);
      return undefined;
    }
    texts.push(text);
    ports.push(...reading.value);
  }
  return { text: texts.join(), ports };
}

function lineOf(
  item: Cursor,
  verb: Line['verb'],
  from: EndExpression,
  to: DestinationExpression,
  text: string,
): Line {
  return { verb, from, to, text, source: placeOf(item), isCell: false };
}
