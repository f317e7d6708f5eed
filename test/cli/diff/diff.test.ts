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
