import type { Address } from '../net/address.ts';
import type { AddressBlock } from '../net/address-block.ts';
import type { Cidr } from '../net/cidr.ts';
import type { Family, Protocol } from '../net/protocol.ts';

// The closed list of nftables objects that Ringfence writes. Everything that renders, interprets, compares or reads back
// a ruleset switches over these unions and nothing else, so this file is the whole surface to review.

declare const chainBrand: unique symbol;
declare const setBrand: unique symbol;
declare const counterBrand: unique symbol;
declare const elementBrand: unique symbol;
declare const interfaceBrand: unique symbol;

/** The name of a chain: at most 255 bytes, legal as a bare word in nft's text form. */
export type ChainName = string & { readonly [chainBrand]: 'ChainName' };

/** The name of a set or a map: at most 255 bytes, legal as a bare word in nft's text form. */
export type SetName = string & { readonly [setBrand]: 'SetName' };

/**
 * The name of a counter that is an object of its own: what it has counted stays while the rules that name it come and go in
 * one transaction. It is there as long as a rule names it. At most 255 bytes, legal as a bare word in nft's text form.
 */
export type CounterName = string & { readonly [counterBrand]: 'CounterName' };

/**
 * The key of a set element in nft's own text, components joined by ` . `: `10.0.0.1`, `10.0.0.0/8`,
 * `10.0.0.1 . tcp . 80`, `tcp . 80-90`. Equal elements are equal strings.
 */
export type ElementKey = string & { readonly [elementBrand]: 'ElementKey' };

/** The name of an interface, or its beginning and `*`: `cni0`, `veth*`. See `isInterfacePattern`. */
export type InterfacePattern = string & { readonly [interfaceBrand]: 'InterfacePattern' };

/** One table of family `inet`. Names are unique among chains, and among sets and maps together. */
export interface Ruleset {
  readonly table: string;
  readonly sets: ReadonlyMap<SetName, NftSet>;
  readonly chains: ReadonlyMap<ChainName, Chain>;
}

/** nft's data types of set keys. Mirrors `typeof ip saddr`, `typeof ip saddr . meta l4proto . th dport`, and so on. */
export type KeyType =
  | 'ipv4_addr'
  | 'ipv6_addr'
  | 'ipv4_addr . inet_proto . inet_service'
  | 'ipv6_addr . inet_proto . inet_service'
  | 'inet_proto . inet_service';

/** A named set, or a named verdict map: then each element has a verdict. */
export interface NftSet {
  readonly name: SetName;
  readonly kind: 'set' | 'map';
  readonly keyType: KeyType;
  /** `flags interval`: keys may be prefixes and ranges. They never overlap: the kernel would refuse the transaction. */
  readonly interval: boolean;
  /** For people; only nft's text form carries it (its JSON form loses comments of sets). */
  readonly comment?: string;
  /** The verdict is `null` in a set. */
  readonly elements: ReadonlyMap<ElementKey, Verdict | null>;
}

export interface Chain {
  readonly name: ChainName;
  /** Absent for a regular chain. */
  readonly base?: BaseChain;
  readonly rules: readonly Rule[];
}

/** Type `filter`, policy `accept`. */
export interface BaseChain {
  readonly hook: Hook;
  readonly priority: number;
}

export type Hook = 'forward' | 'output' | 'input';

/** All matches must hold, then the statements run in order. */
export interface Rule {
  readonly matches: readonly Match[];
  readonly statements: readonly Statement[];
  /** At most 128 bytes, printable ASCII without quotes. */
  readonly comment?: string;
}

/** Which end of the packet an address match looks at. */
export type Side = 'saddr' | 'daddr';

export type CtState = 'new' | 'established' | 'related' | 'invalid' | 'untracked';

