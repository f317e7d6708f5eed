import type { Address } from '../../src/net/address.ts';
import type { Cidr } from '../../src/net/cidr.ts';
import type {
  Chain,
  ChainName,
  CounterName,
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

/** One object of every kind that Ringfence can write, in one table. */
export function everyKind(): Ruleset {
  const web = 'ingress-team/web.1_x' as ChainName;
  const accept: Statement = { kind: 'verdict', verdict: { kind: 'accept' } };
  const sets = [
    example('local', 'set', 'ipv4_addr', false, ['10.0.0.1', '10.0.0.2'], {
      comment: 'all local pods: see the docs',
    }),
    example('local6', 'set', 'ipv6_addr', false, ['fd00::1']),
    example('blocks', 'set', 'ipv4_addr', true, ['10.0.0.0/8', '192.168.0.1', '192.168.1.0/24']),
    example('blocks6', 'set', 'ipv6_addr', true, ['fd00::/64', 'fd01::1']),
    example('any', 'set', 'ipv4_addr', true, ['0.0.0.0/0']),
    example('any6', 'set', 'ipv6_addr', true, ['::/0']),
    example('ports', 'set', 'ipv4_addr . inet_proto . inet_service', false, ['10.0.0.1 . tcp . 80']),
    example('ports6', 'set', 'ipv6_addr . inet_proto . inet_service', false, ['fd00::1 . udp . 53']),
    example('block-ports', 'set', 'ipv4_addr . inet_proto . inet_service', true, [
      '10.0.0.0/8 . tcp . 80-90',
      '11.0.0.1 . sctp . 9',
    ]),
    example('dispatch', 'map', 'ipv4_addr', false, ['10.0.0.1'], { verdict: { kind: 'goto', chain: web } }),
    example('dispatch6', 'map', 'ipv6_addr', false, ['fd00::1'], { verdict: { kind: 'jump', chain: web } }),
    example(
      'classes',
      'map',
      'inet_proto . inet_service',
      true,
      ['tcp . 80-90', 'udp . 0-65535', 'sctp . 9'],
      {
        verdict: { kind: 'return' },
      },
    ),
  ];
  const matches: Match[] = [
    { kind: 'family', family: 'IPv4' },
    { kind: 'prefix', side: 'saddr', cidr: '10.0.0.0/8' as Cidr },
    { kind: 'prefix', side: 'daddr', cidr: '10.0.0.0/8' as Cidr, negate: true },
    { kind: 'prefix', side: 'daddr', cidr: '10.0.0.1/32' as Cidr },
    { kind: 'prefix', side: 'saddr', cidr: '0.0.0.0/0' as Cidr },
    { kind: 'prefix', side: 'saddr', cidr: 'fd00::/8' as Cidr },
    { kind: 'prefix', side: 'saddr', cidr: '::/0' as Cidr, negate: true },
    { kind: 'address-set', side: 'saddr', family: 'IPv4', set: 'local' as SetName },
    { kind: 'address-set', side: 'daddr', family: 'IPv6', set: 'blocks6' as SetName, negate: true },
    { kind: 'endpoint-set', side: 'daddr', family: 'IPv4', set: 'block-ports' as SetName },
    { kind: 'endpoint-set', side: 'daddr', family: 'IPv6', set: 'ports6' as SetName },
    { kind: 'protocol', protocol: 'SCTP' },
    {
      kind: 'ports',
      protocol: 'TCP',
      ranges: [
        [80, 80],
        [8000, 8080],
      ],
    },
    { kind: 'ports', protocol: 'UDP', ranges: [[0, 65535]] },
    { kind: 'ports', protocol: 'SCTP', ranges: [[9, 9]] },
    { kind: 'icmpv6-types', types: [133, 134, 143, 200] },
    { kind: 'icmpv6-types', types: [137] },
    { kind: 'tcp-reset' },
    { kind: 'ct-mark', mask: 0xffff0000, value: 0x10000 },
    { kind: 'ct-mark', mask: 0x00ff0000, value: 0 },
    { kind: 'ct-state', states: ['established', 'related'] },
    { kind: 'ct-state', states: ['new'] },
    { kind: 'ct-direction', direction: 'original' },
    { kind: 'source-local' },
    { kind: 'loopback' },
    { kind: 'icmp' },
    { kind: 'ct-helper' },
    { kind: 'hop-limit', value: 255 },
    { kind: 'ct-redirected', from: '10.0.0.1' as Address },
    { kind: 'ct-redirected', from: 'fd00::1' as Address },
    { kind: 'interface', way: 'in', pattern: 'veth*' as InterfacePattern },
    { kind: 'interface', way: 'out', pattern: 'cni0' as InterfacePattern },
  ];
  const statements: Statement[] = [
    { kind: 'counter', name: 'rule-ingress-0-team/web.1_x' as CounterName },
    { kind: 'limit', perSecond: 100, burst: 200 },
    { kind: 'log', group: 9461, prefix: 'ringfence denied', bytes: 128 },
    { kind: 'set-ct-mark', keep: 0x0000ffff, value: 0x10000 },
    { kind: 'address-vmap', side: 'daddr', family: 'IPv4', map: 'dispatch' as SetName },
    { kind: 'address-vmap', side: 'saddr', family: 'IPv6', map: 'dispatch6' as SetName },
    { kind: 'port-vmap', map: 'classes' as SetName },
    { kind: 'reject', with: 'admin-prohibited' },
    { kind: 'verdict', verdict: { kind: 'jump', chain: web } },
    { kind: 'verdict', verdict: { kind: 'goto', chain: web } },
    { kind: 'verdict', verdict: { kind: 'continue' } },
    { kind: 'verdict', verdict: { kind: 'drop' } },
  ];
  const rules: Rule[] = [
    ...matches.map((match): Rule => ({ matches: [match], statements: [accept] })),
    ...statements.map((statement): Rule => ({ matches: [], statements: [statement] })),
    { matches: [{ kind: 'protocol', protocol: 'TCP' }], statements: [{ kind: 'reject', with: 'tcp-reset' }] },
    {
      matches: [{ kind: 'address-set', side: 'saddr', family: 'IPv4', set: 'any' as SetName }],
      statements: [{ kind: 'counter' }, accept],
      comment: `${'every mark: !#$%&()*+,-./:;<=>?@[]^_{|}~'.padEnd(127, '.')}'`,
    },
  ];
  const chains: Chain[] = [
    { name: 'forward' as ChainName, base: { hook: 'forward', priority: 0 }, rules },
    { name: 'output' as ChainName, base: { hook: 'output', priority: 0 }, rules: [] },
    { name: 'input' as ChainName, base: { hook: 'input', priority: 101 }, rules: [] },
    { name: web, rules: [{ matches: [], statements: [{ kind: 'verdict', verdict: { kind: 'return' } }] }] },
  ];
  return {
    table: 'ringfence',
    sets: new Map(sets.map((set) => [set.name, set])),
    chains: new Map(chains.map((chain) => [chain.name, chain])),
  };
}

function example(
  name: string,
  kind: 'set' | 'map',
  keyType: KeyType,
  interval: boolean,
  keys: readonly string[],
  { comment, verdict = null }: { readonly comment?: string; readonly verdict?: Verdict | null } = {},
): NftSet {
  const elements = new Map(keys.map((key) => [key as ElementKey, verdict]));
  return {
    name: name as SetName,
    kind,
    keyType,
    interval,
    elements,
    ...(comment === undefined ? {} : { comment }),
  };
}
