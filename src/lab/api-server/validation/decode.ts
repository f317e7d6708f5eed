import { type JsonObject, type JsonValue, isList, isObject } from '../json.ts';
import { type FieldType, fieldsOf } from './schema.ts';

export type Decoding =
  | {
      readonly ok: true;
      readonly object: JsonObject;
      /** Paths of fields that the type does not have. They are dropped. */
      readonly unknownFields: readonly string[];
    }
  | { readonly ok: false; readonly message: string };

/**
 * Reads JSON as the server's typed decoder does (encoding/json into the Go struct, and back): unknown fields fall away,
 * a wrong type is an error in the decoder's words, null is absent, a null in a list is the zero value (`from: [null]`
 * is `from: [{}]`), and empty lists and maps fall away as `omitempty` has them.
 */
export function decodeObject(value: JsonValue, type: string): Decoding {
  const unknownFields: string[] = [];
  try {
    const object = decode(
      value,
      { kind: 'object', name: type },
      { path: '', goPath: '', struct: '', unknownFields },
    );
    return { ok: true, object: isObject(object) ? object : {}, unknownFields };
  } catch (error) {
    if (error instanceof WrongType) return { ok: false, message: error.message };
    throw error;
  }
}

interface Place {
  /** As unknown fields are named: `spec.ingress[0].from`. */
  readonly path: string;
  /** As encoding/json names it: `spec.ingress.from`. */
  readonly goPath: string;
  /** The struct that declares the field. */
  readonly struct: string;
  readonly unknownFields: string[];
}

class WrongType extends Error {}

function decode(value: JsonValue, type: FieldType, place: Place): JsonValue | undefined {
  if (value === null) return undefined;
  switch (type.kind) {
    case 'scalar':
      return decodeScalar(value, type.name, place);
    case 'object':
      if (!isObject(value)) throw wrongType(value, type, place);
      return decodeFields(value, type.name, place);
    case 'list': {
      if (!isList(value)) throw wrongType(value, type, place);
      const items = value.map(
        (item, index) =>
          decode(item, type.item, { ...place, path: `${place.path}[${String(index)}]` }) ?? zeroOf(type.item),
      );
      return items.length === 0 ? undefined : items;
    }
    case 'map': {
      if (!isObject(value)) throw wrongType(value, type, place);
      const entries = Object.entries(value).map(([key, item]): [string, JsonValue] => [
        key,
        decode(item ?? null, type.value, { ...place, path: `${place.path}.${key}` }) ?? zeroOf(type.value),
      ]);
      return entries.length === 0 ? undefined : Object.fromEntries(entries);
    }
  }
}

function decodeFields(value: JsonObject, type: string, place: Place): JsonObject {
  const fields = fieldsOf(type);
  const entries: [string, JsonValue][] = [];
  for (const [name, item] of Object.entries(value)) {
    if (item === undefined) continue;
    const path = place.path === '' ? name : `${place.path}.${name}`;
    const fieldType = fields.get(name);
    if (fieldType === undefined) {
      place.unknownFields.push(path);
      continue;
    }
    const goPath = place.goPath === '' ? name : `${place.goPath}.${name}`;
    const decoded = decode(item, fieldType, { ...place, path, goPath, struct: goName(type) });
    if (decoded !== undefined) entries.push([name, decoded]);
  }
  return Object.fromEntries(entries);
}

function decodeScalar(value: JsonValue, name: string, place: Place): JsonValue {
  const type: FieldType = { kind: 'scalar', name };
  switch (name) {
    case 'any':
    case 'object':
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw wrongType(value, type, place);
      return value;
    case 'int32':
    case 'int64':
    case 'number':
      if (typeof value !== 'number' || !fits(value, name)) throw wrongType(value, type, place);
      return value;
    case 'int-or-string':
      if (typeof value === 'string') return value;
      if (typeof value !== 'number' || !fits(value, 'int32')) {
        throw new WrongType(`json: cannot unmarshal ${goKind(value)} into Go value of type int32`);
      }
      return value;
    case 'quantity':
      if (typeof value === 'number') return String(value);
      if (typeof value !== 'string') throw wrongType(value, type, place);
      return value;
    case 'time':
      if (typeof value !== 'string') throw wrongType(value, type, place);
      if (Number.isNaN(Date.parse(value))) {
        const layout = '2006-01-02T15:04:05Z07:00';
        throw new WrongType(
          `parsing time ${JSON.stringify(value)} as ${JSON.stringify(layout)}: cannot parse`,
        );
      }
      return value;
    default:
      if (typeof value !== 'string') throw wrongType(value, type, place);
      return value;
  }
}

function fits(value: number, name: string): boolean {
  if (name === 'number') return true;
  return Number.isInteger(value) && (name === 'int64' || Math.abs(value) <= 0x7fffffff);
}

function zeroOf(type: FieldType): JsonValue {
  switch (type.kind) {
    case 'object':
    case 'map':
      return {};
    case 'list':
      return [];
    case 'scalar':
      if (type.name === 'boolean') return false;
      return ['int32', 'int64', 'number', 'int-or-string'].includes(type.name) ? 0 : '';
  }
}

function wrongType(value: JsonValue, type: FieldType, place: Place): WrongType {
  const into = place.goPath === '' ? 'Go value' : `Go struct field ${place.struct}.${place.goPath}`;
  return new WrongType(`json: cannot unmarshal ${goKind(value)} into ${into} of type ${goType(type)}`);
}

function goKind(value: JsonValue): string {
  if (isList(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'number' : `number ${String(value)}`;
  return typeof value;
}

function goType(type: FieldType): string {
  switch (type.kind) {
    case 'list':
      return `[]${goType(type.item)}`;
    case 'map':
      return `map[string]${goType(type.value)}`;
    case 'object':
      return `v1.${goName(type.name)}`;
    case 'scalar':
      return (
        { boolean: 'bool', number: 'float64', time: 'v1.Time', bytes: '[]uint8' }[type.name] ?? type.name
      );
  }
}

function goName(type: string): string {
  return type.replace(/^(Core|Events|Discovery)?V1/, '');
}
