import type { Address } from '../net/address.ts';
import type { Protocol } from '../net/protocol.ts';
import type { SourcePosition } from './diagnostic.ts';
import type { Labels } from './label-selector.ts';

declare const brand: unique symbol;

/** `namespace/name`. A namespace has no slash, so the key is injective. */
export type PodKey = string & { readonly [brand]: 'PodKey' };

/** A named port of a container, restartable init containers included. */
export interface NamedPort {
  readonly name: string;
  readonly number: number;
  readonly protocol: Protocol;
}

/** Who made the pod, as `kubectl` names it: the Deployment rather than its ReplicaSet. */
export interface Workload {
  readonly kind: string;
  readonly name: string;
}

/** What policies need to know of a pod. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  /** Empty where the input has none (manifests). */
  readonly uid: string;
  readonly labels: Labels;
  /** Empty while not scheduled. */
  readonly nodeName: string;
  /**
   * The addresses that the pod owns, in the order of the API, at most one of each family. Empty for pods that are
   * finished (their address may be reused), that have none yet, and for templates.
   */
  readonly addresses: readonly Address[];
  /** Looks like its node: never selected by a policy and never a peer. */
  readonly hostNetwork: boolean;
  /** Succeeded or Failed. */
  readonly finished: boolean;
  /** Being deleted, and perhaps still running: it keeps its rules, and its address until a pod that stays claims it. */
  readonly terminating?: boolean;
  /** ISO 8601 creation time; of two running pods with one address the newest owns it. Empty in manifests. */
  readonly created: string;
  /** Sorted by name, protocol, number, without repeats. */
  readonly ports: readonly NamedPort[];
  /** Every port that a container declares, named or not: what the lab listens on. Sorted, without repeats. */
  readonly containerPorts: readonly { readonly number: number; readonly protocol: Protocol }[];
  readonly workload?: Workload;
  /** The annotation `ringfence.dev/lint-ignore` of the pod or of its workload, as written. */
  readonly lintIgnore?: string;
  readonly source?: SourcePosition;
}

export function podKey(pod: { readonly namespace: string; readonly name: string }): PodKey {
  return `${pod.namespace}/${pod.name}` as PodKey;
}
