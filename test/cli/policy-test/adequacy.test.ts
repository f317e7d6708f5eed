import { describe, expect, test } from 'vitest';
import { run } from '../../golden/command-line.ts';

// One cluster, and what tests of it are worth.

const manifests = `apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: web, labels: { app: web } }
---
apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: db, labels: { app: db } }
---
apiVersion: v1
kind: Pod
metadata: { namespace: dev, name: debug, labels: { app: web } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: db }
spec:
  podSelector: { matchLabels: { app: db } }
  ingress:
  - from: [{ podSelector: { matchLabels: { app: web } } }]
    ports: [{ port: 5432 }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: dev, name: closed }
spec:
  podSelector: {}
  policyTypes: [Egress]
`;

function files(suite: string, more: Readonly<Record<string, string>> = {}) {
  return { 'shop.yaml': manifests, 'shop.policy-test.yaml': `manifests: [shop.yaml]\n${suite}`, ...more };
}

async function lines(args: readonly string[], suite: string, more?: Readonly<Record<string, string>>) {
  const { code, out, err } = await run(['test', ...args], { files: files(suite, more) });
  expect(err).toBe('');
  return { code, lines: out.split('\n').slice(out.split('\n').indexOf('') + 2, -1) };
}

const weak = 'allow:\n  - shop/web -> shop/db:5432\n';
const strong = `only:
  - shop/web -> shop/db:5432
allow:
  - internet -> shop/web
deny:
  - dev/debug -> any
  - shop/web -> shop/db:22
`;

describe('coverage', () => {
  test('what no line is about, at its place', async () => {
    expect(await lines(['--coverage'], 'deny:\n  - shop/web -> shop/db:22\n')).toEqual({
      code: 0,
      lines: [
        'coverage: rules 0/2, allowed connections 0/1',
        '  shop.yaml:19  no line is about shop/db ingress[0]',
        '  shop.yaml:22  no line is about dev/closed egress, which it denies',
        '  shop.policy-test.yaml:1  no line is about shop/web -> shop/db:5432/tcp',
      ],
    });
  });

  test.for<[string, string, string]>([
    ['an allow line covers the rule', weak, 'rules 1/2, allowed connections 1/1'],
    [
      'so does one by labels',
      'allow:\n  - shop/app=web -> shop/app=db:5432\n',
      'rules 1/2, allowed connections 1/1',
    ],
    ['another port does not', 'deny:\n  - shop/web -> shop/db:80\n', 'rules 0/2, allowed connections 0/1'],
    [
      'a denied connection covers an isolation',
      'deny:\n  - dev/debug -> internet\n',
      'rules 1/2, allowed connections 0/1',
    ],
    [
      'one that the receiver denies does not cover that of the sender',
      'deny:\n  - shop/web -> shop/db:80\n',
      'rules 0/2, allowed connections 0/1',
    ],
    [
      'only is about everybody else',
      'only:\n  - shop/web -> shop/db:5432\n',
      'rules 2/2, allowed connections 1/1',
    ],
    [
      'otherwise is about everybody of the scope',
      'allow:\n  - shop/web -> shop/db:5432\n  - any -> dev/debug\notherwise: deny\nscope: [dev]\n',
      'rules 2/2, allowed connections 1/1',
    ],
    [
      'a pod that no manifest has is covered by its name',
      'names:\n  job: { namespace: shop, labels: { app: web } }\nallow:\n  - job -> shop/db:5432\n',
      'rules 1/2, allowed connections 0/1',
    ],
  ])('%s', async ([, suite, counts]) => {
    const result = await lines(['--coverage'], suite);
    expect(result.lines[0]).toBe(`coverage: ${counts}`);
  });

  test('a policy counts once, whichever of the suites that read it covers it', async () => {
    const more = { 'other.policy-test.yaml': 'manifests: [shop.yaml]\ndeny:\n  - dev/debug -> internet\n' };
    const result = await lines(['--coverage'], weak, more);
    expect(result).toEqual({ code: 0, lines: ['coverage: rules 2/2, allowed connections 1/1'] });
  });

  test.for<[string, number]>([
    ['50', 0],
    ['50.1', 1],
    ['100%', 1],
  ])('--min-coverage %s is about rules', async ([percent, code]) => {
    expect((await lines(['--min-coverage', percent], weak)).code).toBe(code);
  });

  test.for(['-1', '101', 'most', ''])('--min-coverage %j is no answer', async (percent) => {
    const { code, err } = await run(['test', `--min-coverage=${percent}`], { files: files(weak) });
    expect(code).toBe(2);
    expect(err).toContain('from 0 to 100');
  });
});

