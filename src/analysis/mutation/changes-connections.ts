import { type Direction, directions, type NetworkPolicy } from '../../model/network-policy.ts';
import { families, type Family } from '../../net/protocol.ts';
import { everything, type Traffic } from '../../net/traffic.ts';
import { selects } from '../../policy/isolation.ts';
import { pairsBetween } from '../ends/pairs.ts';
import type { AddressesPlace, PodsPlace } from '../ends/place.ts';
import { podPlaces } from '../ends/places.ts';
import type { TestWorld } from '../policy-test/world.ts';
import { byFamilyOf } from '../reach/passage.ts';
import type { Reach } from '../reach/reach.ts';
import type { Row } from '../reach/rows.ts';

/**
 * Whether anything passes now that did not, or the other way round, between two who are there: the pods of the cluster and of
 * the suite's names, and every address. Exact, by class; pods to come are not looked at.
 * @param touched the policies that are not the same on both sides
 */
export function changesConnections(
  before: TestWorld,
  after: TestWorld,
  touched: readonly NetworkPolicy[],
): boolean {
  const { reach, everybody, namedPods } = before;
  const pods = podPlaces(reach, [...reach.cluster.pods, ...namedPods.values()], true);
  const ends = [...pods, ...everybody.addresses];
  return directions.some((direction) => {
    const own = pods.filter(({ pods: [pod] }) => touched.some((policy) => selects(policy, pod)));
    return groupsOf(own, [reach, after.reach], direction).some(({ was, is, places }) =>
      ends.some(
        (other) =>
          differsToward(was, is, other) &&
          places.some((place) => differsBetween([reach, after.reach], direction, place, other)),
      ),
    );
  });
}

/** Places with the same rows on both sides: pods of one workload, and more. */
interface Group {
  readonly was: Row | undefined;
  readonly is: Row | undefined;
  readonly places: PodsPlace[];
}

function groupsOf(own: readonly PodsPlace[], [before, after]: Both, direction: Direction): readonly Group[] {
  const groups: Group[] = [];
  const known = new Map<Row | undefined, Map<Row | undefined, Group>>();
  for (const place of own) {
    const [was, is] = [before.row(place.party, direction), after.row(place.party, direction)];
    const inner = known.get(was) ?? new Map<Row | undefined, Group>();
    known.set(was, inner);
    const group = inner.get(is) ?? { was, is, places: [] };
    if (!inner.has(is)) groups.push(group);
    inner.set(is, group);
    group.places.push(place);
  }
  return groups;
}

type Both = readonly [before: Reach, after: Reach];

function differsToward(was: Row | undefined, is: Row | undefined, { party }: End): boolean {
  const toward = (row: Row | undefined, family: Family): Traffic =>
    row === undefined ? everything : row.toward(party, family);
  return families.some((family) => toward(was, family) !== toward(is, family));
}

type End = PodsPlace | AddressesPlace;

/** The other side has its say: what it denies is denied before and after. */
function differsBetween([before, after]: Both, direction: Direction, own: PodsPlace, other: End): boolean {
  const [from, to] = direction === 'egress' ? [own, other] : [other, own];
  const was = byFamilyOf(before.passage(from.party, to.party));
  const is = byFamilyOf(after.passage(from.party, to.party));
  return families.some((family) => was[family] !== is[family]) && pairsBetween(from, to).length > 0;
}
