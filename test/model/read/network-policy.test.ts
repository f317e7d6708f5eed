import { describe, expect, test } from 'vitest';
import type { NetworkPolicy } from '../../../src/model/network-policy.ts';
import { readNetworkPolicy } from '../../../src/model/read/network-policy.ts';
import { said, strict, tolerant } from './support.ts';

const metadata = { name: 'p', namespace: 'shop' };

/** What is understood of a stored policy with this spec. */
function stored(spec: unknown): NetworkPolicy {
  const { object } = readNetworkPolicy({ metadata, spec }, tolerant);
  if (object === undefined) throw new Error('no policy');
  return object;
}

function errorsOf(spec: unknown): readonly string[] {
  return said(readNetworkPolicy({ metadata, spec }, tolerant).diagnostics);
}

describe('isolation', () => {
  test.each([
    ['no spec', undefined, ['ingress']],
    ['null spec', null, ['ingress']],
    ['{}', {}, ['ingress']],
    ['ingress: []', { ingress: [] }, ['ingress']],
    ['ingress: null', { ingress: null }, ['ingress']],
    ['egress: [] alone', { egress: [] }, ['ingress']],
    ['egress: null alone', { egress: null }, ['ingress']],
    ['an egress rule', { egress: [{}] }, ['ingress', 'egress']],
    ['a null egress rule', { egress: [null] }, ['ingress', 'egress']],
    ['a broken egress rule', { egress: [{ to: [{}] }] }, ['ingress', 'egress']],
    ['policyTypes: []', { policyTypes: [], egress: [{}] }, ['ingress', 'egress']],
    ['policyTypes: null', { policyTypes: null }, ['ingress']],
    ['[Ingress]', { policyTypes: ['Ingress'], egress: [{}] }, ['ingress']],
    ['[Egress]', { policyTypes: ['Egress'], ingress: [{}] }, ['egress']],
    ['[Egress, Ingress]', { policyTypes: ['Egress', 'Ingress'] }, ['ingress', 'egress']],
    ['[Ingress, Ingress]', { policyTypes: ['Ingress', 'Ingress'] }, ['ingress']],
  ])('%s', (_name, spec, expected) => {
    expect(stored(spec).policyTypes).toEqual(expected);
  });

  test('rules of a direction that policyTypes leave out are dropped', () => {
    expect(stored({ policyTypes: ['Egress'], ingress: [{}], egress: [] }).ingress).toEqual([]);
    expect(stored({ policyTypes: ['Ingress'], ingress: [], egress: [{}] }).egress).toEqual([]);
  });

  test.each<[object, unknown]>([
    [{ policyTypes: ['Egress'], ingress: [{}] }, ['ingress']],
    [{ policyTypes: ['Ingress'], egress: [{}] }, ['egress']],
    [{ policyTypes: ['Ingress'], egress: [] }, undefined],
    [{ policyTypes: ['Ingress', 'Egress'], ingress: [{}], egress: [{}] }, undefined],
    [{ egress: [{}] }, undefined],
  ])('%j says which rules were dropped', (spec, expected) => {
    expect(stored(spec).droppedRules).toEqual(expected);
  });

  test.each([undefined, null, {}, { matchLabels: null, matchExpressions: [] }])(
    'podSelector %j is every pod',
    (podSelector) => {
      expect(stored({ podSelector }).podSelector).toEqual([]);
      expect(errorsOf({ podSelector })).toEqual([]);
    },
  );
});

describe('empty, missing, null', () => {
  test.each([[{}], [null], [{ from: [] }], [{ from: null, ports: null }], [{ from: [], ports: [] }]])(
    'ingress: [%j] allows everything',
    (rule) => {
      expect(stored({ ingress: [rule] }).ingress).toEqual([{ index: 0 }]);
      expect(errorsOf({ ingress: [rule] })).toEqual([]);
    },
  );

  test.each([[{}], [null], [{ podSelector: null, ipBlock: null }]])('from: [%j] is rejected', (peer) => {
    const spec = { ingress: [{ from: [peer] }, {}] };
    expect(stored(spec).ingress).toEqual([{ index: 1 }]);
    expect(errorsOf(spec)).toEqual(['spec.ingress[0].from[0]: Required value: must specify a peer']);
  });

  test('ports: [{}] is every TCP port', () => {
    const tcp = [{ kind: 'all', protocol: 'TCP' }];
    expect(stored({ ingress: [{ ports: [{}] }] }).ingress).toEqual([{ index: 0, ports: tcp }]);
    expect(stored({ ingress: [{ ports: [null] }] }).ingress).toEqual([{ index: 0, ports: tcp }]);
  });
});

