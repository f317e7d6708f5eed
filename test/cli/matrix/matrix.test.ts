import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileSystemIo } from '../../../src/cli/input/input-io.ts';
import { run } from '../../golden/command-line.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(path.join(root, 'rules/examples/store', file), 'utf8');
const files = { 'workloads.yaml': read('workloads.yaml'), 'policies.yaml': read('policies.yaml') };
const store = ['-f', 'workloads.yaml', '-f', 'policies.yaml'];
const expected = (name: string): string => path.join(import.meta.dirname, 'expected', name);

describe('the store', () => {
  test.for<[string, readonly string[]]>([
    ['text.txt', []],
    ['connectivity.json', ['-o', 'json']],
    ['connections.csv', ['-o', 'csv']],
    ['table.md', ['-o', 'md']],
    ['graph.dot', ['-o', 'dot']],
    ['page.html', ['-o', 'html']],
    ['namespaces.txt', ['--by', 'namespace']],
    ['namespace.txt', ['-n', 'monitoring']],
    ['label.txt', ['-l', 'app in (db,api)']],
    ['label.csv', ['-l', 'app=db', '-o', 'csv']],
    ['focus.txt', ['--focus', 'shop/api']],
    ['focus.md', ['--focus', 'shop/api', '-o', 'md']],
    ['focus.svg', ['--focus', 'shop/api', '-o', 'svg']],
  ])('%s', async ([name, args]) => {
    const { code, out, err } = await run(['matrix', ...store, ...args], { files });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    await expect(out).toMatchFileSnapshot(expected(name));
  });

  test('the picture of the README', async () => {
    const { out } = await run(['matrix', ...store, '-o', 'svg'], { files });
    await expect(out).toMatchFileSnapshot(path.join(root, 'docs/matrix.svg'));
  });

  test('blocks are no wider than the terminal', async () => {
    const { out } = await run(['matrix', ...store], { files, columns: 60 });
    await expect(out).toMatchFileSnapshot(expected('narrow.txt'));
    const blocks = out.slice(0, out.indexOf('from a row')).split('\n');
    expect(Math.max(...blocks.map((line) => line.length))).toBeLessThanOrEqual(60);
  });

  test.for([30, 40, 50, 60])('names that are cut are said below, at %i columns', async (columns) => {
    const { out } = await run(['matrix', ...store], { files, columns });
    expect(out).toMatch(/^ {2}3 monitoring\/prometheus$/m);
    expect(out).toMatch(/^ {2}8 other addresses \(external\/0\): 0\.0\.0\.0-/m);
    if (columns === 40) await expect(out).toMatchFileSnapshot(expected('narrower.txt'));
  });

  test.for([30, 40, 60, 66])('the focus is no wider than %i columns', async (columns) => {
    const { out } = await run(['matrix', ...store, '--focus', 'shop/api'], { files, columns });
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(columns);
    for (const said of ['monitoring/prometheus', '53,53/udp', 'denied there']) expect(out).toContain(said);
    if (columns === 40) await expect(out).toMatchFileSnapshot(expected('focus-narrow.txt'));
  });
});

describe('the focus on a workload whose pods differ', () => {
  const replica = (name: string, colour: string): string => `apiVersion: v1
kind: Pod
metadata:
  namespace: shop
  name: web-7d8f9c6b5-${name}
  labels: { app: web, colour: ${colour}, pod-template-hash: 7d8f9c6b5 }
  ownerReferences: [{ apiVersion: apps/v1, kind: ReplicaSet, name: web-7d8f9c6b5, controller: true, uid: x }]
---
`;
  const web = {
    'web.yaml': `${replica('aaaaa', 'red')}${replica('bbbbb', 'blue')}apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: red }
spec: { podSelector: { matchLabels: { colour: red } }, ingress: [{ ports: [{ port: 80 }] }] }
`,
  };
  const parts = ['aaaaa', 'bbbbb'].map((name) => `shop/web[web-7d8f9c6b5-${name}]`);
  const about = (...args: readonly string[]) =>
    run(['matrix', '-f', 'web.yaml', ...args], { files: web, columns: 60 });

  test.for([
    ['--focus', 'shop/web'],
    ['--focus', 'shop/deployment/web'],
    ['-n', 'shop', '--focus', 'web'],
  ])('%j is every part', async (args) => {
    const { code, out, err } = await about(...args);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const part of parts) expect(out).toContain(`comes in to ${part}\n`);
    for (const output of ['json', 'csv', 'md', 'svg', 'html', 'dot']) {
      const other = await about(...args, '-o', output);
      expect(other.code).toBe(0);
      for (const name of ['aaaaa', 'bbbbb']) expect(other.out).toContain(name);
      if (output === 'svg') expect(other.out.match(/<svg /g)).toHaveLength(1);
    }
  });

  test('one part by its name', async () => {
    const { code, out } = await about('--focus', parts[0]!);
    expect({ code, others: out.includes(`comes in to ${parts[1]!}`) }).toEqual({ code: 0, others: false });
  });

  test('a name of another namespace is nobody', async () => {
    expect((await about('--focus', 'web')).err).toContain('there is no endpoint "web"');
  });
});

