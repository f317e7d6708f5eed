import { familyOf } from '../../net/address.ts';
import { families, type Family } from '../../net/protocol.ts';
import { intersectTraffic, nothing, subtractTraffic, type Traffic } from '../../net/traffic.ts';
import { openPassage, type Passage } from '../reach/passage.ts';
import { type End, findConnection, findDenial, type Search } from '../reach/possible.ts';
import type { Reach } from '../reach/reach.ts';
import type { Place, PodsPlace, Somebody, Target } from './place.ts';

/** A connection between somebody and somebody that is as it was looked for. */
export interface Example {
  readonly from: Somebody;
  readonly to: Somebody;
  /** What is open, or closed, of what was asked for. */
  readonly traffic: Traffic;
  /** Where the families differ: the one that it is about. */
  readonly family?: Family;
}

export type Finding =
  | { readonly kind: 'example'; readonly example: Example }
  | { readonly kind: 'none' }
  /** Selectors too entangled to decide. Nobody may take that for `none`. */
  | { readonly kind: 'undecided' };

export interface FindOptions {
  /** Pods to come that are passed over, by the peer of a rule that would admit them. */
  readonly ignore?: Parameters<typeof findConnection>[4];
}

/** A connection from one place to another that is allowed. */
export function findOpen(reach: Reach, from: Place, to: Target, options: FindOptions = {}): Finding {
  if (from.kind === 'possible' || to.place.kind === 'possible') {
    return found(
      findConnection(reach, endOf(from), endOf(to.place), to.traffic, options.ignore),
      from,
      to.place,
    );
  }
  return among(reach, from, to, (passing) => intersectTraffic(passing, to.traffic));
}

/** A connection from one place to another that is denied. */
export function findClosed(reach: Reach, from: Place, to: Target): Finding {
  if (from.kind === 'possible' || to.place.kind === 'possible') {
    return found(findDenial(reach, endOf(from), endOf(to.place), to.traffic), from, to.place);
  }
  return among(reach, from, to, (passing) => subtractTraffic(to.traffic, passing));
}

function endOf(place: Place): End {
  if (place.kind === 'possible') return place.possible;
  const end = { kind: 'party', party: place.party } as const;
  return place.kind === 'pods' && place.family !== undefined ? { ...end, family: place.family } : end;
}

function found(search: Search, from: Place, to: Place): Finding {
  if (search.kind !== 'found') return search;
  const somebody = (place: Place, pod: typeof search.source): Somebody =>
    pod === undefined ? anyOf(place) : { kind: 'possible', pod };
  const { traffic, source, destination, family } = search;
  const example = { from: somebody(from, source), to: somebody(to, destination), traffic };
  return { kind: 'example', example: family === undefined ? example : { ...example, family } };
}

/** Whoever stands for a place. */
function anyOf(place: Place): Somebody {
  switch (place.kind) {
    case 'pods':
      return { kind: 'pod', pod: place.pods[0] };
    case 'node':
      return { kind: 'node', node: place.node, address: place.address };
    case 'addresses':
      return { kind: 'address', address: place.examples[0] };
    case 'possible':
      throw new RangeError('a pod to come is found by its labels');
  }
}

/** Pairs of those who exist, as far as they differ: strangers and own nodes are never alike. */
function among(
  reach: Reach,
  from: Judged,
  { place: to }: Target,
  part: (passing: Traffic) => Traffic,
): Finding {
  if (to.kind === 'possible') throw new RangeError('a pod to come is searched by its labels');
  if (isOutside(from) && isOutside(to)) return { kind: 'none' };
  const spoken = familiesBetween(from, to);
  for (const { from: source, to: destination, where } of pairsBetween(from, to)) {
    const passage = where === 'apart' ? reach.passage(from.party, to.party) : openPassage;
    const example = exampleIn(passage, part, spoken);
    if (example !== undefined)
      return { kind: 'example', example: { from: source, to: destination, ...example } };
  }
  return { kind: 'none' };
}

/** Whether there is any connection between two places of which policies have a say. */
export function isPair(from: Place, to: Place): boolean {
  if (from.kind === 'possible' || to.kind === 'possible') return true;
  return !(isOutside(from) && isOutside(to)) && pairsBetween(from, to).length > 0;
}

/** Policies have no say between two that are no pods. */
function isOutside({ kind }: Place): boolean {
  return kind === 'addresses' || kind === 'node';
}

function exampleIn(
  { traffic, byFamily }: Passage,
  part: (passing: Traffic) => Traffic,
  spoken: readonly Family[],
): Pick<Example, 'traffic' | 'family'> | undefined {
  if (byFamily === undefined) {
    const own = part(traffic);
    return own === nothing ? undefined : { traffic: own };
  }
  for (const family of spoken) {
    const own = part(byFamily[family]);
    if (own !== nothing) return { traffic: own, family };
  }
  return undefined;
}

