import { type JsonValue, equalJson, isList, isObject, stringAt, valueAt } from '../json.ts';

/** A patch that cannot be applied to this object: the server answers 422 with the message. */
export class PatchError extends Error {}

/** RFC 6902. Throws `PatchError` where an operation does not fit the document. */
export function jsonPatch(document: JsonValue, patch: JsonValue): JsonValue {
  if (!isList(patch)) throw new PatchError('a JSON patch is a list of operations');
  return patch.reduce<JsonValue>((result, operation) => applyOperation(result, operation), document);
}

function applyOperation(document: JsonValue, operation: JsonValue): JsonValue {
  const path = pointer(stringAt(operation, 'path'));
  const value = valueAt(operation, 'value') ?? null;
  switch (stringAt(operation, 'op')) {
    case 'add':
      return edit(document, path, { kind: 'add', value });
    case 'remove':
      return edit(document, path, { kind: 'remove' });
    case 'replace':
      return edit(document, path, { kind: 'replace', value });
    case 'move': {
      const from = pointer(stringAt(operation, 'from'));
      return edit(edit(document, from, { kind: 'remove' }), path, {
        kind: 'add',
        value: read(document, from),
      });
    }
    case 'copy':
      return edit(document, path, {
        kind: 'add',
        value: read(document, pointer(stringAt(operation, 'from'))),
      });
    case 'test':
      if (equalJson(read(document, path), value)) return document;
      throw new PatchError(`testing value ${stringAt(operation, 'path')} failed: test failed`);
    default:
      throw new PatchError(`unexpected kind: ${stringAt(operation, 'op')}`);
  }
}

type Edit =
  | { readonly kind: 'add'; readonly value: JsonValue }
  | { readonly kind: 'replace'; readonly value: JsonValue }
  | { readonly kind: 'remove' };

function pointer(text: string): readonly string[] {
  if (text === '') return [];
  if (!text.startsWith('/')) throw new PatchError(`${JSON.stringify(text)} is no JSON pointer`);
  return text
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(document: JsonValue, path: readonly string[]): JsonValue {
  return path.reduce<JsonValue>((at, step) => member(at, step), document);
}

function member(at: JsonValue, step: string): JsonValue {
  const found = isList(at) ? at[listIndex(at, step)] : valueAt(at, step);
  if (found === undefined) throw missing(step);
  return found;
}

function edit(document: JsonValue, path: readonly string[], change: Edit): JsonValue {
  const [step, ...rest] = path;
  if (step === undefined) return change.kind === 'remove' ? null : change.value;
  const last = rest.length === 0;
  if (isList(document)) {
    const index = step === '-' && last && change.kind === 'add' ? document.length : listIndex(document, step);
    if (!last) return document.with(index, edit(member(document, step), rest, change));
    if (change.kind === 'add') return document.toSpliced(index, 0, change.value);
    if (index >= document.length) throw missing(step);
    return change.kind === 'remove' ? document.toSpliced(index, 1) : document.with(index, change.value);
  }
  if (!isObject(document)) throw missing(step);
  const fields = new Map(Object.entries(document));
  if (!last) fields.set(step, edit(member(document, step), rest, change));
  else if (change.kind === 'add') fields.set(step, change.value);
  else if (!fields.has(step)) throw missing(step);
  else if (change.kind === 'remove') fields.delete(step);
  else fields.set(step, change.value);
  return Object.fromEntries(fields);
}

function listIndex(list: readonly JsonValue[], step: string): number {
  const index = /^(0|[1-9]\d*)$/.test(step) ? Number(step) : -1;
  if (index < 0 || index > list.length) throw new PatchError(`Unable to access invalid index: ${step}`);
  return index;
}

function missing(step: string): PatchError {
  return new PatchError(`Unable to find key or index: ${step}: missing value`);
}
