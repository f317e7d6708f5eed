import type { Address } from '../../src/net/address.ts';
import type { Cidr } from '../../src/net/cidr.ts';
import type {
  Chain,
  ChainName,
  ElementKey,
  NftSet,
  Rule,
  SetName,
  Verdict,
} from '../../src/ruleset/objects.ts';
import { addressElement, endpointElement, portsElement, blockElement } from '../../src/ruleset/objects.ts';
import type { Operation, Transaction } from '../../src/ruleset/operation.ts';

// Every kind of object that Ringfence writes, small.

export const table = 'ringfence';

export const chain = (name: string): ChainName => name as ChainName;
export const set = (name: string): SetName => name as SetName;
export const key = (text: string): ElementKey => text as ElementKey;
export const jump = (to: string): Verdict => ({ kind: 'jump', chain: chain(to) });

const address = (text: string) => addressElement(text as Address);
const prefix = (text: string) => blockElement(text as Cidr);

export function nftSet(
  name: string,
  keyType: NftSet['keyType'],
  elements: readonly (readonly [ElementKey, Verdict | null])[] = [],
  more: Partial<Pick<NftSet, 'kind' | 'interval' | 'comment'>> = {},
): NftSet {
  return { name: set(name), kind: 'set', interval: false, keyType, elements: new Map(elements), ...more };
}

export const sets: readonly NftSet[] = [
  nftSet('peers4', 'ipv4_addr', [
    [address('10.0.0.1'), null],
    [address('10.0.0.2'), null],
  ]),
  nftSet('peers6', 'ipv6_addr', [[address('fd00::1'), null]]),
  nftSet(
    'blocks4',
    'ipv4_addr',
    [
      [prefix('10.1.0.0/16'), null],
      [prefix('192.0.2.0/24'), null],
    ],
    { interval: true, comment: 'an ipBlock' },
  ),
  nftSet('blocks6', 'ipv6_addr', [[prefix('fd01::/16'), null]], { interval: true }),
  nftSet('http4', 'ipv4_addr . inet_proto . inet_service', [
    [endpointElement('10.0.0.1' as Address, 'TCP', 80), null],
  ]),
  nftSet('http6', 'ipv6_addr . inet_proto . inet_service', [
    [endpointElement('fd00::1' as Address, 'SCTP', 80), null],
  ]),
  nftSet('pods4', 'ipv4_addr', [[address('10.0.0.2'), jump('pod')]], { kind: 'map' }),
  nftSet('pods6', 'ipv6_addr', [[address('fd00::2'), { kind: 'goto', chain: chain('pod') }]], {
    kind: 'map',
  }),
  nftSet(
    'ports',
    'inet_proto . inet_service',
    [
      [portsElement('TCP', 80, 90), jump('body')],
      [portsElement('UDP', 53, 53), { kind: 'return' }],
    ],
    { kind: 'map', interval: true },
  ),
];

const accept: Rule['statements'][number] = { kind: 'verdict', verdict: { kind: 'accept' } };

