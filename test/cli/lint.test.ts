import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Log, Result } from 'sarif';
import { describe, expect, onTestFinished, test } from 'vitest';
import { lintRuleIds, lintRules } from '../../src/analysis/lint/registry.ts';
import type { Finding } from '../../src/analysis/lint/rule.ts';
import { lintGithub } from '../../src/cli/output/lint-github.ts';
import { lintSarif } from '../../src/cli/output/lint-sarif.ts';
import { lintText } from '../../src/cli/output/lint-text.ts';
import { run } from '../golden/command-line.ts';
import { writeKubeconfig } from '../kube/harness.ts';

// The command `ringfence lint`: what it reads, prints and says. What the rules find is held by test/analysis/lint.

const policy = (name: string, more = '', spec = ''): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: ${name}${more} }
spec:
  podSelector: {}
  policyTypes: [Ingress]
${spec}`;
/** An error on line 7. */
const ignoredRules = '  egress: [{}]\n';
const typo = policy('typo').replace('policyTypes', 'policyType');
const oddCidr = policy('odd', '', '  ingress: [{ from: [{ ipBlock: { cidr: 10.1.2.3/8 } }] }]\n');
const annotated = (text: string): string =>
  policy('web', `, annotations: { ringfence.dev/lint-ignore: ${JSON.stringify(text)} }`, ignoredRules);

const lint = (text: string, ...args: readonly string[]) =>
  run(['lint', '-f', 'in.yaml', ...args], { files: { 'in.yaml': text } });
const documents = (...all: readonly string[]): string => all.join('---\n');

interface Report {
  readonly apiVersion: string;
  readonly kind: string;
  readonly findings: readonly {
    readonly rule: string;
    readonly line?: number;
    readonly ignored?: { readonly by: string; readonly reason: string };
  }[];
  readonly counts: Readonly<Record<string, number>>;
}

async function report(text: string, ...args: readonly string[]): Promise<Report> {
  return JSON.parse((await lint(text, '-o', 'json', ...args)).out) as Report;
}

/** `rule:line` of what is not ignored, for the rules in question. */
async function found(text: string, rules: readonly string[], ...args: readonly string[]) {
  const { findings } = await report(text, ...args);
  return findings
    .filter(({ rule, ignored }) => rules.includes(rule) && ignored === undefined)
    .map(({ rule, line }) => `${rule}:${line}`);
}

describe('text', () => {
  test('a finding has its place, rule, object, line and hint', async () => {
    const { code, out, err } = await lint(policy('web', '', ignoredRules), '--min-severity', 'error');
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out)
      .toBe(`in.yaml:7:3: error: the egress rules are ignored: policyTypes does not name Egress [ignored-rules]
  at NetworkPolicy shop/web
  7 |   egress: [{}]
    |   ^
  hint: add Egress to policyTypes, or remove the rules; with it, all other egress of the selected pods is denied
