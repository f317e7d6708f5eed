import type { Cidr } from '../net/cidr.ts';
import type { Protocol } from '../net/protocol.ts';
import type { SourcePosition } from './diagnostic.ts';
import type { LabelSelector } from './label-selector.ts';

declare const brand: unique symbol;

/** `namespace/name` of a NetworkPolicy. */
export type PolicyKey = string & { readonly [brand]: 'PolicyKey' };

export type Direction = 'ingress' | 'egress';

/** Both directions, in the order used wherever directions are listed. */
export const directions: readonly Direction[] = ['ingress', 'egress'];

/**
 * A NetworkPolicy (networking/v1) with the API's defaults applied. What could not be understood is already closed: a
 * broken podSelector selects every pod of the namespace, a broken rule is absent from `ingress` or `egress` while the
 * isolation it belongs to stands.
 */
export interface NetworkPolicy {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly podSelector: LabelSelector;
  /** The directions that the policy isolates, `policyTypes` after defaulting. Sorted as `directions`. */
  readonly policyTypes: readonly Direction[];
  /** Rules of a direction that `policyTypes` leaves out are dropped. */
  readonly ingress: readonly PolicyRule[];
  readonly egress: readonly PolicyRule[];
  /** The directions whose rules were dropped for that; absent where there is none. */
  readonly droppedRules?: readonly Direction[];
  /** Judged and told, but not enforced: it neither isolates nor allows. Absent: enforced. */
  readonly audit?: true;
  /** The policies of its namespace are too large together: its selector and rules are not kept, and it selects every pod. */
  readonly isCut?: true;
  readonly annotations: Readonly<Record<string, string>>;
  readonly source?: SourcePosition;
}

/** One item of `ingress` or `egress`: (any of the peers) and (any of the ports). */
export interface PolicyRule {
  /** Position in the list as written; broken rules leave gaps. */
  readonly index: number;
  /** Absent: every peer, external ones included. */
  readonly peers?: readonly PolicyPeer[];
  /** Absent: every port of every protocol, other IP protocols included. */
  readonly ports?: readonly PolicyPort[];
  readonly source?: SourcePosition;
}

export type PolicyPeer = PodPeer | IpBlockPeer;

/** Pods by label. Never matches an address that no pod owns, nor a hostNetwork pod. */
export interface PodPeer {
  readonly kind: 'pods';
  /** Absent: the namespace of the policy alone. Empty: every namespace. */
  readonly namespaceSelector?: LabelSelector;
  /** Empty (also where not written): every pod of those namespaces. */
  readonly podSelector: LabelSelector;
}

/** Addresses, whoever owns them: pods, nodes, the world. */
export interface IpBlockPeer {
  readonly kind: 'ipBlock';
  readonly cidr: Cidr;
  readonly except: readonly Cidr[];
}

export type PolicyPort =
  | { readonly kind: 'all'; readonly protocol: Protocol }
  | { readonly kind: 'range'; readonly protocol: Protocol; readonly first: number; readonly last: number }
  | { readonly kind: 'named'; readonly protocol: Protocol; readonly name: string };

/** Whether a policy is enforced, or only told what it would deny. */
export const policyModes = ['enforce', 'audit'] as const;
export type PolicyMode = (typeof policyModes)[number];

/** The annotation that says so; without it a policy is enforced. */
export const modeAnnotation = 'ringfence.dev/mode';

export function modeOf({ audit }: Pick<NetworkPolicy, 'audit'>): PolicyMode {
  return audit === true ? 'audit' : 'enforce';
}

export function policyKey(policy: { readonly namespace: string; readonly name: string }): PolicyKey {
  return `${policy.namespace}/${policy.name}` as PolicyKey;
}
