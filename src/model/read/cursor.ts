import type { SourcePosition } from '../diagnostic.ts';
import { type FieldPath, pathSegments } from './field-path.ts';
import { reportTooMany, reportUnknownField, reportWrongType } from './field-error.ts';
import { newReport, type ReadContext, type Report } from './reading.ts';

/**
 * A value of the API, where it stands, and where to say what is wrong with it. Readers take a cursor and return what
 * they understood; `undefined` means that the value is broken and that this has been reported.
 */
export interface Cursor {
  readonly value: unknown;
  readonly path: FieldPath;
  readonly report: Report;
}

export function rootCursor(value: unknown, context: ReadContext): Cursor {
  return { value, path: undefined, report: newReport(context) };
}

/** A field of an object. Where the value is no object, the field is absent. */
export function fieldOf(cursor: Cursor, name: string): Cursor {
  return {
    value: ownValue(cursor.value, name),
    path: { parent: cursor.path, segment: name, kind: 'field' },
    report: cursor.report,
  };
}

/** Whether nothing is written: to the API, null is the same as missing. */
export function isAbsent(cursor: Cursor): boolean {
  return cursor.value === undefined || cursor.value === null;
}

/** Whether the value can have fields: an object, or nothing at all. Anything else is reported. */
export function hasFields(cursor: Cursor): boolean {
  if (isAbsent(cursor) || isObject(cursor.value)) return true;
  reportWrongType(cursor, 'an object');
  return false;
}

/**
 * The same, and where unknown fields are refused no field but the known ones. `hints` explains fields that belong elsewhere, by name.
 */
export function hasOnlyFields(
  cursor: Cursor,
  known: readonly string[],
  hints: Readonly<Record<string, string>> = {},
): boolean {
  if (!hasFields(cursor)) return false;
  if (cursor.report.unknownFields === 'ignored' || !isObject(cursor.value)) return true;
  const unknown = Object.keys(cursor.value).filter((name) => !known.includes(name));
  for (const name of unknown) {
    const hint = Object.hasOwn(hints, name) ? hints[name] : undefined;
    reportUnknownField(fieldOf(cursor, name), known, hint);
  }
  return unknown.length === 0;
}

/** The same value; from here down an unknown field is an error in either mode. */
export function refusingUnknownFields(cursor: Cursor): Cursor {
  return { ...cursor, report: { ...cursor.report, unknownFields: 'refused' } };
}

/** The items of a list; none where nothing is written. */
export function itemsOf(cursor: Cursor, most: number): readonly Cursor[] | undefined {
  if (isAbsent(cursor)) return [];
  if (!Array.isArray(cursor.value)) {
    reportWrongType(cursor, 'a list');
    return undefined;
  }
  if (cursor.value.length > most) {
    reportTooMany(cursor, cursor.value.length, most);
    return undefined;
  }
  return cursor.value.map((value: unknown, index) => ({
    value,
    path: { parent: cursor.path, segment: index, kind: 'index' },
    report: cursor.report,
  }));
}

/** The entries of a map with free keys, such as labels; none where nothing is written. */
export function entriesOf(cursor: Cursor, most: number): readonly (readonly [string, Cursor])[] | undefined {
  if (isAbsent(cursor)) return [];
  if (!isObject(cursor.value)) {
    reportWrongType(cursor, 'an object');
    return undefined;
  }
  const keys = Object.keys(cursor.value);
  if (keys.length > most) {
    reportTooMany(cursor, keys.length, most);
    return undefined;
  }
  return keys.map((key) => [
    key,
    {
      value: ownValue(cursor.value, key),
      path: { parent: cursor.path, segment: key, kind: 'entry' },
      report: cursor.report,
    },
  ]);
}

/** A string; `fallback` where nothing is written. */
export function stringOf(cursor: Cursor, fallback: string): string | undefined {
  if (isAbsent(cursor)) return fallback;
  if (typeof cursor.value === 'string') return cursor.value;
  reportWrongType(cursor, 'a string');
  return undefined;
}

/** A whole number; `fallback` where nothing is written. */
export function integerOf(cursor: Cursor, fallback: number): number | undefined {
  if (isAbsent(cursor)) return fallback;
  if (typeof cursor.value === 'number' && Number.isSafeInteger(cursor.value)) return cursor.value;
  reportWrongType(cursor, 'an integer');
  return undefined;
}

/** true or false; `fallback` where nothing is written. */
export function booleanOf(cursor: Cursor, fallback: boolean): boolean | undefined {
  if (isAbsent(cursor)) return fallback;
  if (typeof cursor.value === 'boolean') return cursor.value;
  reportWrongType(cursor, 'a boolean');
  return undefined;
}

/** Where the value was written, as an optional field of a model object. */
export function sourceOf(cursor: Cursor): { readonly source?: SourcePosition } {
  const source = cursor.report.context.locate?.(pathSegments(cursor.path), 'value');
  return source === undefined ? {} : { source };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Own properties only: a key such as `constructor` must not find what every JavaScript object has. */
function ownValue(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
