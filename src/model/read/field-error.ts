import type { Diagnostic } from '../diagnostic.ts';
import type { Cursor } from './cursor.ts';
import { pathSegments, pathText } from './field-path.ts';
import { mostDiagnostics } from './limits.ts';
import { quote } from './quote.ts';
import { closest } from './suggestion.ts';

// The wording of apimachinery's util/validation/field, so that a message read here can be searched for, and reads the
// same as the one that the API server would have given. The path is kept apart from the message.

/** `Required value: must specify a peer`. */
export function reportRequired(cursor: Cursor, detail: string, hint?: string): void {
  report(cursor, 'required-field', detail === '' ? 'Required value' : `Required value: ${detail}`, hint);
}

/** `Invalid value: "10.0.0.0": must be a valid CIDR value`. */
export function reportInvalid(cursor: Cursor, code: string, detail: string, hint?: string): void {
  report(cursor, code, `Invalid value: ${valueText(cursor.value)}: ${detail}`, hint);
}

/** `Unsupported value: "tcp": supported values: "TCP", "UDP", "SCTP"`. */
export function reportUnsupported(cursor: Cursor, supported: readonly string[], hint?: string): void {
  const meant = typeof cursor.value === 'string' ? closest(cursor.value, supported) : undefined;
  report(
    cursor,
    'unsupported-value',
    `Unsupported value: ${valueText(cursor.value)}: supported values: ${supported.map(quote).join(', ')}`,
    meant === undefined ? hint : `did you mean ${quote(meant)}?`,
  );
}

/** `Forbidden: may not specify both ipBlock and another peer`. */
export function reportForbidden(cursor: Cursor, detail: string, hint?: string): void {
  report(cursor, 'forbidden-field', `Forbidden: ${detail}`, hint);
}

/** `Too many: 20000: must have at most 10000 items`. */
export function reportTooMany(cursor: Cursor, actual: number, most: number): void {
  report(cursor, 'too-many', `Too many: ${String(actual)}: must have at most ${String(most)} items`);
}

/** `Too large: the rules come to 30000: must be at most 20000 in size`. */
export function reportTooLarge(cursor: Cursor, size: number, most: number): void {
  const message = `Too large: the rules come to ${String(size)}: must be at most ${String(most)} in size`;
  const hint =
    'rules, peers, excepts, ports and values count one each: merge blocks, or divide the pods among policies';
  report(cursor, 'too-large', message, hint);
}

/** `Invalid value: 8080: must be a string, not a number`. */
export function reportWrongType(cursor: Cursor, expected: string): void {
  const { value } = cursor;
  const detail = `must be ${expected}, not ${typeText(value)}`;
  report(cursor, 'wrong-type', `Invalid value: ${valueText(value)}: ${detail}`, typeHint(value, expected));
}

/** `unknown field "spec.policyType"`, the words of the API server's strict decoding. */
export function reportUnknownField(cursor: Cursor, known: readonly string[], hint?: string): void {
  const name = String(cursor.path?.segment);
  const meant = closest(name, known);
  const suggestion = meant === undefined ? hint : `did you mean ${quote(meant)}?`;
  const message = `unknown field ${quote(pathText(cursor.path))}`;
  add(cursor, 'error', 'unknown-field', message, 'key', hint ?? suggestion);
}

/** Understood, but odd. */
export function reportWarning(cursor: Cursor, code: string, message: string, hint?: string): void {
  add(cursor, 'warning', code, message, 'value', hint);
}

/** Understood, but odd in the key of a map's entry. */
export function reportKeyWarning(cursor: Cursor, code: string, message: string, hint?: string): void {
  add(cursor, 'warning', code, message, 'key', hint);
}

/** Broken in the key of a map's entry rather than in its value. */
export function reportInvalidKey(cursor: Cursor, key: string, detail: string, hint?: string): void {
  add(cursor, 'error', 'invalid-label', `Invalid value: ${quote(key)}: ${detail}`, 'key', hint);
}

function report(cursor: Cursor, code: string, message: string, hint?: string): void {
  add(cursor, 'error', code, message, 'value', hint);
}

function add(
  cursor: Cursor,
  severity: Diagnostic['severity'],
  code: string,
  message: string,
  what: 'key' | 'value',
  hint: string | undefined,
): void {
  const { diagnostics } = cursor.report;
  if (diagnostics.length > mostDiagnostics) return;
  if (diagnostics.length === mostDiagnostics) {
    const source = cursor.report.context.locate?.([], 'value');
    diagnostics.push({
      code: 'too-many-errors',
      severity: 'error',
      message: 'too many errors in this object',
      ...(source === undefined ? {} : { source }),
    });
    return;
  }
  const path = pathText(cursor.path);
  const source = cursor.report.context.locate?.(pathSegments(cursor.path), what);
  diagnostics.push({
    code,
    severity,
    message,
    ...(path === '' ? {} : { path }),
    ...(hint === undefined ? {} : { hint }),
    ...(source === undefined ? {} : { source }),
  });
}

function typeHint(value: unknown, expected: string): string | undefined {
  if (expected === 'a string' && typeof value === 'number') {
    return 'write it in quotes, or YAML reads it as a number';
  }
  if (expected === 'a string' && typeof value === 'boolean') {
    return 'write it in quotes: YAML reads y, yes, on, true, n, no, off and false as booleans';
  }
  if (expected === 'a list' && typeof value !== 'undefined') {
    return 'begin each item with "- ", or write [...]';
  }
  if (expected === 'an integer' && typeof value === 'string' && /^\d+$/.test(value)) {
    return 'write it without quotes';
  }
  return undefined;
}

function typeText(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number' && !Number.isInteger(value)) return 'a fraction';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Scalars are shown, lists and objects only named: they may be huge, and the position shows them. */
function valueText(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return '[...]';
  return typeof value === 'object' && value !== null ? '{...}' : 'null';
}