/** Places of those who exist. */
export type Judged = Exclude<Place, { kind: 'possible' }>;

/** Two that stand for all others of their places: those whom policies judge, or a pod and its own node. */
export interface Pair {
  readonly from: Somebody;
  readonly to: Somebody;
  readonly where: 'apart' | 'on one node';
}

/**
 * A pair of each kind that two places have. A pod and itself are no pair; two replicas are, and a workload may always have
 * a second.
 */
export function pairsBetween(from: Judged, to: Judged): readonly Pair[] {
  if (familiesBetween(from, to).length === 0) return [];
  return [...(apartPair(from, to) ?? []), ...(ownNodePair(from, to) ?? [])];
}

/** The families in which the ends can mean each other: addresses are of one, and so are pods that are meant by theirs. */
function familiesBetween(from: Judged, to: Judged): readonly Family[] {
  const [own, others] = [familiesOf(from), familiesOf(to)];
  return own.filter((family) => others.includes(family));
}

function familiesOf(place: Judged): readonly Family[] {
  switch (place.kind) {
    case 'pods':
      return place.family === undefined ? families : [place.family];
    case 'node':
      return [familyOf(place.address)];
    case 'addresses':
      return families.filter((family) => place.blocks.some((block) => familyOf(block) === family));
  }
}

function apartPair(from: Judged, to: Judged): readonly [Pair] | undefined {
  let replicas: readonly [Pair] | undefined;
  for (const source of membersOf(from)) {
    for (const destination of membersOf(to)) {
      if (!isSamePod(source, destination)) {
        if (!shareNode(source, destination)) return [inOneFamily(from, source, to, destination)];
      } else if (mayHaveReplica(source) && !(isOnePod(from) && isOnePod(to))) {
        replicas ??= [{ from: source, to: { ...destination, replica: true }, where: 'apart' }];
      }
    }
  }
  return replicas;
}

function ownNodePair(from: Judged, to: Judged): readonly [Pair] | undefined {
  if (isExempt(from) || isExempt(to) || !(isHost(from) || isHost(to))) return undefined;
  for (const source of membersOf(from)) {
    for (const destination of membersOf(to)) {
      if (shareNode(source, destination)) return [{ from: source, to: destination, where: 'on one node' }];
    }
  }
  return undefined;
}

/** A stranger is shown by an address that the other end can speak to. */
function inOneFamily(from: Judged, source: Somebody, to: Judged, destination: Somebody): Pair {
  return {
    from: addressFor(from, destination) ?? source,
    to: addressFor(to, source) ?? destination,
    where: 'apart',
  };
}

function addressFor(place: Judged, other: Somebody): Somebody | undefined {
  if (place.kind !== 'addresses' || other.kind !== 'pod') return undefined;
  const spoken = other.pod.addresses.map(familyOf);
  const address = place.examples.find((one) => spoken.includes(familyOf(one)));
  return address === undefined ? undefined : { kind: 'address', address };
}

function isExempt(place: Judged): boolean {
  return place.kind !== 'addresses' && place.exceptOwnNode;
}

function membersOf(place: Judged): readonly Somebody[] {
  return place.kind === 'pods' ? place.pods.map((pod) => ({ kind: 'pod', pod })) : [anyOf(place)];
}

function isHost(place: Judged): boolean {
  return place.kind === 'node' || (place.kind === 'pods' && isHostNetwork(place));
}

function isHostNetwork({ pods }: PodsPlace): boolean {
  return pods[0].hostNetwork;
}

function isSamePod(a: Somebody, b: Somebody): b is Extract<Somebody, { kind: 'pod' }> {
  return a.kind === 'pod' && b.kind === 'pod' && a.pod === b.pod;
}

function mayHaveReplica(end: Somebody): boolean {
  return end.kind === 'pod' && end.pod.workload !== undefined;
}

function isOnePod(place: Judged): boolean {
  return place.kind === 'pods' && place.onePod === true;
}

/** Whether one end is the node that the other runs on. */
function shareNode(a: Somebody, b: Somebody): boolean {
  const [one, other] = [nodeOf(a), nodeOf(b)];
  if (one === undefined || other === undefined || one.name !== other.name) return false;
  return one.isNode !== other.isNode;
}

function nodeOf(end: Somebody): { readonly name: string; readonly isNode: boolean } | undefined {
  if (end.kind === 'node') return { name: end.node, isNode: true };
  if (end.kind !== 'pod' || end.pod.nodeName === '') return undefined;
  return { name: end.pod.nodeName, isNode: end.pod.hostNetwork };
}
