import { type Direction, directions } from '../../model/network-policy.ts';
import { families } from '../../net/protocol.ts';
import { everything, nothing, type Traffic, trafficText } from '../../net/traffic.ts';
import type { PartyIndex } from '../reach/parties.ts';
import { byFamilyOf, type Passage } from '../reach/passage.ts';
import type { Reach } from '../reach/reach.ts';
import { blockTexts } from './block-text.ts';
import { namedPairs } from './named-pairs.ts';
import { type Permission, permissionsIn } from './permission.ts';
import { type Unit, unitsOf } from './units.ts';

/**
 * Who reaches whom, a line each, sorted: what a lock file keeps. A line can stand in a policy test, under `allow`.
 *
 * - An end that lets everything through has the line `shop/web -> any` or `any -> shop/web`, with `# open` where nothing
 *   isolates it.
 * - What an isolated end lets through stands in lines of its own: for everybody (`any`), all pods (`ns:*`), all of a namespace
 *   (`ns:shop`), addresses, or pods by name. The narrowest line that fits somebody says all that passes. The wide words mean
 *   those whose own side lets everything through.
 * - Two isolated ends are named both, with what both sides let through.
 *
 * So a line changes only where policies, labels or addresses of an end do that it names: that one more pod becomes isolated
 * adds and removes lines of that pod, and of no other. Wide words are read from the peers of policies, not from who happens to
 * exist: one more pod in a namespace breaks up no line.
 *
 * @param scope namespaces that a line is about, at one end at least
 */
export function snapshotLines(reach: Reach, scope: ReadonlySet<string>): readonly string[] {
  const { all, byParty } = unitsOf(reach);
  const permissions = permissionsIn(reach);
  const isMeant = ({ namespace }: Unit): boolean => scope.has(namespace);
  const counts = new Map<string, LineCount>();

  for (const unit of all.filter(isMeant)) {
    for (const at of unit.parties) {
      for (const direction of directions) {
        const permission = permissions.of(at, direction);
        for (const end of permission === undefined ? [openEnd(reach, at, direction)] : wideEnds(permission)) {
          count(counts, wideLine(unit, direction, end), end.note, unit.parties.length);
        }
      }
    }
  }
  for (const { from, to, passage } of namedPairs(reach, [...byParty.keys()], permissions)) {
    for (const source of byParty.get(from) ?? []) {
      for (const destination of byParty.get(to) ?? []) {
        if (!isMeant(source) && !isMeant(destination)) continue;
        if (source === destination && !source.hasReplicas) continue;
        for (const { traffic, note } of trafficByFamily(passage)) {
          const line = `${source.id} -> ${destination.id}${portsText(traffic)}`;
          count(counts, line, note, source.parties.length * destination.parties.length);
        }
      }
    }
  }
  return [...counts].map(lineText).sort();
}

/** How many pairs of parties of the two ends a line is true of. */
interface LineCount {
  seen: number;
  readonly all: number;
  readonly note?: string;
}

function count(counts: Map<string, LineCount>, line: string, note: string | undefined, all: number): void {
  const key = note === undefined ? line : `${line}  # ${note}`;
  const known = counts.get(key);
  if (known === undefined) counts.set(key, { seen: 1, all, ...(note === undefined ? {} : { note }) });
  else known.seen += 1;
}

/** What holds for some pods of a workload and not for others says so. */
function lineText([line, { seen, all, note }]: readonly [string, LineCount]): string {
  if (seen >= all) return line;
  return note === undefined ? `${line}  # some pods` : `${line}, some pods`;
}

/** The other end of a line that names just one. */
interface WideEnd {
  readonly text: string;
  readonly traffic: Traffic;
  readonly note?: string;
}

function openEnd(reach: Reach, at: PartyIndex, direction: Direction): WideEnd {
  const end = { text: 'any', traffic: everything };
  if (reach.row(at, direction) !== undefined) return end;
  const party = reach.parties.all[at];
  return { ...end, note: party?.kind === 'pods' && party.hostNetwork ? 'open: hostNetwork' : 'open' };
}

const ends = new WeakMap<Permission, readonly WideEnd[]>();

/** Pods of one isolation, and there may be many, share its permission. */
function wideEnds(permission: Permission): readonly WideEnd[] {
  const known = ends.get(permission) ?? wideEndsOf(permission);
  ends.set(permission, known);
  return known;
}

function wideEndsOf({ anyone, everyPod, namespaces, addresses }: Permission): readonly WideEnd[] {
  return [
    ...(anyone === nothing ? [] : [{ text: 'any', traffic: anyone }]),
    ...(everyPod === anyone ? [] : [{ text: 'ns:*', traffic: everyPod }]),
    ...[...namespaces].map(([name, traffic]) => ({ text: `ns:${name}`, traffic })),
    ...addresses.flatMap(([traffic, blocks]) => blockTexts(blocks).map((text) => ({ text, traffic }))),
  ];
}

function wideLine({ id }: Unit, direction: Direction, { text, traffic }: WideEnd): string {
  const ports = portsText(traffic);
  if (direction === 'ingress') return `${text} -> ${id}${ports}`;
  const isBracketed = ports !== '' && (text.includes(' ') || text.includes('::'));
  return `${id} -> ${isBracketed ? `[${text}]` : text}${ports}`;
}

function trafficByFamily(passage: Passage): readonly { readonly traffic: Traffic; readonly note?: string }[] {
  if (passage.byFamily === undefined) return [{ traffic: passage.traffic }];
  const byFamily = byFamilyOf(passage);
  if (byFamily.IPv4 === byFamily.IPv6) return [{ traffic: passage.traffic }];
  return families
    .filter((family) => byFamily[family] !== nothing)
    .map((family) => ({ traffic: byFamily[family], note: family }));
}

function portsText(traffic: Traffic): string {
  return traffic === everything ? '' : `:${trafficText(traffic)}`;
}
