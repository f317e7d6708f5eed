import { directions } from '../../../model/network-policy.ts';
import { quote } from '../../../model/read/quote.ts';
import { at } from '../objects.ts';
import type { LintRule } from '../rule.ts';

/** A namespace with pods in which no policy isolates every pod: those to come, with whatever labels, are open. */
export const noDefaultDeny: LintRule = {
  id: 'no-default-deny',
  title: 'a namespace without a default deny',
  severity: 'info',
  check: ({ cluster, place }) => {
    const inhabitants = Map.groupBy(cluster.pods, ({ namespace }) => namespace);
    const denied = new Set(
      cluster.policies
        .filter(({ podSelector, audit }) => podSelector.length === 0 && audit !== true)
        .flatMap(({ namespace, policyTypes }) => policyTypes.map((direction) => `${namespace} ${direction}`)),
    );
    return cluster.namespaces.flatMap((namespace) => {
      const { name } = namespace;
      const open = directions.filter((direction) => !denied.has(`${name} ${direction}`));
      const [pod] = inhabitants.get(name) ?? [];
      if (pod === undefined || open.length === 0) return [];
      return [
        {
          // A namespace that nobody declared is there for its pods. GitHub refuses SARIF whose findings have no file.
          ...at(place(namespace) ?? place(pod)),
          object: { kind: 'Namespace', name },
          message: `no policy isolates every pod of namespace ${quote(name)} for ${open.join(' and ')}`,
          hint: 'add a policy with podSelector: {} and policyTypes that allows nothing; then allow what is wanted',
        },
      ];
    });
  },
};
