import type { SourcePosition } from '../../model/diagnostic.ts';
import { type Traffic, trafficText } from '../../net/traffic.ts';
import { positionText, ruleText } from '../explain/text.ts';
import { type Cause, causesOf } from './causes.ts';
import type { Change, Difference } from './difference.ts';
import { rolloutChanges, endChanges } from './end-changes.ts';
import type { Piece } from './pieces.ts';

/** Connections that were opened or closed for the same reasons: every source to every destination. */
export interface ChangeGroup {
  readonly sources: readonly Piece[];
  readonly destinations: readonly Piece[];
  readonly traffic: Traffic;
  /** One line each. */
  readonly because: readonly string[];
}

/** The lines that say why one connection changed. */
export function becauseOf(
  difference: Difference,
  change: Change,
  what: 'opened' | 'closed',
): readonly string[] {
  const { from, to } = change;
  const ends = [...new Set([from, to])];
  const came = ends.filter(({ before }) => before === undefined);
  const went = ends.filter(({ after }) => after === undefined);
  if (came.length > 0) return came.map(({ id }) => `${id} is new`);
  if (went.length > 0) return went.map(({ id }) => `${id} is gone`);
  const causes = causesOf(difference, change, what).map(causeText);
  const all = [...causes, ...ends.flatMap((end) => endChanges(difference, end))];
  return [...new Set(all.length > 0 ? all : ends.flatMap((end) => rolloutChanges(difference, end)))];
}

/** Folds connections to those that have the same reasons: sources first, then destinations. */
export function groupsOf(
  difference: Difference,
  changes: readonly Change[],
  what: 'opened' | 'closed',
): readonly ChangeGroup[] {
  const told = changes.map((change) => ({ change, because: becauseOf(difference, change, what) }));
  const bySources = Map.groupBy(told, ({ change: { to, traffic }, because }) =>
    JSON.stringify([to.id, trafficText(traffic), because]),
  );
  const columns = [...bySources.values()].flatMap((own) => {
    const [first] = own;
    return first === undefined
      ? []
      : [{ ...first, sources: own.map(({ change }) => change.from), to: first.change.to }];
  });
  const byDestinations = Map.groupBy(columns, ({ change: { traffic }, because, sources }) =>
    JSON.stringify([sources.map(({ id }) => id), trafficText(traffic), because]),
  );
  return [...byDestinations.values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const { sources, because, change } = first;
    return [{ sources, destinations: own.map(({ to }) => to), traffic: change.traffic, because }];
  });
}

function causeText({ direction, kind, policies, rules }: Cause): string {
  const names = policies.map(({ policy, source }) => `${policy}${placeText(source)}`).join(', ');
  const allowing = rules.map(ruleText).join(', ');
  switch (kind) {
    case 'allowed':
      return `${direction}: allowed by ${allowing}`;
    case 'not-isolated':
      return `${direction}: nothing isolates it any more; ${names} did`;
    case 'isolated':
      return `${direction}: isolated by ${names}`;
    case 'not-allowed':
      return `${direction}: no longer allowed by ${allowing}`;
  }
}

function placeText(source: SourcePosition | undefined): string {
  return source === undefined ? '' : ` (${positionText(source)})`;
}
