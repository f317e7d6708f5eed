import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../../../src/cli/input/json-documents.ts';
import { outlineJson } from '../../../src/cli/input/json-scan.ts';
import { load, said } from './memory-io.ts';

function documentOf(text: string) {
  const [document] = parseJson(text) ?? [];
  if (document?.kind !== 'document') throw new Error('no document');
  return document;
}

test('every value is found where it stands, for any JSON in any layout', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.constantFrom('', ' ', '\t', '\n  '),
      (object, gap) => {
        const value = JSON.parse(JSON.stringify(object)) as Record<string, unknown>;
        const text = JSON.stringify(value, null, gap);
        const document = documentOf(text);
        expect(document.value).toEqual(value);
        for (const [key, item] of Object.entries(value)) {
          const written = JSON.stringify(item, null, gap);
          const start = document.offsetOf([key], 'value');
          const end = start + written.length + 1000;
          // Deeper levels are indented more; parsing what stands there is indifferent to that.
          expect(text.slice(start, end).startsWith(written.slice(0, 1))).toBe(true);
          expect(
            JSON.parse(text.slice(document.offsetOf([key], 'key')).match(/^"(?:[^"\\]|\\.)*"/)?.[0] ?? '""'),
          ).toBe(key);
          if (Array.isArray(item)) {
            item.forEach((element: unknown, index) => {
              const at = document.offsetOf([key, index], 'value');
              expect(text[at]).toBe(JSON.stringify(element)[0]);
            });
          }
        }
      },
    ),
  );
});

test('an outline has the same shape as the value', () => {
  const text = ' {"a": [1, {"b\\u0041": null}, []], "c": "}{", "d": {}}';
  const outline = outlineJson(text, 0);
  expect(text.slice(outline.offset, outline.offset + 5)).toBe('{"a":');
  const inner = outline.fields.get('a')?.value.items[1]?.fields.get('bA');
  expect(text.slice(inner?.key, (inner?.key ?? 0) + 9)).toBe('"b\\u0041"');
  expect(text.slice(inner?.value.offset).startsWith('null')).toBe(true);
  expect([...outline.fields.keys()]).toEqual(['a', 'c', 'd']);
});

describe('documents', () => {
  test('one after the other', () => {
    const results = parseJson(' {"a": "}"}\n{"b": [1]}{"c": 3} ');
    expect(results?.map((result) => (result.kind === 'document' ? result.value : result))).toEqual([
      { a: '}' },
      { b: [1] },
      { c: 3 },
    ]);
  });

  test.each(['{"a": 1', '{"a": 1}}', '{"a": 1} x', "{'a': 1}", '{a: 1}', ''])(
    '%j is not JSON alone',
    (text) => {
      expect(text === '' ? parseJson(text) : parseJson(text)).toEqual(text === '' ? [] : undefined);
    },
  );

  test('comments and a comma too many are YAML', async () => {
    const input = await load(
      '{"apiVersion": "v1", # yes\n "kind": "Pod",\n "metadata": {"name": "a",},\n}\n',
    );
    expect(said(input)).toEqual([]);
    expect(input.cluster.pods).toHaveLength(1);
  });

  test('keys that stand twice are errors, also spelled with escapes', async () => {
    const text = '{"apiVersion": "v1", "kind": "Pod",\n "metadata": {"name": "a", "\\u006eame": "b"}}';
    expect(said(await load(text))).toEqual(['in.yaml:2:28 error: key "name" is already set in this object']);
  });

  test('items of a List are found one by one', async () => {
    const items = ['a', 'b', 'C'].map((name) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name } }));
    const text = JSON.stringify({ items, apiVersion: 'v1', kind: 'List' }, null, 2);
    const input = await load(text);
    expect(input.cluster.pods.map(({ source }) => source?.line)).toEqual([3, 10]);
    expect(said(input)[0]).toMatch(/^in\.yaml:21:17 error: Invalid value: "C"/);
  });
});
