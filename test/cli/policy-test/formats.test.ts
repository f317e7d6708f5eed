import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { SyntaxValidator } from 'fast-xml-validator';
import { Parser } from 'tap-parser';
import { describe, expect, test } from 'vitest';
import { formatTestReport, testFormats } from '../../../src/cli/output/policy-test/formats.ts';
import type { TestResult } from '../../../src/cli/policy-test/test-result.ts';
import { run } from '../../golden/command-line.ts';

// What `ringfence test -o` prints, read back by programs that others wrote.

const folder = path.join(import.meta.dirname, 'failures');
const failures = Object.fromEntries(
  globSync('*.yaml', { cwd: folder }).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]),
);
const manifests = `apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: web, labels: { app: web } }
spec: { containers: [{ name: web }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: closed }
spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 10.1.2.3/8 } }] }] }
`;
/** Everything that can become of a document: passed, failed, no answer, broken, warned about; and a path that is not there. */
const mixed = {
  ...failures,
  'odd.yaml': manifests,
  'broken.policy-test.yaml': 'denny:\n  - any -> shop/web\n',
  'fine.policy-test.yaml':
    'manifests: [odd.yaml]\ndeny:\n  - internet -> shop/web:22\n---\nmanifests: [odd.yaml]\nallow:\n  - internet -> shop/web\n',
};
const hostile = 'a"<b>&\'%\u001b[2J\u202e\n::error::x,y|`@everyone #.policy-test.yaml';
const said = '</failure>]]><script>\u001b]8;;x\u0007\n::error::%0A\n...\n# SKIP \\ | <!-- @all &amp; {{x}}';
const hostileFiles = {
  'odd.yaml': manifests,
  [hostile]: `manifests: [odd.yaml]\nallow:\n  - ${JSON.stringify({ from: 'any', to: 'shop/web', name: said, why: said })}\n`,
};

async function print(output: string, files: Readonly<Record<string, string>>, ...paths: readonly string[]) {
  const { code, out } = await run(['test', '-o', output, ...paths], { files });
  return { code, out };
}

interface Node {
  readonly [name: string]: unknown;
}

const list = (node: unknown, name: string): readonly Node[] => {
  const found = (node as Node | undefined)?.[name];
  return found === undefined ? [] : ((Array.isArray(found) ? found : [found]) as Node[]);
};

function parseXml(text: string): Node {
  expect(SyntaxValidator.validate(text)).toBe(true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    trimValues: false,
    htmlEntities: true,
    parseAttributeValue: false,
  });
  return list(parser.parse(text), 'testsuites')[0]!;
}

function countsIn(node: unknown) {
  const suites = list(node, 'testsuite');
  const cases = suites.flatMap((suite) => list(suite, 'testcase'));
  const having = (name: string): number => cases.filter((one) => one[name] !== undefined).length;
  return {
    tests: String(cases.length),
    failures: String(having('failure')),
    errors: String(having('error')),
    skipped: String(having('skipped')),
  };
}

