import { describe, expect, test } from 'vitest';
import type { Address } from '../../src/net/address.ts';
import type { Cidr } from '../../src/net/cidr.ts';
import type {
  ChainName,
  ElementKey,
  InterfacePattern,
  KeyType,
  Match,
  NftSet,
  Rule,
  SetName,
  Statement,
  Verdict,
} from '../../src/ruleset/objects.ts';
import type { Operation } from '../../src/ruleset/operation.ts';
import { renderJson } from '../../src/ruleset/render-json.ts';
import { isLegalComment, isLegalName, renderText } from '../../src/ruleset/render-text.ts';

const [chain, set, map] = ['web' as ChainName, 'peers' as SetName, 'dispatch' as SetName];

function text(...operations: Operation[]): string {
  return renderText({ table: 'ringfence', operations });
}

function json(declare: 'type' | 'typeof', ...operations: Operation[]): unknown[] {
  const rendered = renderJson({ table: 'ringfence', operations }, { declare });
  return (JSON.parse(rendered) as { nftables: unknown[] }).nftables;
}

function addRule(rule: Partial<Rule>): Operation {
  return { op: 'add-rule', chain, rule: { matches: [], statements: [], ...rule } };
}

function declared(keyType: KeyType, more: Partial<NftSet> = {}): Operation {
  return {
    op: 'add-set',
    set: { name: set, kind: 'set', keyType, interval: false, elements: new Map(), ...more },
  };
}

const saddr = (protocol: string): unknown => ({ payload: { protocol, field: 'saddr' } });
const daddr = (protocol: string): unknown => ({ payload: { protocol, field: 'daddr' } });
const l4proto = { meta: { key: 'l4proto' } };
const dport = { payload: { protocol: 'th', field: 'dport' } };
const ctMark = { ct: { key: 'mark' } };
const equals = (left: unknown, right: unknown): unknown => ({ match: { op: '==', left, right } });
const differs = (left: unknown, right: unknown): unknown => ({ match: { op: '!=', left, right } });

