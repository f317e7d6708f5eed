import { expect, test } from 'vitest';
import type { Cidr } from '../../src/net/cidr.ts';
import type {
  Chain,
  ChainName,
  ElementKey,
  KeyType,
  Match,
  NftSet,
  Rule,
  Ruleset,
  SetName,
  Statement,
  Verdict,
} from '../../src/ruleset/objects.ts';
import { maximumJumpDepth } from '../../src/ruleset/jump-faults.ts';
import { checkWellFormed, readKey } from '../../src/ruleset/well-formed.ts';

const accept: Statement = { kind: 'verdict', verdict: { kind: 'accept' } };

test('nothing is wrong with a sound ruleset', () => {
  const sound = rulesetOf(
    [setOf('hosts', ['10.0.0.1']), setOf('to', ['10.0.0.1'], { verdict: goto('web') })],
    [
      { name: 'output', base: { hook: 'output', priority: 0 }, rules: [does(vmap('to'))] },
      { name: 'web', rules: [matching(inSet('hosts'))] },
    ],
  );
  expect(checkWellFormed(sound)).toEqual([]);
});

const faultySets: readonly [string, NftSet, string][] = [
  ['a hostile name', setOf('a b', []), 'set a b: not a name'],
  ['a reserved name', setOf('accept', []), 'set accept: not a name'],
  ['a long name', setOf('x'.repeat(256), []), `set ${'x'.repeat(256)}: not a name`],
  [
    'a comment with a quote',
    { ...setOf('s', []), comment: '"' },
    'set s: comment is not printable or too long',
  ],
  ['a key of the other family', setOf('s', ['::1']), 'set s: ::1 is no key of type ipv4_addr'],
  ['a block in a hash set', setOf('s', ['10.0.0.0/8']), 'set s: 10.0.0.0/8 is no key of type ipv4_addr'],
  [
    'a verdict in a set',
    { ...setOf('s', ['10.0.0.1'], { verdict: goto('web') }), kind: 'set' },
    'set s: 10.0.0.1 has a verdict',
  ],
  ['no verdict in a map', { ...setOf('s', ['10.0.0.1']), kind: 'map' }, 'map s: 10.0.0.1 lacks a verdict'],
  ['a missing target', setOf('s', ['10.0.0.1'], { verdict: goto('zz') }), 'map s: chain zz does not exist'],
  [
    'a base chain as the target',
    setOf('s', ['10.0.0.1'], { verdict: goto('output') }),
    'map s: output is a base chain, nothing can lead to it',
  ],
  [
    'blocks that overlap',
    setOf('s', ['10.0.0.0/8', '9.0.0.0/8', '10.1.0.0/16'], { interval: true }),
    'set s: 10.0.0.0/8 overlaps 10.1.0.0/16',
  ],
  [
    'ports that overlap',
    setOf('s', ['tcp . 80-90', 'udp . 80-90', 'tcp . 90'], {
      interval: true,
      keyType: 'inet_proto . inet_service',
    }),
    'set s: tcp . 80-90 overlaps tcp . 90',
  ],
  [
    'endpoints that overlap, though neither holds the other',
    setOf('s', ['10.0.0.0/8 . tcp . 80', '10.1.0.0/16 . tcp . 1-100', '10.2.0.0/16 . tcp . 81'], {
      interval: true,
      keyType: 'ipv4_addr . inet_proto . inet_service',
    }),
    'set s: 10.0.0.0/8 . tcp . 80 overlaps 10.1.0.0/16 . tcp . 1-100',
  ],
];

test.each(faultySets)('sets: %s', (_, set, fault) => {
  expect(checkWellFormed(rulesetOf([set], base()))).toEqual([fault]);
});

