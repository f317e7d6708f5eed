import {
  type Allow,
  groupKey,
  type Isolation,
  type PodGroup,
  type PortName,
  type RuleReference,
  uniqueGroups,
} from '../policy/isolation.ts';
import { type LabelSelector, selectorText } from '../model/label-selector.ts';
import { familyOf } from '../net/address.ts';
import { type AddressBlock, isCidr, mergeBlocks } from '../net/address-block.ts';
import { everyAddress } from '../net/cidr.ts';
import { isWholeProtocol, type PortRange } from '../net/port-range.ts';
import { type Family, type Protocol, protocols } from '../net/protocol.ts';
import { namedCounters } from './named-counters.ts';
import { allowedBy, type CountedRule, countedRule, returned } from './counted-rules.ts';
import { commentText, contentChainName, definedSetName } from './names.ts';
import type { Chain, ChainName, Match, Rule, SetName, Statement, Verdict } from './objects.ts';
import { portClasses } from './port-classes.ts';
import { peerSide } from './skeleton.ts';
import { sharedChains } from './verdict-chains.ts';

/** What lowering one isolation needs in the table: chains, and sets whose members are somebody else's to find. */
export interface Body {
  /** Where the pod's own chain jumps. Returns what is allowed, never returns what is denied; an audit returns all. */
  readonly entry: ChainName;
  readonly chains: readonly Chain[];
  readonly sets: readonly SetDefinition[];
  /** The rules of policies that are rules here too: what each of them allows is counted. */
  readonly counted: readonly CountedRule[];
}

/** A set by what it means. Equal names are equal definitions. */
export type SetDefinition =
  /** The addresses of the pods in any of the groups. Changes with pods and namespaces. */
  | {
      readonly kind: 'pods';
      readonly name: SetName;
      readonly family: Family;
      readonly groups: readonly PodGroup[];
      readonly comment: string;
    }
  /** (address, protocol, number) of every pod of a peer that declares the port name. Changes with pods and namespaces. */
  | {
      readonly kind: 'endpoints';
      readonly name: SetName;
      readonly family: Family;
      readonly ports: readonly NamedPeerPort[];
      readonly comment: string;
    }
  /** Disjoint ascending blocks. Never changes: other blocks are another set. */
  | {
      readonly kind: 'blocks';
      readonly name: SetName;
      readonly family: Family;
      readonly blocks: readonly AddressBlock[];
      readonly comment: string;
    }
  /** Which chain judges which port. Never changes. */
  | {
      readonly kind: 'port-map';
      readonly name: SetName;
      readonly elements: readonly PortVerdict[];
      readonly comment: string;
    };

/** A port name on the pods of a group, or on whatever pod owns an address of the blocks. */
export type NamedPeerPort = PortName & {
  readonly peer:
    | { readonly kind: 'group'; readonly group: PodGroup }
    | { readonly kind: 'blocks'; readonly blocks: readonly AddressBlock[] };
};

export type PortVerdict = PortRange & { readonly verdict: Verdict };

/**
 * Up to this many rules stay one rule per policy rule, each with a counter and its policy's name. Beyond, rules are merged
 * by port, so that a packet meets a bounded number of look-ups however many policies there are.
 */
const separateRules = 8;

/**
 * Rules whose port ranges overlap in ever new ways make more classes than rules, each with most of the peers. Beyond this
 * many peers in all classes they stay separate: slower for the packets of the pods that have such policies, and bounded in
 * what a tenant can make the compiler do.
 */
const mostClassMembers = 20_000;

/**
 * The chains and sets that judge one isolation. Equal isolations give equal bodies, so replicas share them.
 * @param podFamilies the families in which the pod has an address; rules of the other family would never match
 */
export function lowerIsolation(isolation: Isolation, podFamilies: readonly Family[]): Body {
  const allows = distinctAllows(isolation.allows);
  const open = allows.find((allow) => allow.peers.kind === 'anyone' && allow.ports.kind === 'all');
  if (open !== undefined) {
    const rules = [{ matches: [], statements: allowedBy(open), comment: ruleComment(open.rule) }];
    return { ...bodyOf(isolation, rules, [], []), counted: [countedRule(open)] };
  }
  const separate = separateBody(isolation, allows, podFamilies);
  if (separate.rules.length <= separateRules) {
    const named = namedCounters([separate]);
    const counted = allows.map(countedRule).filter(({ counter }) => named.has(counter));
    return { ...bodyOf(isolation, separate.rules, separate.sets, []), counted };
  }
  const merged = mergedBody(isolation, allows, podFamilies);
  if (merged !== undefined) return merged;
  // So many that nobody would look at a counter of each.
  const uncounted = separate.rules.map((rule) => ({ ...rule, statements: allowed }));
  return bodyOf(isolation, uncounted, separate.sets, []);
}

