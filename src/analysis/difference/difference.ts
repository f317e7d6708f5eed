import { nothing, subtractTraffic, type Traffic, unionTraffic } from '../../net/traffic.ts';
import { type Connectivity, connectivityOf } from '../connectivity/connectivity.ts';
import type { By, Endpoint } from '../connectivity/endpoints.ts';
import { byFamilyOf, noPassage, type Passage } from '../reach/passage.ts';
import type { Cluster } from '../../model/cluster.ts';
import { type Piece, piecesOf } from './pieces.ts';
import { policyTexts, profileOf } from './touched.ts';

/** What a change of the input does to who reaches whom. */
export interface Difference {
  readonly before: Connectivity;
  readonly after: Connectivity;
  /** Every endpoint of either side, cut so that it is in one of each. */
  readonly pieces: readonly Piece[];
  /** Connections that work after, and did not before; those of added endpoints included. Sorted by their ends. */
  readonly opened: readonly Change[];
  /** Connections that worked before, and do not any more; those of removed endpoints included. */
  readonly closed: readonly Change[];
  readonly added: readonly Piece[];
  readonly removed: readonly Piece[];
}

/** One connection of which something was opened or closed. */
export interface Change {
  readonly from: Piece;
  readonly to: Piece;
  /** What was opened or closed, in some family. */
  readonly traffic: Traffic;
  /** As it was; nothing passes to and from what was not there. */
  readonly before: Passage;
  readonly after: Passage;
}

export function differenceOf(before: Cluster, after: Cluster, by: By): Difference {
  return differenceIn(connectivityOf(before, by), connectivityOf(after, by));
}

/** The same on what is already worked out. */
export function differenceIn(before: Connectivity, after: Connectivity): Difference {
  const pieces = piecesOf(before.endpoints, after.endpoints);
  const touched = touchedIn(before, after, pieces);
  const opened: Change[] = [];
  const closed: Change[] = [];
  const compare = (from: Piece, to: Piece, was: Passage, is: Passage): void => {
    if (was === is || (from === to && isOnePod(from))) return;
    const [more, less] = [gained(was, is), gained(is, was)];
    const change = { from, to, before: was, after: is };
    if (more !== nothing) opened.push({ ...change, traffic: more });
    if (less !== nothing) closed.push({ ...change, traffic: less });
  };
  const compareToward = (columns: readonly Piece[]): ((from: Piece) => void) => {
    const was = passagesToward(
      before,
      columns.map((to) => to.before),
    );
    const is = passagesToward(
      after,
      columns.map((to) => to.after),
    );
    return (from) => {
      const [old, now] = [was(from.before), is(from.after)];
      for (const [at, to] of columns.entries()) {
        compare(from, to, old[at] ?? noPassage, now[at] ?? noPassage);
      }
    };
  };
  const touchedPieces = pieces.filter((_, at) => touched[at]);
  if (touchedPieces.length > 0) {
    const [compareWithAll, compareWithTouched] = [compareToward(pieces), compareToward(touchedPieces)];
    for (const [at, from] of pieces.entries()) {
      if (touched[at] === true) compareWithAll(from);
      else compareWithTouched(from);
    }
  }
  return {
    before,
    after,
    pieces,
    opened,
    closed,
    added: pieces.filter((piece) => piece.before === undefined),
    removed: pieces.filter((piece) => piece.after === undefined),
  };
}

/** Policies have no say between a pod and itself. */
function isOnePod({ endpoint }: Piece): boolean {
  return endpoint.kind === 'pods' && endpoint.objectKind === 'Pod' && endpoint.pods.length === 1;
}

/** Pieces whose connections may have changed, whoever is at the other end. */
function touchedIn(before: Connectivity, after: Connectivity, pieces: readonly Piece[]): readonly boolean[] {
  const [old, now] = [
    profileOf(before, policyTexts(before.reach)),
    profileOf(after, policyTexts(after.reach)),
  ];
  return pieces.map((piece) => {
    const [was, is] = [endpointAt(before, piece.before), endpointAt(after, piece.after)];
    if (was === undefined || is === undefined) return true;
    // What policies say of addresses, they say at the pods at the other end.
    if (was.kind === 'external' || is.kind === 'external') return false;
    return old(was) !== now(is);
  });
}

function endpointAt({ endpoints }: Connectivity, at: number | undefined): Endpoint | undefined {
  return at === undefined ? undefined : endpoints[at];
}

/** What passes from an endpoint to each of these, in their order; nothing to and from what is not there. */
function passagesToward(
  connectivity: Connectivity,
  destinations: readonly (number | undefined)[],
): (from: number | undefined) => readonly Passage[] {
  const present = destinations.filter((at) => at !== undefined);
  const toward = connectivity.toward(present);
  return (from) => {
    if (from === undefined) return [];
    const passages = toward(from);
    if (present.length === destinations.length) return passages;
    let next = 0;
    return destinations.map((at) => (at === undefined ? noPassage : (passages[next++] ?? noPassage)));
  };
}

/** What passes in `after` and not in `before`, in some family. */
function gained(before: Passage, after: Passage): Traffic {
  if (before.byFamily === undefined && after.byFamily === undefined) {
    return subtractTraffic(after.traffic, before.traffic);
  }
  const [was, is] = [byFamilyOf(before), byFamilyOf(after)];
  return unionTraffic(subtractTraffic(is.IPv4, was.IPv4), subtractTraffic(is.IPv6, was.IPv6));
}
