import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { Address } from '../../src/net/address.ts';
import type { Cidr } from '../../src/net/cidr.ts';
import { interpret } from '../../src/ruleset/interpret.ts';
import type {
  Chain,
  ChainName,
  ElementKey,
  InterfacePattern,
  KeyType,
  Match,
  NftSet,
  Rule,
  Ruleset,
  SetName,
  Statement,
  Verdict,
} from '../../src/ruleset/objects.ts';
import type { Packet } from '../../src/ruleset/packet.ts';
import { renderRuleset } from '../../src/ruleset/render-ruleset.ts';
import { checkWellFormed, ruleFaults } from '../../src/ruleset/well-formed.ts';
import { nftOrSkip } from '../support/nft-versions.ts';

// The interpreter against the kernel: the ruleset is loaded in a network namespace, one UDP datagram crosses its output
// hook over the loopback, and the counters of the rules say which of them ran. A second table behind it says whether the
// datagram came through and with which mark.

const directory = mkdtempSync(join(tmpdir(), 'ringfence-interpret-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const suites = ['bookworm', 'trixie'] as const;

interface Probe {
  readonly ruleset: Ruleset;
  readonly destination: Address;
  readonly port: number;
}

interface Seen {
  /** `chain:index` of each rule that ran, as often as it ran, sorted. */
  readonly ran: readonly string[];
  readonly passed: boolean;
  /** Of the datagram that passed. */
  readonly mark: number | undefined;
}

const [a, b, c] = ['a' as ChainName, 'b' as ChainName, 'c' as ChainName];
const output = 'output' as ChainName;
const counter: Statement = { kind: 'counter' };

describe('each rule of evaluation', () => {
  const to = (kind: 'jump' | 'goto', chain: ChainName): Statement => verdict({ kind, chain });
  const miss: Statement = { kind: 'address-vmap', side: 'daddr', family: 'IPv4', map: 'nothing' as SetName };
  const through = (map: string): Statement => ({ ...miss, map: map as SetName });
  const setMark: Statement = { kind: 'set-ct-mark', keep: 0xffff, value: 0x70000 };
  const cases: readonly [string, readonly (readonly [ChainName, readonly Rule[]])[]][] = [
    [
      'jump comes back to the next rule, goto to whoever jumped',
      [
        [output, [rule(to('jump', a)), rule(verdict({ kind: 'drop' }))]],
        [a, [rule(to('goto', b)), rule(counter)]],
        [b, [rule()]],
      ],
    ],
    [
      'return in a chain reached by goto goes to whoever jumped',
      [
        [output, [rule(to('jump', a)), rule()]],
        [a, [rule(to('goto', b)), rule(verdict({ kind: 'drop' }))]],
        [b, [rule(verdict({ kind: 'return' })), rule(verdict({ kind: 'drop' }))]],
      ],
    ],
    [
      'return in a base chain is its policy',
      [[output, [rule(verdict({ kind: 'return' })), rule(verdict({ kind: 'drop' }))]]],
    ],
    [
      'the end of a chain that the base chain went to is the policy',
      [
        [output, [rule(to('goto', a)), rule(verdict({ kind: 'drop' }))]],
        [a, [rule()]],
      ],
    ],
    [
      'accept in a jumped chain ends the base chain',
      [
        [output, [rule(to('jump', a)), rule(verdict({ kind: 'drop' }))]],
        [a, [rule(verdict({ kind: 'accept' }))]],
      ],
    ],
    [
      'a verdict map without the element ends the rule, not the chain',
      [[output, [rule(miss, verdict({ kind: 'drop' })), rule()]]],
    ],
    [
      'a verdict map of the other family ends the rule',
      [
        [
          output,
          [
            rule(
              { kind: 'address-vmap', side: 'daddr', family: 'IPv6', map: 'nothing6' as SetName },
              verdict({ kind: 'drop' }),
            ),
            rule(),
          ],
        ],
      ],
    ],
    [
      'continue from a verdict map goes on in the rule',
      [[output, [rule(through('go-on'), verdict({ kind: 'drop' })), rule()]]],
    ],
    [
      'a continue in a rule goes on in the rule',
      [[output, [rule(verdict({ kind: 'continue' }), verdict({ kind: 'drop' })), rule()]]],
    ],
    [
      'a jump through a verdict map comes back to the next rule, not to the next statement',
      [
        [output, [rule(through('to-a'), verdict({ kind: 'drop' })), rule()]],
        [a, [rule()]],
      ],
    ],
    [
      'return through a verdict map leaves the chain',
      [
        [output, [rule(to('jump', a)), rule()]],
        [a, [rule(through('back')), rule(verdict({ kind: 'drop' }))]],
      ],
    ],
    [
      'a mark is seen by the rules after it',
      [
        [
          output,
          [
            rule(setMark),
            {
              ...rule(verdict({ kind: 'goto', chain: a })),
              matches: [{ kind: 'ct-mark', mask: 0xffff0000, value: 0x70000 }],
            },
            rule(verdict({ kind: 'drop' })),
          ],
        ],
        [a, [rule({ kind: 'set-ct-mark', keep: 0xffff0000, value: 5 })]],
      ],
    ],
  ];

  test.for(suites.flatMap((suite) => cases.map(([name, chains]) => ({ suite, name, chains }))))(
    '$name ($suite)',
    async ({ suite, chains }, { skip }) => {
      const nft = await nftOrSkip(suite, skip);
      const probe: Probe = {
        ruleset: rulesetOf(fixedSets(), chains),
        destination: '127.0.0.1' as Address,
        port: 5300,
      };
      expect(checkWellFormed(probe.ruleset)).toEqual([]);
      expect(askKernel(nft, [probe])).toEqual([askInterpreter(probe)]);
    },
  );

  test('reject stops the datagram', async ({ skip }) => {
    const nft = await nftOrSkip('bookworm', skip);
    // UDP alone: the ICMP error that answers the datagram crosses the same hook, unless the kernel's rate limit stops it.
    const reject: Rule = {
      matches: [{ kind: 'protocol', protocol: 'UDP' }],
      statements: [{ kind: 'reject', with: 'admin-prohibited' }],
    };
    const chains = [[output, [reject, { ...rule(), matches: reject.matches }]]] as const;
    const probe: Probe = {
      ruleset: rulesetOf(fixedSets(), chains),
      destination: '127.0.0.1' as Address,
      port: 5300,
    };
    expect(askKernel(nft, [probe])).toEqual([{ ran: ['output:0'], passed: false, mark: undefined }]);
    expect(askInterpreter(probe)).toEqual({ ran: ['output:0'], passed: false, mark: undefined });
  });

  test('without conntrack entry: state untracked, no mark to compare or to set', async ({ skip }) => {
    const nft = await nftOrSkip('bookworm', skip);
    const untracked: Match = { kind: 'ct-state', states: ['untracked'] };
    const rules: Rule[] = [
      { ...rule(), matches: [untracked] },
      { ...rule(), matches: [{ kind: 'ct-state', states: ['new', 'invalid'] }] },
      { ...rule(), matches: [{ kind: 'ct-mark', mask: 0xffff0000, value: 0 }] },
      { ...rule(), matches: [{ kind: 'ct-direction', direction: 'original' }] },
      rule(setMark, verdict({ kind: 'drop' })),
      rule(),
    ];
    const probe: Probe = {
      ruleset: rulesetOf([], [[output, rules]]),
      destination: '127.0.0.1' as Address,
      port: 5300,
    };
    const notrack = 'table ip early { chain o { type filter hook output priority raw; notrack\n}\n}\n';
    const ct = { state: 'untracked', direction: 'original', mark: 0 } as const;
    const expected = { ran: ['output:0', 'output:4', 'output:5'], passed: true, mark: undefined };
    expect(askKernel(nft, [probe], notrack)).toEqual([expected]);
    expect({ ...askInterpreter(probe, ct), mark: undefined }).toEqual(expected);
  });
});

test.for(suites)(
  'random rulesets mean to the interpreter what they mean to the kernel (%s)',
  async (suite, { skip }) => {
    const nft = await nftOrSkip(suite, skip);
    const probes = fc.sample(arbitraryProbe(), { numRuns: 100, seed: 20_260_101 });
    const kernel = askKernel(nft, probes);
    const verdicts = new Set<boolean>();
    for (const [index, probe] of probes.entries()) {
      expect(checkWellFormed(probe.ruleset)).toEqual([]);
      const seen = kernel[index];
      expect(seen, renderRuleset(probe.ruleset)).toEqual(askInterpreter(probe));
      if (seen !== undefined) verdicts.add(seen.passed);
    }
    expect(verdicts, 'both verdicts occur').toEqual(new Set([true, false]));
  },
);

function askInterpreter({ ruleset, destination, port }: Probe, ct?: Packet['ct']): Seen {
  const outcome = interpret(ruleset, {
    hook: 'output',
    source: destination.includes(':') ? ('::1' as Address) : ('127.0.0.1' as Address),
    destination,
    sourceIsLocal: true,
    protocol: 'UDP',
    destinationPort: port,
    outInterface: 'lo',
    ct: ct ?? { state: 'new', direction: 'original', mark: 0 },
  });
  const passed = outcome.verdict === 'accept';
  const ran = outcome.trace.map(({ chain, ruleIndex }) => `${chain}:${String(ruleIndex)}`);
  return { ran: ran.sort(), passed, mark: passed ? outcome.mark : undefined };
}

/** Loads each ruleset in turn, sends its datagram, and reads what it did. */
function askKernel(nft: string, probes: readonly Probe[], before = ''): Seen[] {
  writeFileSync(join(directory, 'before.nft'), before);
  const lines = [
    'set -e',
    'ip link set lo up',
    `${nft} -f ${directory}/before.nft`,
    ...probes.flatMap(({ ruleset, destination, port }, index) => {
      const text = `${watcher(destination, port)}${renderRuleset(ruleset)}`;
      writeFileSync(join(directory, `${String(index)}.nft`), text);
      return [
        `${nft} -f ${directory}/${String(index)}.nft`,
        // A drop in the output hook is an error of the send.
        `{ echo > /dev/udp/${destination}/${String(port)}; } 2> /dev/null || true`,
        `echo; echo "#" ${String(index)}`,
        `${nft} -j list table inet ringfence`,
        `${nft} -j list table inet watcher`,
      ];
    }),
  ];
  writeFileSync(join(directory, 'script'), `${lines.join('\n')}\n`);
  const printed = execFileSync('unshare', ['-n', 'bash', join(directory, 'script')], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return printed
    .split(/\n# \d+\n/)
    .slice(1)
    .map(readListings);
}

/** Notes the datagram and its mark after the ruleset, and takes it before anyone could answer. */
function watcher(destination: Address, port: number): string {
  const family = destination.includes(':') ? 'ip6' : 'ip';
  const datagram = `${family} daddr ${destination} udp dport ${String(port)}`;
  return `table inet watcher
delete table inet watcher
table inet watcher {
	set marks { typeof ct mark; flags dynamic; size 16; }
	chain o {
		type filter hook output priority 200;
		${datagram} counter add @marks { ct mark } comment "passed"
		${datagram} drop
	}
}
`;
}

interface Listing {
  readonly nftables: readonly {
    readonly rule?: {
      readonly chain: string;
      readonly comment?: string;
      readonly expr: readonly { readonly counter?: { readonly packets: number } }[];
    };
    readonly set?: { readonly elem?: readonly number[] };
  }[];
}

function readListings(text: string): Seen {
  const [table, watched] = text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => (JSON.parse(line) as Listing).nftables);
  if (table === undefined || watched === undefined) throw new Error(`no listings in ${text}`);
  const packets = (expr: readonly { readonly counter?: { readonly packets: number } }[]): number =>
    expr.flatMap(({ counter }) => counter ?? []).at(0)?.packets ?? 0;
  // A chain that is reached twice counts twice.
  const ran = table.flatMap(({ rule }) =>
    rule?.comment === undefined
      ? []
      : new Array<string>(packets(rule.expr)).fill(`${rule.chain}:${rule.comment}`),
  );
  const passed = watched.some(({ rule }) => rule?.comment === 'passed' && packets(rule.expr) === 1);
  const mark = watched.flatMap(({ set }) => set?.elem ?? []).at(0);
  return { ran: ran.sort(), passed, mark };
}

/** Each rule counts first; its comment is its index. */
function rulesetOf(
  sets: readonly NftSet[],
  chains: readonly (readonly [ChainName, readonly Rule[]])[],
): Ruleset {
  const all = chains.map(([name, rules]): Chain => ({
    name,
    ...(name === output ? { base: { hook: 'output', priority: 0 } } : {}),
    rules: rules.map((each, index) => ({
      ...each,
      statements: [counter, ...each.statements],
      comment: String(index),
    })),
  }));
  // Targets of verdict maps must exist.
  const missing = [a, b, c].filter((name) => all.every((chain) => chain.name !== name));
  return {
    table: 'ringfence',
    sets: new Map(sets.map((set) => [set.name, set])),
    chains: new Map(
      [...all, ...missing.map((name): Chain => ({ name, rules: [] }))].map((each) => [each.name, each]),
    ),
  };
}

function rule(...statements: Statement[]): Rule {
  return { matches: [], statements };
}

function verdict(of: Verdict): Statement {
  return { kind: 'verdict', verdict: of };
}

function fixedSets(): NftSet[] {
  return [
    setOf('nothing', 'ipv4_addr', false, [['10.0.0.1', { kind: 'drop' }]]),
    setOf('nothing6', 'ipv6_addr', false, [['::1', { kind: 'drop' }]]),
    setOf('go-on', 'ipv4_addr', false, [['127.0.0.1', { kind: 'continue' }]]),
    setOf('to-a', 'ipv4_addr', false, [['127.0.0.1', { kind: 'jump', chain: a }]]),
    setOf('back', 'ipv4_addr', false, [['127.0.0.1', { kind: 'return' }]]),
  ];
}

function setOf(
  name: string,
  keyType: KeyType,
  interval: boolean,
  elements: readonly (readonly [string, Verdict | null])[],
): NftSet {
  return {
    name: name as SetName,
    kind: elements.every(([, each]) => each === null) ? 'set' : 'map',
    keyType,
    interval,
    elements: new Map(elements.map(([key, each]) => [key as ElementKey, each])),
  };
}

// Chains lead to later chains only, so that there is no circle: output, a, b, c.

function arbitraryProbe(): fc.Arbitrary<Probe> {
  const chains = [output, a, b, c];
  return fc.record({
    destination: fc.constantFrom('127.0.0.1', '127.0.0.2', '127.1.0.1', '::1') as fc.Arbitrary<Address>,
    port: fc.constantFrom(53, 80, 5300),
    ruleset: fc
      .tuple(...chains.map((_, level) => fc.array(arbitraryRule(chains.slice(level + 1)), { maxLength: 5 })))
      .chain((rules) =>
        arbitrarySets(chains.slice(1)).map((sets) =>
          rulesetOf(
            sets,
            chains.map((name, level) => [name, rules[level] ?? []]),
          ),
        ),
      ),
  });
}

/** Sets of each type; of each map one whose elements lead below the given level. */
function arbitrarySets(chains: readonly ChainName[]): fc.Arbitrary<NftSet[]> {
  const pick = (keys: readonly string[]): fc.Arbitrary<string[]> => fc.subarray([...keys]);
  const noVerdict = (keys: readonly string[]): (readonly [string, null])[] => keys.map((key) => [key, null]);
  const setArbitraries = setTypes.map(({ name, keyType, interval, keys }) =>
    pick(keys).map((chosen) => setOf(name, keyType, interval, noVerdict(chosen))),
  );
  const mapArbitraries = [0, 1, 2, 3].flatMap((level) =>
    mapTypes.map(({ name, keyType, interval, keys }) =>
      pick(keys).chain((chosen) =>
        fc
          .array(arbitraryVerdict(chains.slice(level)), {
            minLength: chosen.length,
            maxLength: chosen.length,
          })
          .map((verdicts): NftSet => {
            const elements = chosen.map((key, index) => [key, verdicts[index] ?? { kind: 'drop' }] as const);
            return { ...setOf(`${name}-${String(level)}`, keyType, interval, elements), kind: 'map' };
          }),
      ),
    ),
  );
  return fc.tuple(...setArbitraries, ...mapArbitraries).map((sets) => [...sets]);
}

const setTypes = [
  { name: 'hosts', keyType: 'ipv4_addr', interval: false, keys: ['127.0.0.1', '127.0.0.2', '10.0.0.1'] },
  { name: 'hosts6', keyType: 'ipv6_addr', interval: false, keys: ['::1', 'fd00::1'] },
  {
    name: 'blocks',
    keyType: 'ipv4_addr',
    interval: true,
    keys: ['127.0.0.0/16', '127.1.0.1-127.1.0.9', '1.2.3.4'],
  },
  { name: 'blocks6', keyType: 'ipv6_addr', interval: true, keys: ['::/64', 'fd00::/8'] },
  {
    name: 'endpoints',
    keyType: 'ipv4_addr . inet_proto . inet_service',
    interval: false,
    keys: ['127.0.0.1 . udp . 53', '127.0.0.1 . tcp . 80', '127.0.0.2 . udp . 5300'],
  },
  {
    name: 'endpoints6',
    keyType: 'ipv6_addr . inet_proto . inet_service',
    interval: false,
    keys: ['::1 . udp . 53', '::1 . tcp . 80', '::1 . udp . 5300'],
  },
  {
    name: 'block-endpoints',
    keyType: 'ipv4_addr . inet_proto . inet_service',
    interval: true,
    keys: [
      '127.0.0.0/16 . udp . 50-60',
      '127.0.0.0/8 . tcp . 0-65535',
      '127.0.0.0/16 . udp . 80',
      '127.1.0.1 . udp . 1-6000',
    ],
  },
] as const;

const mapTypes = [
  { name: 'by-host', keyType: 'ipv4_addr', interval: false, keys: ['127.0.0.1', '127.0.0.2', '127.1.0.1'] },
  { name: 'by-host6', keyType: 'ipv6_addr', interval: false, keys: ['::1', 'fd00::1'] },
  {
    name: 'by-port',
    keyType: 'inet_proto . inet_service',
    interval: true,
    keys: ['udp . 1-79', 'udp . 80', 'udp . 81-65535', 'tcp . 0-65535', 'sctp . 53'],
  },
] as const;

function arbitraryRule(below: readonly ChainName[]): fc.Arbitrary<Rule> {
  return fc
    .record({
      matches: fc.array(arbitraryMatch(), { maxLength: 2 }),
      actions: fc.array(arbitraryAction(below), { maxLength: 2 }),
      end: fc.option(arbitraryVerdict(below), { nil: undefined, freq: 2 }),
    })
    .map(({ matches, actions, end }): Rule => ({
      matches,
      statements: [...actions, ...(end === undefined ? [] : [verdict(end)])],
    }))
    .filter(isConsistent);
}

/** nft refuses rules that speak of both families or of two protocols. */
function isConsistent(each: Rule): boolean {
  const faults = ruleFaults(each, { sets: new Map(), chains: new Map() });
  return !faults.some((fault) => fault.startsWith('matches'));
}

function arbitraryMatch(): fc.Arbitrary<Match> {
  const side = fc.constantFrom('saddr', 'daddr');
  const family = fc.constantFrom('IPv4', 'IPv6');
  const negate = fc.boolean();
  const cidrs = [
    '127.0.0.0/8',
    '127.0.0.1/32',
    '10.0.0.0/8',
    '0.0.0.0/0',
    '::/0',
    '::1/128',
    'fd00::/8',
  ] as Cidr[];
  const hosts = fc.constantFrom(
    { family: 'IPv4', set: 'hosts' },
    { family: 'IPv4', set: 'blocks' },
    { family: 'IPv6', set: 'hosts6' },
    { family: 'IPv6', set: 'blocks6' },
  ) as fc.Arbitrary<{ family: 'IPv4' | 'IPv6'; set: SetName }>;
  const endpoints = fc.constantFrom(
    { family: 'IPv4', set: 'endpoints' },
    { family: 'IPv4', set: 'block-endpoints' },
    { family: 'IPv6', set: 'endpoints6' },
  ) as fc.Arbitrary<{ family: 'IPv4' | 'IPv6'; set: SetName }>;
  return fc.oneof(
    fc.record({ kind: fc.constant('family'), family }),
    fc.record({ kind: fc.constant('prefix'), side, cidr: fc.constantFrom(...cidrs), negate }),
    fc
      .tuple(hosts, side, negate)
      .map(([of, on, not]): Match => ({ kind: 'address-set', side: on, negate: not, ...of })),
    fc.tuple(endpoints, side).map(([of, on]): Match => ({ kind: 'endpoint-set', side: on, ...of })),
    fc.record({ kind: fc.constant('protocol'), protocol: fc.constantFrom('UDP', 'TCP') }),
    fc.record({
      kind: fc.constant('ports'),
      protocol: fc.constantFrom('UDP', 'TCP'),
      ranges: fc.constantFrom(
        [[53, 53]],
        [[0, 65535]],
        [
          [1, 52],
          [54, 80],
        ],
      ),
    }),
    fc.record({
      kind: fc.constant('ct-mark'),
      mask: fc.constant(0xffff0000),
      value: fc.constantFrom(0, 0x10000),
    }),
    fc.record({
      kind: fc.constant('ct-state'),
      states: fc.constantFrom(['new'], ['established', 'related']),
    }) as fc.Arbitrary<Match>,
    fc.record({ kind: fc.constant('ct-direction'), direction: fc.constantFrom('original', 'reply') }),
    fc.constantFrom<Match>(
      { kind: 'tcp-reset' },
      { kind: 'source-local' },
      { kind: 'icmpv6-types', types: [133] },
      { kind: 'icmp' },
      { kind: 'ct-helper' },
      { kind: 'hop-limit', value: 64 },
      { kind: 'hop-limit', value: 255 },
      { kind: 'ct-redirected', from: '127.0.0.1' as Address },
      { kind: 'ct-redirected', from: '::1' as Address },
      { kind: 'interface', way: 'out', pattern: 'lo' as InterfacePattern },
      { kind: 'interface', way: 'out', pattern: 'l*' as InterfacePattern },
      { kind: 'interface', way: 'in', pattern: 'lo' as InterfacePattern },
    ),
  );
}

function arbitraryAction(below: readonly ChainName[]): fc.Arbitrary<Statement> {
  // Of four chains, `below` are those after this one; maps of that level lead to these only.
  const level = String(3 - below.length);
  const side = fc.constantFrom('saddr', 'daddr');
  return fc.oneof(
    fc.record({
      kind: fc.constant('set-ct-mark'),
      keep: fc.constantFrom(0xffff, 0xffffffff, 0),
      value: fc.constantFrom(0x10000, 0x20000, 7),
    }),
    side.map((on): Statement => ({
      kind: 'address-vmap',
      side: on,
      family: 'IPv4',
      map: `by-host-${level}` as SetName,
    })),
    side.map((on): Statement => ({
      kind: 'address-vmap',
      side: on,
      family: 'IPv6',
      map: `by-host6-${level}` as SetName,
    })),
    fc.constant<Statement>({ kind: 'port-vmap', map: `by-port-${level}` as SetName }),
  );
}

function arbitraryVerdict(below: readonly ChainName[]): fc.Arbitrary<Verdict> {
  const plain = fc.constantFrom<Verdict>(
    { kind: 'accept' },
    { kind: 'drop' },
    { kind: 'return' },
    { kind: 'continue' },
  );
  if (below.length === 0) return plain;
  const leading = fc.record({
    kind: fc.constantFrom('jump', 'goto'),
    chain: fc.constantFrom(...below),
  });
  return fc.oneof({ arbitrary: plain, weight: 2 }, { arbitrary: leading, weight: 3 });
}
