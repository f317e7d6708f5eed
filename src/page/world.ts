import { type Connectivity, connectivityIn } from '../analysis/connectivity/connectivity.ts';
import type { Endpoint } from '../analysis/connectivity/endpoints.ts';
import { type Change, type Difference, differenceIn } from '../analysis/difference/difference.ts';
import type { Piece } from '../analysis/difference/pieces.ts';
import { type Cell, cellOf, itself } from '../analysis/picture/cell.ts';
import { endpointText } from '../analysis/picture/labels.ts';
import { createReach } from '../analysis/reach/reach.ts';
import type { Cluster } from '../model/cluster.ts';
import { policyKey } from '../model/network-policy.ts';
import { nothing } from '../net/traffic.ts';
import type { ReportData, SideData } from './data.ts';
import { unpackCluster } from './packed-cluster.ts';

export type SideName = 'before' | 'after';

/** What the page shows: one input, or two that are compared, worked out by the code that the command runs too. */
export interface World {
  readonly data: ReportData;
  readonly sides: Readonly<Partial<Record<SideName, Side>>> & { readonly after: Side };
  /** Who is a row and a column at most: whoever can send or receive, before or after. */
  readonly points: readonly Point[];
  readonly changes?: Changes;
}

export interface Side {
  readonly data: SideData;
  readonly cluster: Cluster;
  readonly connectivity: Connectivity;
  /** Every cell by position, as a class; rows one after the other. */
  readonly codes: Uint16Array;
  readonly classes: readonly Cell[];
  /** Position in the cluster's policies. */
  readonly policyAt: ReadonlyMap<string, number>;
}

export interface Point extends Piece {
  readonly label: string;
  /** Empty for addresses outside. */
  readonly namespace: string;
}

export interface Changes {
  readonly difference: Difference;
  /** Bits by cell. */
  readonly marks: Uint8Array;
  /** By cell. */
  readonly opened: ReadonlyMap<number, Change>;
  readonly closed: ReadonlyMap<number, Change>;
}

export const openedMark = 1;
export const closedMark = 2;

/** Somebody is not there on this side. */
export const absent: Cell = { state: 'itself', traffic: nothing };

export function createWorld(data: ReportData): World {
  const after = read(data.after);
  if (data.before === undefined) {
    const pieces = after.connectivity.endpoints.map((endpoint, at) => ({
      id: endpoint.id,
      endpoint,
      after: at,
    }));
    const points = pieces.map(pointOf);
    return { data, points, sides: { after: sideOf(after, points, 'after') } };
  }
  const before = read(data.before);
  const difference = differenceIn(before.connectivity, after.connectivity);
  const points = difference.pieces.map(pointOf);
  return {
    data,
    points,
    sides: { before: sideOf(before, points, 'before'), after: sideOf(after, points, 'after') },
    changes: changesOf(difference),
  };
}

interface Read {
  readonly data: SideData;
  readonly cluster: Cluster;
  readonly connectivity: Connectivity;
}

function read(data: SideData): Read {
  const cluster = unpackCluster(data.cluster);
  return { data, cluster, connectivity: connectivityIn(createReach(cluster), 'workload') };
}

function pointOf(piece: Piece): Point {
  const { endpoint } = piece;
  return { ...piece, label: endpointText({ ...endpoint, id: piece.id }), namespace: namespaceOf(endpoint) };
}

function namespaceOf(endpoint: Endpoint): string {
  return endpoint.kind === 'external' ? '' : endpoint.namespace;
}

function sideOf(own: Read, points: readonly Point[], name: SideName): Side {
  const { connectivity, cluster } = own;
  const classes: Cell[] = [];
  const known = new Map<Cell, number>();
  const codeOf = (cell: Cell): number => {
    const found = known.get(cell) ?? classes.push(cell) - 1;
    known.set(cell, found);
    return found;
  };
  const codes = new Uint16Array(points.length ** 2).fill(codeOf(absent));
  let code = 0;
  let last: Cell | undefined;
  for (const [from, source] of points.entries()) {
    const own = source[name];
    if (own === undefined) continue;
    const row = connectivity.row(own);
    for (const [to, destination] of points.entries()) {
      const other = destination[name];
      const passage = other === undefined ? undefined : row[other];
      if (passage === undefined) continue;
      const cell = isSilent(source, destination) ? itself : cellOf(passage);
      if (cell !== last) code = codeOf(cell);
      last = cell;
      codes[from * points.length + to] = code;
    }
  }
  const policyAt = new Map(cluster.policies.map((policy, at) => [policyKey(policy) as string, at]));
  return { ...own, codes, classes, policyAt };
}

/** Where policies have no say: between addresses outside, and one pod with itself. */
function isSilent(from: Point, to: Point): boolean {
  const { endpoint } = from;
  if (endpoint.kind === 'external') return to.endpoint.kind === 'external';
  return from === to && endpoint.objectKind === 'Pod' && endpoint.pods.length === 1;
}

function changesOf(difference: Difference): Changes {
  const { pieces } = difference;
  const at = new Map(pieces.map((piece, position) => [piece, position]));
  const cellAt = ({ from, to }: Change): number => (at.get(from) ?? 0) * pieces.length + (at.get(to) ?? 0);
  const opened = new Map(difference.opened.map((change) => [cellAt(change), change]));
  const closed = new Map(difference.closed.map((change) => [cellAt(change), change]));
  const marks = new Uint8Array(pieces.length ** 2);
  for (const cell of opened.keys()) marks[cell] = openedMark;
  for (const cell of closed.keys()) marks[cell] = (marks[cell] ?? 0) | closedMark;
  return { difference, marks, opened, closed };
}