/** The body that one rule per policy rule makes. */
function separateBody(
  isolation: Isolation,
  allows: readonly Allow[],
  podFamilies: readonly Family[],
): { readonly rules: readonly Rule[]; readonly sets: readonly SetDefinition[] } {
  const sets: SetDefinition[] = [];
  const rules: Rule[] = [];
  for (const allow of allows) {
    const comment = ruleComment(allow.rule);
    const statements = allowedBy(allow);
    const peers = peerMatches(allow, isolation, podFamilies);
    const ports = allow.ports.kind === 'all' ? [[]] : portMatches(allow.ports.ranges);
    sets.push(...peers.sets);
    for (const peer of peers.matches) {
      for (const port of ports) rules.push({ matches: [...peer, ...port], statements, comment });
    }
    const named = namedEndpoints([allow], podFamilies);
    sets.push(...named);
    rules.push(...named.map((set) => ({ matches: [endpointMatch(set)], statements, comment })));
  }
  return { rules, sets };
}

/**
 * At most: one look-up for peers that may use every port, one for named ports, one to find the class of the port, one for
 * the peers of that class; each once for pods and once for blocks, in each family.
 */
function mergedBody(
  isolation: Isolation,
  allows: readonly Allow[],
  podFamilies: readonly Family[],
): Body | undefined {
  const sets: SetDefinition[] = [];
  const everyPort = allows.filter((allow) => allow.ports.kind === 'all');
  const peers = mergedPeers(everyPort, isolation, podFamilies);
  const named = namedEndpoints(allows, podFamilies);
  sets.push(...peers.sets, ...named);
  const rules: Rule[] = [
    ...peers.matches.map((matches) => ({ matches, statements: allowed, comment: rulesComment(everyPort) })),
    ...named.map((set) => ({ matches: [endpointMatch(set)], statements: allowed, comment: 'named ports' })),
  ];

  const ranged = allows.flatMap((allow) =>
    allow.ports.kind === 'some' ? [{ allow, ranges: allow.ports.ranges }] : [],
  );
  const chains = new Map<ChainName, Chain>();
  const classes = portClasses(ranged, mostClassMembers);
  if (classes === undefined) return undefined;
  const elements = classes.map((portClass): PortVerdict => {
    const { verdict, chain, sets: used } = classVerdict(portClass.members, isolation, podFamilies);
    if (chain !== undefined) chains.set(chain.name, chain);
    sets.push(...used);
    return { ...portClass.range, verdict };
  });
  if (elements.length > 0) {
    const name = definedSetName('ports', undefined, isolation.direction, elements);
    sets.push({ kind: 'port-map', name, elements, comment: 'who may use which port' });
    rules.push({ matches: [], statements: [{ kind: 'port-vmap', map: name }] });
  }
  return bodyOf(isolation, rules, sets, [...chains.values()]);
}

/** What happens to a packet whose port is in a class: the peers of all its rules, merged. */
function classVerdict(
  members: readonly Allow[],
  isolation: Isolation,
  podFamilies: readonly Family[],
): { readonly verdict: Verdict; readonly chain?: Chain; readonly sets: readonly SetDefinition[] } {
  if (members.some((allow) => allow.peers.kind === 'anyone'))
    return { verdict: { kind: 'return' }, sets: [] };
  const { matches, sets } = mergedPeers(members, isolation, podFamilies);
  const comment = rulesComment(members);
  const rules = [
    ...matches.map((peer) => ({ matches: peer, statements: allowed, comment })),
    endOf(isolation),
  ];
  const chain = { name: contentChainName(`${isolation.direction}-ports`, rules), rules };
  return { verdict: { kind: 'goto', chain: chain.name }, chain, sets };
}

