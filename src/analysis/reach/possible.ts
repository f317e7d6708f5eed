import { type LabelSelector, type Labels, matchesSelector } from '../../model/label-selector.ts';
import type { Direction, NetworkPolicy } from '../../model/network-policy.ts';
import { protocolPorts } from '../../net/port-range.ts';
import {
  everything,
  intersectTraffic,
  nothing,
  subtractTraffic,
  type Traffic,
  trafficOf,
  unionTraffic,
} from '../../net/traffic.ts';
import { type Allow, numbersOf, type PodGroup } from '../../policy/isolation.ts';
import { type Condition, findLabels, type LabelSearch } from '../../policy/possible-labels.ts';
import type { PartyIndex } from './parties.ts';
import type { Reach } from './reach.ts';

// Pods that do not exist yet. What holds for the pods there are may cease to hold when somebody creates a pod or labels a
// namespace, so a statement about anybody is about these too. They are never listed: for each rule that could matter, labels
// are searched that make it matter.

/** One end of a connection: somebody there is, or somebody there could be. */
export type End = { readonly kind: 'party'; readonly party: PartyIndex } | PossiblePods;

/** The pods that a namespace could come to have, of any labels. They have no address yet. */
export interface PossiblePods {
  readonly kind: 'possible';
  /** A namespace that exists; absent: one that does not exist yet, whatever its labels. */
  readonly namespace?: string;
  /** What their labels must meet. */
  readonly labels?: LabelSelector;
  /** Lists of conditions of which each must fail in part; `of` is `pod` or `namespace`. */
  readonly not?: readonly (readonly Condition[])[];
}

/** A pod that could be created. */
export interface PossiblePod {
  readonly namespace: string;
  /** Whether the namespace exists. */
  readonly exists: boolean;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
}

export type Search =
  | {
      readonly kind: 'found';
      readonly traffic: Traffic;
      /** Where that end is a possible pod. */
      readonly source?: PossiblePod;
      readonly destination?: PossiblePod;
    }
  | { readonly kind: 'none' }
  /** Too many conditions. Nobody may take that for `none`. */
  | { readonly kind: 'undecided' };

/**
 * Whether anything of the traffic passes between some pods of both ends. At least one end is of possible pods. Port names
 * are taken for every port: a pod to come may give them to any number.
 * @param ignore pods that are passed over, by the rule's peer that would admit them
 */
export function findConnection(
  reach: Reach,
  from: End,
  to: End,
  traffic: Traffic,
  ignore: (end: Direction, group: PodGroup) => readonly (readonly Condition[])[] = () => [],
): Search {
  const ends = { egress: from, ingress: to };
  let undecided = false;
  // Somebody there is mostly shuts the door already, at less cost.
  const sides = from.kind === 'party' ? (['egress', 'ingress'] as const) : (['ingress', 'egress'] as const);
  const [first, second] = sides;
  for (const one of waysThrough(reach, ends, first)) {
    const half = intersectTraffic(traffic, one.traffic);
    if (half === nothing) continue;
    for (const other of waysThrough(reach, ends, second)) {
      const passing = intersectTraffic(half, other.traffic);
      if (passing === nothing) continue;
      const found = search(
        reach,
        ends,
        [one, other],
        [
          ...(one.group === undefined ? [] : placed(reach, ends, second, ignore(first, one.group))),
          ...(other.group === undefined ? [] : placed(reach, ends, first, ignore(second, other.group))),
        ],
      );
      if (found.kind === 'found') return { ...found, traffic: passing };
      undecided ||= found.kind === 'undecided';
    }
  }
  return { kind: undecided ? 'undecided' : 'none' };
}

/**
 * Whether anything of the traffic is denied between some pods of both ends. At least one end is of possible pods. Port names
 * are taken for no port: a pod to come may declare none.
 */
export function findDenial(reach: Reach, from: End, to: End, traffic: Traffic): Search {
  const ends = { egress: from, ingress: to };
  let undecided = false;
  for (const direction of ['egress', 'ingress'] as const) {
    for (const { isolated, allows } of isolatedWays(reach, ends, direction)) {
      for (const part of partsOf(
        traffic,
        allows.map((allow) => allow.traffic),
      )) {
        const passing = allows.filter((allow) => intersectTraffic(allow.traffic, part) === part);
        const found = search(
          reach,
          ends,
          [isolated],
          passing.map(({ wanted }) => wanted),
        );
        if (found.kind === 'found') return { ...found, traffic: part };
        undecided ||= found.kind === 'undecided';
      }
    }
  }
  return { kind: undecided ? 'undecided' : 'none' };
}

interface Ends {
  /** The source, which egress rules judge. */
  readonly egress: End;
  readonly ingress: End;
}

/** A way in which something passes one side: as long as these conditions hold. */
interface Way {
  readonly wanted: readonly Condition[];
  readonly unwanted: readonly (readonly Condition[])[];
  readonly traffic: Traffic;
  /** The peer that admits the other end. */
  readonly group?: PodGroup;
}

