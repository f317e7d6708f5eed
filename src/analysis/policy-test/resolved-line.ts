import { nothing, subtractTraffic, type Traffic } from '../../net/traffic.ts';
import type { Pod } from '../../model/pod.ts';
import type { Expressed } from '../ends/expressed.ts';
import type { DestinationExpression, EndExpression } from '../ends/expression.ts';
import type { Place, Target } from '../ends/place.ts';
import { resolveDestination, resolveEnd, type Surroundings, trafficAt } from '../ends/resolve.ts';
import type { Line } from './suite.ts';

/** A line with whom it means. */
export interface ResolvedLine {
  readonly line: Line;
  readonly sources: readonly Place[];
  readonly targets: readonly Target[];
  /** Of `exactly`: all that there could be at these destinations. */
  readonly universe: readonly Target[];
}

export type LineResolution =
  | { readonly kind: 'resolved'; readonly resolved: ResolvedLine }
  /** An end matches nobody, and the line does not allow it. */
  | { readonly kind: 'nobody'; readonly line: Line; readonly message: string; readonly hint?: string }
  /** An end matches nobody, and a question mark allows it. */
  | { readonly kind: 'absent'; readonly line: Line; readonly end: string };

/** Looks up who is meant. Words that occur often are looked up once. */
export function resolveLines(lines: readonly Line[], within: Surroundings): readonly LineResolution[] {
  const sources = new Map<string, Expressed<readonly Place[]>>();
  const targets = new Map<string, Expressed<readonly Target[]>>();
  const sourcesOf = (end: EndExpression): Expressed<readonly Place[]> =>
    remembered(sources, keyOf(end), () => resolveEnd(end, within));
  const targetsOf = (destination: DestinationExpression): Expressed<readonly Target[]> =>
    remembered(targets, `${keyOf(destination.end)} ${JSON.stringify(destination.ports)}`, () =>
      resolveDestination(destination, within),
    );

  return lines.map((line): LineResolution => {
    const from = sourcesOf(line.from);
    if (!from.ok) return { ...from, kind: 'nobody', line };
    const to = targetsOf(line.to);
    if (!to.ok) return { ...to, kind: 'nobody', line };
    if (from.value.length === 0) return { kind: 'absent', line, end: line.from.text };
    if (to.value.length === 0) return { kind: 'absent', line, end: line.to.end.text };
    const universe = line.verb === 'exactly' ? targetsOf({ ...line.to, ports: [] }) : to;
    if (!universe.ok) return { ...universe, kind: 'nobody', line };
    return {
      kind: 'resolved',
      resolved: { line, sources: from.value, targets: to.value, universe: universe.value },
    };
  });
}

/** What of the universe a line does not name, at each destination. */
export function unnamedTargets({ line, targets, universe }: ResolvedLine): readonly Target[] {
  const named = new Map<Pod, Traffic>();
  for (const { place, traffic } of targets) {
    if (place.kind === 'pods') for (const pod of place.pods) named.set(pod, traffic);
  }
  const plain = trafficAt(undefined, line.to.ports);
  return universe.flatMap(({ place, traffic }): readonly Target[] => {
    if (place.kind !== 'pods') return rest(place, traffic, plain);
    const groups = Map.groupBy(place.pods, (pod) => named.get(pod) ?? nothing);
    return [...groups].flatMap(([own, [first, ...others]]) =>
      first === undefined ? [] : rest({ ...place, pods: [first, ...others] }, traffic, own),
    );
  });
}

function rest(place: Place, traffic: Traffic, named: Traffic): readonly Target[] {
  const left = subtractTraffic(traffic, named);
  return left === nothing ? [] : [{ place, traffic: left }];
}

function keyOf({ text, optional }: EndExpression): string {
  return `${text}${optional ? '?' : ''}`;
}

function remembered<V>(known: Map<string, V>, key: string, make: () => V): V {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}