describe('every port looks unlike some', () => {
  const rules = [
    '{ to: [{ podSelector: { matchLabels: { app: all } } }] }',
    '{ to: [{ podSelector: { matchLabels: { app: dns } } }], ports: [{ port: 53 }, { port: 53, protocol: UDP }] }',
    '{ to: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 80 }, { port: 443 }, { port: 8000, endPort: 8010 }] }',
    '{ to: [{ podSelector: { matchLabels: { app: tcp } } }], ports: [{ protocol: TCP }] }',
  ];
  const pod = (name: string): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: { namespace: shop, name: ${name}, labels: { app: ${name} } }\n---\n`;
  const policy = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: some }
spec: { podSelector: { matchLabels: { app: from } }, policyTypes: [Egress], egress: [${rules.join(', ')}] }
`;
  const some = { 'some.yaml': ['from', 'all', 'dns', 'web', 'tcp'].map(pod).join('') + policy };
  const drawn = async (columns: number, output = 'text'): Promise<string> =>
    (await run(['matrix', '-f', 'some.yaml', '--by', 'pod', '-o', output], { files: some, columns })).out;

  // Columns: all, dns, from, tcp, web, every address.
  test.for<[number, RegExp]>([
    [100, /^3 shop\/from +██ 53,53\/udp +\*\/tcp +13 ports +·$/m],
    [48, /^3 shop\/from +██ +53… +many +80… +·$/m],
    [30, /^3 shop\/from +██ ▄▄ +▄▄ ▄▄$/m],
  ])('at %i columns', async ([columns, row]) => {
    const out = await drawn(columns);
    expect(out).toMatch(row);
    expect(out).toMatch(/^ {2}██ allowed by a rule, on every port$/m);
  });

  test('below the picture stands what is cut short in it', async () => {
    const out = await drawn(48);
    expect(out).toContain('  53…: 53/tcp,53/udp\n  many: */tcp\n  80…: 80/tcp,443/tcp,8000-8010/tcp\n');
  });

  test.for(['svg', 'html'])('-o %s', async (output) => {
    const out = await drawn(100, output);
    const cell = (to: string): string =>
      new RegExp(`<g [^>]*><title>shop/from -&gt; shop/${to}: .*</g>`).exec(out)?.[0] ?? '';
    expect(cell('all')).toMatch(/shop\/all: every port<.*class="every".*>all<\/text>/);
    expect(cell('dns')).toMatch(/shop\/dns: 53\/tcp,53\/udp<.*>53,53\/udp<\/text>/);
    expect(cell('web')).toMatch(/: 80\/tcp,443\/tcp,8000-8010\/tcp<.*>13 ports<\/text>/);
    for (const to of ['dns', 'web', 'tcp']) expect(cell(to)).not.toContain('class="every"');
  });
});

test.for<[readonly string[], string]>([
  [['--focus', 'shop/wbe'], 'did you mean shop/web?'],
  [['-n', 'shp'], 'there is no endpoint in namespace "shp"'],
  [['-l', 'app=nobody'], 'there is no endpoint with such labels'],
  [['-l', 'app in'], '-l "app in"'],
  [['--by', 'node'], 'Allowed choices'],
])('%j says what is wrong', async ([args, message]) => {
  const { code, out, err } = await run(['matrix', ...store, ...args], { files });
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(message);
});