describe('peers', () => {
  const everyNamespace = { kind: 'pods', namespaceSelector: [], podSelector: [] };
  const web = { matchLabels: { app: 'web' } };
  const selectsWeb = [{ key: 'app', operator: 'In', values: ['web'] }];
  test.each([
    [{ podSelector: {} }, { kind: 'pods', podSelector: [] }],
    [{ podSelector: web }, { kind: 'pods', podSelector: selectsWeb }],
    [{ namespaceSelector: {} }, everyNamespace],
    [{ namespaceSelector: {}, podSelector: null }, everyNamespace],
    [
      { namespaceSelector: web, podSelector: {} },
      { kind: 'pods', namespaceSelector: selectsWeb, podSelector: [] },
    ],
    [{ ipBlock: { cidr: '10.0.0.0/8' } }, { kind: 'ipBlock', cidr: '10.0.0.0/8', except: [] }],
    [
      { ipBlock: { cidr: '::/0', except: ['2001:db8::/32', '2001:db8::/48', '2001:db8::/32'] } },
      { kind: 'ipBlock', cidr: '::/0', except: ['2001:db8::/32', '2001:db8::/48', '2001:db8::/32'] },
    ],
  ])('%j', (peer, expected) => {
    expect(stored({ ingress: [{ from: [peer] }] }).ingress).toEqual([{ index: 0, peers: [expected] }]);
    expect(stored({ egress: [{ to: [peer] }] }).egress).toEqual([{ index: 0, peers: [expected] }]);
    expect(errorsOf({ ingress: [{ from: [peer] }] })).toEqual([]);
  });
});

describe('ports', () => {
  test.each([
    [{ port: 80 }, { kind: 'range', protocol: 'TCP', first: 80, last: 80 }],
    [
      { port: 80, endPort: 80, protocol: 'UDP' },
      { kind: 'range', protocol: 'UDP', first: 80, last: 80 },
    ],
    [
      { port: 1, endPort: 65535 },
      { kind: 'range', protocol: 'TCP', first: 1, last: 65535 },
    ],
    [{ protocol: 'SCTP' }, { kind: 'all', protocol: 'SCTP' }],
    [
      { port: null, protocol: null, endPort: null },
      { kind: 'all', protocol: 'TCP' },
    ],
    [{ port: 'http' }, { kind: 'named', protocol: 'TCP', name: 'http' }],
    [
      { port: 'any', protocol: 'UDP' },
      { kind: 'named', protocol: 'UDP', name: 'any' },
    ],
  ])('%j', (port, expected) => {
    expect(stored({ ingress: [{ ports: [port] }] }).ingress).toEqual([{ index: 0, ports: [expected] }]);
  });
});