function bodyOf(
  isolation: Isolation,
  rules: readonly Rule[],
  sets: readonly SetDefinition[],
  chains: readonly Chain[],
): Body {
  const all = [...rules, endOf(isolation)];
  const what = isolation.audit === true ? 'audit' : 'rules';
  const entry = contentChainName(`${isolation.direction}-${what}`, all);
  const byName = new Map(sets.map((set) => [set.name, set]));
  return {
    entry,
    chains: [...chains, { name: entry, rules: all }],
    sets: [...byName.values()],
    counted: [],
  };
}

interface PeerMatches {
  /** Each is one way to match; none where the peers have nothing in the pod's families. */
  readonly matches: readonly (readonly Match[])[];
  readonly sets: readonly SetDefinition[];
}

/** Matches for the peers of one rule. Its egress port names are not here: their peers come with the number. */
function peerMatches(allow: Allow, isolation: Isolation, podFamilies: readonly Family[]): PeerMatches {
  if (allow.ports.kind === 'some' && allow.ports.ranges.length === 0) return { matches: [], sets: [] };
  if (allow.peers.kind === 'anyone') return { matches: [[]], sets: [] };
  return someMatches(allow.peers.groups, allow.peers.blocks, isolation, podFamilies);
}

/** Matches for the union of the peers of several rules. */
function mergedPeers(
  allows: readonly Allow[],
  isolation: Isolation,
  podFamilies: readonly Family[],
): PeerMatches {
  if (allows.some((allow) => allow.peers.kind === 'anyone')) return { matches: [[]], sets: [] };
  const peers = allows.flatMap((allow) => (allow.peers.kind === 'some' ? [allow.peers] : []));
  const groups = uniqueGroups(peers.flatMap((peer) => peer.groups));
  return someMatches(groups, mergeBlocks(peers.flatMap((peer) => peer.blocks)), isolation, podFamilies);
}

function someMatches(
  groups: readonly PodGroup[],
  blocks: readonly AddressBlock[],
  { direction }: Isolation,
  podFamilies: readonly Family[],
): PeerMatches {
  const side = peerSide(direction);
  const matches: Match[][] = [];
  const sets: SetDefinition[] = [];
  for (const family of podFamilies) {
    if (groups.length > 0) {
      const set = podSet(groups, family);
      sets.push(set);
      matches.push([{ kind: 'address-set', side, family, set: set.name }]);
    }
    const own = blocks.filter((block) => familyOf(block) === family);
    const [only] = own;
    if (only !== undefined && own.length === 1 && isCidr(only)) {
      // nft has no prefix of length 0: the whole family is a match on the family.
      const whole = only === everyAddress(family);
      matches.push([whole ? { kind: 'family', family } : { kind: 'prefix', side, cidr: only }]);
    } else if (own.length > 0) {
      const set = blockSet(own, family);
      sets.push(set);
      matches.push([{ kind: 'address-set', side, family, set: set.name }]);
    }
  }
  return { matches, sets };
}

function podSet(groups: readonly PodGroup[], family: Family): SetDefinition {
  const comment = groups.map(groupText).join(' or ');
  const [first, ...others] = groups.map(groupText);
  const hint = others.length === 0 ? (first ?? '') : `${first ?? ''}/and-${String(others.length)}-more`;
  const name = definedSetName('pods', family, hint, groups.map(groupKey));
  return { kind: 'pods', name, family, groups, comment: commentText(comment) };
}

function blockSet(blocks: readonly AddressBlock[], family: Family): SetDefinition {
  const name = definedSetName('blocks', family, '', blocks);
  return { kind: 'blocks', name, family, blocks, comment: commentText(blocks.join(', ')) };
}

/** Egress port names of the rules as one set for each family: it holds the address and the number of each pod. */
function namedEndpoints(
  allows: readonly Allow[],
  podFamilies: readonly Family[],
): readonly (SetDefinition & { readonly kind: 'endpoints' })[] {
  const ports = new Map<string, NamedPeerPort>();
  for (const { peers, ports: allowedPorts } of allows) {
    if (allowedPorts.kind === 'all') continue;
    for (const name of allowedPorts.names) {
      for (const peer of namedPeers(peers))
        ports.set(JSON.stringify([name.protocol, name.name, peer]), { ...name, peer });
    }
  }
  if (ports.size === 0) return [];
  const keys = [...ports.keys()].sort();
  const sorted = keys.flatMap((key) => ports.get(key) ?? []);
  const comment = sorted
    .map(({ name, protocol, peer }) => `${name}/${protocol} of ${peerText(peer)}`)
    .join(' or ');
  return podFamilies.map((family) => ({
    kind: 'endpoints',
    name: definedSetName('named-ports', family, sorted[0]?.name ?? '', keys),
    family,
    ports: sorted,
    comment: commentText(comment),
  }));
}

