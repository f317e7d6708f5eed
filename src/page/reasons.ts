import type { Cell } from '../analysis/picture/cell.ts';
import { becauseOf } from '../analysis/difference/report.ts';
import type { Somebody } from '../analysis/ends/place.ts';
import { explain } from '../analysis/explain/explain.ts';
import type { Explanation, SideExplanation } from '../analysis/explain/explanation.ts';
import { auditText } from '../analysis/explain/text.ts';
import { blockBounds } from '../net/address-block.ts';
import { addressOfNumber } from '../net/cidr.ts';
import { everything, trafficText } from '../net/traffic.ts';
import { cellAt, type Item, type Layout, type Shown } from './layout.ts';
import type { Spot } from './matrix.ts';
import { absent, type Side, type SideName, type World } from './world.ts';

/** Two ends that stand for a cell, as positions of points. */
export interface Pair {
  readonly from: number;
  readonly to: number;
}

/** The ends that stand for a cell; of namespaces none do. */
export function pairOf(world: World, from: Item, to: Item): Pair | undefined {
  if (from.kind === 'namespace' || to.kind === 'namespace') return undefined;
  const at = cellAt(world, from, to);
  return { from: Math.floor(at / world.points.length), to: at % world.points.length };
}

/** Why something passes between two ends on one side, or does not; `undefined` where policies have no say or one is missing. */
export function explainPair(world: World, name: SideName, { from, to }: Pair): Explanation | undefined {
  const side = world.sides[name];
  const cell = side && cellOn(world, side, { from, to });
  if (side === undefined || cell?.passage === undefined) return undefined;
  const [source, destination] = [somebodyAt(world, side, name, from), somebodyAt(world, side, name, to)];
  if (source === undefined || destination === undefined) return undefined;
  const isReplica = source.kind === 'pod' && destination.kind === 'pod' && source.pod === destination.pod;
  const other: Somebody = isReplica ? { ...destination, replica: true } : destination;
  return explain(side.connectivity.reach, source, other, everything);
}

export function cellOn({ points }: World, side: Side, { from, to }: Pair): Cell {
  return side.classes[side.codes[from * points.length + to] ?? 0] ?? absent;
}

function somebodyAt({ points }: World, side: Side, name: SideName, at: number): Somebody | undefined {
  const piece = points[at];
  const own = piece?.[name];
  const endpoint = own === undefined ? undefined : side.connectivity.endpoints[own];
  if (endpoint?.kind === 'pods') {
    const [pod] = endpoint.pods;
    return pod && { kind: 'pod', pod };
  }
  // A piece of the outside is cut finer than the endpoint of either side.
  const block = piece?.endpoint.kind === 'external' ? piece.endpoint.blocks[0] : undefined;
  if (block === undefined) return undefined;
  const { family, first } = blockBounds(block);
  return { kind: 'address', address: addressOfNumber(family, first) };
}

/** Why a change opened or closed a connection; a line each. */
export function becauseLines({ changes, points }: World, { from, to }: Pair): readonly string[] {
  if (changes === undefined) return [];
  const at = from * points.length + to;
  return (['opened', 'closed'] as const).flatMap((what) => {
    const change = changes[what].get(at);
    if (change === undefined) return [];
    return [`${what} ${trafficText(change.traffic)}`, ...becauseOf(changes.difference, change, what)];
  });
}

/** The words for a cell: who, what passes, and why, in few lines. */
export function describeCell(
  world: World,
  layout: Layout,
  { from, to }: Spot,
  name: SideName,
): readonly string[] {
  const [source, destination] = [layout.items[from], layout.items[to]];
  if (source === undefined || destination === undefined) return [];
  const shown = layout.cell(from, to);
  const title = `${source.label} → ${destination.label}`;
  const pair = pairOf(world, source, destination);
  if (pair === undefined) return [title, mixText(shown)];
  const because = shown.opened || shown.closed ? becauseLines(world, pair) : [];
  const explanation = because.length > 0 ? undefined : explainPair(world, name, pair);
  return [
    title,
    stateText(shown),
    ...because,
    ...(explanation === undefined ? [] : reasonLines(explanation)),
  ];
}

export function stateText({ cell, opened, closed }: Pick<Shown, 'cell' | 'opened' | 'closed'>): string {
  const change =
    opened && closed ? 'opened in part and closed in part; ' : opened ? 'opened; ' : closed ? 'closed; ' : '';
  const family = cell.passage?.byFamily === undefined ? '' : ', not the same for IPv4 and IPv6';
  switch (cell.state) {
    case 'rule':
      return `${change}allowed: ${trafficText(cell.traffic)}${family}`;
    case 'open':
      return `${change}open: no policy isolates either end`;
    case 'egress-only':
      return `${change}denied: egress rules allow ${trafficText(cell.passage?.egress.traffic ?? everything)}, ingress does not`;
    case 'ingress-only':
      return `${change}denied: ingress rules allow ${trafficText(cell.passage?.ingress.traffic ?? everything)}, egress does not`;
    case 'denied':
      return `${change}denied`;
    case 'itself':
      return cell === absent ? 'not there' : 'policies have no say';
  }
}

function mixText({ mix }: Shown): string {
  if (mix === undefined || mix.pairs === 0) return 'policies have no say';
  const { rule, open, pairs } = mix;
  return `${String(rule)} of ${String(pairs)} pairs allowed by a rule, ${String(open)} open`;
}

function openText({ direction, audit }: SideExplanation): string {
  if (audit === undefined) return `${direction}: no policy selects it`;
  const by = audit.by.map(({ policy }) => policy).join(', ');
  return `${direction}: no enforced policy selects it; audit: ${by} would ${auditText(audit)}`;
}

function reasonLines({ egress, ingress }: Explanation): readonly string[] {
  return [egress, ingress].flatMap((side): readonly string[] => {
    if (side.basis === 'open') return [openText(side)];
    if (side.basis !== 'policy') return [];
    const [first, ...more] = side.allowedBy;
    if (first === undefined) {
      const [policy, ...others] = side.isolatedBy.map((one) => one.policy);
      return [
        `${side.direction}: denied, isolated by ${policy ?? ''}${others.length > 0 ? ` and ${String(others.length)} more` : ''}`,
      ];
    }
    const also = more.length > 0 ? ` and ${String(more.length)} more` : '';
    return [`${side.direction}: ${first.policy} ${side.direction}[${String(first.rule)}]${also}`];
  });
}
