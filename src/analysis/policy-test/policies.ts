import { modeOf, type NetworkPolicy, policyKey } from '../../model/network-policy.ts';
import type { Reach } from '../reach/reach.ts';

/**
 * The policies that decide in the clusters that suites are asked about, by place: each once, though several clusters read it
 * from one file. What is only audited decides nothing that a test could be about.
 */
export function policiesOf(reaches: readonly Reach[]): readonly NetworkPolicy[] {
  const policies = [...new Set(reaches)]
    .flatMap(({ cluster }) => cluster.policies)
    .filter((policy) => modeOf(policy) === 'enforce');
  return [...new Map(policies.map((policy) => [policyIdentity(policy), policy])).values()].sort(byPlace);
}

/** The same for a policy wherever it is read from the same place. */
export function policyIdentity(policy: NetworkPolicy): string {
  const { file, line, column } = policy.source ?? {};
  return JSON.stringify([file, line, column, policyKey(policy)]);
}

function byPlace(a: NetworkPolicy, b: NetworkPolicy): number {
  const [one, other] = [a.source, b.source];
  if (one !== undefined && other !== undefined) {
    if (one.file !== other.file) return one.file < other.file ? -1 : 1;
    if (one.line !== other.line) return one.line - other.line;
    if (one.column !== other.column) return one.column - other.column;
  }
  return policyKey(a) < policyKey(b) ? -1 : 1;
}
