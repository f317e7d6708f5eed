import type { Family } from '../../net/protocol.ts';
import { type Check, checkedLines, type PreparedSuite, runSuite } from '../policy-test/run-suite.ts';
import { actorFor } from './actors.ts';
import { type Found, nothingFound } from './found.ts';
import { lineTrials } from './line-trials.ts';
import { pairTrials } from './pair-trials.ts';
import { spread, trialPorts } from './ports.ts';
import { samplesOf } from './sample.ts';
import { type Stage, stageFor } from './stage.ts';
import { type CheckTrials, type Trial, trialKey, type TrialPlan } from './trial.ts';
import { otherwiseTrials } from './unclaimed-trials.ts';

export interface TrialOptions {
  /** Families of addresses that the lab gives. */
  readonly families: readonly Family[];
  /** Connections that are tried for one statement, counterexamples aside. */
  readonly most: number;
}

/**
 * Chooses connections that stand for the statements of a suite, and whom a lab has to hold to try them.
 * @param prepared a suite in a cluster that is complete, see `schedule`
 */
export function planTrials(prepared: PreparedSuite, { families, most }: TrialOptions): TrialPlan {
  const checks = runSuite(prepared);
  const examples = checks.flatMap(({ verdict }) =>
    verdict.kind === 'failed' ? verdict.failures.map(({ example }) => example) : [],
  );
  const stage = stageFor(prepared, examples, families);
  const lines = checkedLines(prepared);
  const planned = checks.map((check, at): CheckTrials => {
    const resolution = lines[at];
    const found =
      resolution?.kind === 'resolved'
        ? lineTrials(resolution.resolved, prepared, stage)
        : check.verb === 'otherwise' && check.verdict.kind !== 'skipped'
          ? otherwiseTrials(prepared, stage)
          : nothingFound;
    return checkTrials(check, found, stage, most);
  });
  return {
    cluster: stage.cluster,
    added: stage.added,
    externals: externalsOf(planned.flatMap(({ trials }) => trials)),
    checks: planned,
  };
}

function checkTrials(check: Check, found: Found, stage: Stage, most: number): CheckTrials {
  const shown = counterexamples(check, stage);
  const all = unique(found.trials);
  return {
    check,
    trials: unique([...shown.trials, ...spread(all, most)]),
    known: unique([...shown.trials, ...all]).length,
    samples: samplesOf(found.choices),
    untried: [...new Set([...shown.untried, ...found.untried])],
  };
}

/** The connections that the policies alone say are not as they should be. */
function counterexamples({ verdict }: Check, stage: Stage): Found {
  if (verdict.kind !== 'failed') return nothingFound;
  const each = verdict.failures.map(({ kind, example }): readonly Trial[] => {
    const [from, to] = [actorFor(example.from, stage), actorFor(example.to, stage)];
    if (from === undefined || to === undefined) return [];
    const ports = trialPorts(example.traffic, stage.cuts, to).chosen.slice(0, 1);
    return pairTrials(from, to, ports, kind === 'closed' ? 'allowed' : 'denied')
      .filter(({ family }) => example.family === undefined || example.family === family)
      .map((trial): Trial => ({ ...trial, isCounterexample: true }));
  });
  const lost = each.filter((trials) => trials.length === 0).length;
  return {
    trials: each.flat(),
    untried:
      lost === 0 ? [] : [`the lab has nobody for ${String(lost)} of ${String(each.length)} counterexamples`],
    choices: [],
  };
}

function unique(trials: readonly Trial[]): readonly Trial[] {
  const known = new Map<string, Trial>();
  for (const trial of trials) {
    const key = trialKey(trial);
    if (!known.has(key)) known.set(key, trial);
  }
  return [...known.values()];
}

function externalsOf(trials: readonly Trial[]): TrialPlan['externals'] {
  const addresses = trials.flatMap(({ from, to }) =>
    [from, to].flatMap(({ somebody }) => (somebody.kind === 'address' ? [somebody.address] : [])),
  );
  return [...new Set(addresses)].sort();
}
