import type { Direction } from '../model/network-policy.ts';
import type { Cidr } from '../net/cidr.ts';
import { familyOf } from '../net/address.ts';
import { families, type Family } from '../net/protocol.ts';
import { epochMark, revokedMark } from './epoch.ts';
import {
  addressKeyType,
  type Chain,
  type ChainName,
  type ElementKey,
  type InterfacePattern,
  type KeyType,
  type Match,
  type NftSet,
  type Rule,
  type SetName,
  type Side,
  type Verdict,
} from './objects.ts';
import { goto, jump, marked, rule, verdict } from './rule.ts';
import {
  auditedChain,
  deniedChain,
  judgedChain,
  replyChain,
  revokedChain,
  sharedChains,
  type VerdictOptions,
} from './verdict-chains.ts';

/** What the static part depends on. */
export interface SkeletonOptions extends VerdictOptions {
  readonly nodeEgress: 'allow' | 'enforce';
  /** The node's pod CIDRs: an address in them that no known pod owns is closed. Sorted, disjoint. */
  readonly podCIDRs: readonly Cidr[];
  /** The interfaces of the node's pods: whoever is behind them is closed until it is known, whatever its address. */
  readonly podInterfaces?: readonly InterfacePattern[];
}

/** The verdict map from the addresses of isolated local pods to the chain that judges them. */
export function dispatchMapName(direction: Direction, family: Family): SetName {
  return `${direction}-${family.toLowerCase()}` as SetName;
}

/** The set of known pod addresses: of local pods whose rules are in force, and of others within the node's pod CIDRs. */
export function knownSetName(family: Family): SetName {
  return `known-${family.toLowerCase()}` as SetName;
}

/** Which address of a packet belongs to the selected pod. */
export function ownSide(direction: Direction): Side {
  return direction === 'egress' ? 'saddr' : 'daddr';
}

/** Which address of a packet belongs to the peer. */
export function peerSide(direction: Direction): Side {
  return direction === 'egress' ? 'daddr' : 'saddr';
}

/** The sets and maps that are always there, without elements. */
export function skeletonSets(): readonly NftSet[] {
  return families.flatMap((family) => [
    emptySet('set', knownSetName(family), addressKeyType(family), 'pods that this node knows'),
    emptySet(
      'map',
      dispatchMapName('egress', family),
      addressKeyType(family),
      'isolated for egress: who judges',
    ),
    emptySet(
      'map',
      dispatchMapName('ingress', family),
      addressKeyType(family),
      'isolated for ingress: who judges',
    ),
  ]);
}

function emptySet(kind: 'set' | 'map', name: SetName, keyType: KeyType, comment: string): NftSet {
  return { name, kind, keyType, interval: false, comment, elements: new Map<ElementKey, Verdict | null>() };
}

/**
 * The chains that are always there. rules/skeleton.nft is their reviewed text; a test holds the two together.
 *
 * Convention: a chain of rules returns what it allows and ends in `denied`; the pod's chain that jumped there goes on, a
 * sender's to `receiving`, a receiver's to `judged`. So egress and ingress are judged one after the other, each with its own
 * verdict, and only what both allow is marked.
 */
export function skeletonChains(options: SkeletonOptions): readonly Chain[] {
  return [
    ...baseChains(options),
    connectionChain(options),
    ...(options.nodeEgress === 'enforce' ? [toNodeChain(options)] : []),
    replyChain(options),
    receivingChain(),
    judgedChain(options),
    deniedChain(options),
    auditedChain(options),
    revokedChain(),
  ];
}