describe('junit', () => {
  test('suites are documents, cases are lines, with their places', async () => {
    const { code, out } = await print('junit', mixed, '.', 'missing');
    expect(code).toBe(2);
    const root = parseXml(out);
    expect(root).toMatchObject({ name: 'ringfence test', ...countsIn(root) });
    for (const suite of list(root, 'testsuite')) {
      expect(suite).toMatchObject(countsIn({ testsuite: [suite] }));
    }
    expect(list(root, 'testsuite').map(({ name, tests, errors }) => [name, tests, errors])).toEqual([
      ['ringfence test', '1', '1'],
      ['broken.policy-test.yaml', '1', '1'],
      ['fine.policy-test.yaml (document 1)', '1', '0'],
      ['fine.policy-test.yaml (document 2)', '1', '0'],
      ['scrape.policy-test.yaml', '8', '0'],
      ['shop.policy-test.yaml', '19', '1'],
    ]);
  });

  test('a failure has the counterexample and its cause; a broken document and a line without an answer are errors', async () => {
    const root = parseXml((await print('junit', mixed)).out);
    const cases = list(root, 'testsuite').flatMap((suite) => list(suite, 'testcase'));
    const named = (name: string): Node => cases.find((one) => one.name === name)!;
    expect(named('only scraper -> shop/db:9100')).toMatchObject({
      classname: 'scrape.policy-test.yaml',
      file: 'scrape.policy-test.yaml',
      line: '10',
      failure: {
        message: 'dev/debug may also connect to shop/db (9100/tcp)',
        '#text': expect.stringContaining('allowed by shop/db ingress[1] (scrape.yaml:24)') as string,
      },
    });
    expect(named('allow shop/wbe -> shop/db:5432')).toMatchObject({
      error: { '#text': 'no workload or pod "shop/wbe"\nhint: did you mean shop/web?' },
    });
    expect(named('the suite can be run')).toMatchObject({
      line: '1',
      error: { type: 'unknown-field', message: 'unknown field "denny"' },
    });
    expect(list(root, 'testsuite')[1]).toHaveProperty('system-err', expect.stringContaining('10.0.0.0/8'));
  });

  test('names cannot leave their place', async () => {
    const root = parseXml((await print('junit', hostileFiles)).out);
    expect(countsIn(root)).toEqual({ tests: '1', failures: '1', errors: '0', skipped: '0' });
    const [only] = list(list(root, 'testsuite')[0], 'testcase');
    expect(only!.file).toBe(
      hostile.replace('\u001b', '\\u001b').replace('\u202e', '\\u202e').replace('\n', '\\n'),
    );
    expect((only!.failure as Node)['#text']).toContain('</failure>]]><script>');
  });
});

interface Point {
  readonly ok: boolean;
  readonly name: string;
  readonly skip: string | boolean;
  readonly diag?: {
    readonly severity: string;
    readonly detail?: readonly string[];
    readonly errors?: readonly string[];
  };
}

/** Test points of the document and of its subtests, and what is wrong with it. */
function parseTap(text: string) {
  const points: Point[] = [];
  const complaints: unknown[] = [];
  const parser = new Parser({ strict: true });
  const listen = (to: Parser): void => {
    to.on('assert', (point) => points.push(point as unknown as Point));
    to.on('child', listen);
    to.on('extra', (line) => complaints.push(line));
  };
  listen(parser);
  parser.end(text);
  return { points, complaints, results: parser.results! };
}

describe('tap', () => {
  test('a document is a test point, with its lines as a subtest', async () => {
    const { out } = await print('tap', mixed, '.', 'missing');
    expect(out.startsWith('TAP version 14\n1..6\n')).toBe(true);
    const { points, complaints, results } = parseTap(out);
    expect(complaints).toEqual([]);
    expect(results).toMatchObject({ ok: false, count: 6, pass: 1 });
    expect(points.filter(({ ok }) => !ok).map(({ name, diag }) => [name, diag?.severity])).toEqual([
      ['the path "missing" does not exist', 'error'],
      ['broken.policy-test.yaml', 'error'],
      ['allow internet -> shop/web', 'fail'],
      ['fine.policy-test.yaml (document 2)', undefined],
      ['allow shop/web -> shop/db:5432,9999', 'fail'],
      ['only scraper -> shop/db:9100', 'fail'],
      ['otherwise deny', 'fail'],
      ['scrape.policy-test.yaml', undefined],
      ['allow shop/web -> shop/db:5432', 'fail'],
      ['allow shop/wbe -> shop/db:5432', 'error'],
      ['only shop/api -> shop/db:5432', 'fail'],
      ['matrix shop/api -> shop/web nothing', 'fail'],
      ['shop.policy-test.yaml', undefined],
    ]);
    expect(points.find(({ name }) => name === 'allow shop/canary? -> shop/db')).toMatchObject({
      ok: true,
      skip: 'shop/canary matches nobody, and the line allows that',
    });
    expect(points.find(({ name }) => name === 'only scraper -> shop/db:9100')?.diag?.detail).toContain(
      'ingress shop/db: 9100/tcp allowed by shop/db ingress[1] (scrape.yaml:24)',
    );
  });

  test('names cannot leave their place', async () => {
    const { points, complaints } = parseTap((await print('tap', hostileFiles)).out);
    expect(complaints).toEqual([]);
    expect(points.map(({ ok, skip, diag }) => ({ ok, skip, severity: diag?.severity }))).toEqual([
      { ok: false, skip: false, severity: 'fail' },
      { ok: false, skip: false, severity: undefined },
    ]);
    expect(points[0]!.diag!.detail!.at(-1)).toContain('\\n...\\n# SKIP');
  });
});