const matches: readonly [Match, string, unknown][] = [
  [{ kind: 'family', family: 'IPv6' }, 'meta nfproto ipv6', equals({ meta: { key: 'nfproto' } }, 'ipv6')],
  [
    { kind: 'prefix', side: 'saddr', cidr: '10.0.0.0/8' as Cidr },
    'ip saddr 10.0.0.0/8',
    equals(saddr('ip'), { prefix: { addr: '10.0.0.0', len: 8 } }),
  ],
  [
    { kind: 'prefix', side: 'daddr', cidr: 'fd00::/8' as Cidr, negate: true },
    'ip6 daddr != fd00::/8',
    differs(daddr('ip6'), { prefix: { addr: 'fd00::', len: 8 } }),
  ],
  [
    { kind: 'prefix', side: 'daddr', cidr: '10.0.0.1/32' as Cidr },
    'ip daddr 10.0.0.1',
    equals(daddr('ip'), '10.0.0.1'),
  ],
  [
    { kind: 'prefix', side: 'saddr', cidr: '::/0' as Cidr },
    'ip6 saddr ::/0',
    equals(saddr('ip6'), { prefix: { addr: '::', len: 0 } }),
  ],
  [
    { kind: 'address-set', side: 'saddr', family: 'IPv4', set },
    'ip saddr @peers',
    equals(saddr('ip'), '@peers'),
  ],
  [
    { kind: 'address-set', side: 'daddr', family: 'IPv6', set, negate: true },
    'ip6 daddr != @peers',
    differs(daddr('ip6'), '@peers'),
  ],
  [
    { kind: 'endpoint-set', side: 'daddr', family: 'IPv4', set },
    'ip daddr . meta l4proto . th dport @peers',
    equals({ concat: [daddr('ip'), l4proto, dport] }, '@peers'),
  ],
  [{ kind: 'protocol', protocol: 'SCTP' }, 'meta l4proto sctp', equals(l4proto, 'sctp')],
  [
    {
      kind: 'ports',
      protocol: 'TCP',
      ranges: [
        [80, 80],
        [8000, 8080],
      ],
    },
    'tcp dport { 80, 8000-8080 }',
    equals({ payload: { protocol: 'tcp', field: 'dport' } }, { set: [80, { range: [8000, 8080] }] }),
  ],
  [
    { kind: 'ports', protocol: 'UDP', ranges: [[0, 65535]] },
    'udp dport 0-65535',
    equals({ payload: { protocol: 'udp', field: 'dport' } }, { range: [0, 65535] }),
  ],
  [
    { kind: 'ports', protocol: 'SCTP', ranges: [[9, 9]] },
    'sctp dport 9',
    equals({ payload: { protocol: 'sctp', field: 'dport' } }, 9),
  ],
  [
    { kind: 'icmpv6-types', types: [133, 143, 200] },
    'icmpv6 type { nd-router-solicit, mld2-listener-report, 200 }',
    equals({ payload: { protocol: 'icmpv6', field: 'type' } }, { set: [133, 143, 200] }),
  ],
  [
    { kind: 'icmpv6-types', types: [135] },
    'icmpv6 type nd-neighbor-solicit',
    equals({ payload: { protocol: 'icmpv6', field: 'type' } }, 135),
  ],
  [
    { kind: 'tcp-reset' },
    'tcp flags & rst == rst',
    equals({ '&': [{ payload: { protocol: 'tcp', field: 'flags' } }, 'rst'] }, 'rst'),
  ],
  [
    { kind: 'ct-mark', mask: 0xffff0000, value: 0x10000 },
    'ct mark & 0xffff0000 == 0x00010000',
    equals({ '&': [ctMark, 0xffff0000] }, 0x10000),
  ],
  [
    { kind: 'ct-state', states: ['established', 'related'] },
    'ct state established,related',
    { match: { op: 'in', left: { ct: { key: 'state' } }, right: ['established', 'related'] } },
  ],
  [
    { kind: 'ct-direction', direction: 'reply' },
    'ct direction reply',
    equals({ ct: { key: 'direction' } }, 'reply'),
  ],
  [
    { kind: 'source-local' },
    'fib saddr type { local, anycast }',
    equals({ fib: { result: 'type', flags: ['saddr'] } }, { set: ['local', 'anycast'] }),
  ],
  [{ kind: 'loopback' }, 'iifname "lo"', equals({ meta: { key: 'iifname' } }, 'lo')],
  [
    { kind: 'ct-redirected', from: '10.0.0.1' as Address },
    'ct original ip daddr != 10.0.0.1',
    { match: { op: '!=', left: { ct: { key: 'ip daddr', dir: 'original' } }, right: '10.0.0.1' } },
  ],
  [
    { kind: 'ct-redirected', from: 'fd00::1' as Address },
    'ct original ip6 daddr != fd00::1',
    { match: { op: '!=', left: { ct: { key: 'ip6 daddr', dir: 'original' } }, right: 'fd00::1' } },
  ],
  [
    { kind: 'ct-helper' },
    'ct helper != "none"',
    { match: { op: '!=', left: { ct: { key: 'helper' } }, right: 'none' } },
  ],
  [
    { kind: 'icmp' },
    'meta l4proto { icmp, ipv6-icmp }',
    equals({ meta: { key: 'l4proto' } }, { set: [1, 58] }),
  ],
  [
    { kind: 'hop-limit', value: 255 },
    'ip6 hoplimit 255',
    equals({ payload: { protocol: 'ip6', field: 'hoplimit' } }, 255),
  ],
  [
    { kind: 'source-unrouted' },
    'fib saddr . iif oif missing',
    equals({ fib: { result: 'oif', flags: ['saddr', 'iif'] } }, false),
  ],
  [
    { kind: 'interface', way: 'in', pattern: 'veth*' as InterfacePattern },
    'iifname "veth*"',
    equals({ meta: { key: 'iifname' } }, 'veth*'),
  ],
  [
    { kind: 'interface', way: 'out', pattern: 'cni0' as InterfacePattern },
    'oifname "cni0"',
    equals({ meta: { key: 'oifname' } }, 'cni0'),
  ],
];

