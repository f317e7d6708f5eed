import { type Command, InvalidArgumentError, Option } from 'commander';
import { coverageOf } from '../../analysis/coverage/coverage.ts';
import { mutate, type TriedMutant } from '../../analysis/mutation/try-mutants.ts';
import type { RanSuite } from './run-tests.ts';
import { countsOf, type MutantsNotTried, type MutationReport, type TestReport } from './test-result.ts';

/** Options that ask how much the tests are worth. */
export interface AdequacyOptions {
  readonly coverage?: true;
  readonly minCoverage?: number;
  readonly mutate?: true;
  readonly maxMutants?: number;
}

/** Seconds on a folder of manifests, some minutes on a cluster of 5,000 pods. What is left out is said. */
const mostMutants = 2_000;

export function withAdequacyOptions(command: Command): Command {
  return command
    .option('--coverage', 'list the policy rules and allowed connections that no test line is about')
    .addOption(
      new Option('--min-coverage <percent>', 'fail where fewer of the policy rules are covered').argParser(
        percent,
      ),
    )
    .option('--mutate', 'put one mistake at a time into the policies; fail where every test still passes')
    .addOption(
      new Option('--max-mutants <count>', 'how many mistakes to try, spread evenly over all')
        .argParser(positiveNumber)
        .default(mostMutants),
    );
}

function percent(text: string): number {
  const value = Number(text.replace(/%$/, ''));
  if (/^\d+(\.\d+)?%?$/.test(text) && value <= 100) return value;
  throw new InvalidArgumentError('must be a number from 0 to 100');
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('must be a whole number above 0');
}

export function asksForAdequacy({ coverage, minCoverage, mutate: mutation }: AdequacyOptions): boolean {
  return coverage !== undefined || minCoverage !== undefined || mutation !== undefined;
}

/**
 * Adds to a report what the options ask for.
 * @param defaultNamespace where names are looked up that have no namespace
 */
export function withAdequacy(
  report: TestReport,
  ran: readonly RanSuite[],
  options: AdequacyOptions,
  defaultNamespace: string,
): TestReport {
  const { coverage, minCoverage, maxMutants = mostMutants } = options;
  return {
    ...report,
    ...(coverage === undefined && minCoverage === undefined ? {} : { coverage: coverageOf(suitesOf(ran)) }),
    ...(minCoverage === undefined ? {} : { minCoverage }),
    ...(options.mutate === undefined
      ? {}
      : { mutation: mutationOf(report, ran, { defaultNamespace, most: maxMutants }) }),
  };
}

function suitesOf(ran: readonly RanSuite[]) {
  return ran.flatMap(({ prepared, cluster }) =>
    prepared === undefined || cluster?.reach === undefined ? [] : [{ prepared, reach: cluster.reach }],
  );
}

function mutationOf(
  report: TestReport,
  ran: readonly RanSuite[],
  options: Parameters<typeof mutate>[1],
): MutationReport | MutantsNotTried {
  const { failed, unanswered, broken } = countsOf(report);
  if (failed + unanswered + broken > 0) return { kind: 'not-tried', reason: 'not every test passes' };
  const suites = suitesOf(ran).map(({ prepared, reach }) => ({ suite: prepared.suite, reach }));
  const { possible, tried, results } = mutate(suites, options);
  const all = [...results()];
  const count = (wanted: TriedMutant['end']): number => all.filter(({ end }) => end === wanted).length;
  return {
    kind: 'tried',
    possible,
    tried,
    killed: count('killed'),
    survived: count('survived'),
    equivalent: count('equivalent'),
    survivors: all.flatMap(({ mutant, end }) => (end === 'survived' ? mutant : [])),
  };
}
