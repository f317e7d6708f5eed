import { families, type Family } from '../../net/protocol.ts';
import type { PartyIndex } from '../reach/parties.ts';
import {
  decidedSide,
  inBothFamilies,
  noPassage,
  openSide,
  type Passage,
  passageOf,
  type Side,
} from '../reach/passage.ts';
import type { Reach } from '../reach/reach.ts';
import type { Row } from '../reach/rows.ts';

/** What passes from one party to many, by the position of the destination. Says what `Reach.passage` says, pair by pair. */
export type Sweep = (from: PartyIndex) => readonly Passage[];

/**
 * For whoever wants all pairs. Looking each pair up by itself jumps through all rows for every pair, and memory is slow; this
 * lays out a source's row once, and turns the rows of the destinations around.
 */
export function createSweep(reach: Reach, destinations: readonly PartyIndex[]): Sweep {
  const { all } = reach.parties;
  const rows: Row[] = [];
  const numbers = new Map<Row, number>();
  const rowNumbers = Int32Array.from(destinations, (to) => {
    const row = reach.row(to, 'ingress');
    if (row === undefined) return -1;
    const number = numbers.get(row) ?? rows.push(row) - 1;
    numbers.set(row, number);
    return number;
  });
  // Addresses outside are alike in both families, so they ask for none.
  const masks = Uint8Array.from(all, (party) => (party.kind === 'pods' ? maskOf(party.families) : 0));
  const everyMask = destinations.reduce((mask, to) => mask | (masks[to] ?? 0), 0) || maskOf(['IPv4']);
  const base = rows.map(({ anyone }) => decidedSide(anyone));
  const rowsAbout = turnAround(rows);

  /** What each ingress row lets in from the party. */
  const ingressFrom = (from: PartyIndex, family: Family): readonly Side[] => {
    const sides = base.slice();
    for (const number of rowsAbout.get(from) ?? []) {
      const row = rows[number];
      if (row !== undefined) sides[number] = decidedSide(row.toward(from, family));
    }
    return sides;
  };

  const egressOf = (row: Row | undefined, family: Family): readonly Side[] | undefined => {
    if (row === undefined) return undefined;
    const sides = new Array<Side>(all.length).fill(decidedSide(row.anyone));
    for (const to of row.exceptions) sides[to] = decidedSide(row.toward(to, family));
    return sides;
  };

  const passagesIn = (from: PartyIndex, family: Family): readonly Passage[] => {
    const egress = egressOf(reach.row(from, 'egress'), family);
    const ingress = ingressFrom(from, family);
    let last = passageOf(openSide, openSide);
    return destinations.map((to, position) => {
      const own = egress?.[to] ?? openSide;
      const other = ingress[rowNumbers[position] ?? -1] ?? openSide;
      if (last.egress !== own || last.ingress !== other) last = passageOf(own, other);
      return last;
    });
  };

  return (from) => {
    const own = masks[from] ?? 0;
    const asked = own === 0 ? everyMask : own;
    const [four, six] = families.map((family) =>
      (asked & maskOf([family])) === 0 ? [] : passagesIn(from, family),
    );
    return destinations.map((to, position) => {
      const others = masks[to] ?? 0;
      const common = own === 0 ? others || asked : others === 0 ? own : own & others;
      const [inFour, inSix] = [four?.[position], six?.[position]];
      if (common === bothFamilies && inFour !== undefined && inSix !== undefined) {
        return inBothFamilies(inFour, inSix);
      }
      return (
        (common === maskOf(['IPv4']) ? inFour : common === maskOf(['IPv6']) ? inSix : undefined) ?? noPassage
      );
    });
  };
}

const bothFamilies = 3;

function maskOf(own: readonly Family[]): number {
  return own.reduce((mask, family) => mask | (family === 'IPv4' ? 1 : 2), 0);
}

/** By party, the rows that say something of it. */
function turnAround(rows: readonly Row[]): ReadonlyMap<PartyIndex, readonly number[]> {
  const about = new Map<PartyIndex, number[]>();
  for (const [number, row] of rows.entries()) {
    for (const party of row.exceptions) {
      const list = about.get(party);
      if (list === undefined) about.set(party, [number]);
      else list.push(number);
    }
  }
  return about;
}