const statements: readonly [Statement, string, unknown][] = [
  [
    { kind: 'set-ct-mark', keep: 0xffff, value: 0 },
    'ct mark set ct mark & 0x0000ffff',
    { mangle: { key: ctMark, value: { '&': [ctMark, 0xffff] } } },
  ],
  [{ kind: 'counter' }, 'counter', { counter: null }],
  [
    { kind: 'set-ct-mark', keep: 0xffff, value: 0x10000 },
    'ct mark set ct mark & 0x0000ffff | 0x00010000',
    { mangle: { key: ctMark, value: { '|': [{ '&': [ctMark, 0xffff] }, 0x10000] } } },
  ],
  [
    { kind: 'address-vmap', side: 'daddr', family: 'IPv6', map },
    'ip6 daddr vmap @dispatch',
    { vmap: { key: daddr('ip6'), data: '@dispatch' } },
  ],
  [
    { kind: 'port-vmap', map },
    'meta l4proto . th dport vmap @dispatch',
    { vmap: { key: { concat: [l4proto, dport] }, data: '@dispatch' } },
  ],
  [{ kind: 'reject', with: 'tcp-reset' }, 'reject with tcp reset', { reject: { type: 'tcp reset' } }],
  [
    { kind: 'reject', with: 'admin-prohibited' },
    'reject with icmpx admin-prohibited',
    { reject: { type: 'icmpx', expr: 'admin-prohibited' } },
  ],
];

const verdicts: readonly [Verdict, string, unknown][] = [
  [{ kind: 'accept' }, 'accept', { accept: null }],
  [{ kind: 'drop' }, 'drop', { drop: null }],
  [{ kind: 'return' }, 'return', { return: null }],
  [{ kind: 'continue' }, 'continue', { continue: null }],
  [{ kind: 'jump', chain }, 'jump web', { jump: { target: 'web' } }],
  [{ kind: 'goto', chain }, 'goto web', { goto: { target: 'web' } }],
];

const where = { family: 'inet', table: 'ringfence' };

describe('rules', () => {
  test.each(matches)('match %j', (match, expectedText, expectedJson) => {
    const operation = addRule({ matches: [match] });
    expect(text(operation)).toBe(`add rule inet ringfence web ${expectedText}\n`);
    expect(json('type', operation)).toEqual([
      { add: { rule: { ...where, chain: 'web', expr: [expectedJson] } } },
    ]);
  });

  test.each(statements)('statement %j', (statement, expectedText, expectedJson) => {
    const operation = addRule({ statements: [statement] });
    expect(text(operation)).toBe(`add rule inet ringfence web ${expectedText}\n`);
    expect(json('type', operation)).toEqual([
      { add: { rule: { ...where, chain: 'web', expr: [expectedJson] } } },
    ]);
  });

  test.each(verdicts)('verdict %j, in a rule and in a map', (verdict, expectedText, expectedJson) => {
    const inRule = addRule({ statements: [{ kind: 'verdict', verdict }] });
    const inMap: Operation = {
      op: 'add-elements',
      set: map,
      elements: [['10.0.0.1' as ElementKey, verdict]],
    };
    expect(text(inRule)).toBe(`add rule inet ringfence web ${expectedText}\n`);
    expect(text(inMap)).toBe(`add element inet ringfence dispatch { 10.0.0.1 : ${expectedText} }\n`);
    expect(json('type', inRule, inMap)).toEqual([
      { add: { rule: { ...where, chain: 'web', expr: [expectedJson] } } },
      { add: { element: { ...where, name: 'dispatch', elem: [['10.0.0.1', expectedJson]] } } },
    ]);
  });

  test('matches come before statements, the comment last', () => {
    const operation = addRule({
      matches: [
        { kind: 'protocol', protocol: 'TCP' },
        { kind: 'address-set', side: 'saddr', family: 'IPv4', set },
      ],
      statements: [{ kind: 'counter' }, { kind: 'verdict', verdict: { kind: 'accept' } }],
      comment: 'team/web: rule 1 [a;b] {c}',
    });
    expect(text(operation)).toBe(
      'add rule inet ringfence web meta l4proto tcp ip saddr @peers counter accept comment "team/web: rule 1 [a;b] {c}"\n',
    );
    expect(json('type', operation)).toMatchObject([
      { add: { rule: { comment: 'team/web: rule 1 [a;b] {c}' } } },
    ]);
  });
});

