import type { ObjectReference, SourcePosition } from '../../model/diagnostic.ts';
import type { Direction, NetworkPolicy, PolicyRule } from '../../model/network-policy.ts';
import type { Pod } from '../../model/pod.ts';

/** How findings name a policy. */
export function policyReference({ namespace, name }: NetworkPolicy): ObjectReference {
  return { kind: 'NetworkPolicy', namespace, name };
}

/** How findings name a pod: by its workload, for that is what somebody wrote. */
export function podReference({ namespace, name, workload }: Pod): ObjectReference {
  return { kind: workload?.kind ?? 'Pod', namespace, name: workload?.name ?? name };
}

/** `NetworkPolicy shop/web`: equal for references to one object, and different for others. */
export function referenceText({ kind, namespace, name }: ObjectReference): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** The field that holds the peers of a rule. */
export function peersField(direction: Direction): 'from' | 'to' {
  return direction === 'ingress' ? 'from' : 'to';
}

/** Where a rule stands in its policy: `spec.ingress[0]`. */
export function ruleText(direction: Direction, { index }: PolicyRule): string {
  return `spec.${direction}[${String(index)}]`;
}

/** An optional field of a finding. */
export function at(place: SourcePosition | undefined): { readonly place?: SourcePosition } {
  return place === undefined ? {} : { place };
}
