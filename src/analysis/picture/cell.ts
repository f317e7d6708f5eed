import { nothing, type Traffic } from '../../net/traffic.ts';
import type { Passage } from '../reach/passage.ts';

/**
 * What a cell of the picture shows:
 * - `rule`: something passes, and policies have a say on one side at least;
 * - `open`: everything passes, for nothing isolates either end;
 * - `egress-only`, `ingress-only`: nothing passes, though rules of that side would let something through: they never fire;
 * - `denied`: nothing passes;
 * - `itself`: one end that is just one pod, two ends of which policies say nothing, or that nobody asks about.
 */
export type CellState = 'rule' | 'open' | 'egress-only' | 'ingress-only' | 'denied' | 'itself';

export interface Cell {
  readonly state: CellState;
  /** What passes. */
  readonly traffic: Traffic;
  /** What each side lets through, and whether policies say so. */
  readonly passage?: Passage;
}

/** No connection of which policies have a say. */
export const itself: Cell = { state: 'itself', traffic: nothing };

const cells = new Map<Passage, Cell>();

export function cellOf(passage: Passage): Cell {
  const known = cells.get(passage) ?? { state: stateOf(passage), traffic: passage.traffic, passage };
  cells.set(passage, known);
  return known;
}

function stateOf({ traffic, egress, ingress }: Passage): CellState {
  if (traffic !== nothing) return egress.basis === 'open' && ingress.basis === 'open' ? 'open' : 'rule';
  if (egress.basis === 'policy' && egress.traffic !== nothing) return 'egress-only';
  if (ingress.basis === 'policy' && ingress.traffic !== nothing) return 'ingress-only';
  return 'denied';
}
