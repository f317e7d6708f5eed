import * as models from '@kubernetes/client-node';
import { resources } from '../../../src/lab/api-server/resources.ts';

interface Attribute {
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}

/**
 * The schema table of the embedded API server, worked out from the models of the client library, which come from the
 * OpenAPI document of the Kubernetes release: every type that the served resources reach, fields as
 * `name:type name:type`, types and fields sorted.
 */
export function schemaFromClient(): Record<string, string> {
  const table: Record<string, string> = {};
  const waiting = resources.map((resource) => resource.schema);
  for (let type = waiting.pop(); type !== undefined; type = waiting.pop()) {
    if (Object.hasOwn(table, type)) continue;
    const fields = attributesOf(type)
      .map((attribute) => ({ name: attribute.baseName, type: shortType(attribute) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    table[type] = fields.map(({ name, type: text }) => `${name}:${text}`).join(' ');
    waiting.push(...fields.flatMap(({ type: text }) => /[A-Z]\w+/.exec(text) ?? []));
  }
  return Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function attributesOf(type: string): readonly Attribute[] {
  const model = (
    models as unknown as Record<string, { getAttributeTypeMap?: () => Attribute[] } | undefined>
  )[type];
  if (model?.getAttributeTypeMap === undefined) throw new Error(`the client library has no model ${type}`);
  return model.getAttributeTypeMap();
}

function shortType({ type, format }: Attribute): string {
  const list = /^Array<(.+)>$/.exec(type)?.[1];
  if (list !== undefined) return `[${shortType({ baseName: '', type: list, format })}]`;
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (map !== undefined) return `{${shortType({ baseName: '', type: map, format })}}`;
  if (type === 'number') return format === 'double' ? 'number' : format;
  if (type === 'IntOrString') return 'int-or-string';
  if (type === 'Date' || type === 'V1MicroTime') return 'time';
  if (type === 'string' && format === 'byte') return 'bytes';
  return type;
}