describe('sets and maps', () => {
  const endpoint = (ip: string): unknown => ({ concat: [saddr(ip), l4proto, dport] });
  const types: readonly [KeyType, string, unknown, unknown][] = [
    ['ipv4_addr', 'ip saddr', 'ipv4_addr', saddr('ip')],
    ['ipv6_addr', 'ip6 saddr', 'ipv6_addr', saddr('ip6')],
    [
      'ipv4_addr . inet_proto . inet_service',
      'ip saddr . meta l4proto . th dport',
      ['ipv4_addr', 'inet_proto', 'inet_service'],
      endpoint('ip'),
    ],
    [
      'ipv6_addr . inet_proto . inet_service',
      'ip6 saddr . meta l4proto . th dport',
      ['ipv6_addr', 'inet_proto', 'inet_service'],
      endpoint('ip6'),
    ],
    [
      'inet_proto . inet_service',
      'meta l4proto . th dport',
      ['inet_proto', 'inet_service'],
      { concat: [l4proto, dport] },
    ],
  ];

  test.each(types)('declares a set of %s', (keyType, typeofText, type, typeofJson) => {
    const operation = declared(keyType);
    expect(text(operation)).toBe(`add set inet ringfence peers { typeof ${typeofText}; }\n`);
    expect(json('type', operation)).toEqual([{ add: { set: { ...where, name: 'peers', type } } }]);
    expect(json('typeof', operation)).toEqual([
      { add: { set: { ...where, name: 'peers', type: { typeof: typeofJson } } } },
    ]);
  });

  test('declares an interval map; JSON has no place for its comment', () => {
    const operation = declared('inet_proto . inet_service', { kind: 'map', interval: true, comment: 'who' });
    expect(text(operation)).toBe(
      'add map inet ringfence peers { typeof meta l4proto . th dport : verdict; flags interval; comment "who"; }\n',
    );
    const named = { ...where, name: 'peers' };
    const type = ['inet_proto', 'inet_service'];
    expect(json('type', operation)).toEqual([
      { add: { map: { ...named, type, map: 'verdict', flags: ['interval'] } } },
    ]);
    expect(json('typeof', operation)).toEqual([
      {
        add: {
          map: {
            ...named,
            type: { typeof: { concat: [l4proto, dport] } },
            map: { typeof: { accept: null } },
            flags: ['interval'],
          },
        },
      },
    ]);
  });

  const keys: readonly [string, unknown][] = [
    ['10.0.0.1', '10.0.0.1'],
    ['fd00::1', 'fd00::1'],
    ['10.0.0.0/8', { prefix: { addr: '10.0.0.0', len: 8 } }],
    ['10.0.0.1/32', '10.0.0.1'],
    ['fd00::1/128', 'fd00::1'],
    ['10.0.0.1-10.0.0.9', { range: ['10.0.0.1', '10.0.0.9'] }],
    ['tcp . 80', { concat: ['tcp', 80] }],
    ['udp . 0-65535', { concat: ['udp', { range: [0, 65535] }] }],
    [
      'fd00::/64 . sctp . 80-90',
      { concat: [{ prefix: { addr: 'fd00::', len: 64 } }, 'sctp', { range: [80, 90] }] },
    ],
  ];

  test.each(keys)('element %s', (key, expected) => {
    const elements = [[key as ElementKey, null]] as const;
    const operations: Operation[] = [
      { op: 'add-elements', set, elements },
      { op: 'delete-elements', set, elements },
    ];
    expect(text(...operations)).toBe(
      `add element inet ringfence peers { ${key} }\ndelete element inet ringfence peers { ${key} }\n`,
    );
    expect(json('type', ...operations)).toEqual([
      { add: { element: { ...where, name: 'peers', elem: [expected] } } },
      { delete: { element: { ...where, name: 'peers', elem: [expected] } } },
    ]);
  });

  test('all elements of an operation go in one command; deleting looks at the key alone', () => {
    const elements = [
      ['10.0.0.1' as ElementKey, { kind: 'jump', chain }],
      ['10.0.0.2' as ElementKey, { kind: 'drop' }],
    ] as const;
    expect(
      text({ op: 'add-elements', set: map, elements }, { op: 'delete-elements', set: map, elements }),
    ).toBe(
      'add element inet ringfence dispatch { 10.0.0.1 : jump web, 10.0.0.2 : drop }\n' +
        'delete element inet ringfence dispatch { 10.0.0.1, 10.0.0.2 }\n',
    );
    expect(json('type', { op: 'delete-elements', set: map, elements })).toEqual([
      { delete: { element: { ...where, name: 'dispatch', elem: ['10.0.0.1', '10.0.0.2'] } } },
    ]);
  });
});

