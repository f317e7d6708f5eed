import type { Actor } from './actors.ts';
import type { TrialPort } from './ports.ts';
import type { Trial } from './trial.ts';

/** Connections of two, in the families that both speak. None where policies have no say, or the statement does not speak of them. */
export function pairTrials(
  from: Actor,
  to: Actor,
  ports: readonly TrialPort[],
  expected: Trial['expected'],
): readonly Trial[] {
  if (from.host === to.host || (isOutside(from) && isOutside(to))) return [];
  if (from.node !== undefined && from.node === to.node) {
    if (from.isNode && to.isNode) return [];
    if (from.isNode !== to.isNode && (from.exceptOwnNode || to.exceptOwnNode)) return [];
  }
  return from.families
    .filter((family) => to.families.includes(family))
    .flatMap((family) =>
      ports.map((port): Trial => ({ from, to, family, ...port, expected, isCounterexample: false })),
    );
}

function isOutside({ somebody }: Actor): boolean {
  return somebody.kind === 'node' || somebody.kind === 'address';
}
