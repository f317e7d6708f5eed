import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { fileSystemIo } from '../../../src/cli/input/input-io.ts';
import { fileSystemOutput } from '../../../src/cli/output-io.ts';
import { type Ran, run } from '../../golden/command-line.ts';

const manifests = `apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: web, labels: { app: web } }
spec: { containers: [{ name: web }] }
---
apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: db, labels: { app: db } }
spec: { containers: [{ name: db }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: db }
spec:
  podSelector: { matchLabels: { app: db } }
  ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 5432 }] }]
`;

const lines = [
  'any -> shop/web  # open',
  'shop/db -> any  # open',
  'shop/web -> any  # open',
  'shop/web -> shop/db:5432/tcp',
];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ringfence-lock-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await put('all.yaml', manifests);
  await put('a.policy-test.yaml', 'manifests: [all.yaml]\nsnapshot: a.lock\n');
});

const put = (name: string, text: string): Promise<void> => writeFile(path.join(folder, name), text);
const get = (name: string): Promise<string> => readFile(path.join(folder, name), 'utf8');

/** On the file system, as users run it. */
function runHere(...args: readonly string[]): Promise<Ran> {
  const io = fileSystemIo(() => Promise.reject(new Error('nobody asked for standard input')));
  return run(['test', folder, ...args], { io, output: fileSystemOutput });
}

test('written once, then compared; the file is what git shows', async () => {
  expect((await runHere('--update')).code).toBe(0);
  const text = await get('a.lock');
  expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual(lines);
  expect(await readdir(folder)).toEqual(['a.lock', 'a.policy-test.yaml', 'all.yaml']);
  expect((await runHere()).code).toBe(0);
  expect((await runHere('--ci')).code).toBe(0);
  // What is up to date is not written again.
  expect(await runHere('-u')).toMatchObject({ code: 0, err: '' });
});

test('out of date: what was added and removed, and nothing is written', async () => {
  await runHere('-u');
  const before = await get('a.lock');
  await put('all.yaml', manifests.replace('5432', '5433'));
  const { code, out } = await runHere();
  expect(code).toBe(1);
  expect(out).toContain('out of date: 1 line added, 1 removed');
  expect(out).toContain('- shop/web -> shop/db:5432/tcp\n     + shop/web -> shop/db:5433/tcp');
  expect(await get('a.lock')).toBe(before);
  const { err } = await runHere('-u');
  expect(err).toContain('a.lock written: 1 line added, 1 removed');
  expect((await runHere()).code).toBe(0);
});

test('a lock file that is not there is no pass', async () => {
  for (const args of [[], ['--ci']]) {
    const { code, out } = await runHere(...args);
    expect({ code, out }).toMatchObject({ code: 1 });
    expect(out).toContain('hint: ringfence test --update writes it');
  }
  expect(await readdir(folder)).not.toContain('a.lock');
});

test('--ci and --update exclude each other', async () => {
  expect((await runHere('--ci', '-u')).code).toBe(2);
  expect(await readdir(folder)).not.toContain('a.lock');
});

test('nothing is written for manifests that are broken', async () => {
  await runHere('-u');
  const before = await get('a.lock');
  await put('all.yaml', manifests.replace('podSelector:', 'podSelektor:'));
  expect((await runHere('-u')).code).toBe(2);
  expect(await get('a.lock')).toBe(before);
});

describe('where nothing is written', () => {
  test.for(['../a.lock', '/tmp/a.lock', 'a/../../b.lock', 'a.txt', '.lock', '""'])('%s', async (value) => {
    await put('a.policy-test.yaml', `manifests: [all.yaml]\nsnapshot: ${value}\n`);
    const { code, err } = await runHere('-u');
    expect(code).toBe(2);
    expect(err).toContain('a.policy-test.yaml:2:');
  });

  test('another file of that name', async () => {
    await put('a.lock', '{ "lockfileVersion": 3 }\n');
    const { code, out } = await runHere('-u');
    expect({ code, out }).toMatchObject({ code: 2 });
    expect(out).toContain('a.lock:1: this is no lock file of ringfence');
    expect(await get('a.lock')).toBe('{ "lockfileVersion": 3 }\n');
  });

  test('through a link', async () => {
    await put('other', '');
    await symlink('other', path.join(folder, 'a.lock'));
    expect((await runHere('-u')).code).toBe(2);
    await rm(path.join(folder, 'a.lock'));
    await symlink('nowhere', path.join(folder, 'a.lock'));
    const { code, out } = await runHere('-u');
    expect(code).toBe(2);
    expect(out).toContain('not a regular file');
    expect(await get('other')).toBe('');
  });

  test('through a directory that leads elsewhere', async () => {
    const elsewhere = await mkdtemp(path.join(tmpdir(), 'ringfence-elsewhere-'));
    onTestFinished(() => rm(elsewhere, { recursive: true }));
    await symlink(elsewhere, path.join(folder, 'locks'));
    await put('a.policy-test.yaml', 'manifests: [all.yaml]\nsnapshot: locks/a.lock\n');
    const { code, out } = await runHere('-u');
    expect(code).toBe(2);
    expect(out).toContain('leads out of');
    expect(await readdir(elsewhere)).toEqual([]);
  });

  test('for the second of two suites with one lock file', async () => {
    await put('b.policy-test.yaml', 'manifests: [all.yaml]\nscope: [shop]\nsnapshot: a.lock\n');
    const { code, out } = await runHere('-u');
    expect(code).toBe(2);
    expect(out).toMatch(
      /b\.policy-test\.yaml:3 {2}snapshot[^\n]*\n.*a\.policy-test\.yaml:1 has the same lock file/,
    );
  });
});

test('below the test, in a directory of its own', async () => {
  await mkdir(path.join(folder, 'locks'));
  await put('a.policy-test.yaml', 'manifests: [all.yaml]\nsnapshot: locks/a.lock\n');
  expect((await runHere('-u')).code).toBe(0);
  expect(await readdir(path.join(folder, 'locks'))).toEqual(['a.lock']);
});

test('the mistakes that a merge leaves are told, and written over', async () => {
  await runHere('-u');
  const good = await get('a.lock');
  await put('a.lock', `${good}<<<<<<< HEAD\n`);
  const { code, out } = await runHere();
  expect({ code, out }).toMatchObject({ code: 2 });
  expect(out).toContain('a.lock:7: a merge conflict');
  expect((await runHere('-u')).code).toBe(0);
  expect(await get('a.lock')).toBe(good);
});

test('lines can be pasted into a test', async () => {
  await put(
    'b.policy-test.yaml',
    `manifests: [all.yaml]\nallow:\n${lines
      .filter((line) => !line.includes('any'))
      .map((line) => `  - ${line}\n`)
      .join('')}otherwise: ignore\n`,
  );
  await runHere('-u');
  expect((await runHere()).code).toBe(0);
});
