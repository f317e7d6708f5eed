import { prepareSuite, type PreparedSuite } from '../../../src/analysis/policy-test/run-suite.ts';
import { worldOf } from '../../../src/analysis/policy-test/world.ts';
import { createReach } from '../../../src/analysis/reach/reach.ts';
import { placeSuite } from '../../../src/analysis/trials/place-suite.ts';
import { planTrials } from '../../../src/analysis/trials/plan-trials.ts';
import type { CheckTrials, Trial, TrialPlan } from '../../../src/analysis/trials/trial.ts';
import { readSuites } from '../../../src/cli/input/policy-test/read-suites.ts';
import { sourceText } from '../../../src/cli/input/source-text.ts';
import type { Cluster } from '../../../src/model/cluster.ts';
import type { Family } from '../../../src/net/protocol.ts';

export interface Planned extends TrialPlan {
  readonly prepared: PreparedSuite;
  /** Of the first statement. */
  readonly first: CheckTrials;
}

/** What is tried of a suite, its text as YAML, in a cluster. */
export function planOf(
  cluster: Cluster,
  text: string,
  {
    families = ['IPv4'],
    most = 1000,
  }: { readonly families?: readonly Family[]; readonly most?: number } = {},
): Planned {
  const [reading] = readSuites(sourceText('a.policy-test.yaml', `${text}\n`), 'x');
  if (reading?.suite === undefined) throw new Error(JSON.stringify(reading?.diagnostics));
  const placed = placeSuite(reading.suite, createReach(cluster), families);
  const world = worldOf(placed.suite, placed.reach, 'x');
  if (!world.ok) throw new Error(JSON.stringify(world.problems));
  const prepared = prepareSuite(placed.suite, world.world);
  const plan = planTrials(prepared, { families, most });
  const [first] = plan.checks;
  if (first === undefined) throw new Error('no statement');
  return { ...plan, prepared, first };
}

/** `x/a -> x/b 80/TCP IPv4 allowed`. */
export function trialText({ from, to, service, protocol, port, family, expected }: Trial): string {
  const target = service === undefined ? to.host : `svc/${service.name}`;
  return `${from.host} -> ${target} ${String(port)}/${protocol} ${family} ${expected}`;
}
