import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDestination, readEnd } from '../../../src/analysis/ends/expression.ts';
import { readPorts } from '../../../src/analysis/ends/port-expression.ts';
import { readSuites } from '../../../src/cli/input/policy-test/read-suites.ts';
import { sourceText } from '../../../src/cli/input/source-text.ts';
import { parseYaml } from '../../../src/cli/input/yaml-documents.ts';
import { destinationPattern, endPattern, portsPattern } from '../../../src/cli/schema/line-patterns.ts';
import { policyTestSchema } from '../../../src/cli/schema/policy-test.ts';

// The schema of policy tests says what the reader says: nothing that the reader takes is invalid, and what the reader refuses for
// its shape is.

const root = path.resolve(import.meta.dirname, '../../..');
// The words that an editor shows in place of the pattern are no keyword of JSON Schema.
const validate = new Ajv2020({
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allowUnionTypes: true,
})
  .addVocabulary(['patternErrorMessage'])
  .compile(policyTestSchema());

interface Judged {
  readonly valid: boolean;
  readonly codes: readonly string[];
}

/** Each document of a file, by the schema and by the reader. */
function judge(text: string): readonly Judged[] {
  const readings = readSuites(sourceText('a.policy-test.yaml', text), 'default');
  return [...parseYaml(text)].map((document, index) => {
    if (document.kind !== 'document') throw new Error(document.message);
    const { diagnostics } = readings[index]!;
    const codes = diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code);
    return { valid: validate(document.value), codes };
  });
}

/** What the shape of a document decides, without arithmetic and without the rest of the document. */
const ofShape = [
  'unknown-field',
  'wrong-type',
  'required-field',
  'unsupported-value',
  'empty-suite',
  'empty-list',
  'invalid-suite',
];

test('every policy test of this repository that the reader takes is valid', () => {
  const files = globSync(['rules/**/*.policy-test.yaml', 'test/**/*.policy-test.yaml'], { cwd: root });
  expect(files.length).toBeGreaterThan(30);
  let documents = 0;
  for (const file of files) {
    for (const { valid, codes } of judge(readFileSync(path.join(root, file), 'utf8'))) {
      expect({ file, codes, valid }).toEqual({ file, codes, valid: codes.length === 0 });
      documents += 1;
    }
  }
  expect(documents).toBeGreaterThan(30);
});

test('the package has the schema that the command prints', async () => {
  await expect(`${JSON.stringify(policyTestSchema(), null, 2)}\n`).toMatchFileSnapshot(
    path.join(root, 'rules/schema/policy-test.json'),
  );
});

describe('refused by both', () => {
  test.for([
    'denny: [any -> shop/web]',
    'deny: any -> shop/web',
    'deny: [any shop/web]',
    'deny: [any => shop/web]',
    'deny: [a -> b -> c]',
    'deny: ["-> shop/web"]',
    'deny: [any -> Shop/Web]',
    'deny: [any -> shop/web/a/b]',
    'deny: [any -> shop/web:0]',
    'deny: [any -> shop/web:80/icmp]',
    'deny: ["any -> shop/web:80,"]',
    'deny: ["a:80 -> b"]',
    'deny: ["http://a.example/x -> b"]',
    'deny: ["any -> shop/web:"]',
    'deny: [[any, shop/web]]',
    'deny: [5]',
    'deny: []',
    '{}',
    '[]',
    'any',
    'manifests: [a/]',
    'manifests: []\ndeny: [any -> a]',
    'manifests: [5]\ndeny: [any -> a]',
    'manifests: [""]\ndeny: [any -> a]',
    'tests: [any -> a]',
    'tests: [{from: any, to: a}]',
    'tests: [{from: any, to: a, expect: maybe}]',
    'tests: [{from: any, expect: deny}]',
    'allow: [{from: any, to: a, expect: deny}]',
    'allow: [{from: any, to: a, ports: 80}]',
    'allow: [{from: any, to: a, port: true}]',
    'allow: [{from: any, to: a, port: [80, 70000]}]',
    'allow: [{from: any, to: a, why: 5}]',
    'allow: [{from: "any:80", to: a}]',
    'allow: [{a -> b: 80, why: x}]',
    'allow: [{a -> b: null}]',
    'otherwise: report\ndeny: [any -> a]',
    'otherwise: ignore',
    'scope: [Shop]\notherwise: deny',
    'snapshot: ../a.lock',
    'snapshot: a.txt',
    'snapshot: .lock',
    'matrix: ""',
    'matrix: [a]',
    'matrix: "from shop/web\\na ."',
    'matrix: "from\\\\to shop/web"',
    'names: {any: a}\ndeny: [any -> a]',
    'names: {A: a}\ndeny: [any -> a]',
    'names: {"10": a}\ndeny: [any -> a]',
    'names: {a: {app: web}}\ndeny: [any -> a]',
    'names: {a: []}\ndeny: [any -> a]',
    'names: {a: null}\ndeny: [any -> a]',
    'names: {a: {labels: {app: 5}}}\ndeny: [any -> a]',
    'names: {a: {labels: {a/b/c: x}}}\ndeny: [any -> a]',
    'names: {a: {ports: [{name: http}]}}\ndeny: [any -> a]',
    'names: {a: {ports: [{containerPort: 0}]}}\ndeny: [any -> a]',
    'names: {a: {ports: [{containerPort: 80, protocol: tcp}]}}\ndeny: [any -> a]',
    'names: {a: {cidr: 10.0.0.0, except: []}}\ndeny: [any -> a]',
    'names: {a: [{namespace: b}]}\ndeny: [any -> a]',
  ])('%s', (text) => {
    const [judged] = judge(text);
    expect({ valid: judged!.valid, refused: judged!.codes.length > 0 }).toEqual({
      valid: false,
      refused: true,
    });
  });
});