interface JsonReport {
  readonly apiVersion: string;
  readonly kind: string;
  readonly suites: readonly {
    readonly file: string;
    readonly status: string;
    readonly diagnostics: readonly object[];
    readonly results: readonly {
      readonly name?: string;
      readonly why?: string;
      readonly failures: readonly object[];
    }[];
  }[];
  readonly diagnostics: readonly object[];
  readonly counts: object;
}

describe('json', () => {
  test('everything that is known, as data', async () => {
    const report = JSON.parse((await print('json', mixed, '.', 'missing')).out) as JsonReport;
    expect(report).toMatchObject({
      apiVersion: 'ringfence.dev/v1alpha1',
      kind: 'TestReport',
      counts: { passed: 19, failed: 7, skipped: 2, unanswered: 1, broken: 1 },
      diagnostics: [{ code: 'unreadable-file', severity: 'error' }],
    });
    expect(report.suites.map(({ status }) => status)).toEqual([
      'broken',
      'passed',
      'failed',
      'failed',
      'failed',
    ]);
    expect(report.suites[0]!.diagnostics).toMatchObject([
      { code: 'unknown-field', file: 'broken.policy-test.yaml', line: 1, column: 1 },
    ]);
    const [failure] = report.suites[3]!.results[4]!.failures;
    expect(failure).toMatchObject({
      kind: 'unlisted',
      from: { kind: 'Pod', namespace: 'dev', name: 'debug' },
      to: { kind: 'Pod', namespace: 'shop', name: 'db' },
      traffic: { ports: { TCP: [[9100, 9100]] }, otherProtocols: false },
      egress: { basis: 'open', allowedBy: [] },
      ingress: { allowedBy: [{ policy: 'shop/db', rule: 'ingress[1]', file: 'scrape.yaml', line: 24 }] },
    });
  });

  test('read back, text is as it was written', async () => {
    const report = JSON.parse((await print('json', hostileFiles)).out) as JsonReport;
    expect(report.suites[0]).toMatchObject({ file: hostile, results: [{ name: said, why: said }] });
  });
});

/** Workflow commands outside of the part in which the runner takes none, as the runner reads them. */
function commandsOf(out: string) {
  const [, token] = /^::stop-commands::([0-9a-f]{64})\n/.exec(out)!;
  const parts = out.split(`\n::${token!}::\n`);
  expect(parts).toHaveLength(2);
  const unescaped = (text: string): string =>
    text.replaceAll('%0A', '\n').replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%25', '%');
  return parts[1]!.split('\n').flatMap((line) => {
    if (line === '') return [];
    const [, level, head, data] = /^::(error|warning|notice) ([^:]*)::(.*)$/.exec(line)!;
    const properties = Object.fromEntries(
      head!.split(',').map((one) => one.split('=').map(unescaped) as [string, string]),
    );
    return [{ level, ...properties, data: unescaped(data!) }];
  });
}

describe('github', () => {
  test('the text, and an annotation for everything that is not as it should be', async () => {
    const { out } = await print('github', mixed, '.', 'missing');
    expect(out).toContain('FAIL scrape.policy-test.yaml:10  only scraper -> shop/db:9100\n');
    const commands = commandsOf(out);
    expect(commands.map(({ level }) => level)).toEqual([
      ...Array<string>(10).fill('error'),
      'warning',
      'notice',
      'notice',
    ]);
    expect(commands[0]!.data).toContain('missing');
    expect(commands[1]).toMatchObject({
      file: 'broken.policy-test.yaml',
      line: '1',
      col: '1',
      title: 'unknown-field',
    });
    expect(commands[2]).toMatchObject({
      title: 'allow internet -> shop/web',
      file: 'fine.policy-test.yaml',
      line: '7',
    });
    expect(commands[9]!.data).toBe('no workload or pod "shop/wbe"\nhint: did you mean shop/web?');
  });

  test('as many as GitHub shows, and one that says how many there are beside', async () => {
    const lines = Array.from({ length: 25 }, (_, index) => `  - internet -> shop/web:${String(index + 1)}`);
    const files = {
      'odd.yaml': manifests,
      'a.policy-test.yaml': `manifests: [odd.yaml]\nallow:\n${lines.join('\n')}\n`,
    };
    const errors = commandsOf((await print('github', files)).out).filter(({ level }) => level === 'error');
    expect(errors).toHaveLength(10);
    expect(errors[9]).toMatchObject({ title: '16 more' });
  });

  test('names are no commands', async () => {
    const commands = commandsOf((await print('github', hostileFiles)).out);
    expect(commands.map(({ level }) => level)).toEqual(['error', 'warning']);
    expect(commands[0]!.data).toContain('\\n::error::%0A');
  });
});

