import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../../golden/command-line.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(path.join(root, 'rules/examples/store', file), 'utf8');
const workloads = read('workloads.yaml');
const policies = read('policies.yaml');

/** The policies with one text in place of another, which must be there. */
function edited(text: string, ...edits: readonly (readonly [string, string])[]): string {
  return edits.reduce((all, [from, to]) => {
    expect(all).toContain(from);
    return all.replace(from, to);
  }, text);
}

interface Sides {
  readonly before?: string;
  readonly after?: string;
  readonly workloadsBefore?: string;
  readonly workloadsAfter?: string;
}

async function diff(sides: Sides, args: readonly string[] = []) {
  const files = {
    'before/workloads.yaml': sides.workloadsBefore ?? workloads,
    'before/policies.yaml': sides.before ?? policies,
    'after/workloads.yaml': sides.workloadsAfter ?? workloads,
    'after/policies.yaml': sides.after ?? policies,
  };
  const { code, out, err } = await run(['diff', 'before', 'after', ...args], { files });
  expect(err).toBe('');
  return { code, out };
}

const wider = edited(
  policies,
  ['{ matchLabels: { team: ops } }, podSelector: { matchLabels: { app: prometheus } }', '{}'],
  ['    ports: [{ port: 5432 }]', '    ports: [{ port: 5432 }, { port: 9000 }]'],
);
const narrower = edited(policies, [
  '- to: [{ podSelector: { matchLabels: { app: api } } }]\n    ports: [{ port: 8080 }]',
  '- to: [{ podSelector: { matchLabels: { app: api } } }]\n    ports: [{ port: 8443 }]',
]);

const noPolicies = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: empty }\n';

describe('what a change does, in words', () => {
  test.for<[string, Sides]>([
    ['nothing.txt', {}],
    ['written-otherwise.txt', { after: `${policies}\n# a comment\n` }],
    ['wider.txt', { after: wider }],
    ['narrower.txt', { after: narrower }],
    ['no-policies.txt', { after: noPolicies }],
    ['first-policies.txt', { before: noPolicies }],
    ['label.txt', { workloadsAfter: edited(workloads, [': { team: ops }', ': { team: dev }']) }],
    [
      'port-name.txt',
      {
        workloadsAfter: edited(workloads, [
          'name: postgres, containerPort: 5432',
          'name: postgres, containerPort: 5433',
        ]),
      },
    ],
    [
      'new-and-gone.txt',
      {
        workloadsAfter: edited(workloads, [
          'namespace: legacy, name: batch',
          'namespace: legacy, name: nightly',
        ]),
      },
    ],
  ])('%s', async ([name, sides]) => {
    const { code, out } = await diff(sides);
    expect(code).toBe(0);
    await expect(out).toMatchFileSnapshot(path.join(import.meta.dirname, 'expected', name));
  });

  test.for<[string, readonly string[]]>([
    ['wider.json', ['-o', 'json']],
    ['wider.md', ['-o', 'md']],
    ['wider-pods.txt', ['--by', 'pod']],
    ['wider-namespaces.txt', ['--by', 'namespace']],
  ])('%s', async ([name, args]) => {
    const { code, out } = await diff({ after: wider }, args);
    expect(code).toBe(0);
    await expect(out).toMatchFileSnapshot(path.join(import.meta.dirname, 'expected', name));
  });
});

describe('exit codes', () => {
  test.for<[string, Sides, readonly string[], number]>([
    ['a difference is an answer', { after: wider }, [], 0],
    ['--exit-code', { after: wider }, ['--exit-code'], 1],
    ['--exit-code, no difference', {}, ['--exit-code'], 0],
    ['--fail-on opened', { after: wider }, ['--fail-on', 'opened'], 1],
    ['--fail-on closed', { after: wider }, ['--fail-on', 'closed'], 0],
    ['--fail-on opened, closed', { after: narrower }, ['--fail-on', 'opened'], 0],
    ['--fail-on closed, closed', { after: narrower }, ['--fail-on', 'closed'], 1],
  ])('%s', async ([, sides, args, code]) => {
    expect((await diff(sides, args)).code).toBe(code);
  });

  test('input with an error is no difference', async () => {
    const files = { a: noPolicies, b: policies.replace('policyTypes', 'policyType') };
    const { code, out, err } = await run(['diff', 'a', 'b'], { files });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('policyType');
  });
});

describe('a comment for a pull request', () => {
  const pods = (count: number): string =>
    Array.from(
      { length: count },
      (_, index) =>
        `---\napiVersion: v1\nkind: Pod\nmetadata: { namespace: n-${String(index)}, name: ${'p'.repeat(40)}-${String(index)} }\nspec: { containers: [] }\n`,
    ).join('');
  const denied = (count: number): string =>
    Array.from(
      { length: count },
      (_, index) =>
        `---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { namespace: n-${String(index)}, name: ${'deny'.repeat(20)}-${String(index)} }\nspec: { podSelector: {}, ingress: [] }\n`,
    ).join('');

  test('is below 64 KB, and says what it leaves out', async () => {
    const files = { 'a.yaml': pods(400), 'b.yaml': pods(400) + denied(400) };
    const { code, out } = await run(['diff', 'a.yaml', 'b.yaml', '-o', 'md'], { files });
    expect(code).toBe(0);
    expect(Buffer.byteLength(out)).toBeLessThan(65_536);
    const rows = out.split('\n').filter((line) => line.startsWith('| ➖')).length;
    expect(rows).toBeGreaterThan(100);
    const left = /\*\*(\d+) of (\d+) rows do not fit/.exec(out);
    expect(Number(left?.[2]) - Number(left?.[1])).toBe(rows);
    expect(Number(left?.[2])).toBe(400);
  });

  test('what people write is text, not markup', async () => {
    const hostile = (value: string): string =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace: 'shop', name: 'web', labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', ports: [{ name: value, containerPort: 80 }] }] },
      });
    const named = JSON.stringify({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace: 'shop', name: 'web' },
      spec: { podSelector: {}, ingress: [{ ports: [{ port: 'http' }] }] },
    });
    const files = {
      'a.yaml': `${hostile('http')}\n---\n${named}`,
      'b|<img src=x>\u001b[31m.yaml': `${hostile('htp')}\n---\n${named}`,
    };
    for (const [before, after] of [Object.keys(files), Object.keys(files).reverse()]) {
      const md = await run(['diff', before!, after!, '-o', 'md'], { files });
      expect(md.out).not.toMatch(/<img|\u001b/);
      const text = await run(['diff', before!, after!], { files });
      expect(text.out).not.toContain('\u001b');
      expect(text.out).toContain('port names of shop/web');
      JSON.parse((await run(['diff', before!, after!, '-o', 'json'], { files })).out);
    }
  });
});
