import { globSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fileSystemIo } from '../../../src/cli/input/input-io.ts';
import { fileSystemOutput } from '../../../src/cli/output-io.ts';
import { type Ran, run } from '../../golden/command-line.ts';
import { writeKubeconfig } from '../../kube/harness.ts';

const rules = path.resolve(import.meta.dirname, '../../../rules');

async function folderOf(...files: readonly string[]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ringfence-init-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const file of files) await cp(file, path.join(folder, path.basename(file)));
  return folder;
}

function runHere(args: readonly string[], stdin = ''): Promise<Ran> {
  const io = fileSystemIo(() => Promise.resolve(new TextEncoder().encode(stdin)));
  return run(args, { io, output: fileSystemOutput });
}

const sets = new Map<string, readonly string[]>([
  ['demo', globSync(`${rules}/demo/*.yaml`)],
  ...['shop', 'store'].map((name): [string, readonly string[]] => [
    name,
    globSync(`${rules}/examples/${name}/*.yaml`).filter((file) => !file.endsWith('.policy-test.yaml')),
  ]),
  ...globSync(`${rules}/recipes/[0-9]*.yaml`)
    .filter((file) => !file.endsWith('.policy-test.yaml'))
    .map((file): [string, readonly string[]] => [
      path.basename(file),
      [file, `${rules}/recipes/cluster.yaml`],
    ]),
  ['no policies', [`${rules}/recipes/cluster.yaml`]],
  ...globSync(`${rules}/semantics/*/*.yaml`)
    .filter((file) => !file.includes('/refused/'))
    .sort()
    .filter((_, index) => index % 9 === 0)
    .map((file): [string, readonly string[]] => [
      path.relative(rules, file),
      [file, ...(isWhole(file) ? [] : [`${rules}/semantics/cluster.yaml`])],
    ]),
]);

/** Whether a case brings a cluster of its own. */
function isWhole(file: string): boolean {
  const suites = globSync(`${rules}/semantics/*.policy-test.yaml`);
  const name = path.relative(`${rules}/semantics`, file);
  return !suites.some((suite) => readFileSync(suite, 'utf8').includes(`[cluster.yaml, ${name}]`));
}

describe('what is written passes at once', () => {
  test.for([...sets])('%s', async ([, files]) => {
    const folder = await folderOf(...files);
    const output = path.join(folder, 'first.policy-test.yaml');
    const { code, out, err } = await runHere(['init', '-f', folder, '--output', output]);
    expect({ code, out, err }).toMatchObject({ code: 0, out: '' });
    expect(await readdir(folder)).toEqual(expect.arrayContaining(['first.lock', 'first.policy-test.yaml']));
    const tested = await runHere(['test', folder]);
    expect(tested).toMatchObject({ code: 0 });
  });
});

test('the store: what a person would begin with', async () => {
  const folder = await folderOf(...(sets.get('store') ?? []));
  const output = path.join(folder, 'first.policy-test.yaml');
  await runHere(['init', '-f', folder, '--output', output]);
  await expect(await readFile(output, 'utf8')).toMatchFileSnapshot('expected/store.yaml');
});

test.for(['y', 'on', 'true', '1e3'])('a namespace named %s', async (name) => {
  const folder = await folderOf();
  const text = await readFile(`${rules}/examples/shop/cluster.yaml`, 'utf8');
  const db = await readFile(`${rules}/examples/shop/db.yaml`, 'utf8');
  const named = `${text}\n---\n${db}`.replaceAll('namespace: shop', `namespace: "${name}"`);
  await writeFile(path.join(folder, 'a.yaml'), named);
  const output = path.join(folder, 'first.policy-test.yaml');
  expect(await runHere(['init', '-f', folder, '--output', output])).toMatchObject({ code: 0 });
  expect(await readFile(output, 'utf8')).toContain(`scope: ["${name}"]`);
  expect((await runHere(['test', folder])).code).toBe(0);
});

test('files that are there are kept, unless --force says so', async () => {
  const folder = await folderOf(...(sets.get('shop') ?? []));
  const output = path.join(folder, 'first.policy-test.yaml');
  await writeFile(path.join(folder, 'first.lock'), 'mine\n');
  const { code, err } = await runHere(['init', '-f', folder, '--output', output]);
  expect(code).toBe(2);
  expect(err).toContain('first.lock exists');
  expect(await readFile(path.join(folder, 'first.lock'), 'utf8')).toBe('mine\n');
  expect((await runHere(['init', '-f', folder, '--output', output, '--force'])).code).toBe(0);
  expect((await runHere(['test', folder])).code).toBe(0);
});

