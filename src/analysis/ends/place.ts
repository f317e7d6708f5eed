import type { Pod } from '../../model/pod.ts';
import type { Address } from '../../net/address.ts';
import type { AddressBlock } from '../../net/address-block.ts';
import type { Family } from '../../net/protocol.ts';
import type { Traffic } from '../../net/traffic.ts';
import type { PartyIndex } from '../reach/parties.ts';
import type { PossiblePod, PossiblePods } from '../reach/possible.ts';

/** A part of what an expression means, all of it alike to the policies. */
export type Place = PodsPlace | NodePlace | AddressesPlace | PossiblePlace;

export interface PodsPlace {
  readonly kind: 'pods';
  readonly party: PartyIndex;
  readonly pods: readonly [Pod, ...Pod[]];
  /** Whether nothing is said of a pod and its own node, which always reach each other. */
  readonly exceptOwnNode: boolean;
  /** Just this pod, by its name or address, rather than any replica of its workload. */
  readonly onePod?: true;
  /** Just in this family, where they are meant by their addresses. */
  readonly family?: Family;
}

export interface NodePlace {
  readonly kind: 'node';
  readonly party: PartyIndex;
  readonly node: string;
  readonly address: Address;
  readonly exceptOwnNode: boolean;
}

/** Addresses that no pod owns. */
export interface AddressesPlace {
  readonly kind: 'addresses';
  readonly party: PartyIndex;
  readonly blocks: readonly AddressBlock[];
  /** The lowest of them in each family that no pod owns, if possible no node either. */
  readonly examples: readonly [Address, ...Address[]];
}

/** Pods that do not exist yet. */
export interface PossiblePlace {
  readonly kind: 'possible';
  readonly possible: PossiblePods;
}

/** A place as a receiver, with what is asked for there. */
export interface Target {
  readonly place: Place;
  readonly traffic: Traffic;
}

/** One end of one connection: somebody to point at. */
export type Somebody =
  /** `replica`: another pod of the workload, alike in everything, where the other end is this pod. */
  | { readonly kind: 'pod'; readonly pod: Pod; readonly replica?: true }
  | { readonly kind: 'node'; readonly node: string; readonly address: Address }
  | { readonly kind: 'address'; readonly address: Address }
  | { readonly kind: 'possible'; readonly pod: PossiblePod };