1 error
`);
  });

  test('nothing found', async () => {
    expect(await lint(policy('web'), '--min-severity', 'error')).toEqual({
      code: 0,
      out: 'nothing found\n',
      err: '',
    });
  });

  test('colours only where the terminal has them', async () => {
    const files = { 'in.yaml': policy('web', '', ignoredRules) };
    const { out } = await run(['lint', '-f', 'in.yaml'], { files, colour: true });
    expect(out).toContain('\u001b[31merror:\u001b[39m');
  });

  test('names and reasons cannot steer the terminal', async () => {
    const file = 'a\u001b[2J\n.yaml';
    const text = annotated('ignored-rules: \u001b[31mred\u202e');
    for (const output of ['text', 'json', 'github', 'sarif']) {
      const { out, err } = await run(['lint', '-f', file, '-o', output, '--show-ignored'], {
        files: { [file]: text },
      });
      expect(out + err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    }
  });
});

describe('reading', () => {
  test('a mistake is a finding, and the other objects are looked at', async () => {
    const text = documents(typo, oddCidr, policy('web', '', ignoredRules));
    expect(await found(text, ['unknown-field', 'cidr-spelling', 'ignored-rules'])).toEqual([
      'unknown-field:6',
      'cidr-spelling:14',
      'ignored-rules:22',
    ]);
    expect((await lint(text)).code).toBe(1);
    // The strictness of the others is what it was.
    const files = { 'in.yaml': text };
    expect((await run(['compile', '-f', 'in.yaml', '--node', 'a'], { files })).code).toBe(2);
  });

  test('what an unreadable policy closes is not held against the others', async () => {
    const pod = (name: string): string =>
      `apiVersion: v1\nkind: Pod\nmetadata: { namespace: shop, name: ${name}, labels: { app: ${name} } }\n`;
    const fromWeb = policy(
      'db',
      '',
      '  ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }] }]\n',
    );
    const text = documents(typo, fromWeb, pod('web'), pod('db'));
    expect(await found(text, ['unknown-field', 'rule-never-fires'])).toEqual(['unknown-field:6']);
  });

  test('of an object that could not be read as written, only that is said', async () => {
    const both = typo.replace(
      '  podSelector: {}\n',
      '  podSelector: {}\n  policyTypes: [Ingress]\n  egress: [{}]\n',
    );
    expect(
      await found(
        both,
        lintRuleIds.filter((id) => id !== 'no-default-deny'),
      ),
    ).toEqual(['unknown-field:8']);
  });

  test('of two objects with one name the first is looked at', async () => {
    const twice = documents(policy('web', '', ignoredRules), policy('web'));
    expect(await found(twice, ['invalid-object', 'ignored-rules'])).toEqual([
      'ignored-rules:7',
      'invalid-object:11',
    ]);
  });

  test('text that is no YAML is a finding, in the other files the rules find theirs', async () => {
    const files = { 'bad.yaml': 'a: [', 'good.yaml': policy('web', '', ignoredRules) };
    const { code, out } = await run(['lint', '-f', 'bad.yaml', '-f', 'good.yaml'], { files });
    // Nobody has looked at what else stands there, so this is no answer, whatever is tolerated.
    expect(code).toBe(2);
    expect(out).toMatch(/^bad\.yaml:1:\d+: error: .* \[invalid-object\]\n/);
    expect(out).toContain('good.yaml:7:3: error: the egress rules are ignored');
    const tolerant = ['--fail-on', 'none', '--ignore', 'invalid-object=x', '--ignore', 'ignored-rules=x'];
    expect((await run(['lint', '-f', 'bad.yaml', '-f', 'good.yaml', ...tolerant], { files })).code).toBe(2);
  });

  test('no objects at all are no answer: the pipe before may have failed', async () => {
    const { code, out, err } = await run(['lint', '-f', 'empty.yaml'], {
      files: { 'empty.yaml': '# nothing\n' },
    });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('no objects in empty.yaml');
  });

  test('an empty list is an answer of kubectl', async () => {
    const files = { 'list.json': '{"apiVersion":"v1","kind":"List","items":[]}' };
    expect((await run(['lint', '-A', '-f', 'list.json'], { files })).code).toBe(0);
  });

  test.for<[string, readonly string[], string]>([
    ['a file that is not there', ['-f', 'nowhere.yaml'], 'the path "nowhere.yaml" does not exist'],
    ['nothing to read', [], 'nothing to read'],
    ['a namespace that can be none', ['-f', 'in.yaml', '-n', 'No Such'], 'invalid namespace "No Such"'],
    ['a wrong severity', ['-f', 'in.yaml', '--fail-on', 'bad'], "argument 'bad' is invalid"],
  ])('%s is no answer', async ([, args, message]) => {
    const { code, out, err } = await run(['lint', ...args], { files: { 'in.yaml': policy('web') } });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });

  test('directories that were not read are a remark, no finding', async () => {
    const files = { 'dir/a.yaml': policy('web'), 'dir/deep/b.yaml': policy('api') };
    const { code, err } = await run(['lint', '-f', 'dir', '--min-severity', 'error'], { files });
    expect(code).toBe(0);
    expect(err).toContain('has directories that were not read');
  });

  test('its configuration is no manifest', async () => {
    const files = { 'dir/a.yaml': policy('web'), 'dir/.ringfence-lint.yaml': 'ignore: []\n' };
    expect((await run(['lint', '-f', 'dir', '--min-severity', 'error'], { files })).code).toBe(0);
    expect((await run(['compile', '-f', 'dir', '--node', 'a'], { files })).err).not.toContain('lint');
  });
});

describe('exit code', () => {
  test.for<[string, string, number]>([
    ['error', 'none', 0],
    ['error', 'error', 1],
    ['error', 'warning', 1],
    ['warning', 'error', 0],
    ['warning', 'warning', 1],
    ['warning', 'info', 1],
  ])('a finding of severity %s, --fail-on %s: %i', async ([severity, failOn, expected]) => {
    const text = severity === 'error' ? policy('web', '', ignoredRules) : oddCidr;
    expect((await lint(text, '--fail-on', failOn)).code).toBe(expected);
  });

  test('what is not printed counts all the same', async () => {
    const { code, out } = await lint(oddCidr, '--min-severity', 'error');
    expect({ code, out }).toEqual({ code: 1, out: 'nothing found\n' });
  });
});

describe('ignores', () => {
  test('the annotation on the object, with its reason', async () => {
    const { findings, counts } = await report(annotated('ignored-rules: until 2027'));
    expect(findings.find(({ rule }) => rule === 'ignored-rules')).toMatchObject({
      line: 7,
      ignored: { by: 'annotation', reason: 'until 2027' },
    });
    expect(counts.ignored).toBe(1);
    const { out } = await lint(annotated('ignored-rules: until 2027'), '--min-severity', 'error');
    expect(out).toBe('nothing found, 1 ignored\n');
    const shown = await lint(
      annotated('ignored-rules: until 2027'),
      '--min-severity',
      'error',
      '--show-ignored',
    );
    expect(shown.out).toContain('  ignored: until 2027\n');
  });

  test('--ignore RULE=REASON', async () => {
    const text = documents(policy('web', '', ignoredRules), oddCidr);
    expect(await found(text, ['ignored-rules', 'cidr-spelling'], '--ignore', 'ignored-rules=a=b')).toEqual([
      'cidr-spelling:15',
    ]);
    const both = ['--ignore', 'ignored-rules=x', '--ignore', 'cidr-spelling=y'];
    expect(await found(text, ['ignored-rules', 'cidr-spelling'], ...both)).toEqual([]);
  });

  test.for<[string, string]>([
    ['ignored-rules', '--ignore: no reason for "ignored-rules"'],
    ['ignored-rules= ', '--ignore: no reason for "ignored-rules"'],
    ['ignored-rule=x', '--ignore: no rule "ignored-rule": did you mean "ignored-rules"?'],
    ['nonsense=x', '--ignore: no rule "nonsense"'],
  ])('--ignore %s', async ([text, message]) => {
    expect(await lint(policy('web'), '--ignore', text)).toEqual({
      code: 2,
      out: '',
      err: `error: ${message}\nhint: write --ignore RULE=REASON\n`,
    });
  });

  test('one that matches nothing', async () => {
    const { code, err } = await lint(policy('web'), '--ignore', 'ignored-rules=x');
    expect(code).toBe(2);
    expect(err).toBe('error: --ignore: the ignore of "ignored-rules" matches nothing: remove it\n');
  });

  test.for<[string, string, readonly string[]]>([
    ['a rule', '{ rule: ignored-rules, reason: x }', []],
    ['a file', '{ rule: ignored-rules, reason: x, path: a/*.yaml }', ['a/deep/two.yaml', 'b/three.yaml']],
    ['files below', '{ rule: ignored-rules, reason: x, path: a/** }', ['b/three.yaml']],
    ['files anywhere', '{ rule: ignored-rules, reason: x, path: "**/t*.yaml" }', ['a/one.yaml']],
    ['an object', '{ rule: ignored-rules, reason: x, object: shop/two }', ['a/one.yaml', 'b/three.yaml']],
    [
      'objects of a kind',
      '{ rule: ignored-rules, reason: x, object: NetworkPolicy/shop/t* }',
      ['a/one.yaml'],
    ],
    [
      'both',
      '{ rule: ignored-rules, reason: x, object: shop/*, path: b/** }',
      ['a/deep/two.yaml', 'a/one.yaml'],
    ],
  ])('the configuration names %s', async ([, entry, expected]) => {
    const files = {
      'a/one.yaml': policy('one', '', ignoredRules),
      'a/deep/two.yaml': policy('two', '', ignoredRules),
      'b/three.yaml': policy('three', '', ignoredRules),
      '.ringfence-lint.yaml': `ignore:\n- ${entry}\n`,
    };
    const { out } = await run(['lint', '-R', '-f', 'a', '-f', 'b', '-o', 'github'], { files });
    const named = [...out.matchAll(/file=([^,]*),.*title=ignored-rules/g)].map(([, file]) => file);
    expect(named).toEqual(expected);
  });

  test.for<[string, string, string]>([
    ['no reason', 'ignore:\n- { rule: ignored-rules }\n', '.ringfence-lint.yaml:2:3: error: Required value'],
    ['no rule', 'ignore:\n- { reason: x }\n', '.ringfence-lint.yaml:2:3: error: Required value'],
    [
      'a rule that there is not',
      'ignore:\n- { rule: ignored-rule, reason: x }\n',
      '.ringfence-lint.yaml:2:11: error: Invalid value: "ignored-rule": no rule "ignored-rule": did you mean "ignored-rules"?',
    ],
    ['another field', 'ignores: []\n', '.ringfence-lint.yaml:1:1: error: unknown field "ignores"'],
    [
      'a field of an entry',
      'ignore: [{ file: a }]\n',
      '.ringfence-lint.yaml:1:12: error: unknown field "ignore[0].file"',
    ],
    [
      'no list',
      'ignore: 1\n',
      '.ringfence-lint.yaml:1:9: error: Invalid value: 1: must be a list, not a number',
    ],
    ['no YAML', 'ignore: [\n', '.ringfence-lint.yaml:'],
  ])('a configuration with %s is no answer', async ([, text, message]) => {
    const files = { 'in.yaml': policy('web', '', ignoredRules), '.ringfence-lint.yaml': text };
    const { code, out, err } = await run(['lint', '-f', 'in.yaml'], { files });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });

  test('an entry of the configuration that matches nothing is named by its place', async () => {
    const files = {
      'in.yaml': policy('web'),
      'c.yaml': 'ignore:\n- { rule: ignored-rules, reason: x }\n',
    };
    const { code, err } = await run(['lint', '-f', 'in.yaml', '--config', 'c.yaml'], { files });
    expect(code).toBe(2);
    expect(err).toBe('error: c.yaml:2:3: the ignore of "ignored-rules" matches nothing: remove it\n');
  });

  test('a configuration that is named has to be there', async () => {
    const { code, err } = await lint(policy('web'), '--config', 'c.yaml');
    expect({ code, err }).toEqual({ code: 2, err: 'error: cannot read the configuration c.yaml: ENOENT\n' });
  });

  test('the annotation of a workload and of a namespace', async () => {
    const text = `apiVersion: apps/v1
