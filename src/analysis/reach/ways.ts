import { type LabelSelector, matchesSelector, selectorText } from '../../model/label-selector.ts';
import type { Direction, NetworkPolicy } from '../../model/network-policy.ts';
import { protocolPorts } from '../../net/port-range.ts';
import type { Family } from '../../net/protocol.ts';
import { everything, nothing, type Traffic, trafficOf, unionTraffic } from '../../net/traffic.ts';
import { type Allow, numbersOf, type PodGroup } from '../../policy/isolation.ts';
import type { Condition } from '../../policy/possible-labels.ts';
import type { End, PossiblePods } from './possible.ts';
import type { Reach } from './reach.ts';

// The ways in which one side of a connection lets something through, where an end is a pod that does not exist yet: each with
// the conditions that its labels, and those of its namespace, must meet.

/** Both ends of a connection. */
export interface Ends {
  /** The source, which egress rules judge. */
  readonly egress: End;
  readonly ingress: End;
  /** The family to judge by, where only one is meant. */
  readonly family?: Family;
}

/** A way in which something passes one side: as long as these conditions hold. */
export interface Way {
  readonly wanted: readonly Condition[];
  readonly unwanted: readonly (readonly Condition[])[];
  readonly traffic: Traffic;
  /** The peer that admits the other end. */
  readonly group?: PodGroup;
}

/** Each way in which a side lets something through: because nothing isolates, or by a rule and one of its peers. */
export function waysThrough(reach: Reach, ends: Ends, direction: Direction): readonly Way[] {
  const own = ends[direction];
  if (own.kind === 'party') {
    const isolation = reach.isolation(own.party, direction);
    if (isolation === undefined) return [openWay];
    return isolation.allows.flatMap((allow) => waysOfAllow(reach, ends, direction, allow, [], 'most'));
  }
  const isolating = isolatingPolicies(reach, own, direction);
  const unselected = isolating.flatMap(({ selected }) => (selected === undefined ? [] : [selected]));
  const open: Way = { ...openWay, unwanted: unselected };
  return [
    open,
    ...isolating.flatMap(({ policy, selected }) =>
      selected === undefined
        ? []
        : reach.isolations
            .allowsOf(policy, direction)
            .flatMap((allow) => waysOfAllow(reach, ends, direction, allow, selected, 'most')),
    ),
  ];
}

const openWay: Way = { wanted: [], unwanted: [], traffic: everything };

/** Each way to be isolated, and all that is allowed then, whichever of them it is. */
export function isolatedWays(
  reach: Reach,
  ends: Ends,
  direction: Direction,
): { readonly isolated: readonly Way[]; readonly allows: readonly Way[] } {
  const own = ends[direction];
  if (own.kind === 'party') {
    const isolation = reach.isolation(own.party, direction);
    if (isolation === undefined) return { isolated: [], allows: [] };
    const allows = isolation.allows.flatMap((allow) =>
      waysOfAllow(reach, ends, direction, allow, [], 'least'),
    );
    return { isolated: [openWay], allows };
  }
  const selecting = isolatingPolicies(reach, own, direction).flatMap(({ policy, selected }) =>
    selected === undefined ? [] : [{ policy, selected }],
  );
  // Many policies of a namespace select the same pods.
  const selections = new Map(
    selecting.map(({ policy, selected }) => [selectorText(policy.podSelector), selected]),
  );
  return {
    isolated: [...selections.values()].map((selected) => ({ ...openWay, wanted: selected })),
    allows: selecting.flatMap(({ policy, selected }) =>
      reach.isolations
        .allowsOf(policy, direction)
        .flatMap((allow) => waysOfAllow(reach, ends, direction, allow, selected, 'least')),
    ),
  };
}

interface IsolatingPolicy {
  readonly policy: NetworkPolicy;
  /** When it selects the pod; `undefined` where it cannot. */
  readonly selected: readonly Condition[] | undefined;
}

function isolatingPolicies(
  reach: Reach,
  own: PossiblePods,
  direction: Direction,
): readonly IsolatingPolicy[] {
  if (own.namespace === undefined) return [];
  return reach.isolations
    .policiesIn(own.namespace)
    .filter(({ policyTypes }) => policyTypes.includes(direction))
    .map((policy) => ({ policy, selected: conditions(podOf(direction), policy.podSelector) }));
}

