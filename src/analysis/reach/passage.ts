import type { Family } from '../../net/protocol.ts';
import { everything, intersectTraffic, nothing, type Traffic, unionTraffic } from '../../net/traffic.ts';

/** What both sides of a connection let through. Equal passages are the same object. */
export interface Passage {
  /** What passes in any family that both ends have. */
  readonly traffic: Traffic;
  readonly egress: Side;
  readonly ingress: Side;
  /** Where the families differ: what passes in each. */
  readonly byFamily?: Readonly<Record<Family, Traffic>>;
}

/** One side of a connection: the source's egress, or the destination's ingress. Equal sides are the same object. */
export interface Side {
  /** Open because nothing isolates that end in that direction, or decided by policies. */
  readonly basis: 'open' | 'policy';
  readonly traffic: Traffic;
}

// A matrix has millions of cells and few different ones: each is made once, so that they are compared with ===.
const decided = new Map<Traffic, Side>();
const passages = new Map<Side, Map<Side, Passage>>();
const unions = new Map<Passage, Map<Passage, Passage>>();
const differing = new Map<Passage, Map<Passage, Passage>>();

/** Nothing isolates that end. */
export const openSide: Side = { basis: 'open', traffic: everything };

/** Policies let this through. */
export function decidedSide(traffic: Traffic): Side {
  return remembered(decided, traffic, () => ({ basis: 'policy', traffic }));
}

export function passageOf(egress: Side, ingress: Side): Passage {
  return remembered(inner(passages, egress), ingress, () => ({
    traffic: intersectTraffic(egress.traffic, ingress.traffic),
    egress,
    ingress,
  }));
}

/** Everything passes, and no policy has a say. */
export const openPassage: Passage = passageOf(openSide, openSide);

/** Nothing passes, and it is not the policies that say so: the ends have no family in common. */
export const noPassage: Passage = { traffic: nothing, egress: openSide, ingress: openSide };

/** One pair of ends in both families. */
export function inBothFamilies(four: Passage, six: Passage): Passage {
  if (four === six) return four;
  return remembered(inner(differing, four), six, () => ({
    ...eitherPassage(four, six),
    byFamily: { IPv4: four.traffic, IPv6: six.traffic },
  }));
}

/** What passes between some pair of several. A side is open only where it is open for each. */
export function eitherPassage(a: Passage, b: Passage): Passage {
  if (a === b) return a;
  return remembered(inner(unions, a), b, () => {
    const [x, y] = [byFamilyOf(a), byFamilyOf(b)];
    const byFamily = { IPv4: unionTraffic(x.IPv4, y.IPv4), IPv6: unionTraffic(x.IPv6, y.IPv6) };
    const passage = {
      traffic: unionTraffic(a.traffic, b.traffic),
      egress: eitherSide(a.egress, b.egress),
      ingress: eitherSide(a.ingress, b.ingress),
    };
    return byFamily.IPv4 === byFamily.IPv6 ? passage : { ...passage, byFamily };
  });
}

function eitherSide(a: Side, b: Side): Side {
  if (a === b) return a;
  return decidedSide(unionTraffic(a.traffic, b.traffic));
}

/** What passes in each family. */
export function byFamilyOf({ traffic, byFamily }: Passage): Readonly<Record<Family, Traffic>> {
  return byFamily ?? { IPv4: traffic, IPv6: traffic };
}

function remembered<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}

function inner<K, V>(known: Map<K, Map<K, V>>, key: K): Map<K, V> {
  return remembered(known, key, () => new Map<K, V>());
}