describe('what is broken is closed', () => {
  test.each([
    ['text', 'deny'],
    ['a number', 1],
    ['a list', []],
    ['true', true],
  ])('a spec that is %s isolates the whole namespace in both directions', (_name, spec) => {
    expect(stored(spec)).toMatchObject({
      podSelector: [],
      policyTypes: ['ingress', 'egress'],
      ingress: [],
      egress: [],
    });
    expect(errorsOf(spec)).toHaveLength(1);
  });

  test.each([
    ['text', 'app=web'],
    ['a broken label', { matchLabels: { app: 'web', tier: 1 } }],
    ['an unknown operator', { matchExpressions: [{ key: 'app', operator: 'Equals', values: ['web'] }] }],
  ])('a podSelector that is %s selects every pod and allows nothing', (_name, podSelector) => {
    const spec = { podSelector, policyTypes: ['Ingress'], ingress: [{}] };
    expect(stored(spec)).toMatchObject({ podSelector: [], policyTypes: ['ingress'], ingress: [] });
    expect(errorsOf(spec)).toHaveLength(1);
  });

  test.each([
    ['text', 'Ingress', [], []],
    ['a number', 7, [], []],
    ['an object', {}, [], []],
    ['unknown', ['Inbound'], [], []],
    ['half known', ['Ingress', 'egress'], [{ index: 0 }], []],
    ['null inside', ['Egress', null], [], [{ index: 0 }]],
    ['too many', ['Ingress', 'Egress', 'Ingress'], [{ index: 0 }], [{ index: 0 }]],
  ])('policyTypes that are %s isolate both directions', (_name, policyTypes, ingress, egress) => {
    const spec = { policyTypes, ingress: [{}], egress: [{}] };
    expect(stored(spec)).toMatchObject({ policyTypes: ['ingress', 'egress'], ingress, egress });
    expect(errorsOf(spec)).not.toEqual([]);
  });

  test.each([
    ['the rule', 'all'],
    ['from', { from: {} }],
    ['a peer', { from: [{ podSelector: {} }, 'everyone'] }],
    ['a selector', { from: [{ podSelector: {} }, { namespaceSelector: { matchLabels: { a: '!' } } }] }],
    ['a cidr', { from: [{ podSelector: {} }, { ipBlock: { cidr: '10.0.0.0' } }] }],
    ['an except', { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/8'] } }] }],
    ['an except of another family', { from: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['::/1'] } }] }],
    ['an except as large', { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/8'] } }] }],
    ['excepts', { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: '10.1.0.0/16' } }] }],
    ['a block beside pods', { from: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] }],
    ['ports', { ports: 80 }],
    ['a port', { ports: [{ port: 80 }, { port: 0 }] }],
    ['a protocol', { ports: [{ protocol: 'tcp' }] }],
    ['an endPort', { ports: [{ port: 80, endPort: 79 }] }],
    ['an endPort alone', { ports: [{ endPort: 80 }] }],
    ['an endPort of a name', { ports: [{ port: 'http', endPort: 80 }] }],
  ])('a rule with %s broken is absent, its direction isolated, the others in force', (_name, rule) => {
    const spec = { ingress: [{ ports: [{ port: 1 }] }, rule, {}] };
    expect(stored(spec).policyTypes).toEqual(['ingress']);
    expect(stored(spec).ingress.map(({ index }) => index)).toEqual([0, 2]);
    expect(errorsOf(spec)).toHaveLength(1);
  });

  test('a list of rules that is none leaves its direction isolated', () => {
    expect(stored({ egress: 'all' })).toMatchObject({ policyTypes: ['ingress', 'egress'], egress: [] });
    expect(stored({ ingress: {} })).toMatchObject({ policyTypes: ['ingress'], ingress: [] });
  });

  test.each([
    ['rules', 2000, { ingress: Array.from({ length: 2001 }, () => ({})) }],
    ['peers', 10_000, { ingress: [{ from: Array.from({ length: 10_001 }, () => ({ podSelector: {} })) }] }],
    [
      'excepts',
      10_000,
      {
        ingress: [
          {
            from: [
              {
                ipBlock: { cidr: '10.0.0.0/8', except: Array.from({ length: 10_001 }, () => '10.1.0.0/16') },
              },
            ],
          },
        ],
      },
    ],
    ['ports', 10_000, { ingress: [{ ports: Array.from({ length: 10_001 }, () => ({ port: 1 })) }] }],
  ])('too many %s are closed', (_name, most, spec) => {
    expect(stored(spec)).toMatchObject({ policyTypes: ['ingress'], ingress: [] });
    expect(errorsOf(spec)[0]).toContain(`Too many: ${most + 1}: must have at most ${most} items`);
  });

  test('too large rules close their direction, and that one alone', () => {
    const from = Array.from({ length: 100 }, (_, index) => ({
      podSelector: { matchLabels: { app: `a${index}` } },
    }));
    const named = { from, ports: Array.from({ length: 100 }, (_, index) => ({ port: `port-${index}` })) };
    const spec = { ingress: [named], egress: [{}] };
    expect(stored(spec)).toMatchObject({
      policyTypes: ['ingress', 'egress'],
      ingress: [],
      egress: [{ index: 0 }],
    });
    expect(errorsOf(spec)[0]).toContain('Too large: the rules come to 50601: must be at most 20000 in size');
  });

  test('errors of one object are counted, not listed without end', () => {
    const { diagnostics } = readNetworkPolicy(
      { metadata, spec: { ingress: Array.from({ length: 2000 }, () => 1) } },
      tolerant,
    );
    expect(diagnostics).toHaveLength(101);
    expect(diagnostics.at(-1)?.message).toBe('too many errors in this object');
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'policy'],
    ['a list', []],
    ['no name', { metadata: { namespace: 'shop' } }],
    ['no namespace', { metadata: { name: 'p' } }],
    ['a hostile name', { metadata: { name: 'p"; flush ruleset', namespace: 'shop' } }],
    ['a hostile namespace', { metadata: { name: 'p', namespace: '../shop' } }],
    ['a namespace with a dot', { metadata: { name: 'p', namespace: 'a.b' } }],
    ['metadata that is text', { metadata: 'p' }],
  ])('%s is no policy, and an error', (_name, value) => {
    const { object, diagnostics } = readNetworkPolicy(value, tolerant);
    expect(object).toBeUndefined();
    expect(diagnostics.some(({ severity }) => severity === 'error')).toBe(true);
  });
});

