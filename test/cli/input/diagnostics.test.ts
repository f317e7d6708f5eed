import { describe, expect, test } from 'vitest';
import { formatDiagnostics, wantsColour } from '../../../src/cli/output/diagnostics.ts';
import type { Diagnostic } from '../../../src/model/diagnostic.ts';
import { load, said } from './memory-io.ts';

const at = (file: string, line: number, column: number) => ({ source: { file, line, column } });
const error = (message: string, more: Partial<Diagnostic> = {}): Diagnostic => ({
  code: 'x',
  severity: 'error',
  message,
  ...more,
});

test('nothing to say is nothing', () => {
  expect(formatDiagnostics([])).toBe('');
});

test('a diagnostic with all its parts', () => {
  const diagnostic = error('unknown field', {
    path: 'spec.policyType',
    hint: 'did you mean "policyTypes"?',
    object: { kind: 'NetworkPolicy', namespace: 'shop', name: 'web' },
    ...at('a.yaml', 12, 3),
  });
  expect(formatDiagnostics([diagnostic], { sourceLine: () => '  policyType: [Ingress]' })).toBe(
    `a.yaml:12:3: error: unknown field
  at spec.policyType of NetworkPolicy shop/web
  12 |   policyType: [Ingress]
     |   ^
  hint: did you mean "policyTypes"?
1 error
`,
  );
});

test('sorted by place, errors first, each once, counted', () => {
  const all = [
    error('d', at('b.yaml', 1, 1)),
    error('c', at('a.yaml', 10, 1)),
    error('b', { ...at('a.yaml', 9, 2), severity: 'warning' }),
    error('b', at('a.yaml', 9, 2)),
    error('a'),
    error('a'),
  ];
  const text = `error: a
a.yaml:9:2: error: b
a.yaml:9:2: warning: b
a.yaml:10:1: error: c
b.yaml:1:1: error: d
5 errors, 1 warning
`;
  expect(formatDiagnostics(all)).toBe(text);
  expect(formatDiagnostics(all.toReversed())).toBe(text);
});

describe('the source line', () => {
  const show = (line: string, column: number): string =>
    formatDiagnostics([error('x', at('f', 1, column))], { sourceLine: () => line });

  test('of a long line the part around the column', () => {
    const text = show(`${'a'.repeat(500)}B${'c'.repeat(500)}`, 501);
    const [, line = '', caret = ''] = text.split('\n');
    expect(line.length).toBeLessThan(120);
    expect(line[caret.indexOf('^')]).toBe('B');
  });

  test('tabs and controls do not move the caret, nor the terminal', () => {
    const text = show('\t\u001b[2Ja: B\u202e', 9);
    const [, line = '', caret = ''] = text.split('\n');
    expect(line).toBe('  1 |  \\u001b[2Ja: B\\u202e');
    expect(line[caret.indexOf('^')]).toBe('B');
  });

  test('a place after the end of the line, and an empty line', () => {
    expect(show('a:', 3)).toBe('f:1:3: error: x\n  1 | a:\n    |   ^\n1 error\n');
    expect(show('', 1)).toBe('f:1:1: error: x\n1 error\n');
  });
});

test('nothing from outside reaches the terminal as it is', () => {
  const text = formatDiagnostics([
    error('a\u001b[2J\nb', {
      path: 'p\u202e',
      hint: 'h\u0007',
      object: { kind: 'Pod\u009b', name: 'n\r' },
      ...at('f\u001b', 1, 1),
    }),
  ]);
  expect(text).toBe(
    'f\\u001b:1:1: error: a\\u001b[2J\\nb\n  at p\\u202e of Pod\\u009b n\\r\n  hint: h\\u0007\n1 error\n',
  );
});

test('colour says nothing that the words do not', () => {
  const plain = formatDiagnostics([error('a', { hint: 'h', ...at('f', 1, 1) })], { sourceLine: () => 'x' });
  const coloured = formatDiagnostics([error('a', { hint: 'h', ...at('f', 1, 1) })], {
    sourceLine: () => 'x',
    colour: true,
  });
  expect(coloured).toContain('\u001b[31merror:\u001b[39m');
  expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain);
});

test.each([
  [{ isTTY: true }, {}, true],
  [{ isTTY: true }, { NO_COLOR: '1' }, false],
  [{ isTTY: true }, { NO_COLOR: '' }, true],
  [{ isTTY: true }, { TERM: 'dumb' }, false],
  [{ isTTY: false }, {}, false],
  [{}, {}, false],
])('colour on %j with %j: %s', (stream, env, expected) => {
  expect(wantsColour(stream, env)).toBe(expected);
});

test('policies that are too large together are an error at the largest', async () => {
  const policy = (name: string, blocks: number): string =>
    `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: ${name}}\nspec:\n  podSelector: {}\n  ingress:\n  - from:\n${Array.from({ length: blocks }, (_, index) => `    - ipBlock: {cidr: 10.${index >> 8}.${index & 255}.0/24}\n`).join('')}---\n`;
  const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {}\n';
  const text = ['a', 'b', 'c', 'd'].map((name, index) => policy(name, 7600 + index)).join('');
  const input = await load(`${text}${pod}`);
  expect(said(input)).toEqual([
    'in.yaml:22828:1 error: Too large: no ingress of pod web is allowed: the rules of the 4 policies that select it come to 30410 in size, more than 30000',
  ]);
  expect(said(await load(text))).toEqual([]);
  const audited = text.replaceAll('{name: d}', '{name: d, annotations: {ringfence.dev/mode: audit}}');
  expect(said(await load(`${audited}${pod}`))).toEqual([]);
  const all = text.replaceAll(/\{name: (.)\}/g, '{name: $1, annotations: {ringfence.dev/mode: audit}}');
  expect(said(await load(`${all}${pod}`))).toEqual([
    'in.yaml:22828:1 error: Too large: audit would deny all ingress of pod web: the rules of the 4 policies that select it come to 30410 in size, more than 30000',
  ]);
});
