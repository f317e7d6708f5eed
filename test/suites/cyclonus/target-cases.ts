import { among, inNamespace, podIs, selecting } from './base-policy.ts';
import { type CaseDraft, policyCase } from './case.ts';

/** Whom a policy isolates. */
export function targetCases(): readonly CaseDraft[] {
  return [
    ...['x', 'y', 'z'].map((namespace) =>
      policyCase(['target-namespace'], [inNamespace(namespace)], `namespace ${namespace}`),
    ),
    policyCase(['target-pod-selector'], [selecting({})], 'every pod'),
    policyCase(['target-pod-selector'], [selecting(podIs('a'))], 'pod=a'),
    policyCase(['target-pod-selector'], [selecting(among('pod', 'a', 'b'))], 'pod in (a,b)'),
  ];
}
