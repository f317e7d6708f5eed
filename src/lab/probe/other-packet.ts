import type { Family } from '../../net/protocol.ts';
import { internetChecksum } from './icmp-packet.ts';

/** Reserved for experiments (RFC 3692): an IP protocol without ports that no kernel answers by itself. */
export const otherProtocol = 253;

/**
 * Where the packet has its checksum. nftables rejects a packet of an unknown protocol only if the whole payload sums up,
 * on IPv6 together with the pseudo-header (nf_reject_verify_csum); there the kernel fills it in.
 */
export const otherChecksumOffset = 8;

/** A request holds a number of its own; the answer repeats it, with the name of who answers. */
export interface OtherPacket {
  readonly kind: 'request' | 'answer';
  readonly id: number;
  readonly name: string;
}

export function encodeOther(family: Family, { kind, id, name }: OtherPacket): Buffer {
  const head = Buffer.alloc(12);
  head.write(kind === 'request' ? 'RQST' : 'ANSW', 'latin1');
  head.writeUInt32BE(id, 4);
  const packet = Buffer.concat([head, Buffer.from(name, 'utf8')]);
  if (family === 'IPv4') packet.writeUInt16BE(internetChecksum(packet), otherChecksumOffset);
  return packet;
}

/** The number of a request, of which an ICMP error may quote no more than eight bytes. */
export function otherRequestId(bytes: Buffer): number | undefined {
  return bytes.length >= 8 && bytes.toString('latin1', 0, 4) === 'RQST' ? bytes.readUInt32BE(4) : undefined;
}

export function decodeOther(bytes: Buffer): OtherPacket | undefined {
  if (bytes.length < 12) return undefined;
  const word = bytes.toString('latin1', 0, 4);
  if (word !== 'RQST' && word !== 'ANSW') return undefined;
  const kind = word === 'RQST' ? 'request' : 'answer';
  return { kind, id: bytes.readUInt32BE(4), name: bytes.toString('utf8', 12) };
}
