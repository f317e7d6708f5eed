import { type Address, familyOf } from '../../net/address.ts';
import { bounds, hostCidr } from '../../net/cidr.ts';
import type { Family } from '../../net/protocol.ts';
import { addressOfNumber } from '../../net/cidr.ts';

/** Address families of Linux, the same on every architecture. */
export const addressFamilies: Readonly<Record<Family, number>> = { IPv4: 2, IPv6: 10 };

/** Length of the longer of the two structures below, in bytes. */
export const longestSocketAddress = 28;

export interface SocketAddress {
  readonly address: Address;
  /** 0 where the protocol has none. */
  readonly port: number;
}

/** `struct sockaddr_in` or `struct sockaddr_in6` of a little-endian machine. */
export function encodeSocketAddress({ address, port }: SocketAddress): Buffer {
  const family = familyOf(address);
  const structure = Buffer.alloc(family === 'IPv4' ? 16 : 28);
  structure.writeUInt16LE(addressFamilies[family], 0);
  structure.writeUInt16BE(port, 2);
  const digits = bounds(hostCidr(address))
    .first.toString(16)
    .padStart(family === 'IPv4' ? 8 : 32, '0');
  structure.write(digits, family === 'IPv4' ? 4 : 8, 'hex');
  return structure;
}

/** `undefined` where the structure is of neither family. */
export function decodeSocketAddress(structure: Buffer): SocketAddress | undefined {
  const number = structure.readUInt16LE(0);
  const port = structure.readUInt16BE(2);
  if (number === addressFamilies.IPv4) return { address: read('IPv4', structure.subarray(4, 8)), port };
  if (number === addressFamilies.IPv6) return { address: read('IPv6', structure.subarray(8, 24)), port };
  return undefined;
}

function read(family: Family, bytes: Buffer): Address {
  return addressOfNumber(family, BigInt(`0x${bytes.toString('hex')}`));
}
