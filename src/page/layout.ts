import type { Endpoint } from '../analysis/connectivity/endpoints.ts';
import { type Cell, type CellState, itself } from '../analysis/picture/cell.ts';
import { keysByEffect } from '../analysis/picture/picture.ts';
import { directions } from '../model/network-policy.ts';
import { intersectTraffic, nothing } from '../net/traffic.ts';
import { type Filter, isMeant } from './filter.ts';
import { absent, closedMark, openedMark, type Side, type SideName, type World } from './world.ts';

export type View = SideName | 'change';

/** What the reader has chosen. */
export interface Choice {
  readonly view: View;
  readonly filter: Filter;
  /** Whether workloads that the policies treat alike are one row. */
  readonly fold: boolean;
  /** Namespaces that are one row. */
  readonly collapsed: ReadonlySet<string>;
  /** The one state that is not dimmed. */
  readonly only?: Kind;
}

/** What a reader tells apart in a cell. */
export type Kind = CellState | 'opened' | 'closed';

/** One row and one column. */
export interface Item {
  readonly kind: 'points' | 'namespace';
  readonly label: string;
  readonly namespace: string;
  /** Positions of points, ascending. */
  readonly members: readonly [number, ...number[]];
}

/** What is drawn: rows and columns are the same items. */
export interface Layout {
  readonly items: readonly Item[];
  readonly cell: (from: number, to: number) => Shown;
}

/** What one cell shows. */
export interface Shown {
  readonly cell: Cell;
  readonly opened: boolean;
  readonly closed: boolean;
  /** Not what the reader asks about. */
  readonly dimmed: boolean;
  /** Of namespaces: which part of the pairs is allowed by a rule, and which is open. */
  readonly mix?: { readonly rule: number; readonly open: number; readonly pairs: number };
}

/** The side whose cells a view draws; a change is drawn over what is now. */
export function sideOfView({ sides }: World, view: View): Side {
  return (view === 'before' ? sides.before : undefined) ?? sides.after;
}

export function layoutOf(world: World, choice: Choice): Layout {
  const side = sideOfView(world, choice.view);
  const items = itemsOf(world, choice);
  const passes = side.classes.map(
    ({ traffic }) =>
      choice.filter.ports === undefined || intersectTraffic(traffic, choice.filter.ports) !== nothing,
  );
  // A million cells, and few that differ.
  const shownByCode = new Map<number, Shown>();
  const mixes = new Map<number, Shown>();
  return {
    items,
    cell(from, to) {
      const [source, destination] = [items[from], items[to]];
      if (source === undefined || destination === undefined) throw new RangeError('no such row');
      if (source.kind === 'points' && destination.kind === 'points') return shownAt(source, destination);
      const key = from * items.length + to;
      const found = mixes.get(key) ?? mixOf(source, destination);
      mixes.set(key, found);
      return found;
    },
  };

  function shownAt(source: Item, destination: Item): Shown {
    const at = cellAt(world, source, destination);
    const code = side.codes[at] ?? 0;
    const mark = choice.view === 'change' ? (world.changes?.marks[at] ?? 0) : 0;
    const key = code * 4 + mark;
    const found = shownByCode.get(key) ?? shownOf(code, mark);
    shownByCode.set(key, found);
    return found;
  }

  function shownOf(code: number, mark: number): Shown {
    const shown = {
      cell: side.classes[code] ?? absent,
      opened: (mark & openedMark) !== 0,
      closed: (mark & closedMark) !== 0,
    };
    const isPassing = passes[code] === true || mark !== 0;
    return { ...shown, dimmed: !isPassing || !isOf(shown, choice.only) };
  }

  function mixOf(source: Item, destination: Item): Shown {
    const size = world.points.length;
    const counts = { rule: 0, open: 0, pairs: 0 };
    let mark = 0;
    for (const from of source.members) {
      for (const to of destination.members) {
        const code = side.codes[from * size + to] ?? 0;
        const { state } = side.classes[code] ?? absent;
        if (state !== 'itself') counts.pairs += 1;
        if (passes[code] === true && (state === 'rule' || state === 'open')) counts[state] += 1;
        if (choice.view === 'change') mark |= world.changes?.marks[from * size + to] ?? 0;
      }
    }
    const state: CellState =
      counts.rule > 0 ? 'rule' : counts.open > 0 ? 'open' : counts.pairs > 0 ? 'denied' : 'itself';
    const shown = {
      cell: { ...itself, state },
      opened: (mark & openedMark) !== 0,
      closed: (mark & closedMark) !== 0,
      mix: counts,
    };
    return { ...shown, dimmed: !isOf(shown, choice.only) };
  }
}