describe('taken by both', () => {
  test.for([
    'deny: [any -> a]',
    'deny: null\nallow: [any -> a]\nnames: null\nscope: null\nmanifests: null\nmatrix: null\nsnapshot: null\notherwise: null',
    'manifests: a/\ndeny: [any -> a]',
    'deny: [{a -> b: 80}]',
    'deny: [{a -> b: "80, http"}]',
    'deny: [{from: any, to: a, port: [], expect: null, name: null, why: null}]',
    'tests: [{from: any, to: a, port: [80, 53/udp], expect: only}]',
    'otherwise: deny\nscope: shop',
    'snapshot: a/b.lock',
    'names: {a: {}}\ndeny: [a -> b]',
    'names: {a: [10.0.0.0/8, b, {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}]}\ndeny: [a -> b]',
    'names: {a: {labels: {x.io/app: null}, ports: [{containerPort: 80, name: "", hostPort: 1}]}}\ndeny: [a -> b]',
    'matrix: |\n  # a comment\n  from\\to a b\n\n  c . *',
  ])('%s', (text) => {
    expect(judge(text)).toEqual([{ valid: true, codes: [] }]);
  });
});

/** Ends as people write them, and as they nearly do. */
const word = fc.constantFrom(
  'a',
  'web',
  'shop',
  'any',
  'node',
  '10',
  'x-1',
  'a.b',
  'Web',
  '',
  '-',
  'www.a.io',
);
const address = fc.constantFrom(
  '10.0.0.1',
  '10.0.0.0/8',
  '10.1.0.0/16',
  '::1',
  'fd00::/8',
  'fd00:1::/32',
  '::ffff:1.2.3.4',
  '1.2.3',
  '1:2',
);
const space = fc.constantFrom('', '', '', ' ', '\t', '  ');
const joined = (...parts: readonly fc.Arbitrary<string>[]) => fc.tuple(...parts).map((all) => all.join(''));
const text = fc.constant.bind(fc) as (text: string) => fc.Arbitrary<string>;
const operator = fc.constantFrom('=', '==', '!=', ' = ', '!', ' in ', ' notin ', ' in(');
const value = fc.constantFrom('web', '', 'a_b.C', '(a,b)', '( a , )', 'a b', '-');
const requirement = fc.oneof(
  joined(word, operator, value),
  joined(text('x.io/'), word, operator, value),
  word,
  joined(text('!'), space, word),
);
const port = fc.oneof(
  fc.constantFrom(
    '80',
    '0',
    '65536',
    '1-2',
    '2-1',
    '*',
    '*/other',
    '*/OTHER',
    '*/udp',
    'http',
    'dns/UDP',
    'a--b',
    'a-',
    '080',
    '8080/tcp',
    '80/icmp',
    'HTTP',
    '',
    'a-name-that-is-long',
    '1-a',
  ),
);
const ports = fc.array(joined(space, port, space), { minLength: 1, maxLength: 3 }).map((all) => all.join());
const end = fc.oneof(
  word,
  address,
  joined(word, text('/'), word),
  joined(word, text('/'), fc.constantFrom('deploy', 'Deployment', 'sts', 'svc', 'x'), text('/'), word),
  joined(word, text('/*')),
  joined(text('ns:'), fc.oneof(word, text('*'))),
  joined(fc.constantFrom('svc/', 'ing/'), word, fc.oneof(text(''), joined(text('/'), word))),
  joined(text('['), address, text(']')),
  joined(
    address,
    fc.constantFrom(' except ', ' except', 'except '),
    fc.array(joined(space, address, space), { minLength: 1, maxLength: 2 }).map((all) => all.join()),
  ),
  joined(
    fc.constantFrom('', '', 'shop/', '*/'),
    fc.array(requirement, { minLength: 1, maxLength: 3 }).map((all) => all.join()),
  ),
  joined(
    fc.constantFrom('a.example', 'A.io', '*.io', 'a.b.c'),
    fc.constantFrom('/', '/x', '/x y', '/a=b', '/a,b', ''),
  ),
);
const marked = joined(space, end, space, fc.constantFrom('', '', '', '?'), space);
const destination = fc.oneof(
  marked,
  joined(marked, text(':'), ports),
  joined(
    fc.constantFrom('a.example:80', 'a.example:http', 'a.example:80/tcp', 'a.io: 8080 '),
    fc.constantFrom('/', '/x', '/x y', ''),
  ),
);
/** One character more, less, or another. */
const spoilt = (sound: fc.Arbitrary<string>) =>
  fc
    .tuple(
      sound,
      fc.nat(),
      fc.constantFrom('', '', '', ':', '/', ' ', '?', '-', '>', ',', '=', '.', '[', 'A', '*'),
    )
    .map(([own, at, sign]) =>
      sign === ''
        ? own
        : `${own.slice(0, at % (own.length + 1))}${sign}${own.slice((at % (own.length + 1)) + (at % 2))}`,
    );

