import type { SourcePosition } from '../../model/diagnostic.ts';
import type { Direction, NetworkPolicy, PolicyKey } from '../../model/network-policy.ts';
import type { Family } from '../../net/protocol.ts';
import type { Traffic } from '../../net/traffic.ts';
import type { Somebody } from '../ends/place.ts';
import type { NearMiss } from './near-miss.ts';

/** Why something passes from one end to another, or does not. */
export interface Explanation {
  readonly from: Somebody;
  readonly to: Somebody;
  /** What was asked for. */
  readonly asked: Traffic;
  /** What of it passes. */
  readonly passes: Traffic;
  /** The family that it is about, where the ends have a common one that the answer depends on. */
  readonly family?: Family;
  /** One pod has IPv4 addresses alone and the other IPv6: nothing passes, and policies have no part in it. */
  readonly noCommonFamily?: true;
  readonly egress: SideExplanation;
  readonly ingress: SideExplanation;
}

/** What one end's policies say: the source's egress, or the destination's ingress. */
export interface SideExplanation {
  readonly direction: Direction;
  readonly basis: Basis;
  /** What of the traffic that was asked for this side lets through. */
  readonly passes: Traffic;
  /** What it denies. */
  readonly denies: Traffic;
  /** The policies that isolate this end in this direction. */
  readonly isolatedBy: readonly PolicyReference[];
  /** The rules that let something of it through. */
  readonly allowedBy: readonly AllowingRule[];
  /**
   * Where something is denied: the rules that come nearest to allowing it, the nearest first. Never a rule of
   * `allowedBy`.
   */
  readonly nearMisses: readonly NearMiss[];
  /** What audit policies would make of what passes; absent: they have no say here. */
  readonly audit?: Audit;
}

/** Policies that are not enforced, and what of the traffic they would stop if they were: maybe nothing. */
export interface Audit {
  readonly denies: Traffic;
  /** The audit policies that isolate this end in this direction. */
  readonly by: readonly PolicyReference[];
}

export type Basis =
  /** No policy selects this end in this direction. */
  | 'open'
  /** This end is no pod: policies do not protect it. */
  | 'not-a-pod'
  /** Both ends are one pod. */
  | 'itself'
  /** The other end is the node that the pod runs on. */
  | 'own-node'
  /** Policies decide. */
  | 'policy';

export interface PolicyReference {
  readonly policy: PolicyKey;
  readonly source?: SourcePosition;
}

export interface RuleReference extends PolicyReference {
  readonly direction: Direction;
  /** Position in `spec.ingress` or `spec.egress` as written. */
  readonly rule: number;
}

export interface AllowingRule extends RuleReference {
  /** What of the traffic that was asked for the rule allows. */
  readonly traffic: Traffic;
}

export function policyReference(policy: NetworkPolicy): PolicyReference {
  const key = `${policy.namespace}/${policy.name}` as PolicyKey;
  return policy.source === undefined ? { policy: key } : { policy: key, source: policy.source };
}

/** A rule of a policy, at the place where it is written. */
export function ruleReference(policy: NetworkPolicy, direction: Direction, rule: number): RuleReference {
  const source = policy[direction].find(({ index }) => index === rule)?.source ?? policy.source;
  const { policy: key } = policyReference(policy);
  return { policy: key, direction, rule, ...(source === undefined ? {} : { source }) };
}