/** The cell that stands for two items: of two alike, that of one and the other. */
export function cellAt({ points }: World, from: Item, to: Item): number {
  const other = from === to ? (to.members[1] ?? to.members[0]) : to.members[0];
  return from.members[0] * points.length + other;
}

function isOf({ cell, opened, closed, mix }: Omit<Shown, 'dimmed'>, only: Kind | undefined): boolean {
  if (only === undefined) return true;
  if (only === 'opened') return opened;
  if (only === 'closed') return closed;
  if (mix !== undefined && (only === 'rule' || only === 'open')) return mix[only] > 0;
  return cell.state === only;
}

function itemsOf(world: World, { filter, fold, collapsed }: Choice): readonly Item[] {
  const { points } = world;
  const visible = visiblePoints(world, filter);
  const keys = fold ? foldKeys(world) : points.map((_, at) => String(at));
  const groups = Map.groupBy(visible, (at) => {
    const point = points[at];
    return point !== undefined && collapsed.has(point.namespace)
      ? `namespace ${point.namespace}`
      : `alike ${keys[at] ?? ''}`;
  });
  return [...groups].flatMap(([key, [first, ...others]]): readonly Item[] => {
    const point = first === undefined ? undefined : points[first];
    if (first === undefined || point === undefined) return [];
    const members = [first, ...others] as const;
    const isNamespace = key.startsWith('namespace ') && others.length > 0;
    const more = others.length === 0 ? '' : ` +${String(others.length)}`;
    return [
      {
        kind: isNamespace ? 'namespace' : 'points',
        label: isNamespace
          ? `${spaceText(point.namespace)} (${String(members.length)})`
          : `${point.label}${more}`,
        namespace: point.namespace,
        members,
      },
    ];
  });
}

/** A namespace with all that is in it; addresses outside of the cluster stand together likewise. */
export function spaceText(namespace: string): string {
  return namespace === '' ? 'outside' : `${namespace}/*`;
}

/** Alike are those that are alike on both sides, and to audit policies, which the reason of a cell names. */
function foldKeys({ points, sides }: World): readonly string[] {
  const keys = [sides.before, sides.after].map((side) => {
    if (side === undefined) return undefined;
    const audits = side.connectivity.endpoints.map((endpoint) => auditKey(side, endpoint));
    return keysByEffect(side.connectivity).map((key, at) => `${key} ${audits[at] ?? ''}`);
  });
  return points.map((point) =>
    [point.before, point.after]
      .map((at, side) => (at === undefined ? '-' : (keys[side]?.[at] ?? '')))
      .join(' | '),
  );
}

function auditKey({ connectivity }: Side, endpoint: Endpoint): string {
  const { isolations, audits } = connectivity.reach;
  const pod = endpoint.kind === 'external' ? undefined : endpoint.pods[0];
  if (pod === undefined) return '';
  return directions
    .map((one) => (isolations.of(pod, one) === undefined ? audits.of(pod, one)?.policies.join() : undefined))
    .join(' ');
}

/** Those who are asked about, and whoever has to do with them. */
function visiblePoints(world: World, filter: Filter): readonly number[] {
  const { points } = world;
  const all = [...points.keys()];
  if (filter.isEmpty) return all;
  const isAsked = points.map((point) => isMeant(filter, point));
  const asked = all.filter((at) => isAsked[at]);
  const sides = [world.sides.before, world.sides.after].filter((side) => side !== undefined);
  const relates = sides.map(({ classes }) => classes.map((cell) => concerns(cell, filter)));
  return all.filter((at) => {
    if (filter.ports === undefined && isAsked[at] === true) return true;
    return asked.some((one) =>
      sides.some(({ codes }, side) => {
        const of = relates[side];
        return (
          of?.[codes[one * points.length + at] ?? 0] === true ||
          of?.[codes[at * points.length + one] ?? 0] === true
        );
      }),
    );
  });
}

function concerns({ state, traffic }: Cell, { ports }: Filter): boolean {
  if (state === 'denied' || state === 'itself') return false;
  return ports === undefined || intersectTraffic(traffic, ports) !== nothing;
}
