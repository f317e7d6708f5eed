import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../../golden/command-line.ts';

const folder = path.join(import.meta.dirname, 'failures');
const failures = Object.fromEntries(
  globSync('*.yaml', { cwd: folder }).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]),
);

test('a failure names a counterexample, its cause at both sides, and the places', async () => {
  const { code, out, err } = await run(['test'], { files: failures });
  expect({ code, err }).toEqual({ code: 2, err: '' });
  await expect(out).toMatchFileSnapshot(path.join(folder, 'expected.txt'));
});

const manifests = `apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: web, labels: { app: web } }
spec: { containers: [{ name: web, ports: [{ containerPort: 80 }] }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: closed }
spec: { podSelector: {} }
`;

function suite(text: string, more: Readonly<Record<string, string>> = {}) {
  return { 'shop.yaml': manifests, 'shop.policy-test.yaml': `manifests: [shop.yaml]\n${text}`, ...more };
}

describe('exit codes', () => {
  test.for<[string, string, number]>([
    ['all hold', 'deny:\n  - any -> shop/web\n', 0],
    ['one does not', 'allow:\n  - internet -> shop/web\n', 1],
    ['somebody is nobody', 'deny:\n  - any -> shop/wbe\n', 2],
    ['a question mark allows it', 'deny:\n  - any -> shop/wbe?\n', 0],
    ['an unknown key', 'denny:\n  - any -> shop/web\n', 2],
    ['no list', 'deny: any -> shop/web\n', 2],
    ['no arrow', 'deny:\n  - any shop/web\n', 2],
    ['a colon and a blank', 'deny:\n  - any -> shop/web: 80\n', 0],
    ['two families', 'deny:\n  - internet -> shop/web:*/other\n', 0],
  ])('%s', async ([, text, code]) => {
    expect((await run(['test'], { files: suite(text) })).code).toBe(code);
  });

  test('manifests with a mistake are no manifests', async () => {
    const files = {
      ...suite('deny:\n  - any -> shop/web\n'),
      'shop.yaml': 'kind: Pod\napiVersion: v1\nmetadata: {',
    };
    const { code, out, err } = await run(['test'], { files });
    expect({ code, out: out.includes('passed') }).toEqual({ code: 2, out: false });
    expect(err).toContain('shop.yaml:3:');
  });

  test('no tests at all are no pass', async () => {
    expect((await run(['test'], { files: { 'a.yaml': '' } })).code).toBe(2);
    expect((await run(['test', 'nowhere'], { files: {} })).code).toBe(2);
    expect((await run(['test'], { files: { 'empty.policy-test.yaml': '' } })).code).toBe(2);
  });
});

test('what a test file says cannot steer a terminal', async () => {
  const files = suite(
    'deny:\n  - { from: any, to: shop/web, expect: allow, why: "\\e[2J\\u202e", name: "a\\nb" }\n',
  );
  const { out, err } = await run(['test'], { files });
  expect(`${out}${err}`).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});
