import { type Direction, modeOf, type NetworkPolicy, type PolicyMode } from '../../model/network-policy.ts';
import type { Pod } from '../../model/pod.ts';
import { type Allow, allowsOf, type Isolation, isolationOf, selects } from '../../policy/isolation.ts';

/** The isolation of each pod, worked out when it is asked for. Pods that are alike get the same object. */
export interface Isolations {
  /** `undefined` where no policy isolates the pod in that direction. */
  of(pod: Pod, direction: Direction): Isolation | undefined;
  /** The policies of a namespace that are in that mode, sorted by name. */
  policiesIn(namespace: string): readonly NetworkPolicy[];
  /** What the rules of a policy allow to whichever pod it selects: port names stay names. */
  allowsOf(policy: NetworkPolicy, direction: Direction): readonly Allow[];
  /** The same with other policies in one namespace; what was worked out for the others is kept. */
  withPolicies(namespace: string, policies: readonly NetworkPolicy[]): Isolations;
}

/** What the policies in one mode come to; those in the other have no part in it. */
export function createIsolations(
  policies: readonly NetworkPolicy[],
  mode: PolicyMode = 'enforce',
): Isolations {
  const allows = keptAllows();
  const byNamespace = new Map<string, NamespaceIsolations>();
  for (const [namespace, own] of Map.groupBy(policies, (policy) => policy.namespace)) {
    byNamespace.set(namespace, isolationsOfNamespace(own, mode, allows));
  }
  return isolationsFrom(byNamespace, mode, allows);
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
  mode: PolicyMode,
  allows: typeof allowsOf,
): Isolations {
  return {
    of: (pod, direction) => byNamespace.get(pod.namespace)?.of(pod, direction),
    policiesIn: (namespace) => byNamespace.get(namespace)?.policies ?? [],
    allowsOf: (policy, direction) => allows(policy, direction),
    withPolicies: (namespace, policies) =>
      isolationsFrom(
        new Map(byNamespace).set(namespace, isolationsOfNamespace(policies, mode, allows)),
        mode,
        allows,
      ),
  };
}

function isolationsOfNamespace(
  all: readonly NetworkPolicy[],
  mode: PolicyMode,
  allows: typeof allowsOf,
): NamespaceIsolations {
  const own = all.filter((policy) => modeOf(policy) === mode);
  const policies = own.sort((a, b) => (a.name < b.name ? -1 : 1));
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
      const found = known.get(key) ?? isolationOf(pod, direction, selecting, mode, allows);
      if (found !== undefined) known.set(key, found);
      return found;
    },
  };
}

function namesPorts({ ingress }: NetworkPolicy): boolean {
  return ingress.some(({ ports = [] }) => ports.some(({ kind }) => kind === 'named'));
}