export type Match =
  /** `meta nfproto ipv4` */
  | { readonly kind: 'family'; readonly family: Family }
  /** `ip saddr 10.0.0.0/8`; with `negate`, `!=`. Implies the family. */
  | { readonly kind: 'prefix'; readonly side: Side; readonly cidr: Cidr; readonly negate?: boolean }
  /** `ip saddr @set`; with `negate`, `!=`. Implies the family. */
  | {
      readonly kind: 'address-set';
      readonly side: Side;
      readonly family: Family;
      readonly set: SetName;
      readonly negate?: boolean;
    }
  /** `ip daddr . meta l4proto . th dport @set`. Implies the family. */
  | { readonly kind: 'endpoint-set'; readonly side: Side; readonly family: Family; readonly set: SetName }
  /** `meta l4proto tcp` */
  | { readonly kind: 'protocol'; readonly protocol: Protocol }
  /** `tcp dport { 80, 8000-8080 }`: disjoint, ascending, at least one. Implies the protocol. */
  | {
      readonly kind: 'ports';
      readonly protocol: Protocol;
      readonly ranges: readonly (readonly [first: number, last: number])[];
    }
  /** `icmpv6 type { nd-router-solicit, ... }`, by number. */
  | { readonly kind: 'icmpv6-types'; readonly types: readonly number[] }
  /** `tcp flags & rst == rst` */
  | { readonly kind: 'tcp-reset' }
  /** `ct mark & mask == value`. A packet without conntrack entry does not match. */
  | { readonly kind: 'ct-mark'; readonly mask: number; readonly value: number }
  /** `ct state established,related` */
  | { readonly kind: 'ct-state'; readonly states: readonly CtState[] }
  /** `ct direction reply`. A packet without conntrack entry does not match. */
  | { readonly kind: 'ct-direction'; readonly direction: 'original' | 'reply' }
  /**
   * `ct original ip daddr != 10.0.0.1`: the connection began toward another address, before DNAT or IPVS. A packet without
   * conntrack entry does not match. Implies the family.
   */
  | { readonly kind: 'ct-redirected'; readonly from: Address }
  /** `ct helper != "none"`: a helper reads along (FTP, SIP). Where no helper does, nft has nothing to compare. */
  | { readonly kind: 'ct-helper' }
  /** `meta l4proto { icmp, ipv6-icmp }` */
  | { readonly kind: 'icmp' }
  /** `ip6 hoplimit 255`. Implies the family. */
  | { readonly kind: 'hop-limit'; readonly value: number }
  /**
   * `fib saddr . iif oif missing`: the way back to the source does not lead over the interface that the packet came in by.
   * The kernel has no such interface in `output` and refuses the match in any chain that `output` leads to.
   */
  | { readonly kind: 'source-unrouted' }
  /** `iifname "veth*"` or `oifname "veth*"`. A hook without such an interface does not match. */
  | { readonly kind: 'interface'; readonly way: 'in' | 'out'; readonly pattern: InterfacePattern }
  /** `fib saddr type { local, anycast }`: the source address is one of this node's own. */
  | { readonly kind: 'source-local' }
  /** `iifname "lo"`: the node sent it to itself. In `output` no packet has come in yet. */
  | { readonly kind: 'loopback' };

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'continue' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: ChainName };

export type Statement =
  /** `counter`, which goes with its rule, or `counter name "x"`. */
  | { readonly kind: 'counter'; readonly name?: CounterName }
  /** `limit rate 100/second burst 200 packets`: beyond it the rule ends, and the next one follows. */
  | { readonly kind: 'limit'; readonly perSecond: number; readonly burst: number }
  /** `log prefix "..." group 9461 snaplen 128`: a copy of the packet's first bytes goes to whoever listens to the group. */
  | { readonly kind: 'log'; readonly group: number; readonly prefix: string; readonly bytes: number }
  /** `ct mark set ct mark & keep | value`: bits of `keep` stay as they are. */
  | { readonly kind: 'set-ct-mark'; readonly keep: number; readonly value: number }
  /** `ip saddr vmap @map`. Where the map has no element, the rule ends and the next one follows. Implies the family. */
  | { readonly kind: 'address-vmap'; readonly side: Side; readonly family: Family; readonly map: SetName }
  /** `meta l4proto . th dport vmap @map` */
  | { readonly kind: 'port-vmap'; readonly map: SetName }
  /** `reject with tcp reset` (the rule also matches TCP) or `reject with icmpx admin-prohibited`. Ends evaluation. */
  | { readonly kind: 'reject'; readonly with: 'tcp-reset' | 'admin-prohibited' }
  | { readonly kind: 'verdict'; readonly verdict: Verdict };

export function addressKeyType(family: Family): 'ipv4_addr' | 'ipv6_addr' {
  return family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr';
}

export function endpointKeyType(
  family: Family,
): 'ipv4_addr . inet_proto . inet_service' | 'ipv6_addr . inet_proto . inet_service' {
  return `${addressKeyType(family)} . inet_proto . inet_service`;
}

export function addressElement(address: Address): ElementKey {
  return address as string as ElementKey;
}

export function blockElement(block: AddressBlock): ElementKey {
  return block as string as ElementKey;
}

export function endpointElement(address: Address, protocol: Protocol, port: number): ElementKey {
  return `${address} . ${protocol.toLowerCase()} . ${String(port)}` as ElementKey;
}

/** A range of ports of one protocol; one port where `first` equals `last`. */
export function portsElement(protocol: Protocol, first: number, last: number): ElementKey {
  const ports = first === last ? String(first) : `${String(first)}-${String(last)}`;
  return `${protocol.toLowerCase()} . ${ports}` as ElementKey;
}