describe('CIDRs with an odd spelling', () => {
  test.each([
    [
      '10.0.0.1/8',
      '10.0.0.0/8',
      'CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8"?)',
    ],
    [
      '010.0.0.0/8',
      '10.0.0.0/8',
      'non-standard CIDR value "010.0.0.0/8" will be considered invalid in a future Kubernetes release: use "10.0.0.0/8"',
    ],
    [
      '::ffff:10.0.0.0/104',
      '10.0.0.0/8',
      'non-standard CIDR value "::ffff:10.0.0.0/104" will be considered invalid in a future Kubernetes release: use "10.0.0.0/8"',
    ],
  ])('%s is %s with a warning, strictly an error', (cidr, canonical, message) => {
    const value = { metadata, spec: { ingress: [{ from: [{ ipBlock: { cidr } }] }] } };
    const path = 'spec.ingress[0].from[0].ipBlock.cidr';
    const loose = readNetworkPolicy(value, tolerant);
    expect(loose.object?.ingress).toEqual([
      { index: 0, peers: [{ kind: 'ipBlock', cidr: canonical, except: [] }] },
    ]);
    expect(said(loose.diagnostics)).toEqual([`warning: ${path}: ${message}`]);
    const exact = readNetworkPolicy(value, { ...tolerant, strictCidrs: true });
    expect(exact.object?.ingress).toEqual([]);
    expect(said(exact.diagnostics)).toEqual([`${path}: Invalid value: "${cidr}": ${message}`]);
  });
});

describe('unknown fields', () => {
  const spec = { podSelector: {}, policyType: ['Egress'], ingress: [{ form: [] }] };
  test('are ignored beside the rules of what the API server stored', () => {
    const { object, diagnostics } = readNetworkPolicy(
      { metadata: { ...metadata, x: 1 }, spec: { ...spec, ingress: [{}] }, status: { x: 1 }, more: 1 },
      tolerant,
    );
    expect(diagnostics).toEqual([]);
    expect(object).toMatchObject({ policyTypes: ['ingress'], ingress: [{ index: 0 }] });
  });

  test.each<[string, { peers?: readonly unknown[]; ports?: unknown; when?: string }, string]>([
    ['the rule', { when: 'night' }, 'when'],
    ['a port', { ports: [{ port: 80 }, { portSet: 'web' }] }, 'ports[1].portSet'],
    ['a peer', { peers: [{ podSelector: {}, accounts: ['web'] }] }, 'PEERS[0].accounts'],
    ['a podSelector', { peers: [{ podSelector: { matchNames: ['a'] } }] }, 'PEERS[0].podSelector.matchNames'],
    [
      'a namespaceSelector',
      { peers: [{ namespaceSelector: { matchNames: ['a'] } }] },
      'PEERS[0].namespaceSelector.matchNames',
    ],
    [
      'a requirement',
      { peers: [{ podSelector: { matchExpressions: [{ key: 'a', operator: 'Exists', x: 1 }] } }] },
      'PEERS[0].podSelector.matchExpressions[0].x',
    ],
    ['an ipBlock', { peers: [{ ipBlock: { cidr: '::/0', set: 'a' } }] }, 'PEERS[0].ipBlock.set'],
  ])(
    'of %s: it is no rule, its direction isolated, the others in force',
    (_name, { peers, ...rest }, path) => {
      for (const [direction, field] of [
        ['ingress', 'from'],
        ['egress', 'to'],
      ] as const) {
        const rule = peers === undefined ? rest : { [field]: peers };
        const { object, diagnostics } = readNetworkPolicy(
          { metadata, spec: { [direction]: [{ ports: [{ port: 1 }] }, rule, {}] } },
          tolerant,
        );
        expect(object?.policyTypes).toContain(direction);
        expect(object?.[direction].map(({ index }) => index)).toEqual([0, 2]);
        const full = `spec.${direction}[1].${path.replace('PEERS', field)}`;
        expect(diagnostics).toMatchObject([{ severity: 'error', code: 'unknown-field', path: full }]);
        expect(said(diagnostics)).toEqual([`${full}: unknown field "${full}"`]);
      }
    },
  );

  test('are errors in what a person wrote, and closed', () => {
    const { object, diagnostics } = readNetworkPolicy({ metadata: { ...metadata, nmae: 1 }, spec }, strict);
    expect(diagnostics.map(({ path, hint }) => [path, hint])).toEqual([
      ['metadata.nmae', 'did you mean "name"?'],
      ['spec.policyType', 'did you mean "policyTypes"?'],
      ['spec.ingress[0].form', 'did you mean "from"?'],
    ]);
    expect(object).toMatchObject({ policyTypes: ['ingress', 'egress'], ingress: [], egress: [] });
  });

  test('a key that every JavaScript object has is unknown, too', () => {
    const value = JSON.parse(
      '{"metadata": {"name": "p"}, "spec": {"__proto__": {"ingress": [{}]}, "constructor": 1}}',
    ) as unknown;
    expect(said(readNetworkPolicy(value, strict).diagnostics)).toEqual([
      'spec.__proto__: unknown field "spec.__proto__"',
      'spec.constructor: unknown field "spec.constructor"',
    ]);
  });
});

