import { isIPv4, isIPv6 } from 'node:net';
import { normalizeCidr } from 'cidr-tools';
import type { Family } from './protocol.ts';

declare const brand: unique symbol;

/** One IP address in its canonical spelling (dotted decimal, or RFC 5952). Equal addresses are equal strings. */
export type Address = string & { readonly [brand]: 'Address' };

/** RFC 4291 2.5.5.2, in either spelling of the last 32 bits. */
const mapped = /^::ffff:(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i;

/**
 * Reads an address as the API server does: strict, no leading zeros, no zone. An IPv4-mapped IPv6 address is the IPv4
 * address. Returns `undefined` for anything else.
 */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return text as Address;
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const canonical = normalizeCidr(text);
  const [, dotted, high, low] = mapped.exec(canonical) ?? [];
  if (dotted !== undefined) return dotted as Address;
  if (high === undefined || low === undefined) return canonical as Address;
  const bytes = [high, low].flatMap((group) => [
    Number.parseInt(group, 16) >> 8,
    Number.parseInt(group, 16) & 255,
  ]);
  return bytes.join('.') as Address;
}

/** The family of an address or of a CIDR: only IPv6 has colons. */
export function familyOf(text: string): Family {
  return text.includes(':') ? 'IPv6' : 'IPv4';
}
