import type { Family } from '../../net/protocol.ts';
import type { IcmpError } from './sockets.ts';

export const icmpProtocol: Readonly<Record<Family, number>> = { IPv4: 1, IPv6: 58 };

const echo = { IPv4: { request: 8, reply: 0 }, IPv6: { request: 128, reply: 129 } };

/** An echo request (RFC 792, RFC 4443). The kernel fills in the checksum of IPv6 by itself. */
export function encodeEcho(family: Family, id: number, sequence: number): Buffer {
  const packet = Buffer.alloc(16);
  packet.writeUInt8(echo[family].request, 0);
  packet.writeUInt16BE(id, 4);
  packet.writeUInt16BE(sequence, 6);
  if (family === 'IPv4') packet.writeUInt16BE(internetChecksum(packet), 2);
  return packet;
}

export function isEchoReply(family: Family, packet: Buffer, id: number): boolean {
  return packet.length >= 8 && packet.readUInt8(0) === echo[family].reply && packet.readUInt16BE(4) === id;
}

/** A raw socket of IPv4 receives the IP header, too; one of IPv6 does not. */
export function ipPayload(family: Family, packet: Buffer): Buffer {
  return family === 'IPv4' && packet.length > 0 ? packet.subarray((packet.readUInt8(0) & 15) * 4) : packet;
}

/**
 * What an error means to who sent the packet: nobody is there, or somebody refuses. `undefined` for what ends no
 * connection, such as "packet too big".
 */
export function icmpVerdict({ family, type, code }: IcmpError): 'unreachable' | 'rejected' | undefined {
  if (family === 'IPv4') {
    if (type !== 3 || code === 4) return undefined;
    // Network, host, source route, network and host unknown, isolated, and for the type of service.
    return [0, 1, 5, 6, 7, 8, 11, 12].includes(code) ? 'unreachable' : 'rejected';
  }
  if (type === 4 && code === 1) return 'rejected'; // no such next header: RFC 4443's way to say "no such protocol"
  if (type !== 1) return undefined;
  return [0, 2, 3].includes(code) ? 'unreachable' : 'rejected';
}

/** RFC 1071, over bytes whose own checksum is still zero. */
export function internetChecksum(bytes: Buffer): number {
  let sum = 0;
  for (const [at, byte] of bytes.entries()) sum += at % 2 === 0 ? byte << 8 : byte;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
