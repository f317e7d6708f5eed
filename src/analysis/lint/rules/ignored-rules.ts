import { at, policyReference } from '../objects.ts';
import type { LintRule } from '../rule.ts';

/** Rules of a direction that `policyTypes` leaves out: nobody reads them. */
export const ignoredRules: LintRule = {
  id: 'ignored-rules',
  title: 'rules that policyTypes leaves out',
  severity: 'error',
  check: ({ cluster, place }) =>
    cluster.policies.flatMap((policy) =>
      (policy.droppedRules ?? []).map((direction) => {
        const type = direction === 'ingress' ? 'Ingress' : 'Egress';
        return {
          ...at(place(policy, ['spec', direction], 'key')),
          object: policyReference(policy),
          message: `the ${direction} rules are ignored: policyTypes does not name ${type}`,
          hint: `add ${type} to policyTypes, or remove the rules; with it, all other ${direction} of the selected pods is denied`,
        };
      }),
    ),
};