/** Routed, overlay and (with br_netfilter) bridged traffic in `forward`; the node's own and IPVS in `output`. */
function baseChains(options: SkeletonOptions): readonly Chain[] {
  // Without an epoch nothing is marked, and a mark of 0 is what connections have that nobody judged.
  const judgedNow =
    options.epoch === 0
      ? []
      : [
          rule(
            [marked(options.ctMarkMask, epochMark(options.ctMarkMask, options.epoch))],
            [verdict('accept')],
            'judged in this epoch',
          ),
        ];
  const judge = (chain: string): readonly Rule[] => [rule([], [jump(chain)]), onTheirWay];
  const ownNode = rule(
    [{ kind: 'source-local' }],
    [verdict('accept')],
    "the pod's own node: probes of the kubelet",
  );
  return [
    base('forward', 'forward', 0, [...judgedNow, ...forgedSources(options), ...judge('connection')]),
    base('output', 'output', 0, [...judgedNow, ownNode, ...judge('connection')]),
    // After IPVS, which takes its packets at 98 and 99: what comes here is for the node itself.
    base(
      'input',
      'input',
      101,
      options.nodeEgress === 'enforce'
        ? [
            ...judgedNow,
            ...forgedSources(options),
            rule([{ kind: 'loopback' }], [verdict('accept')], 'the node to itself'),
            ...judge('to-node'),
          ]
        : [rule([], [verdict('accept')], 'to the own node: allowed unless --node-egress=enforce')],
    ),
  ];
}

/**
 * Every chain below ends in a verdict, so a packet comes back from one whose rules are not there yet: the kernel takes the
 * rules of a packet as they stand when it enters a base chain, but the elements of sets as they stand when they are looked
 * up. In the moment of a transaction an element can lead to a chain that is empty as yet.
 */
const onTheirWay: Rule = rule([], [{ kind: 'counter' }, verdict('drop')], 'rules are on their way');

/** Where nothing isolates either end. */
const open: Rule = rule([], [verdict('accept')], 'nothing isolates either end');

function connectionChain(options: SkeletonOptions): Chain {
  return {
    name: 'connection' as ChainName,
    rules: [
      ...passing(options),
      ...nobodysAddress(),
      ...options.podCIDRs.flatMap((cidr) => [unknownAddress(cidr, 'saddr'), unknownAddress(cidr, 'daddr')]),
      ...(options.podInterfaces ?? []).flatMap((pattern) => [
        ...unknownBehind(pattern, 'saddr'),
        ...unknownBehind(pattern, 'daddr'),
      ]),
      ...dispatch('egress'),
      ...dispatch('ingress'),
      allowedAgain(options),
      open,
    ],
  };
}

/** What is for the node itself: no pod is at the receiving end, and the gateway's address lies in the pod CIDR. */
function toNodeChain(options: SkeletonOptions): Chain {
  return {
    name: 'to-node' as ChainName,
    rules: [
      ...passing(options),
      ...options.podCIDRs.map((cidr) => unknownAddress(cidr, 'saddr')),
      ...(options.podInterfaces ?? []).flatMap((pattern) => unknownBehind(pattern, 'saddr')),
      ...dispatch('egress'),
      allowedAgain(options),
      open,
    ],
  };
}

/**
 * An address of this node's pods comes in over the interface that leads to them. Elsewhere, and from a pod with a route of
 * its own, it is forged. Only first packets are looked at: of a forged one no connection comes.
 */
function forgedSources({ podCIDRs, podInterfaces = [] }: SkeletonOptions): readonly Rule[] {
  const forged = (match: Match, comment: string): Rule =>
    rule(
      [{ kind: 'ct-state', states: ['new'] }, match, { kind: 'source-unrouted' }],
      [{ kind: 'counter' }, verdict('drop')],
      comment,
    );
  return [
    ...podCIDRs.map((cidr) =>
      forged({ kind: 'prefix', side: 'saddr', cidr }, 'forged: pods of this node are not there'),
    ),
    ...podInterfaces.map((pattern) =>
      forged({ kind: 'interface', way: 'in', pattern }, 'forged: the pod has another address'),
    ),
  ];
}