test('tables, chains and deletions, one command a line', () => {
  const operations: Operation[] = [
    { op: 'add-table' },
    { op: 'delete-table' },
    { op: 'add-chain', chain: { name: chain, rules: [] } },
    {
      op: 'add-chain',
      chain: { name: 'input' as ChainName, base: { hook: 'input', priority: 101 }, rules: [] },
    },
    { op: 'flush-chain', chain },
    { op: 'delete-chain', chain },
    { op: 'delete-set', set: { name: set, kind: 'set' } },
    { op: 'delete-set', set: { name: map, kind: 'map' } },
  ];
  expect(text(...operations)).toBe(`add table inet ringfence
delete table inet ringfence
add chain inet ringfence web
add chain inet ringfence input { type filter hook input priority 101; policy accept; }
flush chain inet ringfence web
delete chain inet ringfence web
delete set inet ringfence peers
delete map inet ringfence dispatch
`);
  expect(renderJson({ table: 'ringfence', operations }, { declare: 'type' })).toBe(`{"nftables":[
{"add":{"table":{"family":"inet","name":"ringfence"}}},
{"delete":{"table":{"family":"inet","name":"ringfence"}}},
{"add":{"chain":{"family":"inet","table":"ringfence","name":"web"}}},
{"add":{"chain":{"family":"inet","table":"ringfence","name":"input","type":"filter","hook":"input","prio":101,"policy":"accept"}}},
{"flush":{"chain":{"family":"inet","table":"ringfence","name":"web"}}},
{"delete":{"chain":{"family":"inet","table":"ringfence","name":"web"}}},
{"delete":{"set":{"family":"inet","table":"ringfence","name":"peers"}}},
{"delete":{"map":{"family":"inet","table":"ringfence","name":"dispatch"}}}
]}
`);
});

test('an empty transaction is an empty text and an empty list', () => {
  expect(text()).toBe('');
  expect(json('type')).toEqual([]);
});