kind: Deployment
metadata: { namespace: shop, name: web, annotations: { ringfence.dev/lint-ignore: 'duplicate-port-name: legacy' } }
spec:
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ ports: [{ name: a, containerPort: 1 }] }, { ports: [{ name: a, containerPort: 2 }] }] }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop, annotations: { ringfence.dev/lint-ignore: 'peer-or-and: nothing of the sort' } }
`;
    expect(await found(text, ['duplicate-port-name', 'invalid-ignore'])).toEqual(['invalid-ignore:11']);
  });
});

describe('json', () => {
  test('a document', async () => {
    const { out } = await lint(policy('web', '', ignoredRules), '-o', 'json', '--min-severity', 'error');
    expect(out).toBe(`{
  "apiVersion": "ringfence.dev/v1alpha1",
  "kind": "LintReport",
  "findings": [
    {
      "rule": "ignored-rules",
      "severity": "error",
      "message": "the egress rules are ignored: policyTypes does not name Egress",
      "hint": "add Egress to policyTypes, or remove the rules; with it, all other egress of the selected pods is denied",
      "file": "in.yaml",
      "line": 7,
      "column": 3,
      "object": {
        "kind": "NetworkPolicy",
        "namespace": "shop",
        "name": "web"
      }
    }
  ],
  "counts": {
    "error": 1,
    "warning": 0,
    "info": 0,
    "ignored": 0
  }
}
`);
  });
});

describe('github', () => {
  test('a workflow command for each, the worst first, escaped', async () => {
    const file = 'a,b:c%d.yaml';
    const { code, out } = await run(['lint', '-f', file, '-o', 'github', '--min-severity', 'warning'], {
      files: { [file]: documents(oddCidr, policy('web', '', ignoredRules)) },
    });
    expect(code).toBe(1);
    const lines = out.split('\n').filter((line) => /ignored-rules|cidr-spelling/.test(line));
    expect(lines).toEqual([
      '::error file=a%2Cb%3Ac%25d.yaml,line=15,col=3,title=ignored-rules::NetworkPolicy shop/web: the egress rules are ignored: policyTypes does not name Egress%0Ahint: add Egress to policyTypes, or remove the rules; with it, all other egress of the selected pods is denied',
      '::warning file=a%2Cb%3Ac%25d.yaml,line=7,col=41,title=cidr-spelling::NetworkPolicy shop/odd: spec.ingress[0].from[0].ipBlock.cidr: CIDR value "10.1.2.3/8" is ambiguous in this context (should be "10.0.0.0/8"?)%0Ahint: write 10.0.0.0/8',
    ]);
  });

  test('nothing to say, nothing said', async () => {
    expect((await lint(policy('web'), '-o', 'github', '--min-severity', 'error')).out).toBe('');
  });
});

test('github: files are named from the top of the checkout, wherever the command runs', async () => {
  const inFolder = async (workspace: string, output = 'github'): Promise<string> =>
    (
      await run(['lint', '-f', 'in.yaml', '-o', output], {
        files: { 'in.yaml': policy('web', '', ignoredRules) },
        env: { GITHUB_WORKSPACE: workspace },
      })
    ).out;
  const folder = path.basename(process.cwd());
  expect(await inFolder(path.dirname(process.cwd()))).toContain(`::error file=${folder}/in.yaml,line=7,`);
  expect(await inFolder(process.cwd())).toContain('::error file=in.yaml,line=7,');
  expect(await inFolder(path.dirname(process.cwd()), 'sarif')).toContain(`"uri": "${folder}/in.yaml"`);
  expect(await inFolder('/elsewhere')).toContain('::error file=in.yaml,line=7,');
});

describe('sarif', () => {
  const sarif = async (text: string, file = 'in.yaml', ...args: readonly string[]): Promise<Log> => {
    const { out } = await run(['lint', '-f', file, '-o', 'sarif', ...args], { files: { [file]: text } });
    return JSON.parse(out) as Log;
  };
  const resultsOf = (log: Log, rule: string): readonly Result[] =>
    (log.runs[0]?.results ?? []).filter(({ ruleId }) => ruleId === rule);

  test('every rule with its page, every result with its rule, place and fingerprint', async () => {
    const log = await sarif(policy('web', '', ignoredRules));
    expect(log).toMatchObject({
      $schema: expect.stringContaining('sarif-2.1.0') as string,
      version: '2.1.0',
    });
    const rules = log.runs[0]?.tool.driver.rules ?? [];
    expect(rules.map(({ id }) => id)).toEqual(lintRuleIds);
    for (const rule of rules) {
      expect(rule.help?.markdown).toContain(`# ${rule.id}\n`);
      // What GitHub's code scanning requires, and the most that it takes.
      const why = rule.fullDescription?.text ?? '';
      expect(rule.help?.markdown).toContain(`## Why\n\n${why}\n`);
      expect(why.length).toBeGreaterThan(50);
      expect(why.length).toBeLessThanOrEqual(1024);
    }
    const [result] = resultsOf(log, 'ignored-rules');
    expect(rules[result?.ruleIndex ?? -1]?.id).toBe('ignored-rules');
    expect(result).toMatchObject({
      level: 'error',
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'in.yaml' },
            region: { startLine: 7, startColumn: 3 },
          },
          logicalLocations: [{ fullyQualifiedName: 'NetworkPolicy shop/web' }],
        },
      ],
    });
    expect(Object.values(result?.partialFingerprints ?? {})).toEqual([
      expect.stringMatching(/^[0-9a-f]{32}:1$/),
    ]);
  });

  test.for<[string, string]>([
    ['dir/a b.yaml', 'dir/a%20b.yaml'],
    ['a:b%.yaml', 'a%3Ab%25.yaml'],
    ['../up.yaml', '../up.yaml'],
    ['/abs/x.yaml', 'file:///abs/x.yaml'],
    [`${process.cwd()}/dir/x.yaml`, 'dir/x.yaml'],
    [`${process.cwd()}x.yaml`, `file://${process.cwd()}x.yaml`],
  ])('the file %s is the URI %s', async ([file, uri]) => {
    const [result] = resultsOf(await sarif(policy('web', '', ignoredRules), file), 'ignored-rules');
    expect(result?.locations?.[0]?.physicalLocation?.artifactLocation?.uri).toBe(uri);
  });

  test('a fingerprint outlives lines, and differs for the next of its kind', async () => {
    const prints = async (text: string) =>
      resultsOf(await sarif(text), 'cidr-spelling').map(({ partialFingerprints }) => partialFingerprints);
    const twice = oddCidr.replace('[{ ipBlock', '[{ ipBlock: { cidr: 10.1.2.3/8 } }, { ipBlock');
    expect(await prints(`# a line more\n${oddCidr}`)).toEqual(await prints(oddCidr));
    expect(new Set((await prints(twice)).map((print) => JSON.stringify(print))).size).toBe(2);
  });

  test('what is ignored is suppressed', async () => {
    const [inSource] = resultsOf(await sarif(annotated('ignored-rules: soon')), 'ignored-rules');
    expect(inSource?.suppressions).toEqual([{ kind: 'inSource', justification: 'soon' }]);
    const log = await sarif(policy('web', '', ignoredRules), 'in.yaml', '--ignore', 'ignored-rules=later');
    expect(resultsOf(log, 'ignored-rules')[0]?.suppressions).toEqual([
      { kind: 'external', justification: 'later' },
    ]);
  });
});

