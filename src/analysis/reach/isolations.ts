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
  const allows = keptAllows();
  const byNamespace = new Map<string, NamespaceIsolations>();
  for (const [namespace, own] of Map.groupBy(policies, (policy) => policy.namespace)) {
    byNamespace.set(namespace, isolationsOfNamespace(own, allows));
  }
  return isolationsFrom(byNamespace, allows);
}

/** A policy selects many pods, and its rules are the same for all of them where they name no ports. */
function keptAllows(): typeof allowsOf {
  const known = {
    ingress: new WeakMap<NetworkPolicy, readonly Allow[]>(),
    egress: new WeakMap<NetworkPolicy, readonly Allow[]>(),
  };
  return (policy, direction, pod) => {
    if (pod !== undefined && direction === 'ingress' && namesPorts(policy)) {
      return allowsOf(policy, direction, pod);
    }
    const found = known[direction].get(policy) ?? allowsOf(policy, direction);
    known[direction].set(policy, found);
    return found;
  };
}

interface NamespaceIsolations {
  readonly policies: readonly NetworkPolicy[];
  of(pod: Pod, direction: Direction): Isolation | undefined;
}

function isolationsFrom(
  byNamespace: ReadonlyMap<string, NamespaceIsolations>,
  allows: typeof allowsOf,
): Isolations {
  return {
    of: (pod, direction) => byNamespace.get(pod.namespace)?.of(pod, direction),
    policiesIn: (namespace) => byNamespace.get(namespace)?.policies ?? [],
    allowsOf: (policy, direction) => allows(policy, direction),
    withPolicies: (namespace, policies) =>
      isolationsFrom(new Map(byNamespace).set(namespace, isolationsOfNamespace(policies, allows)), allows),
  };
}

function isolationsOfNamespace(
  unsorted: readonly NetworkPolicy[],
  allows: typeof allowsOf,
): NamespaceIsolations {
  const policies = [...unsorted].sort((a, b) => (a.name < b.name ? -1 : 1));
  const isolating = {
    ingress: policies.filter(({ policyTypes }) => policyTypes.includes('ingress')),
    egress: policies.filter(({ policyTypes }) => policyTypes.includes('egress')),
  };
  const known = new Map<string, Isolation>();
  return {
    policies,
    of(pod, direction) {
      const selecting = isolating[direction].filter((policy) => selects(policy, pod));
      if (selecting.length === 0) return undefined;
      // Ingress port names are numbers of this pod; everything else of an isolation is the policies' own.
      const ports = direction === 'ingress' && selecting.some(namesPorts) ? pod.ports : [];
      const key = JSON.stringify([direction, selecting.map(({ name }) => name), ports]);
      const found = known.get(key) ?? isolationOf(pod, direction, selecting, allows);
      if (found !== undefined) known.set(key, found);
      return found;
    },
  };
}

function namesPorts({ ingress }: NetworkPolicy): boolean {
  return ingress.some(({ ports = [] }) => ports.some(({ kind }) => kind === 'named'));
}
