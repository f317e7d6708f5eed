import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { schemaNames } from '../../../src/cli/schema/names.ts';
import { run } from '../../golden/command-line.ts';

// What commands print as JSON is valid by the schema that `ringfence schema` prints, and every field that the schema knows is
// printed somewhere: neither says more than the other.

const root = path.resolve(import.meta.dirname, '../../..');

function filesOf(folder: string, pattern = '**/*.yaml'): Readonly<Record<string, string>> {
  const names = globSync(pattern, { cwd: path.join(root, folder) }).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(root, folder, name), 'utf8')]));
}

type Command = readonly [files: Readonly<Record<string, string>>, ...args: readonly string[]];

const store = filesOf('rules/examples/store');
const shop = filesOf('test/cli/policy-test/failures');
const odd = `apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: host, labels: { app: web } }
spec: { nodeName: w, hostNetwork: true, containers: [{ name: web }] }
---
apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: web, labels: { app: web } }
spec: { nodeName: w, containers: [{ name: web }] }
status: { podIPs: [{ ip: 10.244.0.7 }, { ip: 'fd00::7' }] }
---
apiVersion: v1
kind: Node
metadata: { name: w }
status: { addresses: [{ type: InternalIP, address: 192.0.2.1 }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: web, annotations: { ringfence.dev/lint-ignore: "cidr-spelling: known" } }
spec: { podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{ from: [{ ipBlock: { cidr: 10.1.2.3/8 } }], ports: [{ protocol: UDP }, { protocol: SCTP, port: 80 }] }] }
`;
const tests = `manifests: [odd.yaml]
allow:
  - { from: 192.0.2.1, to: shop/web, name: node, why: because }
  - any -> shop/web:80
  - node -> shop/web:80
  - shop/web -> 2001:db8::1
  - shop/web -> 198.51.100.1
deny:
  - any -> shop/web:80/udp
  - any -> shop/wbe
snapshot: a.lock
---
denny: [a -> b]
---
manifests: [broken.yaml]
deny: [any -> shop/web]
`;
const mixed = {
  ...shop,
  'odd.yaml': odd,
  'broken.yaml': odd.replace('podSelector', 'podSelektor'),
  'odd.policy-test.yaml': tests,
  'a.lock': readFileSync(path.join(root, 'rules/examples/store/store.lock'), 'utf8'),
};

const weak = {
  'odd.yaml': odd,
  'a.policy-test.yaml': 'manifests: [odd.yaml]\nallow: [10.0.0.1 -> shop/web:9/udp]\n',
};

/** A failure is explained with the audit policy that would have denied. */
const audited = {
  'audited.yaml': odd.replace(/annotations: \{.*\} \}/, 'annotations: { ringfence.dev/mode: audit } }'),
  'a.policy-test.yaml': 'manifests: [audited.yaml]\ndeny: [192.0.2.9 -> shop/web:80]\n',
};

const shopFront = filesOf('test/cli/explain', 'ingress.yaml');
const resource = {
  'a.yaml': (shopFront['ingress.yaml'] ?? '').replace(
    'service: { name: api, port: { number: 80 } }',
    'resource: { apiGroup: k8s.example.com, kind: Bucket, name: pictures }',
  ),
};
const byTeam = odd.replace(
  'ipBlock: { cidr: 10.1.2.3/8 }',
  'namespaceSelector: { matchLabels: { team: ops } }',
);
const holes = odd.replace('cidr: 10.1.2.3/8', 'cidr: 10.0.0.0/8, except: [10.1.2.3/32]');

