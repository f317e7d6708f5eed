import { isIPv4, isIPv6 } from 'node:net';
import { normalizeCidr } from 'cidr-tools';
import type { Family } from './protocol.ts';

declare const brand: unique symbol;

/** One IP address in its canonical spelling (dotted decimal, or RFC 5952). Equal addresses are equal strings. */
export type Address = string & { readonly [brand]: 'Address' };

const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * Reads an address as the API server does: strict, no leading zeros, no zone. An IPv4-mapped IPv6 address is the IPv4
 * address. Returns `undefined` for anything else.
 */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return text as Address;
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const canonical = normalizeCidr(text);
  const dotted = mapped.exec(canonical)?.[1];
  return (dotted !== undefined && isIPv4(dotted) ? dotted : canonical) as Address;
}

/** The family of an address or of a CIDR: only IPv6 has colons. */
export function familyOf(text: string): Family {
  return text.includes(':') ? 'IPv6' : 'IPv4';
}