describe('hostile text never reaches nft', () => {
  const hostileNames = [
    '',
    'a b',
    'a;flush ruleset',
    'a\nflush ruleset',
    'a{',
    'a}',
    'a"',
    "a'",
    'a#',
    'a$b',
    'a@b',
    'a*',
    'a:b',
    'a,b',
    'ä',
    '1a',
    '-a',
    '/a',
    'accept',
    'fwd',
    'th',
    'a'.repeat(256),
  ];
  const hostileKeys = [
    '',
    '10.0.0.1 }',
    '10.0.0.1, 10.0.0.2',
    '10.0.0.1 : accept',
    '10.0.0.1\nflush ruleset',
    'localhost',
    'dead.beef',
    'cafe',
    '10.1',
    '10.0.0.1/8/8',
    '10.0.0.1 . tcp . http',
    '10.0.0.1 . tcp.80',
    '@peers',
    '$x',
    '10.0.0.1 . icmp . 0;',
  ];
  const hostileComments = ['', 'a"b', 'a\\', 'a\nb', 'ä', '\u007f', 'a'.repeat(129)];
  const unsafe = { code: 'RENDER_UNSAFE_TEXT' };
  const accept: Statement = { kind: 'verdict', verdict: { kind: 'accept' } };

  test.each(hostileNames)('name %j', (hostile) => {
    const [chain, set] = [hostile as ChainName, hostile as SetName];
    const to: Verdict = { kind: 'goto', chain };
    const operations: Operation[] = [
      { op: 'add-chain', chain: { name: chain, rules: [] } },
      { op: 'flush-chain', chain },
      { op: 'delete-chain', chain },
      { op: 'add-rule', chain, rule: { matches: [], statements: [accept] } },
      addRule({ statements: [{ kind: 'verdict', verdict: to }] }),
      addRule({ matches: [{ kind: 'address-set', side: 'saddr', family: 'IPv4', set }] }),
      addRule({ matches: [{ kind: 'endpoint-set', side: 'saddr', family: 'IPv4', set }] }),
      addRule({ statements: [{ kind: 'address-vmap', side: 'saddr', family: 'IPv4', map: set }] }),
      addRule({ statements: [{ kind: 'port-vmap', map: set }] }),
      declared('ipv4_addr', { name: set }),
      { op: 'delete-set', set: { name: set, kind: 'set' } },
      { op: 'add-elements', set, elements: [] },
      { op: 'delete-elements', set, elements: [] },
      { op: 'add-elements', set: map, elements: [['10.0.0.1' as ElementKey, to]] },
    ];
    expect(isLegalName(hostile)).toBe(false);
    for (const operation of operations) {
      expectThrown(() => text(operation), unsafe);
      expectThrown(() => json('type', operation), unsafe);
    }
    const elsewhere = { table: hostile, operations: [{ op: 'add-table' }] } as const;
    expectThrown(() => renderText(elsewhere), unsafe);
    expectThrown(() => renderJson(elsewhere, { declare: 'type' }), unsafe);
  });

  test.each(hostileKeys)('element %j', (hostile) => {
    const elements = [[hostile as ElementKey, null]] as const;
    for (const op of ['add-elements', 'delete-elements'] as const) {
      expectThrown(() => text({ op, set, elements }), unsafe);
      expectThrown(() => json('type', { op, set, elements }), unsafe);
    }
  });

  test.each(hostileKeys)('CIDR %j', (hostile) => {
    const operation = addRule({ matches: [{ kind: 'prefix', side: 'saddr', cidr: hostile as Cidr }] });
    expectThrown(() => text(operation), unsafe);
    expectThrown(() => json('type', operation), unsafe);
  });

  test.each(hostileComments)('comment %j', (comment) => {
    expect(isLegalComment(comment)).toBe(false);
    expectThrown(() => text(addRule({ statements: [accept], comment })), unsafe);
    expectThrown(() => json('type', addRule({ statements: [accept], comment })), unsafe);
    expectThrown(() => text(declared('ipv4_addr', { comment })), unsafe);
  });
});

function expectThrown(call: () => unknown, properties: object): void {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject(properties);
}
