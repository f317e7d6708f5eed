import type { ExplainedFailure } from '../../analysis/policy-test/failure-text.ts';
import type { Coverage } from '../../analysis/coverage/coverage.ts';
import type { Mutant } from '../../analysis/mutation/mutants.ts';
import type { Sample } from '../../analysis/trials/sample.ts';
import type { Check } from '../../analysis/policy-test/run-suite.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';

/** How the policy tests of one run ended. */
export interface TestReport {
  readonly suites: readonly SuiteReport[];
  /** Paths at which no policy test could be read. */
  readonly diagnostics: readonly Diagnostic[];
  /** With `--coverage`. */
  readonly coverage?: Coverage;
  /** Of the policy rules, how many in a hundred have to be covered. */
  readonly minCoverage?: number;
  /** With `--mutate`. */
  readonly mutation?: MutationReport | MutantsNotTried;
}

/** What becomes of mistakes in the policies: whether some test fails. */
export interface MutationReport {
  readonly kind: 'tried';
  /** How many mutants the policies have, and how many of them were tried; the sum of the three below. */
  readonly possible: number;
  readonly tried: number;
  readonly killed: number;
  readonly survived: number;
  /** They change nothing between pods and addresses that there are. */
  readonly equivalent: number;
  /** In the order of the policies. */
  readonly survivors: readonly Mutant[];
}

/** Where tests fail as it is, a mutant says nothing. */
export interface MutantsNotTried {
  readonly kind: 'not-tried';
  readonly reason: string;
}

/** One document of a policy test file. */
export interface SuiteReport {
  readonly file: string;
  /** Counts from 1. */
  readonly document: number;
  /** How many documents the file has. */
  readonly documents: number;
  /** What is wrong with the document or with its manifests; with an error among them there are no results. */
  readonly diagnostics: readonly Diagnostic[];
  readonly results: readonly TestResult[];
}

export type Status = 'passed' | 'failed' | 'skipped' | 'unanswered';

/** One statement of a suite, and how it ended. */
export interface TestResult extends Pick<Check, 'text' | 'source' | 'name' | 'why'> {
  /** The last two are of no suite: what the tests are worth, see `adequacySuite`. */
  readonly verb: Check['verb'] | 'coverage' | 'mutants';
  readonly status: Status;
  /** For people: the counterexample with its cause, or why there is no answer; a fact a line. */
  readonly detail: readonly string[];
  readonly failures: readonly ExplainedFailure[];
  /** Where it was tried with packets. */
  readonly packets?: PacketCounts;
  /** Where a lock file differs from what there is. */
  readonly changes?: SnapshotChanges;
}

/** Connections of one statement. */
export interface PacketCounts {
  /** How many stand for the statement; not all of many are tried. */
  readonly known: number;
  readonly answered: number;
  readonly denied: number;
  /** Tried, but nothing follows from it. */
  readonly unproven: number;
  /** Of what just some are tried, because there is so much of it. */
  readonly samples: readonly Sample[];
}

export interface SnapshotChanges {
  /** Lines that the lock file lacks. */
  readonly added: readonly string[];
  /** Lines of the lock file that hold no more. */
  readonly removed: readonly string[];
}

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly unanswered: number;
  /** Documents that could not be run. */
  readonly broken: number;
}

export function countsOf({ suites }: Pick<TestReport, 'suites'>): TestCounts {
  const results = suites.flatMap((suite) => suite.results);
  const count = (status: Status): number => results.filter((result) => result.status === status).length;
  return {
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    unanswered: count('unanswered'),
    broken: suites.filter(isBroken).length,
  };
}

/** Whether as much is covered as was asked for. */
export function isCovered({ coverage, minCoverage = 0 }: TestReport): boolean {
  if (coverage === undefined) return true;
  const { covered, total } = coverage.rules;
  return total === 0 || (covered / total) * 100 >= minCoverage;
}

/** Whether no test notices some mistake in the policies. */
export function hasSurvivors({ mutation }: TestReport): boolean {
  return mutation?.kind === 'tried' && mutation.survived > 0;
}

/** Whether a document could not be run. */
export function isBroken({ diagnostics }: Pick<SuiteReport, 'diagnostics'>): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}

/** `shop.policy-test.yaml`, or `shop.policy-test.yaml (document 2)` where it has several. */
export function suiteName({
  file,
  document,
  documents,
}: Pick<SuiteReport, 'file' | 'document' | 'documents'>): string {
  return documents > 1 ? `${file} (document ${String(document)})` : file;
}
