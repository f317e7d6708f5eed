import { readDestination, readEnd } from '../ends/expression.ts';
import { prepareSuite, runSuite } from '../policy-test/run-suite.ts';
import type { Line, Suite } from '../policy-test/suite.ts';
import { worldOf } from '../policy-test/world.ts';
import type { Reach } from '../reach/reach.ts';
import { type Candidate, candidatesIn, isolatedNamespaces, type Statement } from './candidates.ts';

/** Statements that hold, for people to begin with. */
export interface FirstTest {
  /** Namespaces in which policies isolate something; none where there are no policies. */
  readonly scope: readonly string[];
  readonly statements: readonly Statement[];
  /** Whether the statements say all that passes within the scope. */
  readonly isComplete: boolean;
  /** Statements that could be made, too, and were left out to keep the test short. */
  readonly leftOut: number;
}

/** More lines than a person reads in a file that they did not write. */
const mostLines = 40;

/**
 * What a first policy test can say of a cluster. Candidates are guessed from who reaches whom; each is then asked as a test
 * would ask it, and stays only if it passes.
 */
export function proposeTest(reach: Reach, defaultNamespace: string): FirstTest {
  const scope = isolatedNamespaces(reach);
  const all = candidatesIn(reach, scope);
  const { chosen, leftOut } = firstLines(all);
  const ask = (statements: readonly Statement[], otherwise = false): ReadonlySet<string> | 'all' =>
    failing(reach, defaultNamespace, scope, statements, otherwise);

  let open: readonly Candidate[] = chosen;
  for (;;) {
    const statements = open.flatMap(([first]) => first ?? []);
    const failed = ask(statements);
    // Each round drops an alternative of some candidate at least, so there is an end.
    const next = open.flatMap((candidate): readonly Candidate[] => {
      const [first, ...others] = candidate;
      const holds = first?.lines.every((line) => failed !== 'all' && !failed.has(keyOf(first, line)));
      if (holds === true) return [candidate];
      return others.length > 0 ? [others] : [];
    });
    if (next.length === open.length && next.every((candidate, at) => candidate === open[at])) break;
    open = next;
  }
  const statements = open.flatMap(([first]) => first ?? []);
  const rest = scope.length === 0 ? 'all' : ask(statements, true);
  return { scope, statements, isComplete: rest !== 'all' && rest.size === 0, leftOut };
}

function firstLines(all: readonly Candidate[]): {
  readonly chosen: readonly Candidate[];
  readonly leftOut: number;
} {
  let lines = 0;
  const chosen = all.filter((candidate) => {
    const own = Math.max(0, ...candidate.map((statement) => statement.lines.length));
    if (lines + own > mostLines) return false;
    lines += own;
    return true;
  });
  return { chosen, leftOut: all.length - chosen.length };
}

function keyOf({ verb }: Pick<Statement, 'verb'>, text: string): string {
  return `${verb} ${text}`;
}

/** The statements that do not pass; `all` where they cannot be asked. */
function failing(
  reach: Reach,
  defaultNamespace: string,
  scope: readonly string[],
  statements: readonly Statement[],
  otherwise: boolean,
): ReadonlySet<string> | 'all' {
  const suite: Suite = {
    source: nowhere,
    document: 1,
    names: new Map(),
    lines: statements.flatMap(({ verb, lines }) => lines.flatMap((text) => lineOf(verb, text) ?? [])),
    ...(otherwise ? { otherwise: { value: 'deny', source: nowhere } } : {}),
    ...(scope.length === 0 ? {} : { scope: scope.map((value) => ({ value, source: nowhere })) }),
  };
  const world = worldOf(suite, reach, defaultNamespace);
  if (!world.ok) return 'all';
  const checks = runSuite(prepareSuite(suite, world.world));
  const passed = new Set(
    checks
      .filter(({ verdict }) => verdict.kind === 'passed')
      .map(({ verb, text }) => (verb === 'otherwise' ? verb : `${verb} ${text}`)),
  );
  const asked = statements.flatMap((statement) => statement.lines.map((line) => keyOf(statement, line)));
  return new Set([...asked, ...(otherwise ? ['otherwise'] : [])].filter((key) => !passed.has(key)));
}

const nowhere = { file: '', line: 1, column: 1 };

/** `undefined` for names that cannot be written in a line. */
function lineOf(verb: Statement['verb'], text: string): Line | undefined {
  const [fromText = '', toText = ''] = text.split(' -> ');
  const [from, to] = [readEnd(fromText), readDestination(toText)];
  if (!from.ok || !to.ok) return undefined;
  return { verb, from: from.value, to: to.value, text, source: nowhere, isCell: false };
}
