import type { Direction, NetworkPolicy } from '../../model/network-policy.ts';
import type { Pod } from '../../model/pod.ts';
import { type Allow, allowsOf, type Isolation, isolationOf, selects } from '../../policy/isolation.ts';

/** The isolation of each pod, worked out when it is asked for. Pods that are alike get the same object. */
export interface Isolations {
  /** `undefined` where no policy isolates the pod in that direction. */
  of(pod: Pod, direction: Direction): Isolation | undefined;
  /** The policies of a namespace, sorted by name. */
  policiesIn(namespace: string): readonly NetworkPolicy[];
  /** What the rules of a policy allow to whichever pod it selects: port names stay names. */
  allowsOf(policy: NetworkPolicy, direction: Direction): readonly Allow[];
  /** The same with other policies in one namespace; what was worked out for the others is kept. */
  withPolicies(namespace: string, policies: readonly NetworkPolicy[]): Isolations;
}

export function createIsolations(policies: readonly NetworkPolicy[]): Isolations {
  const byNamespace = new Map<string, NamespaceIsolations>();
  for (const [namespace, own] of Map.groupBy(policies, (policy) => policy.namespace)) {
    byNamespace.set(namespace, isolationsOfNamespace(own));
  }
  return isolationsFrom(byNamespace);
}

interface NamespaceIsolations {
  readonly policies: readonly NetworkPolicy[];
  of(pod: Pod, direction: Direction): Isolation | undefined;
}

function isolationsFrom(byNamespace: ReadonlyMap<string, NamespaceIsolations>): Isolations {
  const known = {
    ingress: new WeakMap<NetworkPolicy, readonly Allow[]>(),
    egress: new WeakMap<NetworkPolicy, readonly Allow[]>(),
  };
  return {
    of: (pod, direction) => byNamespace.get(pod.namespace)?.of(pod, direction),
    policiesIn: (namespace) => byNamespace.get(namespace)?.policies ?? [],
    allowsOf(policy, direction) {
      const found = known[direction].get(policy) ?? allowsOf(policy, direction);
      known[direction].set(policy, found);
      return found;
    },
    withPolicies: (namespace, policies) =>
      isolationsFrom(new Map(byNamespace).set(namespace, isolationsOfNamespace(policies))),
  };
}

function isolationsOfNamespace(unsorted: readonly NetworkPolicy[]): NamespaceIsolations {
  const policies = [...unsorted].sort((a, b) => (a.name < b.name ? -1 : 1));
  const known = new Map<string, Isolation>();
  return {
    policies,
    of(pod, direction) {
      const selecting = policies.filter(
        (policy) => policy.policyTypes.includes(direction) && selects(policy, pod),
      );
      if (selecting.length === 0) return undefined;
      // Ingress port names are numbers of this pod; everything else of an isolation is the policies' own.
      const ports = direction === 'ingress' && selecting.some(namesPorts) ? pod.ports : [];
      const key = JSON.stringify([direction, selecting.map(({ name }) => name), ports]);
      const found = known.get(key) ?? isolationOf(pod, direction, selecting);
      if (found !== undefined) known.set(key, found);
      return found;
    },
  };
}

function namesPorts({ ingress }: NetworkPolicy): boolean {
  return ingress.some(({ ports = [] }) => ports.some(({ kind }) => kind === 'named'));
}
