import type { Direction } from '../model/network-policy.ts';
import type { Cidr } from '../net/cidr.ts';
import { familyOf } from '../net/address.ts';
import { families, type Family } from '../net/protocol.ts';
import { epochMark, keptBits, revokedMark } from './epoch.ts';
import {
  addressKeyType,
  type Chain,
  type ChainName,
  type ElementKey,
  type KeyType,
  type Match,
  type NftSet,
  type Rule,
  type SetName,
  type Side,
  type Statement,
  type Verdict,
} from './objects.ts';

/** What the static part depends on. */
export interface SkeletonOptions {
  readonly ctMarkMask: number;
  readonly epoch: number;
  readonly deny: 'drop' | 'reject';
  /** Where denied packets are told; absent: nowhere. */
  readonly denialLog?: DenialLog;
  readonly nodeEgress: 'allow' | 'enforce';
  /** The node's pod CIDRs: an address in them that no known pod owns is closed. Sorted, disjoint. */
  readonly podCIDRs: readonly Cidr[];
}

/** Copies of denied packets for whoever listens to an nflog group. */
export interface DenialLog {
  /** Of the kernel's nfnetlink_log, 1 or more. */
  readonly group: number;
  /** At most this many packets each second, after a burst of twice as many: a flood costs no more. */
  readonly perSecond: number;
}

/** The prefix of what is logged; it tells our packets from those of others in one group. */
export const denialLogPrefix = 'ringfence denied';

/** Bytes of a packet that are logged: enough for any IP header and the ports behind it. */
const loggedBytes = 128;

/** The shared chains that generated chains lead to. */
export const sharedChains = {
  /** A connection that policies allow. */
  judged: 'judged' as ChainName,
  /** A connection that no policy allows. */
  denied: 'denied' as ChainName,
};

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
 * Convention: a chain of rules returns what it allows and ends in `denied`; the pod's chain that jumped there goes on and
 * ends in `judged`. So egress and ingress are judged one after the other, each with its own verdict.
 */
export function skeletonChains(options: SkeletonOptions): readonly Chain[] {
  return [
    ...baseChains(options),
    connectionChain(options),
    ...(options.nodeEgress === 'enforce' ? [toNodeChain(options)] : []),
    judgedChain(options),
    deniedChain(options),
    revokedChain(),
  ];
}

/** Routed, overlay and (with br_netfilter) bridged traffic in `forward`; the node's own and IPVS in `output`. */
function baseChains(options: SkeletonOptions): readonly Chain[] {
  const judgedNow = rule(
    [{ kind: 'ct-mark', mask: options.ctMarkMask, value: epochMark(options.ctMarkMask, options.epoch) }],
    [verdict('accept')],
    'judged in this epoch',
  );
  const judge = rule([], [jump('connection')]);
  const ownNode = rule(
    [{ kind: 'source-local' }],
    [verdict('accept')],
    "the pod's own node: probes of the kubelet",
  );
  return [
    base('forward', 'forward', 0, [judgedNow, judge]),
    base('output', 'output', 0, [judgedNow, ownNode, judge]),
    // After IPVS, which takes its packets at 98 and 99: what comes here is for the node itself.
    base(
      'input',
      'input',
      101,
      options.nodeEgress === 'enforce'
        ? [
            judgedNow,
            rule([{ kind: 'loopback' }], [verdict('accept')], 'the node to itself'),
            rule([], [jump('to-node')]),
          ]
        : [rule([], [verdict('accept')], 'to the own node: allowed unless --node-egress=enforce')],
    ),
  ];
}

function connectionChain(options: SkeletonOptions): Chain {
  return {
    name: 'connection' as ChainName,
    rules: [
      ...passing(options),
      ...nobodysAddress(),
      ...options.podCIDRs.flatMap((cidr) => [unknownAddress(cidr, 'saddr'), unknownAddress(cidr, 'daddr')]),
      ...dispatch('egress'),
      ...dispatch('ingress'),
      allowedAgain(options),
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
      ...dispatch('egress'),
      allowedAgain(options),
    ],
  };
}