/** The ways in which an allow lets the other end through. */
function waysOfAllow(
  reach: Reach,
  ends: Ends,
  direction: Direction,
  allow: Allow,
  selected: readonly Condition[],
  names: 'most' | 'least',
): readonly Way[] {
  const other = direction === 'egress' ? 'ingress' : 'egress';
  const traffic = allowedTraffic(reach, ends.ingress, allow, names);
  if (traffic === nothing) return [];
  if (allow.peers.kind === 'anyone') return [{ wanted: selected, unwanted: [], traffic }];
  const ways = allow.peers.groups.flatMap((group): readonly Way[] => {
    const admitted = groupConditions(reach, ends[other], other, group);
    return admitted === undefined
      ? []
      : [{ wanted: [...selected, ...admitted], unwanted: [], traffic, group }];
  });
  const inBlocks = isInBlocks(reach, ends[other], allow, ends, names);
  return inBlocks ? [...ways, { wanted: selected, unwanted: [], traffic }] : ways;
}

function allowedTraffic(reach: Reach, receiver: End, { ports }: Allow, names: 'most' | 'least'): Traffic {
  if (ports.kind === 'all') return everything;
  const plain = trafficOf(ports.ranges);
  const named = ports.names.flatMap((name) => {
    if (receiver.kind === 'possible') return names === 'most' ? [protocolPorts(name.protocol)] : [];
    const party = reach.parties.all[receiver.party];
    if (party?.kind !== 'pods' || party.hostNetwork) return [];
    return numbersOf(party.pods[0], name).map((number) => ({
      protocol: name.protocol,
      first: number,
      last: number,
    }));
  });
  return unionTraffic(plain, trafficOf(named));
}

/** When the end is in the group; `undefined` where it cannot be. */
function groupConditions(
  reach: Reach,
  end: End,
  side: Direction,
  group: PodGroup,
): readonly Condition[] | undefined {
  if (end.kind === 'party') {
    const party = reach.parties.all[end.party];
    const isMember =
      party?.kind === 'pods' && !party.hostNetwork && reach.parties.index.inGroup(group, party.pods[0]);
    return isMember ? [] : undefined;
  }
  const pod = conditions(podOf(side), group.pods);
  if (end.namespace === undefined) {
    return group.kind === 'namespace'
      ? undefined
      : [...pod, ...conditions(namespaceOf(side), group.namespaces)];
  }
  const isWithin =
    group.kind === 'namespace'
      ? group.namespace === end.namespace
      : matchesSelector(group.namespaces, reach.parties.index.namespaceLabels(end.namespace));
  return isWithin ? pod : undefined;
}

/** Whether blocks of the rule hold an address of the end: in some family, or in each that it has. */
function isInBlocks(
  reach: Reach,
  end: End,
  allow: Allow,
  { family }: Ends,
  names: 'most' | 'least',
): boolean {
  const held = heldInBlocks(reach, end, allow, family);
  return names === 'most' ? held.includes(true) : held.length > 0 && !held.includes(false);
}

/** By family of the end, whether the blocks of the rule hold its address. */
function heldInBlocks(
  reach: Reach,
  end: End,
  { peers }: Allow,
  family: Family | undefined,
): readonly boolean[] {
  if (end.kind === 'possible' || peers.kind === 'anyone' || peers.blocks.length === 0) return [];
  const party = reach.parties.all[end.party];
  if (party === undefined) return [];
  const classes = reach.parties.addresses.within(peers.blocks);
  if (party.kind === 'addresses') return [classes.includes(party.addressClass)];
  return party.families
    .filter((one) => family === undefined || family === one)
    .map((one) => classes.includes(party.addressClass[one] ?? -1));
}

/** Whether some rule that judges the ends holds one address of an end and not its other: then each family is its own case. */
export function familiesDiffer(reach: Reach, ends: Ends): boolean {
  return (['egress', 'ingress'] as const).some((direction) => {
    const own = ends[direction];
    const other = ends[direction === 'egress' ? 'ingress' : 'egress'];
    const allows =
      own.kind === 'party'
        ? (reach.isolation(own.party, direction)?.allows ?? [])
        : isolatingPolicies(reach, own, direction).flatMap(({ policy }) =>
            reach.isolations.allowsOf(policy, direction),
          );
    return allows.some((allow) => new Set(heldInBlocks(reach, other, allow, undefined)).size > 1);
  });
}

export function podOf(side: Direction): string {
  return `${side} pod`;
}

export function namespaceOf(side: Direction): string {
  return `${side} namespace`;
}

export function conditions(of: string, selector: LabelSelector): readonly Condition[] {
  return selector.map((requirement) => ({ of, requirement }));
}
