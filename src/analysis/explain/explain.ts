import type { Direction } from '../../model/network-policy.ts';
import type { Pod } from '../../model/pod.ts';
import { familyOf } from '../../net/address.ts';
import { families, type Family } from '../../net/protocol.ts';
import {
  everything,
  intersectTraffic,
  nothing,
  subtractTraffic,
  type Traffic,
  unionTraffic,
} from '../../net/traffic.ts';
import type { Somebody } from '../ends/place.ts';
import type { Reach } from '../reach/reach.ts';
import { admits, declaredBy } from './admission.ts';
import {
  type AllowingRule,
  type Basis,
  type Explanation,
  policyReference,
  ruleReference,
  type SideExplanation,
} from './explanation.ts';
import { nearMisses } from './near-miss.ts';

/**
 * Says which policies and rules decide about traffic between two ends, and what comes nearest where they deny it.
 * @param family the family to speak of; else the first that both ends have in which not everything passes
 */
export function explain(
  reach: Reach,
  from: Somebody,
  to: Somebody,
  asked: Traffic,
  family?: Family,
): Explanation {
  const candidates = family === undefined ? familiesBetween(reach, from, to) : [family];
  const explanations = candidates.map((one) => explainIn(reach, from, to, asked, one));
  const [first] = explanations;
  const telling = explanations.find(({ passes }) => passes !== asked) ?? first;
  if (telling === undefined || first === undefined) return explainIn(reach, from, to, asked, undefined);
  return telling;
}

function explainIn(
  reach: Reach,
  from: Somebody,
  to: Somebody,
  asked: Traffic,
  family: Family | undefined,
): Explanation {
  const egress = explainSide(reach, 'egress', from, to, asked, family);
  const ingress = explainSide(reach, 'ingress', to, from, asked, family);
  return {
    from,
    to,
    asked,
    passes: intersectTraffic(egress.passes, ingress.passes),
    ...(family === undefined ? {} : { family }),
    egress,
    ingress,
  };
}

/** Families in which the answer may differ: those that both ends have an address of. */
function familiesBetween(reach: Reach, from: Somebody, to: Somebody): readonly Family[] {
  const [own, others] = [familiesOf(reach, from), familiesOf(reach, to)];
  if (own.length === 0) return others;
  if (others.length === 0) return own;
  return families.filter((family) => own.includes(family) && others.includes(family));
}

function familiesOf(reach: Reach, end: Somebody): readonly Family[] {
  switch (end.kind) {
    case 'possible':
      return [];
    case 'pod': {
      const party = reach.parties.all[reach.parties.ofPod(end.pod) ?? -1];
      return party?.kind === 'pods' ? party.families : [];
    }
    case 'node':
    case 'address':
      return [familyOf(end.address)];
  }
}

function explainSide(
  reach: Reach,
  direction: Direction,
  own: Somebody,
  other: Somebody,
  asked: Traffic,
  family: Family | undefined,
): SideExplanation {
  const subject = subjectOf(own);
  const open = (basis: Basis, isolatedBy: SideExplanation['isolatedBy'] = []): SideExplanation => ({
    direction,
    basis,
    passes: asked,
    isolatedBy,
    allowedBy: [],
    nearMisses: [],
  });
  if (subject === undefined) return open('not-a-pod');
  const isolation = reach.isolations.of(subject, direction);
  if (isolation === undefined) return open('open');
  const names = new Set<string>(isolation.policies);
  const policies = reach.isolations
    .policiesIn(subject.namespace)
    .filter(({ namespace, name }) => names.has(`${namespace}/${name}`));
  const isolatedBy = policies.map(policyReference);
  if (isItself(own, other)) return open('itself', isolatedBy);
  if (isOwnNode(subject, other)) return open('own-node', isolatedBy);

  const receiver = direction === 'egress' ? other : own;
  const allowedBy = isolation.allows.flatMap((allow): readonly AllowingRule[] => {
    if (!admits(reach, allow.peers, other, family)) return [];
    const ports = allow.ports.kind === 'all' ? everything : declaredBy(receiver, allow.ports);
    const traffic = intersectTraffic(ports, asked);
    const policy = policies.find(({ namespace, name }) => `${namespace}/${name}` === allow.rule.policy);
    if (traffic === nothing || policy === undefined) return [];
    return [{ ...ruleReference(policy, direction, allow.rule.index), traffic }];
  });
  const passes = allowedBy.reduce((sum, { traffic }) => unionTraffic(sum, traffic), nothing);
  const missing = subtractTraffic(asked, passes);
  return {
    direction,
    basis: 'policy',
    passes,
    isolatedBy,
    allowedBy,
    nearMisses:
      missing === nothing ? [] : nearMisses(reach, { direction, policies, own, other, missing, family }),
  };
}

/** The pod that policies judge; a pod to come as it would be. */
export function subjectOf(end: Somebody): Pod | undefined {
  switch (end.kind) {
    case 'pod':
      return end.pod.hostNetwork ? undefined : end.pod;
    case 'possible':
      return {
        namespace: end.pod.namespace,
        name: '',
        uid: '',
        labels: end.pod.labels,
        nodeName: '',
        addresses: [],
        hostNetwork: false,
        finished: false,
        created: '',
        ports: [],
        containerPorts: [],
      };
    case 'node':
    case 'address':
      return undefined;
  }
}

/** A pod and itself; a pod of a workload is asked about as one replica and another. */
function isItself(own: Somebody, other: Somebody): boolean {
  return (
    own.kind === 'pod' && other.kind === 'pod' && own.pod === other.pod && own.pod.workload === undefined
  );
}

function isOwnNode({ nodeName }: Pod, other: Somebody): boolean {
  if (nodeName === '') return false;
  if (other.kind === 'node') return other.node === nodeName;
  return other.kind === 'pod' && other.pod.hostNetwork && other.pod.nodeName === nodeName;
}