test('a link is not written through, even with --force', async () => {
  const folder = await folderOf(...(sets.get('shop') ?? []));
  const output = path.join(folder, 'first.policy-test.yaml');
  await writeFile(path.join(folder, 'other'), 'mine\n');
  await symlink('other', path.join(folder, 'first.lock'));
  expect((await runHere(['init', '-f', folder, '--output', output, '--force'])).code).toBe(2);
  expect(await readFile(path.join(folder, 'other'), 'utf8')).toBe('mine\n');
});

test('manifests that are broken: nothing is written', async () => {
  const folder = await folderOf();
  await writeFile(path.join(folder, 'a.yaml'), 'kind: Pod\n');
  const output = path.join(folder, 'first.policy-test.yaml');
  expect((await runHere(['init', '-f', folder, '--output', output])).code).toBe(2);
  expect(await readdir(folder)).toEqual(['a.yaml']);
});

test('from standard input: the test names no manifests', async () => {
  const folder = await folderOf();
  const text = await readFile(`${rules}/examples/shop/cluster.yaml`, 'utf8');
  const output = path.join(folder, 'first.policy-test.yaml');
  const { code, err } = await runHere(['init', '-f', '-', '--output', output], text);
  expect(code).toBe(0);
  expect(err).toContain(`ringfence test ${output} -f -`);
  expect(await readFile(output, 'utf8')).not.toContain('manifests');
  expect((await runHere(['test', folder, '-f', '-'], text)).code).toBe(0);
});

test('paths are relative to the test', async () => {
  const folder = await folderOf();
  await cp(`${rules}/examples/store`, path.join(folder, 'deploy #1'), { recursive: true });
  await cp(`${rules}/examples/shop`, path.join(folder, 'tests'), { recursive: true });
  const output = path.join(folder, 'tests/first.policy-test.yaml');
  expect((await runHere(['init', '-f', path.join(folder, 'deploy #1'), '--output', output])).code).toBe(0);
  expect((await runHere(['test', output])).code).toBe(0);
});

test.for(['first.yaml', 'dir/', '.policy-test.yaml', '.hidden.policy-test.yaml'])(
  '--output %s is no policy test',
  async (output) => {
    const { code, err } = await runHere(['init', '-f', `${rules}/examples/shop`, '--output', output]);
    expect(code).toBe(2);
    expect(err).toContain('NAME.policy-test.yaml');
  },
);

describe('a running cluster', () => {
  /** An API server that has these objects, each under the name of its list. */
  async function serve(objects: Readonly<Record<string, readonly object[]>>): Promise<string> {
    const server = createServer((request, response) => {
      const kind = Object.keys(objects).find((name) => request.url?.includes(`/${name}`));
      const items = kind === undefined ? [] : objects[kind];
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '1' }, items }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return writeKubeconfig(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }
  const pod = (name: string) => ({
    metadata: { namespace: 'shop', name, labels: { app: name } },
    spec: { nodeName: 'w1', containers: [{ name: 'main' }] },
    status: { phase: 'Running' },
  });
  const closed = { metadata: { namespace: 'shop', name: 'closed' }, spec: { podSelector: {} } };

  test('the test names no manifests, and holds for the cluster', async () => {
    const folder = await folderOf();
    const config = await serve({ pods: [pod('web'), pod('db')], networkpolicies: [closed] });
    const output = path.join(folder, 'live.policy-test.yaml');
    const { code, err } = await runHere(['init', '--kubeconfig', config, '--output', output]);
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(err).toContain(`ringfence test ${output} --kubeconfig ${config}`);
    const text = await readFile(output, 'utf8');
    expect(text).toContain('- any -> ns:shop\n');
    expect(text).not.toContain('manifests');
    expect((await runHere(['test', folder, '--kubeconfig', config])).code).toBe(0);
    const open = await serve({ pods: [pod('web'), pod('db')] });
    expect((await runHere(['test', folder, '--kubeconfig', open])).code).toBe(1);
    await runHere(['test', folder, '--kubeconfig', open, '--update']);
    expect(await readFile(path.join(folder, 'live.lock'), 'utf8')).toContain('any -> shop/db  # open\n');
  });

  test('does not write the lock file of manifests', async () => {
    const folder = await folderOf(...(sets.get('shop') ?? []));
    await runHere(['init', '-f', folder, '--output', path.join(folder, 'first.policy-test.yaml')]);
    const before = await readFile(path.join(folder, 'first.lock'), 'utf8');
    const config = await serve({ pods: [pod('web'), pod('db')] });
    expect((await runHere(['test', folder, '--kubeconfig', config, '--update'])).code).toBe(2);
    expect(await readFile(path.join(folder, 'first.lock'), 'utf8')).toBe(before);
  });
});
