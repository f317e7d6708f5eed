import type { Connectivity } from '../connectivity/connectivity.ts';
import type { Endpoint } from '../connectivity/endpoints.ts';
import { effectsOf } from '../reach/effects.ts';
import type { Passage } from '../reach/passage.ts';
import { type Cell, cellOf, itself } from './cell.ts';

/** Endpoints that look the same from everywhere, drawn as one row and one column. */
export interface Group {
  /** Positions in the list of endpoints, ascending. */
  readonly members: readonly [number, ...number[]];
  readonly endpoints: readonly [Endpoint, ...Endpoint[]];
  /** Whether it is among those that are asked about; the others are there for what they have to do with these. */
  readonly isFocus: boolean;
}

/** Who reaches whom as a square of cells: sources down, destinations across, both the same groups. */
export interface Picture {
  readonly groups: readonly Group[];
  readonly cell: (from: number, to: number) => Cell;
}

/**
 * Folds a connectivity to the groups that differ.
 * @param isFocus the endpoints that are asked about; without it all are
 */
export function pictureOf(connectivity: Connectivity, isFocus?: (endpoint: Endpoint) => boolean): Picture {
  const { endpoints } = connectivity;
  const focus = endpoints.map((endpoint) => isFocus?.(endpoint) ?? true);
  const keys = focus.includes(false) ? keysTowardFocus(connectivity, focus) : keysByEffect(connectivity);
  const byKey = Map.groupBy(endpoints.keys(), (at) => `${String(focus[at])} ${keys[at] ?? String(at)}`);
  const groups = [...byKey.values()].flatMap((members): readonly Group[] => {
    const [first, ...others] = members;
    const [endpoint, ...more] = members.flatMap((at) => endpoints[at] ?? []);
    if (first === undefined || endpoint === undefined) return [];
    return [{ members: [first, ...others], endpoints: [endpoint, ...more], isFocus: focus[first] === true }];
  });
  const sorted = groups.sort((a, b) => a.members[0] - b.members[0]);
  // Drawings go row by row, and a whole row costs little more than a cell of it.
  let last: { readonly from: number; readonly row: readonly Passage[] } | undefined;
  return {
    groups: sorted,
    cell(from, to) {
      const [source, destination] = [sorted[from], sorted[to]];
      if (source === undefined || destination === undefined) throw new RangeError('no such group');
      const special = specialCell(connectivity, source, destination);
      if (special !== undefined) return special;
      if (last?.from !== from) last = { from, row: connectivity.row(source.members[0]) };
      const passage = last.row[destination.members[0]];
      if (passage === undefined) throw new RangeError('no such endpoint');
      return cellOf(passage);
    },
  };
}

/** A cell of a group and itself, and those of which policies say nothing. */
function specialCell(connectivity: Connectivity, from: Group, to: Group): Cell | undefined {
  if (from.endpoints[0].kind === 'external' && to.endpoints[0].kind === 'external') return itself;
  // Those who are not asked about are folded by what they have to do with the others, not with each other.
  if (!from.isFocus && !to.isFocus) return itself;
  if (from !== to) return undefined;
  const [first, second] = from.members;
  if (second !== undefined) return cellOf(connectivity.cell(first, second));
  const [endpoint] = from.endpoints;
  const isOnePod = endpoint.kind === 'pods' && endpoint.objectKind === 'Pod' && endpoint.pods.length === 1;
  return isOnePod ? itself : cellOf(connectivity.cell(first, first));
}

/** A key for each endpoint, equal where the policies treat their pods alike; a namespace is like no other. */
export function keysByEffect({ endpoints, reach }: Connectivity): readonly string[] {
  const effects = effectsOf(reach);
  return endpoints.map((endpoint, at) => {
    if (endpoint.kind === 'external') return `external ${endpoint.id}`;
    if (endpoint.objectKind === 'Namespace' || endpoint.hostNodes.size > 0) return `single ${String(at)}`;
    return `${endpoint.namespace} ${endpoint.parties.map((party) => effects[party]).join()}`;
  });
}

/** Whoever is not asked about is alike where its cells with those who are asked about are. */
function keysTowardFocus(connectivity: Connectivity, focus: readonly boolean[]): readonly string[] {
  const { endpoints } = connectivity;
  const numbers = new Map<Passage, number>();
  const numberOf = (passage: Passage): number => {
    const known = numbers.get(passage) ?? numbers.size;
    numbers.set(passage, known);
    return known;
  };
  const asked = [...endpoints.keys()].filter((at) => focus[at] === true);
  const own = keysByEffect(connectivity);
  return endpoints.map((endpoint, at) => {
    if (focus[at] === true) return own[at] ?? '';
    const cells = asked.flatMap((one) => [connectivity.cell(one, at), connectivity.cell(at, one)]);
    return `${endpoint.kind} ${cells.map(numberOf).join()}`;
  });
}