function namedPeers(peers: Allow['peers']): readonly NamedPeerPort['peer'][] {
  if (peers.kind === 'anyone') return [{ kind: 'group', group: everyPod }];
  const groups = peers.groups.map((group) => ({ kind: 'group' as const, group }));
  return peers.blocks.length === 0 ? groups : [...groups, { kind: 'blocks', blocks: peers.blocks }];
}

/** A name without `to` matches wherever a pod declares it; outside the cluster nobody does. */
const everyPod: PodGroup = { kind: 'namespaces', namespaces: [], pods: [] };

function endpointMatch(set: SetDefinition & { readonly kind: 'endpoints' }): Match {
  return { kind: 'endpoint-set', side: 'daddr', family: set.family, set: set.name };
}

/** One match for each protocol of the ranges. */
function portMatches(ranges: readonly PortRange[]): readonly (readonly Match[])[] {
  return protocols.flatMap((protocol): readonly (readonly Match[])[] => {
    const own = ranges.filter((range) => range.protocol === protocol);
    if (own.length === 0) return [];
    return own.some(isWholeProtocol) ? [[{ kind: 'protocol', protocol }]] : [[portsMatch(protocol, own)]];
  });
}

function portsMatch(protocol: Protocol, ranges: readonly PortRange[]): Match {
  return { kind: 'ports', protocol, ranges: ranges.map(({ first, last }) => [first, last] as const) };
}

/** By rules that were merged: which of them it was is not known. */
const allowed: readonly Statement[] = [{ kind: 'counter' }, ...returned];

/** What happens to what no rule allows. */
function endOf({ audit }: Isolation): Rule {
  const chain = audit === true ? sharedChains.audited : sharedChains.denied;
  return { matches: [], statements: [{ kind: 'verdict', verdict: { kind: 'goto', chain } }] };
}

/** Rules that allow just the same are one; the first name stands for all. */
function distinctAllows(allows: readonly Allow[]): readonly Allow[] {
  const seen = new Map<string, Allow>();
  for (const allow of allows) {
    const key = JSON.stringify([allow.peers, allow.ports]);
    if (!seen.has(key)) seen.set(key, allow);
  }
  return [...seen.values()];
}

/** `default/web-allow ingress[0]`: the field path that `kubectl explain` users know. */
function ruleComment({ policy, direction, index }: RuleReference): string {
  return commentText(`${policy} ${direction}[${String(index)}]`);
}

function rulesComment(allows: readonly Allow[]): string {
  const [only, ...others] = allows;
  if (only !== undefined && others.length === 0) return ruleComment(only.rule);
  const policies = [...new Set(allows.map((allow) => allow.rule.policy))];
  return commentText(`${String(allows.length)} rules of ${policies.join(', ')}`);
}

/** `shop/app=web`, `app=web in namespaces team=a`, `all pods in all namespaces`. */
function groupText(group: PodGroup): string {
  const pods = group.pods.length === 0 ? 'all pods' : selectorText(group.pods);
  const namespace = group.kind === 'namespace' ? group.namespace : namespaceByName(group.namespaces);
  if (namespace !== undefined) return `${namespace}/${pods}`;
  const where =
    group.kind === 'namespaces' && group.namespaces.length > 0
      ? `namespaces ${selectorText(group.namespaces)}`
      : 'all namespaces';
  return `${pods} in ${where}`;
}

/** The one namespace that a selector names by the label that every namespace has: the usual way to say `kube-system`. */
function namespaceByName(selector: LabelSelector): string | undefined {
  const [only, ...others] = selector;
  if (only?.operator !== 'In' || only.key !== 'kubernetes.io/metadata.name' || others.length > 0)
    return undefined;
  return only.values.length === 1 ? only.values[0] : undefined;
}

function peerText(peer: NamedPeerPort['peer']): string {
  return peer.kind === 'group' ? groupText(peer.group) : peer.blocks.join(', ');
}
