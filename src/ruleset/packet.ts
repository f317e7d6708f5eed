import type { Address } from '../net/address.ts';
import type { Protocol } from '../net/protocol.ts';
import type { CtState, Hook } from './objects.ts';

/** What a ruleset can see of a packet, at one hook of one node. */
export interface Packet {
  readonly hook: Hook;
  /** After DNAT, before SNAT. */
  readonly source: Address;
  /** Of the same family as the source. */
  readonly destination: Address;
  /** Whether the source is one of the node's own addresses (`fib saddr type local`). */
  readonly sourceIsLocal: boolean;
  /** Whether it came in over the loopback: only in `input`. */
  readonly loopback?: boolean;
  /** A number is that of IANA's registry. */
  readonly protocol: Protocol | 'ICMP' | 'ICMPv6' | number;
  /** Absent where the protocol has no ports, and in fragments after the first. */
  readonly destinationPort?: number;
  readonly icmpv6Type?: number;
  /** Of an IPv6 packet; 64 where absent. */
  readonly hopLimit?: number;
  /** The interface that it came in by: in `forward` and `input`. Of bridged traffic it is the bridge. */
  readonly inInterface?: string;
  /** The interface that it leaves by: in `forward` and `output`. */
  readonly outInterface?: string;
  /** Whether the route back to the source leads over another interface than it came in by. */
  readonly sourceUnrouted?: boolean;
  readonly tcpReset?: boolean;
  /** Absent where conntrack has not seen the packet or could make nothing of it. */
  readonly ct?: Conntrack;
}

/** The conntrack entry of a packet. In state `invalid` or `untracked` there is none: mark and direction match nothing. */
export interface Conntrack {
  readonly state: CtState;
  readonly direction: 'original' | 'reply';
  readonly mark: number;
  /** Where the connection was headed before DNAT; absent where nothing changed it. */
  readonly originalDestination?: Address;
  /** Whether a conntrack helper reads along. */
  readonly helper?: boolean;
}

/** The protocol's number in the IP header. */
export function protocolNumber(protocol: Packet['protocol']): number {
  return typeof protocol === 'number' ? protocol : numbers[protocol];
}

const numbers = { ICMP: 1, TCP: 6, UDP: 17, ICMPv6: 58, SCTP: 132 } as const;