/** Each way in which a side lets something through: because nothing isolates, or by a rule and one of its peers. */
function waysThrough(reach: Reach, ends: Ends, direction: Direction): readonly Way[] {
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

/** Each way to be isolated, with all that is allowed then. */
function isolatedWays(
  reach: Reach,
  ends: Ends,
  direction: Direction,
): readonly { readonly isolated: Way; readonly allows: readonly Way[] }[] {
  const own = ends[direction];
  if (own.kind === 'party') {
    const isolation = reach.isolation(own.party, direction);
    if (isolation === undefined) return [];
    const allows = isolation.allows.flatMap((allow) =>
      waysOfAllow(reach, ends, direction, allow, [], 'least'),
    );
    return [{ isolated: openWay, allows }];
  }
  const isolating = isolatingPolicies(reach, own, direction);
  const allows = isolating.flatMap(({ policy, selected }) =>
    selected === undefined
      ? []
      : reach.isolations
          .allowsOf(policy, direction)
          .flatMap((allow) => waysOfAllow(reach, ends, direction, allow, selected, 'least')),
  );
  return isolating.flatMap(({ selected }) =>
    selected === undefined ? [] : [{ isolated: { ...openWay, wanted: selected }, allows }],
  );
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
  const inBlocks = isInBlocks(reach, ends[other], allow, names);
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
function isInBlocks(reach: Reach, end: End, { peers }: Allow, names: 'most' | 'least'): boolean {
  if (end.kind === 'possible' || peers.kind === 'anyone' || peers.blocks.length === 0) return false;
  const party = reach.parties.all[end.party];
  if (party === undefined) return false;
  const classes = reach.parties.addresses.within(peers.blocks);
  if (party.kind === 'addresses') return classes.includes(party.addressClass);
  const held = party.families.map((family) => classes.includes(party.addressClass[family] ?? -1));
  return names === 'most' ? held.includes(true) : held.length > 0 && !held.includes(false);
}

function podOf(side: Direction): string {
  return `${side} pod`;
}

function namespaceOf(side: Direction): string {
  return `${side} namespace`;
}

function conditions(of: string, selector: LabelSelector): readonly Condition[] {
  return selector.map((requirement) => ({ of, requirement }));
}

/** Conditions on an end, at the side where it stands. Those on a namespace that exists are decided at once. */
function placed(
  reach: Reach,
  ends: Ends,
  side: Direction,
  lists: readonly (readonly Condition[])[],
): readonly (readonly Condition[])[] {
  const end = ends[side];
  const namespace = end.kind === 'possible' ? end.namespace : undefined;
  const known = namespace === undefined ? undefined : reach.parties.index.namespaceLabels(namespace);
  return lists.flatMap((list) => {
    const isDecided = ({ of }: Condition): boolean => of === 'namespace' && known !== undefined;
    const holds = list
      .filter(isDecided)
      .every(({ requirement }) => matchesSelector([requirement], known ?? {}));
    if (!holds) return [];
    const open = list.filter((condition) => !isDecided(condition));
    return [open.map(({ of, requirement }) => ({ of: `${side} ${of}`, requirement }))];
  });
}

const nameLabel = 'kubernetes.io/metadata.name';

function search(
  reach: Reach,
  ends: Ends,
  ways: readonly Way[],
  unwanted: readonly (readonly Condition[])[],
): Search {
  const sides = ['egress', 'ingress'] as const;
  const own = sides.flatMap((side): readonly Condition[] => {
    const end = ends[side];
    if (end.kind === 'party') return [];
    const pod = conditions(podOf(side), end.labels ?? []);
    return end.namespace === undefined ? [...pod, ...newNamespace(reach, side)] : pod;
  });
  const not = sides.flatMap((side) => {
    const end = ends[side];
    return end.kind === 'party' ? [] : placed(reach, ends, side, end.not ?? []);
  });
  const labels: LabelSearch = findLabels(
    [...own, ...ways.flatMap(({ wanted }) => wanted)],
    [...not, ...unwanted, ...ways.flatMap((way) => way.unwanted)],
  );
  if (labels.kind !== 'found') return labels;
  const source = possiblePod(reach, ends.egress, 'egress', labels.labels);
  const destination = possiblePod(reach, ends.ingress, 'ingress', labels.labels);
  return {
    kind: 'found',
    traffic: nothing,
    ...(source === undefined ? {} : { source }),
    ...(destination === undefined ? {} : { destination }),
  };
}

/** A namespace to come has a name that none has. */
function newNamespace(reach: Reach, side: Direction): readonly Condition[] {
  const taken = reach.namespaces;
  const of = namespaceOf(side);
  return [
    { of, requirement: { key: nameLabel, operator: 'Exists' } },
    { of, requirement: { key: nameLabel, operator: 'NotIn', values: taken } },
  ];
}

function possiblePod(
  reach: Reach,
  end: End,
  side: Direction,
  labels: ReadonlyMap<string, Labels>,
): PossiblePod | undefined {
  if (end.kind === 'party') return undefined;
  const own = labels.get(podOf(side)) ?? {};
  if (end.namespace !== undefined) {
    const namespaceLabels = reach.parties.index.namespaceLabels(end.namespace);
    return { namespace: end.namespace, exists: true, namespaceLabels, labels: own };
  }
  const namespaceLabels = labels.get(namespaceOf(side)) ?? {};
  return { namespace: namespaceLabels[nameLabel] ?? '', exists: false, namespaceLabels, labels: own };
}

/** The traffic, cut where one of the others begins or ends. */
function partsOf(traffic: Traffic, others: readonly Traffic[]): readonly Traffic[] {
  let parts: readonly Traffic[] = traffic === nothing ? [] : [traffic];
  for (const other of new Set(others)) {
    parts = parts
      .flatMap((part) => [intersectTraffic(part, other), subtractTraffic(part, other)])
      .filter((part) => part !== nothing);
  }
  return parts;
}
