import type { Address } from '../../net/address.ts';
import type { Cidr } from '../../net/cidr.ts';

// What has to be done to the kernel, as data. A lab is one setup; so is what one pod adds to it.

/** Interfaces and everything that hangs on them. Namespaces and pairs are made first, then each namespace is filled. */
export interface Setup {
  /** Network namespaces to make. */
  readonly namespaces: readonly string[];
  readonly pairs: readonly VethPair[];
  readonly fillings: readonly Filling[];
}

/**
 * Two ends of one cable. Their interface indexes have to differ: of an interface whose peer has its own index, the kernel
 * takes its time to see that the carrier is there (a second, `linkwatch_urgent_event`), and counts in every namespace
 * from 1.
 */
export type VethPair = readonly [VethEnd, VethEnd];

export interface VethEnd {
  /** Absent: the lab's own namespace. */
  readonly netns?: string;
  readonly name: string;
  /** Absent: the next one that is free, counted from 1. */
  readonly index?: number;
  readonly mac?: string;
  readonly mtu?: number;
}

/** First of the indexes that the kernel does not come to by counting. */
export const innerIndex = 100_000;

/** What one namespace gets, in the order of the fields. Within a field the order is kept. */
export interface Filling {
  /** Absent: the lab's own namespace. */
  readonly netns?: string;
  readonly sysctls?: readonly Sysctl[];
  readonly links?: readonly Link[];
  readonly ports?: readonly BridgePort[];
  readonly addresses?: readonly InterfaceAddress[];
  /** Interfaces to set up. */
  readonly up?: readonly string[];
  readonly neighbours?: readonly Neighbour[];
  readonly routes?: readonly Route[];
  readonly rules?: readonly string[];
  readonly forwarding?: readonly ForwardingEntry[];
  /** A transaction for nft, in its text form. */
  readonly ruleset?: string;
}

export interface Sysctl {
  /** Below /proc/sys/net. */
  readonly path: string;
  readonly value: string;
  /** Not every kernel has it, and the lab can do without. */
  readonly optional?: boolean;
}

export type Link =
  | { readonly kind: 'bridge'; readonly name: string; readonly mac: string }
  | {
      readonly kind: 'vxlan';
      readonly name: string;
      readonly mac: string;
      readonly local: Address;
      readonly device: string;
      readonly mtu: number;
    };

export interface BridgePort {
  readonly name: string;
  readonly bridge: string;
  /** Whether the bridge may send a frame back out of the port that it came in by. */
  readonly hairpin: boolean;
}

export interface InterfaceAddress {
  readonly device: string;
  readonly address: Address;
  readonly prefix: number;
}

export interface Route {
  /** `undefined`: the default route of the gateway's family. */
  readonly to: Cidr | undefined;
  readonly device: string;
  readonly via?: Address;
  /** The source address that the host itself prefers on this route. */
  readonly source?: Address;
}

export interface Neighbour {
  readonly device: string;
  readonly address: Address;
  readonly mac: string;
}

/** Which underlay address a VXLAN sends frames for a MAC to. */
export interface ForwardingEntry {
  readonly device: string;
  readonly mac: string;
  readonly destination: Address;
}

/** Several setups as one, each namespace filled once, in the order given. */
export function mergeSetups(setups: readonly Setup[]): Setup {
  const fillings = new Map<string | undefined, Filling>();
  for (const filling of setups.flatMap((setup) => setup.fillings)) {
    fillings.set(filling.netns, mergeFillings(fillings.get(filling.netns), filling));
  }
  return {
    namespaces: setups.flatMap((setup) => setup.namespaces),
    pairs: setups.flatMap((setup) => setup.pairs),
    fillings: [...fillings.values()],
  };
}

function mergeFillings(a: Filling | undefined, b: Filling): Filling {
  if (a === undefined) return b;
  const ruleset = [a.ruleset, b.ruleset].filter((text) => text !== undefined).join('\n');
  return {
    ...(a.netns === undefined ? {} : { netns: a.netns }),
    sysctls: [...(a.sysctls ?? []), ...(b.sysctls ?? [])],
    links: [...(a.links ?? []), ...(b.links ?? [])],
    ports: [...(a.ports ?? []), ...(b.ports ?? [])],
    addresses: [...(a.addresses ?? []), ...(b.addresses ?? [])],
    up: [...(a.up ?? []), ...(b.up ?? [])],
    neighbours: [...(a.neighbours ?? []), ...(b.neighbours ?? [])],
    routes: [...(a.routes ?? []), ...(b.routes ?? [])],
    rules: [...(a.rules ?? []), ...(b.rules ?? [])],
    forwarding: [...(a.forwarding ?? []), ...(b.forwarding ?? [])],
    ...(ruleset === '' ? {} : { ruleset }),
  };
}
