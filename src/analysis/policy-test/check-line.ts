import { type Finding, isPair } from '../ends/pairs.ts';
import type { PossiblePlace, Target } from '../ends/place.ts';
import type { Mentions } from './mentions.ts';
import { type ResolvedLine, unnamedTargets } from './resolved-line.ts';
import { findClosedAmong, findOpenAmong } from './search.ts';
import { unclaimed } from './unclaimed.ts';
import { type Failure, passed, type Verdict, verdictOf } from './verdict.ts';
import type { Everybody, TestWorld } from './world.ts';

/**
 * Whether what a line says holds for every connection that it covers.
 * @param allowed what the lines of the suite let in, for `only`
 */
export function checkLine(resolved: ResolvedLine, world: TestWorld, allowed: () => Mentions): Verdict {
  const { reach } = world;
  const { line, sources, targets } = resolved;
  switch (line.verb) {
    case 'any':
      return passed;
    case 'allow':
      return answered(resolved, [['closed', findClosedAmong(reach, sources, targets)]]);
    case 'deny':
      return answered(resolved, [['open', findOpenAmong(reach, sources, targets)]]);
    case 'exactly':
      return answered(resolved, [
        ['closed', findClosedAmong(reach, sources, targets)],
        ['open', findOpenAmong(reach, sources, unnamedTargets(resolved))],
      ]);
    case 'only':
      return answered(resolved, [
        ['closed', findClosedAmong(reach, sources, targets)],
        ['unlisted', findUnlisted(targets, world, allowed())],
      ]);
  }
}

function answered(
  { line, sources, targets }: ResolvedLine,
  findings: readonly (readonly [kind: Failure['kind'], finding: Finding])[],
): Verdict {
  const failures = findings.flatMap(([kind, finding]) =>
    finding.kind === 'example' ? [{ kind, example: finding.example }] : [],
  );
  const verdict = verdictOf(
    failures,
    findings.some(([, finding]) => finding.kind === 'undecided'),
  );
  if (verdict.kind !== 'passed') return verdict;
  const isAbout = sources.some((from) => targets.some(({ place: to }) => isPair(from, to)));
  if (isAbout) return passed;
  const message = 'there is no connection to check';
  return line.isCell
    ? { kind: 'skipped', reason: message }
    : {
        kind: 'unanswered',
        message,
        hint: 'policies have a say where one end is a pod, the other is neither the same pod nor its own node, and both have a family of addresses in common',
      };
}

/** Somebody who reaches one of the destinations though no line lets them in. */
function findUnlisted(targets: readonly Target[], world: TestWorld, allowed: Mentions): Finding {
  let undecided = false;
  for (const finding of unlisted(targets, world, allowed)) {
    if (finding.kind === 'example') return finding;
    undecided = true;
  }
  return { kind: undecided ? 'undecided' : 'none' };
}

function* unlisted(
  targets: readonly Target[],
  { reach, everybody }: TestWorld,
  allowed: Mentions,
): Generator<Exclude<Finding, { readonly kind: 'none' }>> {
  for (const { place, traffic } of targets) {
    if (place.kind === 'possible') {
      // Whoever there is may be let in to some of the pods to come: each is asked for the claims on where it goes.
      const onlyHere: Everybody = { pods: [], addresses: [], possible: [place satisfies PossiblePlace] };
      for (const source of [...everybody.pods, ...everybody.addresses]) {
        for (const part of allowed.parts(source, 'egress')) {
          yield* unclaimed(reach, { ...part, side: 'egress', traffic }, onlyHere);
        }
      }
    }
    const others = place.kind === 'possible' ? { ...everybody, pods: [], addresses: [] } : everybody;
    for (const part of allowed.parts(place, 'ingress')) {
      yield* unclaimed(reach, { ...part, side: 'ingress', traffic }, others);
    }
  }
}
