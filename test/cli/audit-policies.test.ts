import { expect, test } from 'vitest';
import { run } from '../golden/command-line.ts';

// Audit policies decide nothing, whichever command is asked; where reasons are given, they are named.

const pods = ['web', 'api', 'db']
  .map(
    (name) => `apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: ${name}, labels: { app: ${name} } }
spec: { containers: [{ name: main, image: x }] }
---
`,
  )
  .join('');
const policyIn = (mode: string): string => `${pods}apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: db, annotations: { ringfence.dev/mode: ${mode} } }
spec:
  podSelector: { matchLabels: { app: db } }
  ingress: [{ from: [{ podSelector: { matchLabels: { app: api } } }], ports: [{ port: 5432 }] }]
`;
const files = {
  'audit.yaml': policyIn('audit'),
  'enforce.yaml': policyIn('enforce'),
  'none.yaml': pods,
  'unknown.yaml': policyIn('Audit'),
  'a.policy-test.yaml': `manifests: [audit.yaml]
allow: [shop/web -> shop/db:5432]
deny: [shop/web -> shop/db:22]
`,
  'b.policy-test.yaml': `manifests: [audit.yaml]
allow: [any -> shop/db:5432]
`,
};
const outOf = async (...args: readonly string[]): Promise<string> => (await run(args, { files })).out;

const explain = async (from: string, to: string, ...args: readonly string[]) =>
  outOf('explain', from, to, '-f', 'audit.yaml', ...args);

test.for([
  ['shop/web', 'deny 5432/tcp'],
  ['shop/api', 'allow this'],
])('explain names it: %s', async ([from = '', what]) => {
  expect(await explain(from, 'shop/db:5432')).toBe(`${from} -> shop/db:5432: allowed
  egress  ${from}: open, no policy selects it for egress
  ingress shop/db: open, no enforced policy selects it for ingress
          audit: shop/db (audit.yaml:16) would ${what}
`);
});

test('explain is silent where it has no say', async () => {
  expect(await explain('shop/db', 'shop/api:80')).not.toContain('audit');
});

test('explain names it in JSON, with what it would deny', async () => {
  const { legs } = JSON.parse(await explain('shop/api', 'shop/db:5432,80', '-o', 'json')) as Explained;
  expect(legs[0].connections[0].ingress.audit).toEqual({
    wouldDeny: { ports: { TCP: [[80, 80]] }, otherProtocols: false },
    by: [{ policy: 'shop/db', file: 'audit.yaml', line: 16 }],
  });
});

interface Explained {
  readonly legs: readonly [
    { readonly connections: readonly [{ readonly ingress: { readonly audit?: unknown } }] },
  ];
}

test('can and matrix answer as if they were not there', async () => {
  expect(await run(['can', 'shop/web', 'shop/db:5432', '-f', 'audit.yaml'], { files })).toMatchObject({
    code: 0,
    out: 'yes\n',
  });
  for (const format of ['text', 'json', 'csv']) {
    const without = await outOf('matrix', '-f', 'none.yaml', '-o', format);
    expect(await outOf('matrix', '-f', 'audit.yaml', '-o', format)).toBe(without);
    expect(await outOf('matrix', '-f', 'enforce.yaml', '-o', format)).not.toBe(without);
  }
});

test('diff shows what enforcing closes, and nothing where an audit policy comes', async () => {
  const diff = async (before: string, after: string) =>
    run(['diff', before, after, '--exit-code'], { files });
  expect((await diff('none.yaml', 'audit.yaml')).code).toBe(0);
  const enforced = await diff('audit.yaml', 'enforce.yaml');
  expect(enforced.code).toBe(1);
  expect(enforced.out).toContain('ingress: isolated by shop/db (enforce.yaml:16)');
  expect(enforced.out).toContain('0 connections opened, 3 closed');
  expect((await diff('enforce.yaml', 'unknown.yaml')).code).toBe(0);
});

test('test decides by what is enforced, and names them where a line fails', async () => {
  expect(await outOf('test', 'a.policy-test.yaml'))
    .toBe(`FAIL a.policy-test.yaml:3  deny shop/web -> shop/db:22
     shop/web -> shop/db is allowed (22/tcp)
     egress  shop/web: open, no policy selects it for egress
     ingress shop/db: open, no enforced policy selects it for ingress
             audit: shop/db (audit.yaml:16) would deny 22/tcp
FAIL a.policy-test.yaml  1 passed, 1 failed

1 passed, 1 failed
`);
});

test('neither coverage nor mutants ask for lines about them', async () => {
  const { code, out } = await run(['test', 'b.policy-test.yaml', '--coverage', '--mutate'], { files });
  expect(code).toBe(0);
  expect(out).toContain('rules 0/0');
  expect(out).toContain('mutants: 0 tried');
});

test('an unknown mode is said by whoever reads it, and enforced', async () => {
  const { code, err } = await run(['can', 'shop/web', 'shop/db:5432', '-f', 'unknown.yaml'], { files });
  expect(code).toBe(1);
  expect(err).toContain('unknown.yaml:18:75: warning: unknown mode "Audit": the policy is enforced');
});
