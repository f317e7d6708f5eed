import { type Labels, type LabelSelector, matchesSelector } from '../../model/label-selector.ts';
import type { Direction } from '../../model/network-policy.ts';
import { families, type Family } from '../../net/protocol.ts';
import { intersectTraffic, nothing, splitTraffic, type Traffic } from '../../net/traffic.ts';
import type { PodGroup } from '../../policy/isolation.ts';
import { type Condition, findLabels, type LabelSearch } from '../../policy/possible-labels.ts';
import type { PartyIndex } from './parties.ts';
import type { Reach } from './reach.ts';
import {
  conditions,
  type Ends,
  familiesDiffer,
  isolatedWays,
  namespaceOf,
  podOf,
  type Way,
  waysThrough,
} from './ways.ts';

// Pods that do not exist yet. What holds for the pods there are may cease to hold when somebody creates a pod or labels a
// namespace, so a statement about anybody is about these too. They are never listed: for each rule that could matter, labels
// are searched that make it matter.

/** One end of a connection: somebody there is, or somebody there could be. */
export type End =
  /** `family`: just in this one. */
  { readonly kind: 'party'; readonly party: PartyIndex; readonly family?: Family } | PossiblePods;

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
  /** It declares no port names; else it may give each to any number. */
  readonly namesNoPorts?: true;
}

export type Search =
  | {
      readonly kind: 'found';
      readonly traffic: Traffic;
      /** Where that end is a possible pod. */
      readonly source?: PossiblePod;
      readonly destination?: PossiblePod;
      /** Where the families of an end differ: the one that it is about. */
      readonly family?: Family;
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
  return inSomeFamily(reach, { egress: from, ingress: to }, (ends) =>
    searchConnection(reach, ends, traffic, ignore),
  );
}

/**
 * Whether anything of the traffic is denied between some pods of both ends. At least one end is of possible pods. Port names
 * are taken for no port: a pod to come may declare none.
 */
export function findDenial(reach: Reach, from: End, to: End, traffic: Traffic): Search {
  return inSomeFamily(reach, { egress: from, ingress: to }, (ends) => searchDenial(reach, ends, traffic));
}

/** What is found in no family at once is found in none; else each family is looked at, as far as they differ. */
function inSomeFamily(reach: Reach, ends: Ends, searchIn: (ends: Ends) => Search): Search {
  const held = [ends.egress, ends.ingress].find((end) => end.kind === 'party')?.family;
  if (held !== undefined) return inFamily(held, searchIn({ ...ends, family: held }));
  const first = searchIn(ends);
  if (first.kind === 'none' || !familiesDiffer(reach, ends)) return first;
  const each = families.map((family) => ({ family, found: searchIn({ ...ends, family }) }));
  for (const { family, found } of each) if (found.kind === 'found') return { ...found, family };
  return each.find(({ found }) => found.kind === 'undecided')?.found ?? { kind: 'none' };
}

function inFamily(family: Family, found: Search): Search {
  return found.kind === 'found' ? { ...found, family } : found;
}

function searchConnection(
  reach: Reach,
  ends: Ends,
  traffic: Traffic,
  ignore: (end: Direction, group: PodGroup) => readonly (readonly Condition[])[],
): Search {
  let undecided = false;
  // Somebody there is mostly shuts the door already, at less cost.
  const sides =
    ends.egress.kind === 'party' ? (['egress', 'ingress'] as const) : (['ingress', 'egress'] as const);
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

function searchDenial(reach: Reach, ends: Ends, traffic: Traffic): Search {
  let undecided = false;
  for (const direction of ['egress', 'ingress'] as const) {
    const { isolated, allows } = isolatedWays(reach, ends, direction);
    const parts = splitTraffic(
      traffic,
      allows.map((allow) => allow.traffic),
    ).map((part) => {
      const passing = allows.filter((allow) => intersectTraffic(allow.traffic, part) === part);
      return { part, unwanted: passing.map(({ wanted }) => wanted) };
    });
    for (const way of isolated) {
      for (const { part, unwanted } of parts) {
        const found = search(reach, ends, [way], unwanted);
        if (found.kind === 'found') return { ...withoutPortNames(found), traffic: part };
        undecided ||= found.kind === 'undecided';
      }
    }
  }
  return { kind: undecided ? 'undecided' : 'none' };
}

/** The receiver is denied what names alone would allow, as it declares none. */
function withoutPortNames<T extends { readonly destination?: PossiblePod }>(found: T): T {
  const { destination } = found;
  return destination === undefined
    ? found
    : { ...found, destination: { ...destination, namesNoPorts: true as const } };
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