/** What passes, or stops, whoever sends it. */
function passing({ ctMarkMask }: SkeletonOptions): readonly Rule[] {
  return [
    rule(
      [
        { kind: 'ct-mark', mask: ctMarkMask, value: revokedMark(ctMarkMask) },
        { kind: 'ct-direction', direction: 'reply' },
      ],
      [goto('revoked')],
      'replies of a connection that was cut',
    ),
    rule(
      [{ kind: 'ct-state', states: ['related'] }],
      [verdict('accept')],
      'ICMP errors of an allowed connection',
    ),
    rule(
      [
        { kind: 'ct-state', states: ['established'] },
        { kind: 'ct-direction', direction: 'reply' },
      ],
      [verdict('accept')],
      'replies of an allowed connection',
    ),
    rule(
      [{ kind: 'icmpv6-types', types: neighbourDiscovery }],
      [verdict('accept')],
      'neighbour discovery and multicast listeners',
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
    [{ kind: 'ct-mark', mask: ctMarkMask, value: revokedMark(ctMarkMask) }],
    [goto(sharedChains.judged)],
    'was cut, and nothing isolates either end any more',
  );
}

/** MLD query, report, done (RFC 2710), ND 133-137 (RFC 4861), MLDv2 report (RFC 3810): without them IPv6 does not work. */
const neighbourDiscovery: readonly number[] = [130, 131, 132, 133, 134, 135, 136, 137, 143];

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

/** Fail closed: a pod that starts before its rules are here has an address in the range that nobody knows yet. */
function unknownAddress(cidr: Cidr, side: Side): Rule {
  const family = familyOf(cidr);
  return rule(
    [
      { kind: 'prefix', side, cidr },
      { kind: 'address-set', side, family, set: knownSetName(family), negate: true },
    ],
    [goto('denied')],
    'pod whose rules are not in force yet',
  );
}

function judgedChain({ ctMarkMask, epoch }: SkeletonOptions): Chain {
  return {
    name: sharedChains.judged,
    rules: [
      rule(
        [],
        [{ kind: 'set-ct-mark', keep: keptBits(ctMarkMask), value: epochMark(ctMarkMask, epoch) }],
        'allowed: not judged again in this epoch',
      ),
    ],
  };
}

/**
 * The mark stops the replies of a connection that was allowed before. Packets of the client are always judged again, so a
 * connection that is allowed once more goes on.
 */
function deniedChain({ ctMarkMask, deny, denialLog }: SkeletonOptions): Chain {
  const established: Match = { kind: 'ct-state', states: ['established'] };
  return {
    name: sharedChains.denied,
    rules: [
      rule(
        [],
        [{ kind: 'set-ct-mark', keep: keptBits(ctMarkMask), value: revokedMark(ctMarkMask) }],
        'replies are cut too',
      ),
      rule([established, { kind: 'tcp-reset' }], [verdict('accept')], 'a reset ends what is cut anyway'),
      ...(denialLog === undefined ? [] : [logRule(denialLog)]),
      rule(
        [established, { kind: 'protocol', protocol: 'TCP' }],
        [{ kind: 'counter' }, { kind: 'reject', with: 'tcp-reset' }],
        'was allowed before: cut',
      ),
      ...(deny === 'reject'
        ? [
            rule(
              [{ kind: 'protocol', protocol: 'TCP' }],
              [{ kind: 'counter' }, { kind: 'reject', with: 'tcp-reset' }],
            ),
            rule([], [{ kind: 'counter' }, { kind: 'reject', with: 'admin-prohibited' }]),
          ]
        : [rule([], [{ kind: 'counter' }, verdict('drop')])]),
    ],
  };
}

/** Here every policy had its say: what another one allows is never logged. */
function logRule({ group, perSecond }: DenialLog): Rule {
  return rule(
    [],
    [
      { kind: 'limit', perSecond, burst: 2 * perSecond },
      { kind: 'log', group, prefix: denialLogPrefix, bytes: loggedBytes },
    ],
    'for the log of denied connections',
  );
}

function revokedChain(): Chain {
  return {
    name: 'revoked' as ChainName,
    rules: [
      rule([{ kind: 'tcp-reset' }], [verdict('accept')], 'a reset ends what is cut anyway'),
      rule(
        [{ kind: 'protocol', protocol: 'TCP' }],
        [{ kind: 'counter' }, { kind: 'reject', with: 'tcp-reset' }],
      ),
      rule([], [{ kind: 'counter' }, verdict('drop')]),
    ],
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

function rule(matches: readonly Match[], statements: readonly Statement[], comment?: string): Rule {
  return comment === undefined ? { matches, statements } : { matches, statements, comment };
}

function verdict(kind: 'accept' | 'drop'): Statement {
  return { kind: 'verdict', verdict: { kind } };
}

function jump(chain: string): Statement {
  return { kind: 'verdict', verdict: { kind: 'jump', chain: chain as ChainName } };
}

function goto(chain: string): Statement {
  return { kind: 'verdict', verdict: { kind: 'goto', chain: chain as ChainName } };
}
