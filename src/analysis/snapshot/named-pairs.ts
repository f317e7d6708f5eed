import { nothing } from '../../net/traffic.ts';
import type { PartyIndex } from '../reach/parties.ts';
import { byFamilyOf, type Passage } from '../reach/passage.ts';
import { commonFamilies, type Reach } from '../reach/reach.ts';
import type { Permission, Permissions } from './permission.ts';

/** What passes from one party of pods to another, where no wide word of a line says so. */
export interface NamedPair {
  readonly from: PartyIndex;
  readonly to: PartyIndex;
  readonly passage: Passage;
}

/**
 * The pairs of these parties that have to be named: two isolated ends with something to say to each other, and an end that
 * lets everything through with one whose policies name it. Looks only at pairs of which policies speak.
 */
export function* namedPairs(
  reach: Reach,
  pods: readonly PartyIndex[],
  permissions: Permissions,
): Generator<NamedPair> {
  const isolated = (direction: 'egress' | 'ingress'): ReadonlyMap<PartyIndex, Permission> =>
    new Map(
      pods.flatMap((at) => {
        const permission = permissions.of(at, direction);
        return permission === undefined ? [] : [[at, permission] as const];
      }),
    );
  const senders = isolated('egress');
  const receivers = isolated('ingress');
  const known = new Set(pods);
  const speakingOf = sendersByException(senders);
  const wideSenders = [...senders].filter(([, { anyone }]) => anyone !== nothing).map(([at]) => at);

  for (const [to, { row, anyone }] of receivers) {
    const sources = new Set(row.exceptions);
    if (anyone !== nothing) {
      for (const from of speakingOf.get(to) ?? []) sources.add(from);
      for (const from of wideSenders) sources.add(from);
    }
    for (const from of sources) {
      const passage = known.has(from) ? reach.passage(from, to) : undefined;
      if (passage === undefined || passage.traffic === nothing) continue;
      if (senders.has(from) || !isCovered(reach, permissions, { from, to, passage }, 'ingress')) {
        yield { from, to, passage };
      }
    }
  }
  for (const [from, { row }] of senders) {
    for (const to of row.exceptions) {
      if (!known.has(to) || receivers.has(to)) continue;
      const passage = reach.passage(from, to);
      if (passage.traffic === nothing) continue;
      if (!isCovered(reach, permissions, { from, to, passage }, 'egress')) yield { from, to, passage };
    }
  }
}

/** By party, the senders whose policies say something of it. */
function sendersByException(
  senders: ReadonlyMap<PartyIndex, Permission>,
): ReadonlyMap<PartyIndex, readonly PartyIndex[]> {
  const byParty = new Map<PartyIndex, PartyIndex[]>();
  for (const [from, { row }] of senders) {
    for (const to of row.exceptions) {
      const own = byParty.get(to);
      if (own === undefined) byParty.set(to, [from]);
      else own.push(from);
    }
  }
  return byParty;
}

/** Whether wide words of the one isolated end say all that passes. */
function isCovered(
  { parties }: Reach,
  permissions: Permissions,
  { from, to, passage }: NamedPair,
  direction: 'egress' | 'ingress',
): boolean {
  const [own, at] = direction === 'ingress' ? [to, from] : [from, to];
  const permission = permissions.of(own, direction);
  const other = parties.all[at];
  if (permission === undefined || other?.kind !== 'pods') return true;
  const byFamily = byFamilyOf(passage);
  return commonFamilies(parties.all[from], parties.all[to]).every((family) =>
    permissions.covers(permission, other, byFamily[family], family),
  );
}