/** What passes, or stops, whoever sends it. */
function passing({ ctMarkMask }: SkeletonOptions): readonly Rule[] {
  const related: Match = { kind: 'ct-state', states: ['related'] };
  return [
    rule(
      [
        { kind: 'ct-state', states: ['established'] },
        { kind: 'ct-direction', direction: 'reply' },
      ],
      [jump('reply')],
    ),
    rule(
      [marked(ctMarkMask, revokedMark(ctMarkMask)), { kind: 'icmp' }, related],
      [{ kind: 'counter' }, verdict('drop')],
      'ICMP errors of a connection that was cut',
    ),
    rule([{ kind: 'icmp' }, related], [verdict('accept')], 'ICMP errors of an allowed connection'),
    rule(
      [
        { kind: 'hop-limit', value: 255 },
        { kind: 'icmpv6-types', types: neighbourDiscovery },
      ],
      [verdict('accept')],
      'neighbour discovery',
    ),
    rule(
      [
        { kind: 'hop-limit', value: 1 },
        { kind: 'icmpv6-types', types: multicastListeners },
      ],
      [verdict('accept')],
      'multicast listeners',
    ),
  ];
}

function dispatch(direction: Direction): readonly Rule[] {
  return families.map((family) =>
    rule(
      [],
      [{ kind: 'address-vmap', side: ownSide(direction), family, map: dispatchMapName(direction, family) }],
    ),
  );
}

function allowedAgain({ ctMarkMask }: SkeletonOptions): Rule {
  return rule(
    [marked(ctMarkMask, revokedMark(ctMarkMask))],
    [goto(sharedChains.judged)],
    'was cut, and nothing isolates either end any more',
  );
}

/** ND (RFC 4861): without it IPv6 does not work. A hop limit of 255 shows that no router forwarded it. */
const neighbourDiscovery: readonly number[] = [133, 134, 135, 136, 137];

/** MLD query, report, done (RFC 2710), MLDv2 report (RFC 3810): all of them are sent with a hop limit of 1. */
const multicastListeners: readonly number[] = [130, 131, 132, 143];

/**
 * On a bridge pods reach each other by addresses that no policy can name: IPv6 link-local ones, which every pod has beside
 * its own, and those that many listen to. No policy could stop them, so they do not pass from pod to pod. IPv4 link-local
 * addresses stay: clouds serve metadata there, and an ipBlock can name them.
 */
function nobodysAddress(): readonly Rule[] {
  const drop = (side: Side, cidr: string, comment: string): Rule =>
    rule([{ kind: 'prefix', side, cidr: cidr as Cidr }], [{ kind: 'counter' }, verdict('drop')], comment);
  return [
    drop('saddr', 'fe80::/10', 'link-local: no policy can name it'),
    drop('daddr', 'fe80::/10', 'link-local: no policy can name it'),
    drop('daddr', '224.0.0.0/4', 'multicast: no policy can name who listens'),
    drop('daddr', '255.255.255.255/32', 'broadcast: no policy can name who listens'),
    drop('daddr', 'ff00::/8', 'multicast: no policy can name who listens'),
  ];
}

/** The same where addresses do not tell pods from others: an address behind an interface of pods is one of a pod. */
function unknownBehind(pattern: InterfacePattern, side: Side): readonly Rule[] {
  return families.map((family) =>
    rule(
      [
        { kind: 'interface', way: side === 'saddr' ? 'in' : 'out', pattern },
        { kind: 'address-set', side, family, set: knownSetName(family), negate: true },
      ],
      [goto(sharedChains.denied)],
      'pod whose rules are not in force yet',
    ),
  );
}

/** Fail closed: a pod that starts before its rules are here has an address in the range that nobody knows yet. */
function unknownAddress(cidr: Cidr, side: Side): Rule {
  const family = familyOf(cidr);
  return rule(
    [
      { kind: 'prefix', side, cidr },
      { kind: 'address-set', side, family, set: knownSetName(family), negate: true },
    ],
    [goto(sharedChains.denied)],
    'pod whose rules are not in force yet',
  );
}

/** What the sender may send: whether the receiver may get it. */
function receivingChain(): Chain {
  return {
    name: sharedChains.receiving,
    rules: [...dispatch('ingress'), rule([], [goto(sharedChains.judged)])],
  };
}

function base(
  name: string,
  hook: 'forward' | 'output' | 'input',
  priority: number,
  rules: readonly Rule[],
): Chain {
  return { name: name as ChainName, base: { hook, priority }, rules };
}