test('a cluster of many workloads is drawn by namespace, and says so', async () => {
  const pods = Array.from(
    { length: 130 },
    (_, at) => `apiVersion: v1
kind: Pod
metadata: { namespace: n${String(at % 3)}, name: p${String(at)}, labels: { app: p${String(at)} } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: n${String(at % 3)}, name: p${String(at)} }
spec: { podSelector: { matchLabels: { app: p${String(at)} } }, ingress: [{ ports: [{ port: ${String(at + 1)} }] }] }
`,
  ).join('---\n');
  const { code, out, err } = await run(['matrix', '-f', 'many.yaml'], { files: { 'many.yaml': pods } });
  expect(code).toBe(0);
  expect(err).toBe(
    'note: 131 rows are too many to draw, so namespaces are drawn; --by workload, -n or -l say otherwise\n',
  );
  expect(out.split('\n')[1]).toMatch(/^1 n0 /);
  const all = await run(['matrix', '-f', 'many.yaml', '--by', 'workload'], { files: { 'many.yaml': pods } });
  expect(all.out).toContain('131 every address');
});

test('what is too large for a terminal is summed up, a line for each, and says so', async () => {
  const rule = '{ ports: [{ port: 80 }] }';
  const namespaces = Array.from(
    { length: 401 },
    (_, at) => `apiVersion: v1
kind: Pod
metadata: { namespace: n${String(at).padStart(3, '0')}, name: p }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: n${String(at).padStart(3, '0')}, name: p }
spec: { podSelector: {}, policyTypes: [Ingress, Egress], ${at === 0 ? `egress: [${rule}]` : at < 3 ? `ingress: [${rule}]` : ''} }
`,
  ).join('---\n');
  const { code, out, err } = await run(['matrix', '-f', 'many.yaml'], { files: { 'many.yaml': namespaces } });
  expect(code).toBe(0);
  expect(err.split('\n')[1]).toBe(
    'note: 402 rows are too many for a terminal, so they are summed up; -n, -l or --focus draw some, -o csv lists all',
  );
  const lines = out.trimEnd().split('\n');
  expect(lines).toHaveLength(402);
  expect(lines.slice(0, 5).map((line) => line.split(/ {2,}/))).toEqual([
    ['WHO', 'REACHES', 'REACHES OUTSIDE', 'REACHED BY', 'REACHED FROM OUTSIDE'],
    ['n000', '2 of 400', 'yes', '0 of 400', 'no'],
    ['n001', '0 of 400', 'no', '1 of 400', 'yes'],
    ['n002', '0 of 400', 'no', '1 of 400', 'yes'],
    ['n003', '0 of 400', 'no', '0 of 400', 'no'],
  ]);
  // A picture that somebody asked for is drawn, however large.
  const svg = await run(['matrix', '-f', 'many.yaml', '-o', 'svg'], { files: { 'many.yaml': namespaces } });
  expect({ code: svg.code, ends: svg.out.endsWith('</svg>\n') }).toEqual({ code: 0, ends: true });
});

describe('nothing of the input is markup', () => {
  // The API would refuse these names; a file may hold them.
  const name = `<img src=x onerror=alert(1)>"'|=1+1@team \\u001b[2J`;
  const hostile = `apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: "a" }
---
apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: ${JSON.stringify(name.replace('\\u001b', '\u001b'))} }
`;
  test.for(['text', 'json', 'csv', 'md', 'svg', 'html', 'dot'])('-o %s', async (output) => {
    const { code, out, err } = await run(['matrix', '-f', 'h.yaml', '--by', 'pod', '-o', output], {
      files: { 'h.yaml': hostile },
    });
    // Refused with a place, or harmless.
    expect(`${out}${err}`).not.toContain('\u001b');
    if (code === 2) expect(err).toContain('h.yaml:7:');
    else if (['svg', 'html', 'md'].includes(output)) expect(out).not.toContain('<img');
  });
});

test('reads a folder from the disk', async () => {
  const io = fileSystemIo(() => Promise.resolve(new Uint8Array()));
  const { code, out } = await run(['matrix', '-f', path.join(root, 'rules/demo')], { io });
  expect(code).toBe(0);
  expect(out).toContain('kubia');
});
