import type { NetworkPolicy } from '../../model/network-policy.ts';
import { policiesOf, policyIdentity } from '../policy-test/policies.ts';
import { passes, type PreparedSuite, prepareSuite, underPolicies } from '../policy-test/run-suite.ts';
import type { Suite } from '../policy-test/suite.ts';
import { worldOf } from '../policy-test/world.ts';
import { createReach, type Reach } from '../reach/reach.ts';
import { snapshotLines } from '../snapshot/lines.ts';
import { changesConnections } from './changes-connections.ts';
import { type Mutant, mutantsOf } from './mutants.ts';

/** A suite that passes, and the cluster that it is asked about. */
export interface PassingSuite {
  readonly suite: Suite;
  readonly reach: Reach;
}

export interface MutationOptions {
  /** Where names are looked up that have no namespace. */
  readonly defaultNamespace: string;
  /** How many mutants to try; where there are more, they are spread evenly over all. */
  readonly most: number;
}

export interface Mutation {
  /** How many mutants the policies have. */
  readonly possible: number;
  /** How many of them are tried. */
  readonly tried: number;
  /** Tries them, one at a time, in the order of the policies. */
  readonly results: () => Generator<TriedMutant>;
}

export interface TriedMutant {
  readonly mutant: Mutant;
  readonly end:
    /** Some suite does not pass with it. */
    | 'killed'
    /** Every suite passes, and it opens or closes something between pods and addresses that there are. */
    | 'survived'
    /** Every suite passes, and it changes nothing: no test about whom there is could tell. */
    | 'equivalent';
}

/**
 * Puts one mistake at a time into the policies, in all clusters that have the policy, and asks the suites again.
 * @param suites all of which pass as the policies are
 */
export function mutate(suites: readonly PassingSuite[], options: MutationOptions): Mutation {
  const all = policiesOf(suites.map(({ reach }) => reach)).flatMap(mutantsOf);
  const chosen = spread(all, options.most);
  return {
    possible: all.length,
    tried: chosen.length,
    results: function* () {
      const foreseen = chosen.flatMap(({ changed }) => changed ?? []);
      const prepared = prepareAll(suites, foreseen, options.defaultNamespace);
      for (const mutant of chosen) {
        yield { mutant, end: endOf(mutant, prepared.get(policyIdentity(mutant.policy)) ?? []) };
      }
    },
  };
}

function spread<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, at) => list[Math.floor((at * list.length) / most)]).filter(
    (one) => one !== undefined,
  );
}

/** By policy, the suites whose clusters have it, ready to be asked under all that is foreseen. */
function prepareAll(
  suites: readonly PassingSuite[],
  foreseen: readonly NetworkPolicy[],
  defaultNamespace: string,
): ReadonlyMap<string, readonly PreparedSuite[]> {
  const byPolicy = new Map<string, PreparedSuite[]>();
  const wanted = Map.groupBy(foreseen, policyIdentity);
  for (const [reach, own] of Map.groupBy(suites, (one) => one.reach)) {
    const { policies } = reach.cluster;
    const finer = createReach(
      reach.cluster,
      policies.flatMap((policy) => wanted.get(policyIdentity(policy)) ?? []),
    );
    for (const { suite } of own) {
      const world = worldOf(suite, finer, defaultNamespace);
      if (!world.ok) throw new RangeError('a suite that passes does not fit its cluster');
      const prepared = prepareSuite(suite, world.world);
      for (const policy of policies) {
        const identity = policyIdentity(policy);
        const list = byPolicy.get(identity);
        if (list === undefined) byPolicy.set(identity, [prepared]);
        else list.push(prepared);
      }
    }
  }
  return byPolicy;
}

function endOf({ policy, changed }: Mutant, suites: readonly PreparedSuite[]): TriedMutant['end'] {
  const identity = policyIdentity(policy);
  const changes = suites.map((before) => {
    const policies = before.world.reach.isolations
      .policiesIn(policy.namespace)
      .flatMap((one) => (policyIdentity(one) === identity ? (changed ?? []) : one));
    return { before, after: underPolicies(before, policy.namespace, policies) };
  });
  if (changes.some(({ before, after }) => !passes(after) || changesSnapshot(before, after))) return 'killed';
  const touched = [policy, ...(changed === undefined ? [] : [changed])];
  const changesAny = changes.some(({ before, after }) =>
    changesConnections(before.world, after.world, touched),
  );
  return changesAny ? 'survived' : 'equivalent';
}

const linesOf = new WeakMap<PreparedSuite, readonly string[]>();

/** A lock file, where the suite has one, says what it did before. */
function changesSnapshot(before: PreparedSuite, after: PreparedSuite): boolean {
  if (before.suite.snapshot === undefined) return false;
  const kept = linesOf.get(before) ?? snapshotLines(before.world.reach, before.world.scope);
  linesOf.set(before, kept);
  const lines = snapshotLines(after.world.reach, after.world.scope);
  return kept.length !== lines.length || kept.some((line, at) => line !== lines[at]);
}
