import type { Isolation, PodGroup } from '../../policy/isolation.ts';
import { matchesSelector } from '../../model/label-selector.ts';
import { intersectTraffic, nothing, type Traffic } from '../../net/traffic.ts';
import { findClosed, findOpen, type Finding } from '../ends/pairs.ts';
import type { Place, Target } from '../ends/place.ts';
import type { PossiblePods } from '../reach/possible.ts';
import type { Reach } from '../reach/reach.ts';
import type { Row } from '../reach/rows.ts';

/** The first connection between the ends that is allowed. */
export function findOpenAmong(reach: Reach, sources: readonly Place[], targets: readonly Target[]): Finding {
  return firstOf(sources, targets, (source, target) =>
    mayPass(reach, source, target) ? findOpen(reach, source, target) : none,
  );
}

/** The first connection between the ends that is denied. */
export function findClosedAmong(
  reach: Reach,
  sources: readonly Place[],
  targets: readonly Target[],
): Finding {
  return firstOf(sources, targets, (source, target) => findClosed(reach, source, target));
}

const none: Finding = { kind: 'none' };

function firstOf(
  sources: readonly Place[],
  targets: readonly Target[],
  find: (source: Place, target: Target) => Finding,
): Finding {
  let undecided = false;
  for (const target of targets) {
    for (const source of sources) {
      const finding = find(source, target);
      if (finding.kind === 'example') return finding;
      undecided ||= finding.kind === 'undecided';
    }
  }
  return { kind: undecided ? 'undecided' : 'none' };
}

/**
 * Whether anything of the traffic could pass: `false` only where one side shuts the other out for certain. Everybody is tried
 * against a few, and nearly all are shut out; to see that must cost next to nothing.
 */
export function mayPass(reach: Reach, from: Place, { place: to, traffic }: Target): boolean {
  return admits(reach, to, from, traffic, 'ingress') && admits(reach, from, to, traffic, 'egress');
}

function admits(
  reach: Reach,
  own: Place,
  other: Place,
  traffic: Traffic,
  direction: 'ingress' | 'egress',
): boolean {
  if (own.kind !== 'pods') return true;
  const row = reach.row(own.party, direction);
  if (row === undefined) return true;
  if (other.kind === 'possible') {
    const isolation = reach.isolation(own.party, direction);
    return isolation === undefined || admitsPossible(reach, isolation, other.possible);
  }
  // A node or a hostNetwork pod may be the pod's own node, which policies never part from it.
  if (isHost(other)) return true;
  return letsPass(row, other.party, traffic);
}

function letsPass(row: Row, party: number, traffic: Traffic): boolean {
  return row.exceptions.has(party) || intersectTraffic(row.anyone, traffic) !== nothing;
}

function isHost(place: Place): boolean {
  return place.kind === 'node' || (place.kind === 'pods' && place.pods[0].hostNetwork);
}

const admitted = new WeakMap<Isolation, ReadonlySet<string | undefined> | 'everybody'>();

/** Whether some peer of the isolation could be a pod that its namespace comes to have. */
function admitsPossible(reach: Reach, isolation: Isolation, { namespace }: PossiblePods): boolean {
  const found = admitted.get(isolation) ?? namespacesAdmitted(reach, isolation);
  admitted.set(isolation, found);
  return found === 'everybody' || found.has(namespace);
}

/** The namespaces whose pods an isolation may admit; `undefined` stands for those that do not exist yet. */
function namespacesAdmitted(
  reach: Reach,
  isolation: Isolation,
): ReadonlySet<string | undefined> | 'everybody' {
  const found = new Set<string | undefined>();
  const groups: PodGroup[] = [];
  for (const { peers } of isolation.allows) {
    if (peers.kind === 'anyone') return 'everybody';
    groups.push(...peers.groups);
  }
  for (const group of groups) {
    if (group.kind === 'namespace') {
      found.add(group.namespace);
      continue;
    }
    found.add(undefined);
    for (const name of reach.namespaces) {
      if (matchesSelector(group.namespaces, reach.parties.index.namespaceLabels(name))) found.add(name);
    }
  }
  return found;
}
