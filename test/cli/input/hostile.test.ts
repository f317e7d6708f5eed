import { describe, expect, test } from 'vitest';
import { load, said } from './memory-io.ts';

// Generated, not kept: input that is large or built to hurt. Each must be answered, with a place, in seconds.
const head = 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n';

/** A list of nine aliases to a list of nine aliases to ...: nine levels stand for 387 million values. */
function bomb(first: string, level: (items: string) => string): string {
  const lines = [`x0: &x0 ${first}`];
  for (let number = 1; number <= 9; number += 1) {
    const items = Array<string>(9)
      .fill(`*x${number - 1}`)
      .join(', ');
    lines.push(`x${number}: &x${number} ${level(items)}`);
  }
  return `${lines.join('\n')}\n`;
}

const indented = Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth + 1)}a:\n`).join('');
const tooDeep = 'nested more than 256 levels deep';

test.each([
  [
    'an alias bomb',
    `${bomb('[1, 1, 1]', (items) => `[${items}]`)}${head}`,
    'document contains excessive aliasing',
  ],
  [
    'an alias bomb of Lists',
    `${bomb('{apiVersion: v1, kind: List, items: []}', (items) => `{apiVersion: v1, kind: List, items: [${items}]}`)}apiVersion: v1\nkind: List\nitems: [*x9]\n`,
    'document contains excessive aliasing',
  ],
  [
    'a merge bomb',
    `x: &x {${Array.from({ length: 1000 }, (_, key) => `k${key}: 1`).join(', ')}}\ny:\n${'- <<: *x\n'.repeat(1000)}`,
    'document contains excessive aliasing',
  ],
  ['brackets', `${head}spec: ${'['.repeat(20_000)}`, tooDeep],
  ['closed brackets', `${head}spec: ${'['.repeat(20_000)}${']'.repeat(20_000)}\n`, tooDeep],
  ['brackets just too deep', `${head}spec: ${'['.repeat(257)}${']'.repeat(257)}\n`, tooDeep],
  ['braces', `${head}spec: ${'{a: '.repeat(20_000)}`, tooDeep],
  ['deep block maps', `${head}spec:\n${indented}${' '.repeat(3001)}b: 1\n`, tooDeep],
  ['deep block sequences', `${head}spec:\n  ${'- '.repeat(20_000)}a\n`, tooDeep],
  ['deep JSON', `{"a": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`, tooDeep],
  ['deep JSON that does not end', `{"a": ${'['.repeat(200_000)}`, tooDeep],
])('%s', async (_name, text, message) => {
  const input = await load(text);
  expect(input.diagnostics[0]).toMatchObject({ severity: 'error', message });
  expect(input.diagnostics[0]?.source?.line).toBeGreaterThan(0);
});

test('as deep as it may be', async () => {
  const input = await load(
    `apiVersion: example.com/v1\nkind: Deep\na: ${'['.repeat(250)}${']'.repeat(250)}\n`,
  );
  expect(input.diagnostics).toEqual([]);
});

describe('10 MB', () => {
  const policy = (number: number): string => `- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata:
    name: policy-${number}
    annotations:
      text: ${'x'.repeat(9000)}
  spec:
    podSelector: {}
    ingress:
    - from: [{podSelector: {matchLabels: {app: "web"}}}]
`;
  const list = (count: number, broken: number): string =>
    `apiVersion: v1\nitems:\n${Array.from({ length: count }, (_, number) =>
      number === broken ? policy(number).replace('ingress', 'ingres') : policy(number),
    ).join('')}kind: List\nmetadata:\n  resourceVersion: ""\n`;

  test('of a List, with places as in a small one', async () => {
    const input = await load(list(1100, 1000));
    expect(input.cluster.policies).toHaveLength(1100);
    const lines = input.cluster.policies.map(
      ({ name, source }) => `${name} ${source?.line}:${source?.column}`,
    );
    expect(lines).toContain('policy-1099 10993:3');
    expect(said(input)).toEqual(['in.yaml:10011:5 error: unknown field "spec.ingres"']);
    const small = await load(list(3, 2));
    expect(small.cluster.policies.map(({ source }) => source?.line)).toEqual([3, 13, 23]);
    expect(small.cluster.policies[0]?.ingress[0]?.source).toEqual({ file: 'in.yaml', line: 12, column: 7 });
    const same = input.cluster.policies.find(({ name }) => name === 'policy-0');
    expect(same).toEqual(small.cluster.policies[0]);
  });

  test('of a List with a broken item', async () => {
    const text = list(40, -1).replace('name: policy-20\n', 'name: "policy-20\n');
    expect(text.length).toBeGreaterThan(256 * 1024);
    const input = await load(text);
    expect(input.cluster.policies).toHaveLength(39);
    expect(input.diagnostics.map(({ code, source }) => [code, source?.line])).toEqual([['yaml-syntax', 206]]);
  });

  test('of a List with an anchor across items', async () => {
    const text = list(40, -1)
      .replace('name: policy-20\n', 'name: &name policy-20\n')
      .replace('name: policy-21\n', 'name: *name\n');
    expect(said(await load(text))).toEqual([
      'in.yaml:216:11 error: NetworkPolicy "default/policy-20" is already defined at in.yaml:203:3',
    ]);
  });

  test('of JSON', async () => {
    const items = Array.from({ length: 1100 }, (_, number) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `pod-${number}`, annotations: { text: 'x'.repeat(9000) } },
    }));
    const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    const input = await load(text);
    expect(input.cluster.pods).toHaveLength(1100);
    expect(input.diagnostics).toEqual([]);
  });

  test('of one text that does not end', async () => {
    const input = await load(`${head}spec: "${'x\n\n  '.repeat(1_000_000)}`);
    expect(input.diagnostics).toHaveLength(1);
    expect(said(input)[0]).toContain('error: cannot parse YAML: Missing closing "quote');
  });

  test('of one map', async () => {
    const keys = Array.from({ length: 600_000 }, (_, number) => `  k${number}: v\n`).join('');
    const input = await load(`apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n${keys}`);
    expect(said(input)[0]).toMatch(/^in\.yaml:\d+:\d+ error: document too large: more than 4000000 keys/);
  });
});

test.each([
  ['value', `${head}spec: ${'x'.repeat(1_000_000)}\n`],
  ['tag', `${head}spec: !${'x'.repeat(1_000_000)}!x {}\n`],
  ['version', `%YAML ${'3'.repeat(1_000_000)}\n---\n${head}`],
  ['header of a text', `${head}spec: |${'9'.repeat(1_000_000)}\n`],
  ['anchor', `${head}spec: *${'x'.repeat(1_000_000)}\n`],
])('a message shows little of a long %s', async (_what, text) => {
  const input = await load(text);
  expect(input.diagnostics[0]?.message.length).toBeLessThan(250);
});

test('the mistake that is one too many has a place', async () => {
  const fields = Array.from({ length: 200 }, (_, number) => `, f${String(number)}: 1`).join('');
  const { diagnostics } = await load(`${head}spec: {podSelector: {}${fields}}\n`);
  expect(diagnostics.find(({ code }) => code === 'too-many-errors')?.source).toEqual({
    file: 'in.yaml',
    line: 1,
    column: 1,
  });
});
