import { describe, expect, test } from 'vitest';
import { resolvePlain } from '../../../src/cli/input/yaml-scalar.ts';
import { parseYaml } from '../../../src/cli/input/yaml-documents.ts';
import { layOutFlow } from '../../../src/cli/input/flow-layout.ts';
import { load, said } from './memory-io.ts';

/** Values of all documents; problems as `code@offset`. */
function parse(text: string): readonly unknown[] {
  return [...parseYaml(text)].map((result) =>
    result.kind === 'document' ? result.value : `${result.code}@${result.offset}`,
  );
}

// Expectations are what `kubectl label --local -f FILE -o json` prints.
describe('plain scalars, as kubectl reads them', () => {
  test.each([
    ['y', true],
    ['Yes', true],
    ['on', true],
    ['TRUE', true],
    ['n', false],
    ['No', false],
    ['OFF', false],
    ['yEs', 'yEs'],
    ['tRue', 'tRue'],
    ['~', null],
    ['', null],
    ['Null', null],
    ['nUll', 'nUll'],
    ['8080', 8080],
    ['-1', -1],
    ['+1', 1],
    ['010', 8],
    ['08', 8],
    ['0o10', 8],
    ['0x1F', 31],
    ['-0x10', -16],
    ['0b101', 5],
    ['1_000', 1000],
    ['1.10', 1.1],
    ['1e3', 1000],
    ['.5', 0.5],
    ['.inf', Infinity],
    ['22:22', '22:22'],
    ['10.0.0.1', '10.0.0.1'],
    ['2001-12-14', '2001-12-14'],
    ['2001-12-14T21:59:43Z', '2001-12-14T21:59:43Z'],
    ['0x', '0x'],
    ['-', '-'],
    ['1.2.3', '1.2.3'],
    ['http', 'http'],
  ])('%j is %j', (text, value) => {
    expect(resolvePlain(text)).toBe(value);
  });
});

describe('documents', () => {
  test('several, with empty ones between', () => {
    expect(parse('---\n---\n# nothing\n---\na: 1\n...\nb: 2\n---\n~\n')).toEqual([{ a: 1 }, { b: 2 }]);
  });

  test('a broken one does not hide the next', () => {
    expect(parse('a: [\n---\nb: 1\n---\nc: "\n')).toEqual(['yaml-syntax@5', { b: 1 }, 'yaml-syntax@23']);
  });

  test('quotes and tags keep text', () => {
    expect(parse(`a: "on"\nb: 'off'\nc: !!str 8080\nd: !!int "8080"\ne: |\n  on\nf: !mine yes\n`)).toEqual([
      { a: 'on', b: 'off', c: '8080', d: 8080, e: 'on\n', f: 'yes' },
    ]);
  });

  test('keys are text', () => {
    expect(parse('80: a\non: b\n1.5: c\n"null": d\n__proto__: {x: 1}\n')).toEqual([
      JSON.parse('{"80": "a", "true": "b", "1.5": "c", "null": "d", "__proto__": {"x": 1}}'),
    ]);
  });

  test('anchors, aliases and merge keys', () => {
    expect(
      parse(
        'a: &a {x: 1, k: 1}\nb: &b {k: 2, z: 2}\nc: {<<: *a, x: 3}\nd: {<<: [*a, *b]}\ne: *a\n"<<": text\n',
      ),
    ).toEqual([
      {
        a: { x: 1, k: 1 },
        b: { k: 2, z: 2 },
        c: { x: 3, k: 1 },
        d: { x: 1, k: 1, z: 2 },
        e: { x: 1, k: 1 },
        '<<': 'text',
      },
    ]);
  });

  test('the last anchor of a name counts', () => {
    expect(parse('a: &x 1\nb: *x\nc: &x 2\nd: *x\n')).toEqual([{ a: 1, b: 1, c: 2, d: 2 }]);
  });
});

describe('flow collections may be indented in any way', () => {
  test.each([
    ['tabs', 'a: {\n\tb: [\n\t\t1,\n\t],\n}\n', { a: { b: [1] } }],
    ['the first column', 'a:\n  b: {\nc: [\n1\n]\n}\nd: 2\n', { a: { b: { c: [1] } }, d: 2 }],
    ['in a sequence', '- a: [\n  1,\n]\n- [\n2]\n', [{ a: [1] }, [2]]],
    ['comments inside', 'a: { # {[\nb: 1, # "\n\tc: 2\n}\n', { a: { b: 1, c: 2 } }],
    ['quotes inside', `a: {\n\tb: "}#\n  x", c: 'it''s ]'\n}\n`, { a: { b: '}# x', c: "it's ]" } }],
    [
      'after a block scalar that looks like one',
      'a: |\n  {\n  \tx\n  }\nb: {\nc: 1\n}\n',
      { a: '{\n\tx\n}\n', b: { c: 1 } },
    ],
  ])('%s', (_name, text, value) => {
    expect(parse(text)).toEqual([value]);
  });

  test('laying out moves nothing', () => {
    const text = 'a: {\n\tb: 1, # c\n}\nd: "{\n\t"\n';
    expect(layOutFlow(text)).toHaveLength(text.length);
    expect(layOutFlow(text).indexOf('b: 1')).toBe(text.indexOf('b: 1'));
    expect(layOutFlow(text)).toContain('"{\n\t"');
    expect(layOutFlow('a: {\n\tb: 1\n')).toBe('a: {\n\tb: 1\n');
  });
});

describe('places', () => {
  test('through aliases and merges, of keys and of values', () => {
    const text = 'a: &a\n  x: [10, {k: 20}]\nb:\n  <<: *a\nc: *a\nd:\n';
    const [document] = [...parseYaml(text)];
    if (document?.kind !== 'document') throw new Error('no document');
    const at = (path: readonly (string | number)[], what: 'key' | 'value' = 'value'): string =>
      text.slice(document.offsetOf(path, what)).split(/[\n,}]/)[0] ?? '';
    expect(at(['a', 'x', 0])).toBe('10');
    expect(at(['a', 'x', 1, 'k'])).toBe('20');
    expect(at(['a', 'x', 1, 'k'], 'key')).toBe('k: 20');
    expect(at(['b', 'x', 0])).toBe('10');
    expect(at(['c', 'x', 1, 'k'])).toBe('20');
    expect(at(['c'])).toBe('*a');
    expect(at(['d'])).toBe('d:');
    expect(at(['a', 'nothing', 'here'])).toBe('x: [10');
    expect(at(['nothing'])).toBe('a: &a');
  });
});

describe('encodings', () => {
  const text = 'apiVersion: v1\r\nkind: Pod\r\nmetadata:\r\n  name: Web\r\n';
  const bytes = {
    'UTF-8': new TextEncoder().encode(text),
    'UTF-8 with a byte order mark': new TextEncoder().encode(`\ufeff${text}`),
    'UTF-16 LE': new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le')),
    'UTF-16 BE': new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le').swap16()),
  };
  test.each(Object.entries(bytes))('%s', async (_name, content) => {
    const input = await load(content);
    expect(said(input)[0]).toMatch(/^in\.yaml:4:9 error: Invalid value: "Web"/);
    expect(input.sourceLine({ file: 'in.yaml', line: 4, column: 9 })).toBe('  name: Web');
  });
});