const faultyRules: readonly [string, Rule, string][] = [
  ['nothing in it', { matches: [], statements: [] }, 'is empty'],
  [
    'a comment too long',
    { ...does(accept), comment: 'x'.repeat(129) },
    'comment is not printable or too long',
  ],
  ['a missing set', matching(inSet('zz')), 'set zz does not exist'],
  ['a map as a set', matching(inSet('to')), 'to is no set of ipv4_addr'],
  ['a set as a map', does(vmap('hosts')), 'hosts is no map of ipv4_addr'],
  [
    'a set of the other family',
    matching({ ...inSet('hosts'), family: 'IPv6' }),
    'hosts is no set of ipv6_addr',
  ],
  [
    'a set of addresses as one of endpoints',
    matching({ kind: 'endpoint-set', side: 'saddr', family: 'IPv4', set: 'hosts' as SetName }),
    'hosts is no set of ipv4_addr . inet_proto . inet_service',
  ],
  ['a missing chain', does({ kind: 'verdict', verdict: goto('zz') }), 'chain zz does not exist'],
  [
    'a base chain',
    does({ kind: 'verdict', verdict: goto('input') }),
    'input is a base chain, nothing can lead to it',
  ],
  ['both families', matching(inSet('hosts'), { kind: 'family', family: 'IPv6' }), 'matches both families'],
  [
    'two protocols',
    matching({ kind: 'protocol', protocol: 'UDP' }, { kind: 'tcp-reset' }),
    'matches TCP and UDP at once',
  ],
  ['something after its end', does(accept, { kind: 'counter' }), 'has statements after its end'],
  ['a reset of no TCP', does({ kind: 'reject', with: 'tcp-reset' }), 'resets without matching TCP'],
  [
    'no CIDR',
    matching({ kind: 'prefix', side: 'saddr', cidr: '10.0.0.1/8' as Cidr }),
    '10.0.0.1/8 is no CIDR',
  ],
  [
    'ports out of order',
    matching({
      kind: 'ports',
      protocol: 'TCP',
      ranges: [
        [80, 90],
        [90, 100],
      ],
    }),
    'ports are not ascending ranges',
  ],
  ['no ports', matching({ kind: 'ports', protocol: 'TCP', ranges: [] }), 'ports are not ascending ranges'],
  ['a mark out of its mask', matching({ kind: 'ct-mark', mask: 0xff, value: 0x100 }), 'mark out of its mask'],
  ['no state', matching({ kind: 'ct-state', states: [] }), 'no conntrack state'],
  ['no ICMPv6 type', matching({ kind: 'icmpv6-types', types: [256] }), 'no ICMPv6 type'],
];

test.each(faultyRules)('rules: %s', (_, rule, fault) => {
  const sets = [setOf('hosts', []), setOf('to', ['10.0.0.1'], { verdict: goto('web') })];
  const [output, ...others] = base();
  const chains = [{ ...output, rules: [rule] }, ...others] as ChainOf[];
  expect(checkWellFormed(rulesetOf(sets, chains))).toEqual([`chain output, rule 1: ${fault}`]);
});

test('circles are found, through maps and where no base chain leads too', () => {
  const sets = [setOf('to', ['10.0.0.1'], { verdict: goto('a') })];
  const chains: ChainOf[] = [
    { name: 'a', rules: [does({ kind: 'verdict', verdict: { kind: 'jump', chain: 'b' as ChainName } })] },
    { name: 'b', rules: [does(vmap('to'))] },
    { name: 'c', rules: [does({ kind: 'verdict', verdict: goto('c') })] },
  ];
  expect(checkWellFormed(rulesetOf(sets, chains))).toEqual([
    'chain b: loops back to a',
    'chain c: loops back to c',
  ]);
});

test('rows of chains are measured from base chains', () => {
  const row = (length: number, first: string): ChainOf[] => [
    {
      name: first,
      ...(first === 'output' ? { base: { hook: 'output', priority: 0 } } : {}),
      rules: [does({ kind: 'verdict', verdict: goto('x1') })],
    },
    ...Array.from({ length }, (_, index): ChainOf => ({
      name: `x${String(index + 1)}`,
      rules: index + 1 === length ? [] : [does({ kind: 'verdict', verdict: goto(`x${String(index + 2)}`) })],
    })),
  ];
  expect(checkWellFormed(rulesetOf([], row(maximumJumpDepth, 'output')))).toEqual([]);
  expect(checkWellFormed(rulesetOf([], row(maximumJumpDepth + 1, 'output')))).toEqual([
    'chain output: leads 16 chains deep, more than 15',
  ]);
  expect(checkWellFormed(rulesetOf([], row(20, 'nobody')))).toEqual([]);
});