describe('mutation', () => {
  test('what no test notices', async () => {
    expect(await lines(['--mutate'], weak)).toEqual({
      code: 1,
      lines: [
        'mutants: 8 tried, 1 killed, 5 survived, 2 without effect',
        '  shop.yaml:13  shop/db: delete this policy, and every test still passes',
        '  shop.yaml:13  shop/db podSelector: drop app=db from podSelector, and every test still passes',
        '  shop.yaml:19  shop/db ingress[0].from: delete from as a whole, and every test still passes',
        '  shop.yaml:19  shop/db ingress[0].ports[0]: widen 5432/tcp to every port of it, and every test still passes',
        '  shop.yaml:22  dev/closed: delete this policy, and every test still passes',
      ],
    });
  });

  test('tests that notice everything', async () => {
    expect(await lines(['--mutate', '--coverage'], strong)).toEqual({
      code: 0,
      lines: [
        'coverage: rules 2/2, allowed connections 1/1',
        'mutants: 8 tried, 8 killed, 0 survived, 0 without effect',
      ],
    });
  });

  test('a lock file notices, too', async () => {
    const suite = `${weak}snapshot: shop.lock\n`;
    const written: Record<string, string> = {};
    const output = {
      writeFile: (name: string, text: string) => {
        written[name] = text;
        return Promise.resolve();
      },
    };
    expect((await run(['test', '--update'], { files: files(suite), output })).code).toBe(0);
    const result = await lines(['--mutate'], suite, written);
    expect(result.code).toBe(0);
    expect(result.lines[0]).toMatch(/^mutants: 8 tried, \d killed, 0 survived/);
  });

  test('where a test fails nothing is tried', async () => {
    expect(await lines(['--mutate'], 'allow:\n  - dev/debug -> shop/db\n')).toEqual({
      code: 1,
      lines: ['mutants: none tried, for not every test passes'],
    });
  });

  test('what is left out is said', async () => {
    expect((await lines(['--mutate', '--max-mutants', '4'], strong)).lines).toEqual([
      'mutants: 4 tried, 4 killed, 0 survived, 0 without effect',
      '  4 more were not tried: --max-mutants 8 tries all',
    ]);
  });

  test('packets do neither', async () => {
    expect((await run(['test', '--packets', '--mutate'], { files: files(weak) })).code).toBe(2);
  });
});

describe('other formats', () => {
  const args = ['test', '--coverage', '--mutate', '-o'];

  test('JSON has it all, with places', async () => {
    const { code, out, err } = await run([...args, 'json'], { files: files(weak) });
    expect({ code, err }).toEqual({ code: 1, err: '' });
    const { coverage, mutation } = JSON.parse(out) as Record<string, Record<string, unknown>>;
    expect(coverage).toMatchObject({
      rules: {
        covered: 1,
        total: 2,
        uncovered: [{ policy: 'dev/closed', direction: 'egress', file: 'shop.yaml', line: 22 }],
      },
      connections: { covered: 1, total: 1, uncovered: [] },
    });
    expect(mutation).toMatchObject({
      kind: 'tried',
      possible: 8,
      tried: 8,
      killed: 1,
      survived: 5,
      equivalent: 2,
    });
    expect(mutation?.['survivors']).toContainEqual({
      kind: 'any-port',
      policy: 'shop/db',
      path: 'ingress[0].ports[0]',
      text: 'widen 5432/tcp to every port of it',
      file: 'shop.yaml',
      line: 19,
      column: 5,
    });
  });

  test.for([
    [
      'junit',
      /<testsuite name="coverage and mutants" tests="2" failures="2"[^]*<failure message="rules 1\/2/,
    ],
    ['tap', /not ok 1 - coverage\n[^]*"rules 1\/2[^]*not ok 2 - mutants\n[^]*"8 tried, 1 killed/],
    [
      'github',
      /^::error file=shop.yaml,line=22,col=\d+,title=coverage::rules 1\/2.*\n::error .*title=mutants::8 tried/m,
    ],
    ['md', /❌ failed \| coverage and mutants \| 2 failed[^]*<b>mutants<\/b>\n<pre>\n8 tried, 1 killed/],
  ] as const)('%s has a failed result for each', async ([format, expected]) => {
    const { code, out, err } = await run([...args, format, '--min-coverage', '80'], { files: files(weak) });
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toMatch(expected);
    expect(out).toContain('fewer rules than the 80% that were asked for');
  });
});