export const chains: readonly Chain[] = [
  {
    name: chain('body'),
    rules: [
      {
        matches: [{ kind: 'address-set', side: 'saddr', family: 'IPv4', set: set('peers4') }],
        statements: [{ kind: 'counter' }, { kind: 'verdict', verdict: { kind: 'return' } }],
        comment: 'shop/allow-web',
      },
      {
        matches: [{ kind: 'address-set', side: 'saddr', family: 'IPv6', set: set('blocks6'), negate: true }],
        statements: [{ kind: 'reject', with: 'admin-prohibited' }],
      },
      {
        matches: [
          { kind: 'prefix', side: 'daddr', cidr: '10.1.0.0/16' as Cidr },
          {
            kind: 'ports',
            protocol: 'TCP',
            ranges: [
              [80, 80],
              [8000, 8080],
            ],
          },
        ],
        statements: [{ kind: 'verdict', verdict: { kind: 'drop' } }],
      },
      {
        matches: [{ kind: 'endpoint-set', side: 'daddr', family: 'IPv4', set: set('http4') }],
        statements: [{ kind: 'verdict', verdict: { kind: 'return' } }],
      },
    ],
  },
  {
    name: chain('pod'),
    rules: [
      { matches: [], statements: [{ kind: 'port-vmap', map: set('ports') }] },
      {
        matches: [{ kind: 'protocol', protocol: 'TCP' }],
        statements: [{ kind: 'reject', with: 'tcp-reset' }],
      },
    ],
  },
  {
    name: chain('forward'),
    base: { hook: 'forward', priority: 0 },
    rules: [
      { matches: [{ kind: 'ct-mark', mask: 0xffff0000, value: 0x10000 }], statements: [accept] },
      {
        matches: [
          { kind: 'ct-state', states: ['established', 'related'] },
          { kind: 'ct-direction', direction: 'reply' },
        ],
        statements: [accept],
      },
      { matches: [{ kind: 'icmpv6-types', types: [133, 134, 135, 136, 137] }], statements: [accept] },
      { matches: [{ kind: 'source-local' }], statements: [accept] },
      { matches: [{ kind: 'family', family: 'IPv4' }, { kind: 'tcp-reset' }], statements: [accept] },
      {
        matches: [],
        statements: [{ kind: 'address-vmap', side: 'saddr', family: 'IPv4', map: set('pods4') }],
      },
      {
        matches: [],
        statements: [{ kind: 'address-vmap', side: 'daddr', family: 'IPv6', map: set('pods6') }],
      },
      { matches: [], statements: [{ kind: 'set-ct-mark', keep: 0x0000ffff, value: 0x10000 }] },
    ],
  },
];

/** Creates the whole table, over whatever is there. */
export function sampleTable(name = table): Transaction {
  const operations: Operation[] = [
    { op: 'add-table' },
    { op: 'delete-table' },
    { op: 'add-table' },
    ...chains.map((each) => ({ op: 'add-chain', chain: each }) as const),
    ...sets.map((each) => ({ op: 'add-set', set: each }) as const),
    ...sets.map(
      ({ name: of, elements }) => ({ op: 'add-elements', set: of, elements: [...elements] }) as const,
    ),
    ...chains.flatMap(({ name: of, rules }) =>
      rules.map((rule) => ({ op: 'add-rule', chain: of, rule }) as const),
    ),
  ];
  return { table: name, operations };
}

/** A change of each kind that a sync makes in a table that stands. Declares no map, so it goes as JSON everywhere. */
export function sampleChange(name = table): Transaction {
  return {
    table: name,
    operations: [
      { op: 'add-set', set: nftSet('more4', 'ipv4_addr') },
      ...sets
        .filter(({ kind }) => kind === 'set')
        .flatMap((like): readonly Operation[] => {
          const copy = { ...like, name: set(`again-${like.name}`) };
          return [
            { op: 'add-set', set: copy },
            { op: 'add-elements', set: copy.name, elements: [...like.elements] },
          ];
        }),
      { op: 'add-elements', set: set('more4'), elements: [[key('10.0.0.9'), null]] },
      { op: 'add-elements', set: set('pods4'), elements: [[key('10.0.0.9'), jump('pod')]] },
      { op: 'delete-elements', set: set('peers4'), elements: [[key('10.0.0.1'), null]] },
      { op: 'flush-chain', chain: chain('body') },
      {
        op: 'add-rule',
        chain: chain('body'),
        rule: {
          matches: [{ kind: 'address-set', side: 'saddr', family: 'IPv4', set: set('more4') }],
          statements: [{ kind: 'verdict', verdict: { kind: 'return' } }],
        },
      },
      { op: 'delete-set', set: { name: set('blocks6'), kind: 'set' } },
      { op: 'add-chain', chain: { name: chain('other'), rules: [] } },
      { op: 'delete-chain', chain: chain('other') },
    ],
  };
}