test('names, generation and annotations are kept, and every diagnostic names the object', () => {
  const { object, diagnostics } = readNetworkPolicy(
    {
      metadata: { ...metadata, uid: 'u', generation: 3, annotations: { a: 'b', c: 1 } },
      spec: { ingress: [{ from: [{}] }] },
    },
    tolerant,
  );
  expect(object).toMatchObject({
    namespace: 'shop',
    name: 'p',
    uid: 'u',
    generation: 3,
    annotations: { a: 'b' },
  });
  expect(diagnostics).toHaveLength(2);
  for (const { object: reference } of diagnostics) {
    expect(reference).toEqual({ kind: 'NetworkPolicy', namespace: 'shop', name: 'p' });
  }
});

test('places are asked for by path: rules for themselves, unknown fields for their key', () => {
  const asked: string[] = [];
  const { object, diagnostics } = readNetworkPolicy(
    { metadata, spec: { ingress: [{}, { x: 1 }] } },
    {
      ...strict,
      locate: (path, what) => {
        asked.push(`${path.join('/')} ${what}`);
        return { file: 'f', line: path.length + 1, column: 1 };
      },
    },
  );
  expect(object?.source).toEqual({ file: 'f', line: 1, column: 1 });
  expect(object?.ingress[0]?.source).toEqual({ file: 'f', line: 4, column: 1 });
  expect(diagnostics[0]?.source).toEqual({ file: 'f', line: 5, column: 1 });
  expect(asked).toEqual(['spec/ingress/0 value', 'spec/ingress/1/x key', ' value']);
});

describe('the mode', () => {
  const read = (annotations: unknown) =>
    readNetworkPolicy({ metadata: { ...metadata, annotations }, spec: {} }, tolerant);

  test.each([
    ['none', undefined, undefined],
    ['audit', { 'ringfence.dev/mode': 'audit' }, true],
    ['enforce', { 'ringfence.dev/mode': 'enforce' }, undefined],
    ['null', { 'ringfence.dev/mode': null }, undefined],
  ])('%s is said nothing of', (_name, annotations, audit) => {
    const { object, diagnostics } = read(annotations);
    expect(object?.audit).toBe(audit);
    expect(diagnostics).toEqual([]);
  });

  test.each(['Audit', 'audit ', '', 'off', '\u001b[31m'])('%j is enforced, with a warning', (value) => {
    const { object, diagnostics } = read({ 'ringfence.dev/mode': value });
    expect(object?.audit).toBeUndefined();
    expect(diagnostics).toMatchObject([{ code: 'unknown-mode', severity: 'warning' }]);
  });

  test.each([true, ['audit'], { audit: true }])('%j is enforced, and an error', (value) => {
    const { object, diagnostics } = read({ 'ringfence.dev/mode': value });
    expect(object?.audit).toBeUndefined();
    expect(diagnostics).toMatchObject([{ severity: 'error' }]);
  });
});
