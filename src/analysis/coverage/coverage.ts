import type { SourcePosition } from '../../model/diagnostic.ts';
import { type Direction, type PolicyKey, policyKey } from '../../model/network-policy.ts';
import type { Traffic } from '../../net/traffic.ts';
import { policiesOf, policyIdentity } from '../policy-test/policies.ts';
import type { PreparedSuite } from '../policy-test/run-suite.ts';
import type { Reach } from '../reach/reach.ts';
import { allowedConnections } from './allowed-connections.ts';
import { coverablesOf, coverageBy } from './covered-rules.ts';

/** What of the policies the lines of tests are about; see `coverageBy` and `allowedConnections`. */
export interface Coverage {
  readonly rules: Covered<UncoveredRule>;
  readonly connections: Covered<UncoveredConnection>;
}

interface Covered<T> {
  readonly covered: number;
  readonly total: number;
  readonly uncovered: readonly T[];
}

export interface UncoveredRule {
  readonly policy: PolicyKey;
  readonly direction: Direction;
  /** Position as written; absent: that the policy isolates in this direction, where it has no rule. */
  readonly rule?: number;
  readonly source?: SourcePosition;
}

export interface UncoveredConnection {
  readonly from: string;
  readonly to: string;
  readonly traffic: Traffic;
  /** The first of the suites that are asked about this cluster. */
  readonly suite: SourcePosition;
}

/** A suite, and the cluster that it is asked about. */
export interface CoveringSuite {
  readonly prepared: PreparedSuite;
  readonly reach: Reach;
}

/**
 * Sums up what suites cover. A policy counts once, however many clusters read it from the same place, and is covered by any of
 * them. Connections are those of each cluster.
 */
export function coverageOf(suites: readonly CoveringSuite[]): Coverage {
  return { rules: rulesOf(suites), connections: connectionsOf(suites) };
}

function rulesOf(suites: readonly CoveringSuite[]): Coverage['rules'] {
  const all = policiesOf(suites.map(({ reach }) => reach)).flatMap(coverablesOf);
  const covers = suites.map(({ prepared, reach }) => ({
    policies: new Set(reach.cluster.policies.map(policyIdentity)),
    isCovered: coverageBy(prepared),
  }));
  const uncovered = all.filter((one) => {
    const identity = policyIdentity(one.policy);
    return !covers.some(({ policies, isCovered }) => policies.has(identity) && isCovered(one));
  });
  return {
    covered: all.length - uncovered.length,
    total: all.length,
    uncovered: uncovered.map(({ policy, direction, rule }) => {
      const source = rule?.source ?? policy.source;
      return {
        policy: policyKey(policy),
        direction,
        ...(rule === undefined ? {} : { rule: rule.index }),
        ...(source === undefined ? {} : { source }),
      };
    }),
  };
}

function connectionsOf(suites: readonly CoveringSuite[]): Coverage['connections'] {
  const all = [...Map.groupBy(suites, ({ reach }) => reach)].flatMap(([reach, own]) => {
    const connections = allowedConnections(
      reach,
      own.map(({ prepared }) => prepared),
    );
    return connections.map((one) => ({ ...one, suite: own[0]?.prepared.suite.source }));
  });
  const uncovered = all.flatMap(({ from, to, traffic, isCovered, suite }) =>
    isCovered || suite === undefined ? [] : { from, to, traffic, suite },
  );
  return { covered: all.length - uncovered.length, total: all.length, uncovered };
}
