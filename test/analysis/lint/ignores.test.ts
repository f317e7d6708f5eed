import { describe, expect, test } from 'vitest';
import { withConfigured } from '../../../src/analysis/lint/configured-ignores.ts';
import { longestIgnore, parseIgnores } from '../../../src/analysis/lint/ignores.ts';
import { lint } from '../../../src/analysis/lint/lint.ts';
import type { Finding } from '../../../src/analysis/lint/rule.ts';
import { loadForLint } from './lint-text.ts';
import { processorTime } from '../../support/processor-time.ts';

describe('the text of an annotation', () => {
  const known = ['some-rule', 'other-rule'];
  test.for<[string, readonly string[], readonly string[]]>([
    ['some-rule: a reason', ['some-rule=a reason'], []],
    [' some-rule :a: b ;other-rule: c;', ['some-rule=a: b', 'other-rule=c'], []],
    ['some-rule', [], ['no reason for "some-rule"']],
    ['some-rule:  ', [], ['no reason for "some-rule"']],
    ['sone-rule: x', [], ['no rule "sone-rule": did you mean "some-rule"?']],
    ['a reason alone', [], ['no rule "a reason alone"']],
    ['nothing: x; some-rule: y', ['some-rule=y'], ['no rule "nothing"']],
    ['', [], ['names no rule']],
    [' ; ', [], ['names no rule']],
    ['__proto__: x', [], ['no rule "__proto__"']],
    [`some-rule: ${'x'.repeat(longestIgnore)}`, [], [`longer than ${longestIgnore} characters`]],
    ['\u001b[31m: x', [], ['no rule "\\u001b[31m"']],
  ])('%j', ([text, ignores, errors]) => {
    const parsed = parseIgnores(text, known);
    expect(parsed.ignores.map(({ rule, reason }) => `${rule}=${reason}`)).toEqual(ignores);
    expect(parsed.errors).toEqual(errors);
  });
});

describe('annotations', () => {
  const policy = (annotation: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  namespace: shop
  name: web
  annotations:
    ringfence.dev/lint-ignore: ${JSON.stringify(annotation)}
spec: { podSelector: {}, policyTypes: [Ingress], egress: [{}] }
`;
  const findings = async (text: string): Promise<readonly string[]> => {
    const { cluster, locate } = await loadForLint(text);
    return lint({ cluster, locate }, { masqueradeAll: false })
      .filter(({ rule }) => ['ignored-rules', 'invalid-ignore'].includes(rule))
      .map(({ rule, severity, place, message, ignored }) =>
        [rule, severity, place?.line, ignored?.reason ?? message].join(' '),
      );
  };

  test('one that answers', async () => {
    expect(await findings(policy('ignored-rules: soon'))).toEqual(['ignored-rules error 8 soon']);
  });

  test('one that answers nothing, and one that says nothing', async () => {
    expect(await findings(policy('peer-or-and: x; ignored-rules; y: z'))).toEqual([
      'invalid-ignore error 7 annotation ringfence.dev/lint-ignore: no reason for "ignored-rules"',
      'invalid-ignore error 7 annotation ringfence.dev/lint-ignore: no rule "y"',
      'invalid-ignore warning 7 annotation ringfence.dev/lint-ignore: "peer-or-and" finds nothing here',
      'ignored-rules error 8 the egress rules are ignored: policyTypes does not name Egress',
    ]);
  });

  test('pods of one workload say it once', async () => {
    const pod = (name: string): string => `---
apiVersion: v1
kind: Pod
metadata:
  namespace: shop
  name: ${name}
  annotations: { ringfence.dev/lint-ignore: 'duplicate-port-name: x' }
  ownerReferences: [{ apiVersion: v1, kind: StatefulSet, name: db, uid: a, controller: true }]
`;
    const { cluster } = await loadForLint(`${pod('db-0')}${pod('db-1')}`);
    const all = lint({ cluster }, { masqueradeAll: false });
    expect(all.filter(({ rule }) => rule === 'invalid-ignore')).toMatchObject([
      { object: { kind: 'StatefulSet', namespace: 'shop', name: 'db' } },
    ]);
  });
});

describe('ignores of a configuration', () => {
  const finding: Finding = {
    rule: 'some-rule',
    severity: 'error',
    message: 'x',
    place: { file: 'a/b/c.yaml', line: 1, column: 1 },
    object: { kind: 'NetworkPolicy', namespace: 'shop', name: 'web' },
  };
  const matches = (ignore: object, of: Finding = finding): boolean =>
    withConfigured([of], [{ rule: 'some-rule', reason: 'y', ...ignore }]).unused.length === 0;

  test.for<[object, boolean]>([
    [{}, true],
    [{ rule: 'other-rule' }, false],
    [{ path: 'a/b/c.yaml' }, true],
    [{ path: './a/b/c.yaml' }, true],
    [{ path: 'a/*/c.yaml' }, true],
    [{ path: 'a/*.yaml' }, false],
    [{ path: 'a/**/c.yaml' }, true],
    [{ path: 'a/**/b/c.yaml' }, true],
    [{ path: '**' }, true],
    [{ path: '**/c.yaml' }, true],
    [{ path: 'a/b/?.yaml' }, true],
    [{ path: 'a/b' }, false],
    [{ path: 'a/b/c+yaml' }, false],
    [{ path: 'a/b/c.yam.' }, false],
    [{ object: 'shop/web' }, true],
    [{ object: 'NetworkPolicy/shop/web' }, true],
    [{ object: 'NetworkPolicy/*/web' }, true],
    [{ object: 'Pod/shop/web' }, false],
    [{ object: '*' }, false],
    [{ object: 'shop/*', path: 'b/**' }, false],
  ])('%j: %j', ([ignore, expected]) => {
    expect(matches(ignore)).toBe(expected);
  });

  test('what has neither place nor object is not meant by either', () => {
    const bare: Finding = { rule: 'some-rule', severity: 'error', message: 'x' };
    expect(matches({ path: '**' }, bare)).toBe(false);
    expect(matches({ object: '**' }, bare)).toBe(false);
    expect(matches({}, bare)).toBe(true);
  });

  test('what an annotation ignores stays its own, and counts as found', () => {
    const ignored: Finding = { ...finding, ignored: { by: 'annotation', reason: 'mine' } };
    const { findings, unused } = withConfigured([ignored], [{ rule: 'some-rule', reason: 'y' }]);
    expect(findings).toEqual([ignored]);
    expect(unused).toEqual([]);
  });

  test('a hostile pattern takes no time', () => {
    const file = `${'a/'.repeat(2000)}b`;
    const long: Finding = { ...finding, place: { file, line: 1, column: 1 } };
    const took = processorTime(() => {
      expect(matches({ path: `${'**/'.repeat(30)}c` }, long)).toBe(false);
      expect(matches({ path: `${'*a'.repeat(30)}c` }, long)).toBe(false);
    });
    expect(took).toBeLessThan(1000);
  });
});
