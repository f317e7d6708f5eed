import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type ApiServer, startApiServer } from '../../src/lab/api-server/server.ts';
import type { Manifest } from '../../src/lab/manifests.ts';
import { run } from '../golden/command-line.ts';
import { writeKubeconfig } from '../kube/harness.ts';

// Every command that answers about a running cluster, asked with a kubeconfig against the API server of the lab.

const folder = path.join(import.meta.dirname, '../../rules/examples/shop');
const files = Object.fromEntries(
  ['cluster.yaml', 'db.yaml'].map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]),
);
const suite = `only:
  - shop/web -> shop/db:5432
allow:
  - any -> shop/web
deny:
  - ns:shop -> shop/db:5432
`;

let api: ApiServer;
let kubeconfig: string;
beforeAll(async () => {
  api = await startApiServer({ listen: { host: '127.0.0.1', port: 0 } });
  for (const text of Object.values(files)) {
    for (const document of parseAllDocuments(text)) api.apply(document.toJS() as Manifest);
  }
  kubeconfig = writeKubeconfig(api.url);
});
afterAll(() => api.close());

const ask = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  run([...args, '--kubeconfig', kubeconfig], { files: { ...files, ...more } });

/** The same asked of the manifests: a running cluster has all that they have, but no lines. */
async function asked(args: readonly string[]) {
  const live = await ask(args);
  const written = await run([...args, '-f', 'cluster.yaml', '-f', 'db.yaml'], { files });
  return { live, written };
}

describe('answers are those that the manifests give', () => {
  test.for([
    ['can', 'shop/web', 'shop/db:5432'],
    ['can', 'shop/web', 'shop/db:22'],
    ['can', '203.0.113.7', 'shop/db:5432'],
    ['matrix'],
    ['matrix', '-o', 'csv'],
    ['matrix', '-o', 'json'],
    ['matrix', '--by', 'pod', '-o', 'md'],
    ['explain', 'shop/web', 'shop/db:5432'],
    ['explain', 'shop/web', 'shop/db:22'],
  ])('%s %s %s', async (args) => {
    const { live, written } = await asked(args);
    expect(live.err).toBe('');
    expect(live.out).not.toBe('');
    const out = written.out.replace(/ \(\S+\.yaml:\d+\)/g, '');
    expect({ code: live.code, out: live.out }).toEqual({ code: written.code, out });
  });
});

test('diff compares what is written with what runs', async () => {
  const written = (text: string) => ({
    'deploy/cluster.yaml': files['cluster.yaml'] ?? '',
    'deploy/db.yaml': text,
  });
  const policy = files['db.yaml'] ?? '';
  const same = await ask(['diff', 'deploy', '--exit-code'], written(policy));
  const other = await ask(['diff', 'deploy', '--exit-code'], written(policy.replace('5432', '5433')));
  expect([same.code, other.code]).toEqual([0, 1]);
  expect([same.err, other.err]).toEqual(['', '']);
  expect(other.out).toContain('5432/tcp');
  expect(other.out).toContain('5433/tcp');
});

test('lint finds in the cluster what it finds in manifests', async () => {
  const rulesOf = (out: string): readonly string[] => (out.match(/\[[a-z-]+\]$/gm) ?? []).sort();
  const { live, written } = await asked(['lint']);
  expect(rulesOf(live.out)).toEqual(rulesOf(written.out));
  expect(rulesOf(live.out).length).toBeGreaterThan(0);
});

test('test --live asks the cluster in place of what the files name', async () => {
  const named = { 'shop.policy-test.yaml': `manifests: [nowhere]\n${suite}` };
  for (const flags of [[], ['--live']]) {
    const { code, out, err } = await ask(['test', ...flags], named);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toContain(
      'FAIL shop.policy-test.yaml:7  deny ns:shop -> shop/db:5432\n     shop/web -> shop/db is allowed',
    );
    expect(out).toContain('2 passed, 1 failed');
  }
});

test('what changes in the cluster changes the answer', async () => {
  const question = ['can', 'shop/web', 'shop/db:5432'];
  const before = await ask(question);
  const policy = api.list('NetworkPolicy')[0] as Manifest;
  api.delete('NetworkPolicy', 'shop', 'db');
  api.apply({
    ...policy,
    metadata: { namespace: 'shop', name: 'db' },
    spec: { podSelector: {} },
  });
  const after = await ask(question);
  expect([before.code, after.code]).toEqual([0, 1]);
  for (const document of parseAllDocuments(files['db.yaml'] ?? '')) api.apply(document.toJS() as Manifest);
});

test('a server that is not there is no answer', async () => {
  const config = writeKubeconfig('http://127.0.0.1:9');
  const commands = [
    ['can', 'shop/web', 'shop/db:80'],
    ['matrix'],
    ['lint'],
    ['test'],
    ['explain', 'shop/web', 'shop/db'],
  ];
  for (const args of commands) {
    const ran = await run([...args, '--kubeconfig', config], {
      files: { 'shop.policy-test.yaml': suite },
    });
    expect({ args, code: ran.code, out: ran.out }).toEqual({ args, code: 2, out: '' });
    expect(ran.err).toMatch(/^error: /);
  }
});