test.for([
  ['ends', spoilt(marked), endPattern, readEnd],
  ['destinations', spoilt(destination), destinationPattern, readDestination],
  ['ports', spoilt(ports), portsPattern, readPorts],
] as const)('no %s that the reader takes do not match', ([, arbitrary, pattern, read]) => {
  const expression = new RegExp(pattern, 'u');
  let taken = 0;
  let refused = 0;
  let missed = 0;
  fc.assert(
    fc.property(arbitrary, (written) => {
      // Two arrows are the line's to refuse.
      if (written.includes('->')) return;
      const { ok } = read(written);
      const matches = expression.test(written);
      if (ok) taken += 1;
      else refused += 1;
      if (matches && !ok) missed += 1;
      expect(matches || !ok, JSON.stringify(written)).toBe(true);
    }),
    { numRuns: 20_000, seed: 7 },
  );
  expect(taken).toBeGreaterThan(1_000);
  // Most of what is wrong is seen.
  expect(missed / refused).toBeLessThan(0.2);
});

const scalar = fc.constantFrom<unknown>(
  null,
  true,
  5,
  80,
  '',
  'a',
  'deny',
  'ignore',
  'any -> a:80',
  'a.lock',
  '10.0.0.0/8',
  'from\\to a\nb .',
  'x.lock/y',
);
const key = fc.constantFrom(
  'from',
  'to',
  'port',
  'expect',
  'name',
  'why',
  'a -> b',
  'cidr',
  'except',
  'namespace',
  'labels',
  'ports',
  'namespaceLabels',
  'containerPort',
  'protocol',
  'web',
  'ports',
);
const anything: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3 }),
  ),
})).value;
/** Mostly as it should be. */
const mostly = (...sound: readonly unknown[]) =>
  fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...sound) }, { weight: 1, arbitrary: anything });
const line = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('any -> a', 'a -> b:80', { 'a -> b': 80 }) },
  {
    weight: 4,
    arbitrary: fc.record(
      {
        from: mostly('a', 'any'),
        to: mostly('b', 'shop/web:http'),
        port: mostly(null, 80, '53/udp', [80, 'http'], []),
        expect: mostly(null, 'deny', 'allow'),
        why: mostly(null, 'PCI'),
      },
      { requiredKeys: ['from', 'to'] },
    ),
  },
  { weight: 1, arbitrary: anything },
);
const lines = fc.oneof(
  { weight: 8, arbitrary: fc.array(line, { maxLength: 2 }) },
  { weight: 1, arbitrary: anything },
);
const meaning = mostly(
  ...['a', ['a', '10.0.0.0/8'], { cidr: '10.0.0.0/8' }, [{ cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] }]],
  ...[{ namespace: 'mon', labels: { app: 'x' } }, { ports: [{ containerPort: 80, name: 'http' }] }, {}],
);
const suite = fc.record(
  {
    manifests: mostly('a/', ['a/', 'b/*.yaml'], null),
    names: fc.dictionary(fc.constantFrom('p', 'q', 'r', 'any', 'B'), meaning, { maxKeys: 2 }),
    allow: lines,
    deny: lines,
    tests: lines,
    matrix: mostly('from\\to a\nb .', null),
    otherwise: mostly('deny', 'ignore', null),
    scope: mostly('shop', ['shop', 'dev'], null),
    snapshot: mostly('a.lock', 'x/b.lock', null),
  },
  { requiredKeys: [] },
);

test('random documents: what the reader takes is valid, what it refuses for its shape is not', () => {
  let taken = 0;
  fc.assert(
    fc.property(suite, (document) => {
      const [{ valid, codes } = { valid: false, codes: [] }] = judge(JSON.stringify(document));
      if (codes.length === 0) {
        taken += 1;
        expect(valid, JSON.stringify(validate.errors)).toBe(true);
      } else if (codes.some((code) => ofShape.includes(code))) expect(valid, codes.join()).toBe(false);
    }),
    { numRuns: 2_000, seed: 3 },
  );
  expect(taken).toBeGreaterThan(100);
});