describe('md', () => {
  test('suites in a table, the worst first below', async () => {
    const { out } = await print('md', mixed, '.', 'missing');
    await expect(out).toMatchFileSnapshot(path.join(folder, 'expected.md'));
  });

  test('nothing in names is markup', async () => {
    const { out } = await print('md', hostileFiles);
    expect(out.replaceAll(/<\/?(pre|b)>/g, '')).not.toMatch(/[<@`]|::error(?!::)|https?:/);
    expect(
      out
        .split('\n')
        .filter((line) => /^\|/.test(line))
        .every((line) => line.split('|').length === 5),
    ).toBe(true);
  });

  test('fits into a comment, and says what was left out', async () => {
    const lines = Array.from({ length: 400 }, (_, index) => `  - internet -> shop/web:${String(index + 1)}`);
    const text = `manifests: [odd.yaml]\nallow:\n${lines.join('\n')}\n`;
    const files = Object.fromEntries(
      Array.from({ length: 800 }, (_, index) => [
        `${'<'.repeat(30)}${String(index)}.policy-test.yaml`,
        'manifests: ["',
      ]),
    );
    const { out } = await print('md', { ...files, 'odd.yaml': manifests, 'a.policy-test.yaml': text });
    expect(new TextEncoder().encode(out).length).toBeLessThan(65_536);
    const [suites, results] = [...out.matchAll(/\*\*(\d+) (suites|results) do not fit/g)].map(([, count]) =>
      Number(count),
    );
    const rows = out.split('\n').filter((line) => line.startsWith('| ⚠️') || line.startsWith('| ❌')).length;
    expect(rows + suites!).toBe(801);
    expect(out.split('<pre>').length - 1 + results!).toBe(1200);
  });
});

test.for(['json', 'junit', 'tap', 'md', 'github', 'text'])(
  '%s says the same twice, and nothing steers a terminal',
  async (output) => {
    const files = { ...mixed, ...hostileFiles };
    const first = await run(['test', '-o', output], { files });
    expect(first.out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
    expect(await run(['test', '-o', output], { files })).toEqual(first);
  },
);

test('where there is no test, the document says so', async () => {
  for (const [output, sign] of [
    ['junit', '<error '],
    ['tap', 'not ok 1'],
    ['json', '"no-tests"'],
    ['md', 'no policy test'],
    ['github', '::error '],
  ] as const) {
    const { code, out } = await print(output, { 'a.yaml': '' });
    expect(code).toBe(2);
    expect(out).toContain(sign);
  }
});

test('what passed and has something to say is told in every format', () => {
  const source = { file: 'a.policy-test.yaml', line: 2, column: 5 };
  const tried: TestResult = {
    ...{ verb: 'deny', text: 'any -> shop/web', source, status: 'passed', failures: [] },
    detail: ['3 connections tried: 3 denied'],
    packets: { known: 3, answered: 0, denied: 3, unproven: 0, samples: [] },
  };
  const suite = { file: source.file, document: 1, documents: 1, diagnostics: [], results: [tried] };
  for (const format of testFormats) {
    const text = formatTestReport({ suites: [suite], diagnostics: [] }, format, {
      colour: false,
      folder: '',
    });
    expect(text, format).toContain('3 connections tried: 3 denied');
    if (format === 'json')
      expect(JSON.parse(text)).toMatchObject({ suites: [{ results: [{ packets: tried.packets }] }] });
    if (format === 'tap') expect(parseTap(text).results).toMatchObject({ ok: true, pass: 1 });
    if (format === 'junit')
      expect(countsIn(parseXml(text))).toMatchObject({ tests: '1', failures: '0', errors: '0' });
  }
});
