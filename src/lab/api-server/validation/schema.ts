import table from './schema.json' with { type: 'json' };

/**
 * A type of the API: `string`, `int32`, `int64`, `number`, `boolean`, `time`, `bytes`, `int-or-string`, `quantity`,
 * `any`, the name of an object type, or a list or a map of one of these.
 */
export type FieldType =
  | { readonly kind: 'scalar'; readonly name: string }
  | { readonly kind: 'object'; readonly name: string }
  | { readonly kind: 'list'; readonly item: FieldType }
  | { readonly kind: 'map'; readonly value: FieldType };

// The OpenAPI document writes a quantity as a string. The server reads numbers too (`cpu: 2`), in these fields.
const quantityFields = new Set([
  ...['limits', 'requests', 'capacity', 'allocatable', 'allocatedResources', 'sizeLimit', 'divisor'],
]);

const known = new Map<string, ReadonlyMap<string, FieldType>>();

/** The fields of an object type of the schema (schema.json: `name:type name:type`). */
export function fieldsOf(type: string): ReadonlyMap<string, FieldType> {
  const ready = known.get(type);
  if (ready !== undefined) return ready;
  const text = (table as Readonly<Record<string, string>>)[type];
  if (text === undefined) throw new Error(`the schema has no type ${type}`);
  const fields = new Map(
    text.split(' ').map((field): [string, FieldType] => {
      const colon = field.indexOf(':');
      const name = field.slice(0, colon);
      return [name, parseType(field.slice(colon + 1), quantityFields.has(name))];
    }),
  );
  known.set(type, fields);
  return fields;
}

function parseType(text: string, quantity: boolean): FieldType {
  if (text.startsWith('[')) return { kind: 'list', item: parseType(text.slice(1, -1), quantity) };
  if (text.startsWith('{')) return { kind: 'map', value: parseType(text.slice(1, -1), quantity) };
  if (/^[A-Z]/.test(text)) return { kind: 'object', name: text };
  return { kind: 'scalar', name: quantity && text === 'string' ? 'quantity' : text };
}