const commands: Readonly<Record<string, readonly Command[]>> = {
  matrix: [
    [store, 'matrix', '-f', '.', '-R', '-o', 'json'],
    [store, 'matrix', '-f', '.', '-R', '-o', 'json', '--by', 'namespace'],
    [{ 'odd.yaml': odd }, 'matrix', '-f', '.', '-o', 'json', '--by', 'pod'],
  ],
  diff: [
    [
      { 'a.yaml': odd, 'b.yaml': odd.replace('10.1.2.3/8', '0.0.0.0/0') },
      'diff',
      'a.yaml',
      'b.yaml',
      '-o',
      'json',
    ],
    [{ 'a.yaml': odd, ...store }, 'diff', 'a.yaml', 'workloads.yaml', '-o', 'json'],
  ],
  lint: [
    [{ 'odd.yaml': odd }, 'lint', '-f', '.', '-o', 'json'],
    [{ 'odd.yaml': odd }, 'lint', '-f', '.', '-o', 'json', '--ignore', 'dns-forgotten=later'],
    [mixed, 'lint', '-f', '.', '-o', 'json'],
  ],
  explain: [
    [store, 'explain', 'any', 'shop/db:5432', '-f', '.', '-R', '-o', 'json'],
    [shopFront, 'explain', 'internet', 'shop.example.com', '-f', '.', '-o', 'json'],
    [resource, 'explain', 'internet', 'shop.example.com', '-f', '.', '-o', 'json'],
    [{ 'odd.yaml': byTeam }, 'explain', 'any', 'shop/web', '-f', '.', '-o', 'json'],
    [shopFront, 'explain', 'shop/web', 'svc/shop/api', '-f', '.', '-o', 'json'],
    [{ 'odd.yaml': odd }, 'explain', 'node', 'shop/web:80', '-f', '.', '-o', 'json'],
    [
      { 'odd.yaml': odd.replace('annotations: { ', 'annotations: { ringfence.dev/mode: audit, ') },
      'explain',
      '10.0.0.1',
      'shop/web',
      '-f',
      '.',
      '-o',
      'json',
    ],
  ],
  compile: [
    [store, 'compile', '-f', '.', '-R', '-o', 'ir', '--assign-addresses'],
    [{ 'odd.yaml': odd }, 'compile', '-f', '.', '-o', 'ir'],
    [{ 'odd.yaml': holes }, 'compile', '-f', '.', '-o', 'ir'],
    [
      { 'odd.yaml': odd.replace('annotations: { ', 'annotations: { ringfence.dev/mode: audit, ') },
      'compile',
      '-f',
      '.',
      '-o',
      'ir',
    ],
  ],
  'test-report': [
    [mixed, 'test', '-o', 'json', '--mutate', '.', 'missing'],
    [store, 'test', '-o', 'json', '--coverage', '--mutate'],
    [weak, 'test', '-o', 'json', '--coverage', '--mutate'],
    [audited, 'test', '-o', 'json'],
  ],
};

async function schemaOf(name: string): Promise<object> {
  const { code, out, err } = await run(['schema', name]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as object;
}

describe.each(Object.entries(commands))('%s', (name, all) => {
  test('what is printed is valid, and every field of the schema is printed somewhere', async () => {
    const schema = await schemaOf(name);
    const validate = new Ajv2020({ strict: true, strictTypes: false, allErrors: true }).compile(schema);
    const printed = new Set<string>();
    for (const [files, ...args] of all) {
      const { out } = await run(args, { files });
      const document: unknown = JSON.parse(out);
      expect(validate(document), `${args.join(' ')}: ${JSON.stringify(validate.errors?.slice(0, 3))}`).toBe(
        true,
      );
      addKeys(document, printed);
    }
    const known = new Set<string>();
    addProperties(schema, known);
    // Only a lab says what packets did; test/cli/policy-test/formats.test.ts prints it.
    const unprinted = [
      'packets',
      'known',
      'answered',
      'denied',
      'unproven',
      'samples',
      'what',
      'tried',
      'of',
    ];
    expect([...known].filter((key) => !printed.has(key) && !unprinted.includes(key))).toEqual([]);
  });
});

function addKeys(value: unknown, keys: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, below] of Object.entries(value)) {
    if (!Array.isArray(value)) keys.add(key);
    addKeys(below, keys);
  }
}

function addProperties(schema: unknown, keys: Set<string>): void {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [key, below] of Object.entries(schema)) {
    if (key === 'properties') for (const name of Object.keys(below as object)) keys.add(name);
    addProperties(below, keys);
  }
}

describe('the command', () => {
  test('lists what there is', async () => {
    const { code, out } = await run(['schema']);
    expect(code).toBe(0);
    expect(out.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'NAME',
      ...Object.keys(schemaNames),
      '',
    ]);
    expect(Object.keys(schemaNames)).toEqual(expect.arrayContaining(['test', ...Object.keys(commands)]));
  });

  test('says what it does not know', async () => {
    const { code, out, err } = await run(['schema', 'tset']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('Allowed choices are test, test-report, matrix, diff, lint, explain, compile, lab');
  });

  test('names complete', async () => {
    const { out } = await run(['__complete', 'schema', 'test']);
    expect(out).toBe('test\t\ntest-report\t\n:4\n');
  });
});
