import type { SourcePosition } from '../../model/diagnostic.ts';
import type { NetworkPolicy } from '../../model/network-policy.ts';
import { checkLine } from './check-line.ts';
import { checkOtherwise } from './check-otherwise.ts';
import { type Mentions, mentionsOfAll, mentionsOfAllowed } from './mentions.ts';
import { type LineResolution, type ResolvedLine, resolveLines } from './resolved-line.ts';
import type { Line, Suite, Verb } from './suite.ts';
import type { Verdict } from './verdict.ts';
import { type TestWorld, worldWithPolicies } from './world.ts';

/** One statement of a suite, and how it ended. */
export interface Check {
  /** `snapshot` is compared by whoever can read the lock file, `packets` told by whoever sends them. */
  readonly verb: Exclude<Verb, 'exactly' | 'any'> | 'matrix' | 'otherwise' | 'snapshot' | 'packets';
  /** What it says, as written, without its verb. */
  readonly text: string;
  readonly source: SourcePosition;
  readonly name?: string;
  readonly why?: string;
  readonly verdict: Verdict;
}

/** A suite with everything looked up, ready to be asked under these and under other policies. */
export interface PreparedSuite {
  readonly suite: Suite;
  readonly world: TestWorld;
  readonly lines: readonly LineResolution[];
  readonly resolved: readonly ResolvedLine[];
  /** What the lines let in, for `only`. */
  readonly allowed: () => Mentions;
  /** What the lines mention, for `otherwise`. */
  readonly mentioned: () => Mentions;
}

export function prepareSuite(suite: Suite, world: TestWorld): PreparedSuite {
  const lines = resolveLines(suite.lines, world.within);
  const resolved = lines.flatMap((one) => (one.kind === 'resolved' ? [one.resolved] : []));
  return {
    suite,
    world,
    lines,
    resolved,
    allowed: once(() => mentionsOfAllowed(resolved, world.within)),
    mentioned: once(() => mentionsOfAll(resolved, world.within)),
  };
}

/** Asks every line, in the order of the file, and then what holds for the rest. */
export function runSuite(prepared: PreparedSuite): readonly Check[] {
  return [...checksOf(prepared)];
}

/** The same suite under other policies in one namespace, as `Reach.withPolicies` takes them. */
export function underPolicies(
  prepared: PreparedSuite,
  namespace: string,
  policies: readonly NetworkPolicy[],
): PreparedSuite {
  return { ...prepared, world: worldWithPolicies(prepared.world, namespace, policies) };
}

/** Whether a run would end well: nothing fails and everything has an answer. Asks no further than the first that does not. */
export function passes(prepared: PreparedSuite): boolean {
  for (const { verdict } of checksOf(prepared)) {
    if (verdict.kind === 'failed' || verdict.kind === 'unanswered') return false;
  }
  return true;
}

function* checksOf(prepared: PreparedSuite): Generator<Check> {
  const { suite, world, lines, allowed, mentioned } = prepared;
  for (const resolution of checkedLines(prepared)) {
    yield { ...checkOf(lineOf(resolution)), verdict: verdictOfLine(resolution, world, allowed) };
  }
  const { otherwise } = suite;
  if (otherwise === undefined) return;
  const isUnclear = lines.some(({ kind }) => kind === 'nobody');
  const verdict: Verdict = isUnclear
    ? { kind: 'skipped', reason: 'a line of the suite names nobody, so what is left cannot be told' }
    : checkOtherwise(world, mentioned());
  yield { verb: 'otherwise', text: otherwise.value, source: otherwise.source, verdict };
}

/** The lines that `runSuite` asks, in its order. */
export function checkedLines({ lines }: PreparedSuite): readonly LineResolution[] {
  return lines.filter((resolution) => lineOf(resolution).verb !== 'any' || resolution.kind === 'nobody');
}

function lineOf(resolution: LineResolution): Line {
  return resolution.kind === 'resolved' ? resolution.resolved.line : resolution.line;
}

function verdictOfLine(resolution: LineResolution, world: TestWorld, allowed: () => Mentions): Verdict {
  switch (resolution.kind) {
    case 'resolved':
      return checkLine(resolution.resolved, world, allowed);
    case 'absent':
      return { kind: 'skipped', reason: `${resolution.end} matches nobody, and the line allows that` };
    case 'nobody': {
      const { message, hint } = resolution;
      return { kind: 'unanswered', message, ...(hint === undefined ? {} : { hint }) };
    }
  }
}

function checkOf({ verb, isCell, text, source, name, why }: Line): Omit<Check, 'verdict'> {
  return {
    verb: isCell || verb === 'exactly' || verb === 'any' ? 'matrix' : verb,
    text,
    source,
    ...(name === undefined ? {} : { name }),
    ...(why === undefined ? {} : { why }),
  };
}

/** Worked out when it is first asked for: most suites ask for neither. */
function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