const keys: readonly [KeyType, boolean, string, readonly (readonly [bigint, bigint])[] | undefined][] = [
  ['ipv4_addr', false, '10.0.0.1', [[0x0a000001n, 0x0a000001n]]],
  ['ipv4_addr', true, '10.0.0.0/8', [[0x0a000000n, 0x0affffffn]]],
  ['ipv4_addr', true, '10.0.0.1-10.0.0.9', [[0x0a000001n, 0x0a000009n]]],
  ['ipv4_addr', true, '10.0.0.9-10.0.0.1', undefined],
  ['ipv4_addr', true, '10.0.0.1/8', undefined],
  ['ipv4_addr', true, '300.0.0.0/8', undefined],
  ['ipv4_addr', false, '010.0.0.1', undefined],
  ['ipv6_addr', false, '::1', [[1n, 1n]]],
  ['ipv6_addr', false, '0::1', undefined],
  ['ipv6_addr', false, '10.0.0.1', undefined],
  [
    'inet_proto . inet_service',
    false,
    'tcp . 80',
    [
      [6n, 6n],
      [80n, 80n],
    ],
  ],
  [
    'inet_proto . inet_service',
    true,
    'udp . 0-65535',
    [
      [17n, 17n],
      [0n, 65535n],
    ],
  ],
  ['inet_proto . inet_service', true, 'udp . 0-65536', undefined],
  ['inet_proto . inet_service', false, 'tcp . 80-81', undefined],
  ['inet_proto . inet_service', false, 'icmp . 80', undefined],
  ['inet_proto . inet_service', false, 'tcp', undefined],
  [
    'ipv4_addr . inet_proto . inet_service',
    false,
    '0.0.0.1 . sctp . 9',
    [
      [1n, 1n],
      [132n, 132n],
      [9n, 9n],
    ],
  ],
];

test.each(keys)('key of %s, interval %s: %s', (keyType, interval, key, spans) => {
  expect(readKey({ keyType, interval }, key as ElementKey)?.map(({ first, last }) => [first, last])).toEqual(
    spans,
  );
});

interface ChainOf extends Omit<Chain, 'name'> {
  readonly name: string;
}

function base(): ChainOf[] {
  return [
    { name: 'output', base: { hook: 'output', priority: 0 }, rules: [] },
    { name: 'input', base: { hook: 'input', priority: 0 }, rules: [] },
    { name: 'web', rules: [] },
  ];
}

function rulesetOf(sets: readonly NftSet[], chains: readonly ChainOf[]): Ruleset {
  return {
    table: 'ringfence',
    sets: new Map(sets.map((set) => [set.name, set])),
    chains: new Map(
      chains.map((chain) => [chain.name as ChainName, { ...chain, name: chain.name as ChainName }]),
    ),
  };
}

function setOf(
  name: string,
  elements: readonly string[],
  {
    verdict,
    ...more
  }: { readonly verdict?: Verdict; readonly interval?: boolean; readonly keyType?: KeyType } = {},
): NftSet {
  return {
    name: name as SetName,
    kind: verdict === undefined ? 'set' : 'map',
    keyType: 'ipv4_addr',
    interval: false,
    elements: new Map(elements.map((key) => [key as ElementKey, verdict ?? null])),
    ...more,
  };
}

function matching(...matches: Match[]): Rule {
  return { matches, statements: [accept] };
}

function does(...statements: Statement[]): Rule {
  return { matches: [], statements };
}

function goto(chain: string): Verdict {
  return { kind: 'goto', chain: chain as ChainName };
}

function inSet(set: string): Match & { readonly kind: 'address-set' } {
  return { kind: 'address-set', side: 'saddr', family: 'IPv4', set: set as SetName };
}

function vmap(map: string): Statement {
  return { kind: 'address-vmap', side: 'saddr', family: 'IPv4', map: map as SetName };
}
