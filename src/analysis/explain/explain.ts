import { type Direction, type NetworkPolicy, policyKey } from '../../model/network-policy.ts';
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
import type { Allow, Isolation } from '../../policy/isolation.ts';
import type { Somebody } from '../ends/place.ts';
import type { Reach } from '../reach/reach.ts';
import { admits, declaredBy } from './admission.ts';
import {
  type AllowingRule,
  type Audit,
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
  const [first, ...others] = candidates.map((one) => explainIn(reach, from, to, asked, one));
  if (first === undefined) {
    return { ...explainIn(reach, from, to, asked, undefined), passes: nothing, noCommonFamily: true };
  }
  return [first, ...others].find(({ passes }) => passes !== asked) ?? first;
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
  const passes = intersectTraffic(egress.passes, ingress.passes);
  return {
    from,
    to,
    asked,
    passes,
    ...(family === undefined ? {} : { family }),
    egress: { ...egress, ...auditOf(reach, 'egress', from, to, passes, family) },
    ingress: { ...ingress, ...auditOf(reach, 'ingress', to, from, passes, family) },
  };
}

/** What audit policies would make of what passes. Where others isolate already, one more can only allow. */
function auditOf(
  reach: Reach,
  direction: Direction,
  own: Somebody,
  other: Somebody,
  passes: Traffic,
  family: Family | undefined,
): { readonly audit?: Audit } {
  const subject = subjectOf(own);
  if (passes === nothing || subject === undefined) return {};
  if (reach.isolations.of(subject, direction) !== undefined) return {};
  const audited = { ...reach, isolations: reach.audits };
  const { basis, denies, isolatedBy } = explainSide(audited, direction, own, other, passes, family);
  return basis === 'policy' ? { audit: { denies, by: isolatedBy } } : {};
}

/**
 * Families in which the answer may differ: those that both ends have an address of. A pod without an address could get one
 * of the other's; that of an address is given.
 */
function familiesBetween(reach: Reach, from: Somebody, to: Somebody): readonly (Family | undefined)[] {
  const [own, others] = [familiesOf(reach, from), familiesOf(reach, to)];
  if (own.length === 0) return others.length === 0 ? [undefined] : others;
  if (others.length === 0 || isAddress(from)) return own;
  if (isAddress(to)) return others;
  return families.filter((family) => own.includes(family) && others.includes(family));
}

function isAddress({ kind }: Somebody): boolean {
  return kind === 'address' || kind === 'node';
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
    denies: nothing,
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
    .filter((policy) => names.has(policyKey(policy)));
  const isolatedBy = policies.map(policyReference);
  if (isItself(own, other)) return open('itself', isolatedBy);
  if (isOwnNode(subject, other)) return open('own-node', isolatedBy);

  const receiver = direction === 'egress' ? other : own;
  const allowedBy = allowsFor(reach, own, policies, isolation).flatMap((allow): readonly AllowingRule[] => {
    if (!admits(reach, allow.peers, other, family)) return [];
    const ports = allow.ports.kind === 'all' ? everything : declaredBy(receiver, allow.ports);
    const traffic = intersectTraffic(ports, asked);
    const policy = policies.find((one) => policyKey(one) === allow.rule.policy);
    if (traffic === nothing || policy === undefined) return [];
    return [{ ...ruleReference(policy, direction, allow.rule.index), traffic }];
  });
  const passes = allowedBy.reduce((sum, { traffic }) => unionTraffic(sum, traffic), nothing);
  const denies = subtractTraffic(asked, passes);
  const missing = { direction, policies, own, other, missing: denies, family };
  return {
    direction,
    basis: 'policy',
    passes,
    denies,
    isolatedBy,
    allowedBy,
    nearMisses: denies === nothing ? [] : nearMisses(reach, missing, allowedBy),
  };
}

/** An isolation has the numbers of its pod's port names; a pod to come has names that are open still. */
function allowsFor(
  reach: Reach,
  { kind }: Somebody,
  policies: readonly NetworkPolicy[],
  { direction, allows }: Isolation,
): readonly Allow[] {
  return kind === 'possible'
    ? policies.flatMap((policy) => reach.isolations.allowsOf(policy, direction))
    : allows;
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

/** A pod and itself, and not another replica of it. */
function isItself(own: Somebody, other: Somebody): boolean {
  if (own.kind !== 'pod' || other.kind !== 'pod' || own.pod !== other.pod) return false;
  return own.replica !== true && other.replica !== true;
}

function isOwnNode({ nodeName }: Pod, other: Somebody): boolean {
  if (nodeName === '') return false;
  if (other.kind === 'node') return other.node === nodeName;
  return other.kind === 'pod' && other.pod.hostNetwork && other.pod.nodeName === nodeName;
}
