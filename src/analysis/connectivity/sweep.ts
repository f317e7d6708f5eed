import { families, type Family } from '../../net/protocol.ts';
import type { PartyIndex } from '../reach/parties.ts';
import {
  decidedSide,
  inBothFamilies,
  noPassage,
  openPassage,
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
  // The row of whoever is not isolated is none, and the first.
  const rows: (Row | undefined)[] = [undefined];
  const numbers = new Map<Row | undefined, number>([[undefined, 0]]);
  const rowNumbers = Uint32Array.from(destinations, (to) => {
    const row = reach.row(to, 'ingress');
    const number = numbers.get(row) ?? rows.push(row) - 1;
    numbers.set(row, number);
    return number;
  });
  // Addresses outside are alike in both families, so they ask for none.
  const masks = Uint8Array.from(all, (party) => (party.kind === 'pods' ? maskOf(party.families) : 0));
  const destinationMasks = Uint8Array.from(destinations, (to) => masks[to] ?? 0);
  const everyMask = destinationMasks.reduce((sum, mask) => sum | mask, 0) || maskOf(['IPv4']);
  const base = rows.map((row) => (row === undefined ? openSide : decidedSide(row.anyone)));
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

  const egressOf = (row: Row, family: Family): readonly Side[] => {
    const sides = new Array<Side>(all.length).fill(decidedSide(row.anyone));
    for (const to of row.exceptions) sides[to] = decidedSide(row.toward(to, family));
    return sides;
  };

  const passagesIn = (from: PartyIndex, family: Family): readonly Passage[] => {
    const row = reach.row(from, 'egress');
    const egress = row === undefined ? undefined : egressOf(row, family);
    const ingress = ingressFrom(from, family);
    let last = openPassage;
    return destinations.map((to, position) => {
      const own = egress?.[to] ?? openSide;
      const other = ingress[rowNumbers[position] ?? 0] ?? openSide;
      if (last.egress !== own || last.ingress !== other) last = passageOf(own, other);
      return last;
    });
  };

  return (from) => {
    const own = masks[from] ?? 0;
    const asked = own === 0 ? everyMask : own;
    const isInFamily = (family: Family): boolean => (asked & maskOf([family])) !== 0;
    const [first, second] = families
      .filter(isInFamily)
      .map((family) => ({ mask: maskOf([family]), passages: passagesIn(from, family) }));
    if (first === undefined) return destinations.map(() => noPassage);
    // Whoever has no address could get one of the other's families.
    if (second === undefined) {
      const isElsewhere = (mask: number): boolean => mask !== 0 && (mask & asked) === 0;
      if (!destinationMasks.some(isElsewhere)) return first.passages;
      return first.passages.map((passage, at) =>
        isElsewhere(destinationMasks[at] ?? 0) ? noPassage : passage,
      );
    }
    return first.passages.map((inFour, at) => {
      const inSix = second.passages[at] ?? noPassage;
      const mask = destinationMasks[at];
      return mask === first.mask ? inFour : mask === second.mask ? inSix : inBothFamilies(inFour, inSix);
    });
  };
}

function maskOf(own: readonly Family[]): number {
  return own.reduce((mask, family) => mask | (family === 'IPv4' ? 1 : 2), 0);
}

/** By party, the rows that say something of it. */
function turnAround(rows: readonly (Row | undefined)[]): ReadonlyMap<PartyIndex, readonly number[]> {
  const about = new Map<PartyIndex, number[]>();
  for (const [number, row] of rows.entries()) {
    for (const party of row?.exceptions ?? []) {
      const list = about.get(party);
      if (list === undefined) about.set(party, [number]);
      else list.push(number);
    }
  }
  return about;
}