test('what nobody wrote in a file, as of a running cluster, is told by its object', () => {
  const finding: Finding = {
    rule: 'peer-or-and',
    severity: 'info',
    object: { kind: 'NetworkPolicy', namespace: 'shop', name: 'web' },
    message: 'one: two\nthree',
  };
  expect(lintText([finding], { showIgnored: false })).toBe(
    'info: one: two\\nthree [peer-or-and]\n  at NetworkPolicy shop/web\n1 info\n',
  );
  expect(lintGithub([finding])).toBe(
    '::notice title=peer-or-and::NetworkPolicy shop/web: one: two\\nthree\n',
  );
  const log = JSON.parse(
    lintSarif([finding], {
      rules: lintRules,
      pages: new Map(),
      folder: '/',
      folderInCheckout: '',
      version: '1.2.3',
    }),
  ) as Log;
  expect(log.runs[0]?.results?.[0]?.locations).toEqual([
    { logicalLocations: [{ name: 'web', fullyQualifiedName: 'NetworkPolicy shop/web' }] },
  ]);
});

describe('a running cluster', () => {
  /** An API server that has these policies and nothing else; `undefined`: it refuses. */
  async function serve(policies: readonly object[] | undefined): Promise<string> {
    const server = createServer((request, response) => {
      const items = request.url?.includes('networkpolicies') === true ? policies : [];
      response.writeHead(items === undefined ? 403 : 200, { 'content-type': 'application/json' });
      const list = { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '1' }, items };
      response.end(JSON.stringify(items === undefined ? { kind: 'Status', message: 'no' } : list));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return writeKubeconfig(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }
  const stored = (name: string, annotations = {}) => ({
    metadata: { namespace: 'shop', name, annotations },
    spec: { podSelector: {}, policyTypes: ['Ingress'], egress: [{}] },
  });

  test('its policies are looked at, with their annotations', async () => {
    const ignored = stored('api', { 'ringfence.dev/lint-ignore': 'ignored-rules: soon' });
    const config = await serve([ignored, stored('web')]);
    const { code, out } = await run(['lint', '--kubeconfig', config, '--min-severity', 'error']);
    expect(code).toBe(1);
    expect(out).toBe(
      `error: the egress rules are ignored: policyTypes does not name Egress [ignored-rules]
  at NetworkPolicy shop/web
  hint: add Egress to policyTypes, or remove the rules; with it, all other egress of the selected pods is denied
1 error, 1 ignored
`,
    );
  });

  test('what it refuses to list is no answer', async () => {
    const { code, out } = await run(['lint', '--kubeconfig', await serve(undefined)]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });
});

test('--masquerade-all is known to the rules', async () => {
  const text = documents(
    policy('web', '', '  ingress: [{ from: [{ podSelector: {} }] }]\n'),
    `apiVersion: v1
kind: Service
metadata: { namespace: shop, name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`,
    'apiVersion: v1\nkind: Pod\nmetadata: { namespace: shop, name: web, labels: { app: web } }\n',
  );
  expect(await found(text, ['masked-source'])).toEqual([]);
  expect(await found(text, ['masked-source'], '--masquerade-all')).toEqual(['masked-source:7']);
});

describe('the rules', () => {
  test('--explain prints the page, without any input', async () => {
    const page = readFileSync(path.resolve(import.meta.dirname, '../../rules/lint/peer-or-and.md'), 'utf8');
    expect(await run(['lint', '--explain', 'peer-or-and'])).toEqual({ code: 0, out: page, err: '' });
    expect(await run(['lint', '--explain', 'peer-or-nad'])).toEqual({
      code: 2,
      out: '',
      err: 'error: no rule "peer-or-nad"\nhint: did you mean "peer-or-and"?\n',
    });
    expect((await run(['lint', '--explain', '../../package'])).code).toBe(2);
  });

  test('--list names all of them', async () => {
    const { code, out } = await run(['lint', '--list']);
    expect(code).toBe(0);
    expect(
      out
        .split('\n')
        .slice(1, -1)
        .map((line) => line.split(' ')[0]),
    ).toEqual(lintRuleIds);
  });

  test('they complete', async () => {
    const { out } = await run(['__complete', 'lint', '--explain', 'peer-o']);
    expect(out).toContain('peer-or-and\t');
  });
});
