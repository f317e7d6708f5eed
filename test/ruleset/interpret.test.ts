import { describe, expect, test } from 'vitest';
import type { Address } from '../../src/net/address.ts';
import type { Cidr } from '../../src/net/cidr.ts';
import { interpret, type Outcome } from '../../src/ruleset/interpret.ts';
import type {
  Chain,
  ChainName,
  CtState,
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
import type { Conntrack, Packet } from '../../src/ruleset/packet.ts';

// What one datagram over the loopback cannot show; interpret-kernel.test.ts has the rest, put to the kernel.

const forward = 'forward' as ChainName;
const drop: Statement = { kind: 'verdict', verdict: { kind: 'drop' } };

const tcp: Packet = {
  hook: 'forward',
  source: '10.0.0.1' as Address,
  destination: '10.0.0.2' as Address,
  sourceIsLocal: false,
  protocol: 'TCP',
  destinationPort: 80,
};
const ping6: Packet = {
  hook: 'forward',
  source: 'fd00::1' as Address,
  destination: 'fd00::2' as Address,
  sourceIsLocal: false,
  protocol: 'ICMPv6',
  icmpv6Type: 128,
};
const endpoints = 'endpoints' as SetName;
const blocks = 'blocks' as SetName;

const way = (direction: 'in' | 'out', pattern: string): Match => {
  return { kind: 'interface', way: direction, pattern: pattern as InterfacePattern };
};
const redirected: Match & { readonly kind: 'ct-redirected' } = {
  kind: 'ct-redirected',
  from: tcp.destination,
};
const withCt = (state: CtState, ct: Partial<Conntrack> = {}): Packet => {
  return { ...tcp, ct: { state, direction: 'original', mark: 0, ...ct } };
};
const reply = withCt('established', { direction: 'reply' });

const matches: readonly [string, Match, Packet, boolean][] = [
  ['a protocol by name', { kind: 'protocol', protocol: 'TCP' }, tcp, true],
  ['a protocol by number', { kind: 'protocol', protocol: 'TCP' }, { ...tcp, protocol: 6 }, true],
  ['SCTP by number', { kind: 'protocol', protocol: 'SCTP' }, { ...tcp, protocol: 132 }, true],
  ['another protocol', { kind: 'protocol', protocol: 'TCP' }, { ...tcp, protocol: 'ICMP' }, false],
  ['a reset', { kind: 'tcp-reset' }, { ...tcp, tcpReset: true }, true],
  ['no reset', { kind: 'tcp-reset' }, tcp, false],
  ['a reset of UDP', { kind: 'tcp-reset' }, { ...tcp, protocol: 'UDP', tcpReset: true }, false],
  [
    'ports of a fragment',
    { kind: 'ports', protocol: 'TCP', ranges: [[0, 65535]] },
    without(tcp, 'destinationPort'),
    false,
  ],
  [
    'endpoints of a fragment',
    { kind: 'endpoint-set', side: 'daddr', family: 'IPv4', set: endpoints },
    without(tcp, 'destinationPort'),
    false,
  ],
  ['an endpoint', { kind: 'endpoint-set', side: 'daddr', family: 'IPv4', set: endpoints }, tcp, true],
  [
    'an endpoint by number',
    { kind: 'endpoint-set', side: 'daddr', family: 'IPv4', set: endpoints },
    { ...tcp, protocol: 6 },
    true,
  ],
  [
    'an endpoint of ICMP',
    { kind: 'endpoint-set', side: 'daddr', family: 'IPv4', set: endpoints },
    { ...tcp, protocol: 'ICMP' },
    false,
  ],
  ['an ICMPv6 type', { kind: 'icmpv6-types', types: [127, 128] }, ping6, true],
  ['another ICMPv6 type', { kind: 'icmpv6-types', types: [133] }, ping6, false],
  [
    'an ICMPv6 type in IPv4',
    { kind: 'icmpv6-types', types: [128] },
    { ...tcp, protocol: 58, icmpv6Type: 128 },
    false,
  ],
  ['a local source', { kind: 'source-local' }, { ...tcp, sourceIsLocal: true }, true],
  ['a foreign source', { kind: 'source-local' }, tcp, false],
  ['over the loopback', { kind: 'loopback' }, { ...tcp, loopback: true }, true],
  ['not over the loopback', { kind: 'loopback' }, tcp, false],
  ['ICMP', { kind: 'icmp' }, { ...tcp, protocol: 'ICMP' }, true],
  ['ICMPv6', { kind: 'icmp' }, ping6, true],
  ['no ICMP', { kind: 'icmp' }, tcp, false],
  ['a hop limit', { kind: 'hop-limit', value: 255 }, { ...ping6, hopLimit: 255 }, true],
  ['another hop limit', { kind: 'hop-limit', value: 255 }, ping6, false],
  ['a hop limit in IPv4', { kind: 'hop-limit', value: 64 }, { ...tcp, hopLimit: 64 }, false],
  ['a source without a way back', { kind: 'source-unrouted' }, { ...tcp, sourceUnrouted: true }, true],
  ['a source with a way back', { kind: 'source-unrouted' }, tcp, false],
  ['in by an interface', way('in', 'veth*'), { ...tcp, inInterface: 'veth12' }, true],
  ['in by the interface itself', way('in', 'cni0'), { ...tcp, inInterface: 'cni0' }, true],
  ['a name is not a beginning', way('in', 'cni'), { ...tcp, inInterface: 'cni0' }, false],
  ['out by an interface, not in', way('out', 'veth*'), { ...tcp, inInterface: 'veth12' }, false],
  ['out by an interface', way('out', 'veth*'), { ...tcp, outInterface: 'veth12' }, true],
  ['no redirection', redirected, withCt('new'), false],
  ['a redirection', redirected, withCt('new', { originalDestination: '10.0.0.9' as Address }), true],
  ['a redirection nobody saw', redirected, tcp, false],
  ['a reply, not redirected', { ...redirected, from: '10.0.0.1' as Address }, reply, false],
  ['a helper', { kind: 'ct-helper' }, withCt('new', { helper: true }), true],
  ['no helper', { kind: 'ct-helper' }, withCt('new'), false],
  ['not a block', { kind: 'prefix', side: 'saddr', cidr: '11.0.0.0/8' as Cidr, negate: true }, tcp, true],
  [
    'not a block of the other family',
    { kind: 'prefix', side: 'saddr', cidr: '11.0.0.0/8' as Cidr, negate: true },
    ping6,
    false,
  ],
  [
    'not a block, but in it',
    { kind: 'prefix', side: 'saddr', cidr: '10.0.0.0/8' as Cidr, negate: true },
    tcp,
    false,
  ],
  [
    'not in a set',
    { kind: 'address-set', side: 'saddr', family: 'IPv4', set: blocks, negate: true },
    tcp,
    true,
  ],
  [
    'not in a set of the other family',
    { kind: 'address-set', side: 'saddr', family: 'IPv4', set: blocks, negate: true },
    ping6,
    false,
  ],
  ['IPv4 is not in ::/0', { kind: 'prefix', side: 'saddr', cidr: '::/0' as Cidr }, tcp, false],
];

test.each(matches)('match: %s', (_, match, packet, holds) => {
  const outcome = interpret(rulesetOf([{ matches: [match], statements: [drop] }]), packet);
  expect(outcome.verdict).toBe(holds ? 'drop' : 'accept');
  expect(outcome.trace).toEqual(holds ? [{ chain: 'forward', ruleIndex: 0 }] : []);
});

describe('conntrack', () => {
  const marked: Match = { kind: 'ct-mark', mask: 0xffff0000, value: 0x80010000 };
  const withCt = (state: CtState, mark = 0x80010001): Packet => ({
    ...tcp,
    ct: { state, direction: 'reply', mark },
  });
  const reply: Match = { kind: 'ct-direction', direction: 'reply' };
  const states: readonly [string, Match, Packet, boolean][] = [
    ['the bits of the mask, the highest too', marked, withCt('established'), true],
    ['other bits', marked, withCt('established', 0x80020000), false],
    ['no entry, mark', { kind: 'ct-mark', mask: 0xffff0000, value: 0 }, tcp, false],
    ['no entry, direction', reply, tcp, false],
    ['no entry, state', { kind: 'ct-state', states: ['invalid'] }, tcp, true],
    ['invalid has no mark', marked, withCt('invalid'), false],
    ['untracked has no direction', reply, withCt('untracked'), false],
    ['untracked', { kind: 'ct-state', states: ['untracked'] }, withCt('untracked'), true],
    ['direction', reply, withCt('established'), true],
    ['one of the states', { kind: 'ct-state', states: ['established', 'related'] }, withCt('related'), true],
    ['none of the states', { kind: 'ct-state', states: ['established', 'related'] }, withCt('new'), false],
  ];

  test.each(states)('%s', (_, match, packet, holds) => {
    const ruleset = rulesetOf([{ matches: [match], statements: [drop] }]);
    expect(interpret(ruleset, packet).verdict).toBe(holds ? 'drop' : 'accept');
  });

  test('a mark keeps the bits it should, and is returned as an unsigned number', () => {
    const setMark: Statement = { kind: 'set-ct-mark', keep: 0x0000ffff, value: 0xffff0000 };
    const ruleset = rulesetOf([{ matches: [], statements: [setMark] }]);
    expect(interpret(ruleset, withCt('new', 0x12345678)).mark).toBe(0xffff5678);
    expect(interpret(ruleset, tcp).mark).toBe(0);
  });
});

test('base chains run by priority, each must accept, and another hook does not concern them', () => {
  const chains: Chain[] = [
    { name: 'late' as ChainName, base: { hook: 'forward', priority: 10 }, rules: [rule(drop)] },
    {
      name: 'early' as ChainName,
      base: { hook: 'forward', priority: -10 },
      rules: [rule({ kind: 'verdict', verdict: { kind: 'accept' } })],
    },
    { name: 'input' as ChainName, base: { hook: 'input', priority: 0 }, rules: [rule(drop)] },
  ];
  const ruleset = { ...rulesetOf([]), chains: new Map(chains.map((chain) => [chain.name, chain])) };
  expect(interpret(ruleset, tcp)).toEqual({
    verdict: 'drop',
    mark: 0,
    trace: [
      { chain: 'early', ruleIndex: 0 },
      { chain: 'late', ruleIndex: 0 },
    ],
  });
  expect(interpret(ruleset, { ...tcp, hook: 'output' }).verdict).toBe('accept');
});

const rejections: readonly [Statement, Packet, Outcome['verdict']][] = [
  [{ kind: 'reject', with: 'tcp-reset' }, tcp, 'reject-tcp-reset'],
  [{ kind: 'reject', with: 'tcp-reset' }, { ...tcp, protocol: 'UDP' }, 'accept'],
  [{ kind: 'reject', with: 'admin-prohibited' }, { ...tcp, protocol: 'UDP' }, 'reject'],
];

test.each(rejections)('%j', (statement, packet, verdict) => {
  expect(interpret(rulesetOf([rule(statement)]), packet).verdict).toBe(verdict);
});

test('interval elements: first, last and between; nothing beside them', () => {
  const map = setOf(
    'classes',
    'inet_proto . inet_service',
    true,
    ['tcp . 1-9', 'tcp . 80', 'udp . 0-65535', 'tcp . 100-200'],
    { kind: 'drop' },
  );
  const ruleset = rulesetOf([rule({ kind: 'port-vmap', map: map.name })], [map]);
  const dropped = (protocol: Packet['protocol'], port: number): boolean =>
    interpret(ruleset, { ...tcp, protocol, destinationPort: port }).verdict === 'drop';
  const ports = [0, 1, 5, 9, 10, 79, 80, 81, 99, 100, 200, 201, 65535];
  expect(ports.filter((port) => dropped('TCP', port))).toEqual([1, 5, 9, 80, 100, 200]);
  expect(ports.filter((port) => dropped('UDP', port))).toEqual(ports);
  expect(ports.filter((port) => dropped('SCTP', port))).toEqual([]);
});

test('a ruleset that no kernel would hold is an error, not a verdict', () => {
  const to = (kind: 'jump' | 'goto', chain: string): Rule =>
    rule({ kind: 'verdict', verdict: { kind, chain: chain as ChainName } });
  const broken = { code: 'RULESET_UNINTERPRETABLE' };
  for (const bad of [to('jump', 'zz'), to('jump', 'forward'), to('goto', 'forward')]) {
    expect(thrownBy(() => interpret(rulesetOf([bad]), tcp))).toMatchObject(broken);
  }
  const missing = rule({ kind: 'port-vmap', map: 'zz' as SetName });
  expect(thrownBy(() => interpret(rulesetOf([missing]), tcp))).toMatchObject(broken);
});

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

function rule(...statements: Statement[]): Rule {
  return { matches: [], statements };
}

function rulesetOf(rules: readonly Rule[], more: readonly NftSet[] = []): Ruleset {
  const sets = [
    setOf(endpoints, 'ipv4_addr . inet_proto . inet_service', false, ['10.0.0.2 . tcp . 80']),
    setOf(blocks, 'ipv4_addr', true, ['11.0.0.0/8']),
    ...more,
  ];
  return {
    table: 'ringfence',
    sets: new Map(sets.map((set) => [set.name, set])),
    chains: new Map([[forward, { name: forward, base: { hook: 'forward', priority: 0 }, rules }]]),
  };
}

function setOf(
  name: string,
  keyType: KeyType,
  interval: boolean,
  keys: readonly string[],
  verdict: Verdict | null = null,
): NftSet {
  return {
    name: name as SetName,
    kind: verdict === null ? 'set' : 'map',
    keyType,
    interval,
    elements: new Map(keys.map((key) => [key as ElementKey, verdict])),
  };
}

function without(packet: Packet, property: 'destinationPort'): Packet {
  const { [property]: _, ...rest } = packet;
  return rest;
}
