import IPCIDR from 'ip-cidr';
import { normalizeCidr, parseCidr } from 'cidr-tools';
import { type Address, familyOf, parseAddress } from './address.ts';
import type { Family } from './protocol.ts';

// The only importer of ip-cidr, and with address.ts of cidr-tools. Both are loose where a firewall must not be: ip-cidr's
// `contains` mixes families (10.0.0.0/8 contains a00::1) and cidr-tools wraps 300.0.0.0/8 to 44.0.0.0/8. Text is therefore
// checked here first, a CIDR is branded once it is canonical, and every comparison asks for the family.

declare const brand: unique symbol;

/** A block of addresses in canonical form: canonical address, host bits zero, `/prefix`. Equal blocks are equal strings. */
export type Cidr = string & { readonly [brand]: 'Cidr' };

/** What was odd about the spelling of a CIDR that is understood all the same (older API servers stored such). */
export type CidrOddity = 'host-bits' | 'leading-zeros' | 'ipv4-mapped';

export type CidrReading =
  | { readonly ok: true; readonly cidr: Cidr; readonly oddities: readonly CidrOddity[] }
  | { readonly ok: false };

/**
 * Reads a CIDR the way the API server's older, sloppy parser did: host bits are masked, leading zeros are decimal, an
 * IPv4-mapped block of /96 or longer is the IPv4 block. Each of these is reported as an oddity. No zone, no bare address.
 */
export function readCidr(text: string): CidrReading {
  const [address, prefixText, ...rest] = text.split('/');
  if (address === undefined || prefixText === undefined || rest.length > 0 || !/^\d{1,4}$/.test(prefixText)) {
    return { ok: false };
  }
  const oddities: CidrOddity[] = [];
  let prefix = Number(prefixText);
  const decimal = address.replace(/(?<![0-9a-fA-F:])0+(?=\d+(\.|$))/g, '');
  const plain = address.includes('.') ? decimal : address;
  if (plain !== address || String(prefix) !== prefixText) oddities.push('leading-zeros');
  const parsed = parseAddress(plain);
  if (parsed === undefined) return { ok: false };
  if (plain.includes(':') && familyOf(parsed) === 'IPv4') {
    oddities.push('ipv4-mapped');
    prefix -= 96;
  }
  if (prefix < 0 || prefix > addressBits(familyOf(parsed))) return { ok: false };
  if (!IPCIDR.isValidCIDR(`${parsed}/${String(prefix)}`)) return { ok: false };
  const cidr = normalizeCidr(`${parsed}/${String(prefix)}`) as Cidr;
  if (cidr !== `${parsed}/${String(prefix)}`) oddities.push('host-bits');
  return { ok: true, cidr, oddities };
}

/** The whole address space of a family. */
export function everyAddress(family: Family): Cidr {
  return (family === 'IPv4' ? '0.0.0.0/0' : '::/0') as Cidr;
}

/** The block that holds just this address. */
export function hostCidr(address: Address): Cidr {
  return `${address}/${String(addressBits(familyOf(address)))}` as Cidr;
}

/** Bits in an address of the family. */
export function addressBits(family: Family): 32 | 128 {
  return family === 'IPv4' ? 32 : 128;
}

/** The number of leading bits that all addresses of the block share. */
export function prefixLength(cidr: Cidr): number {
  return Number(cidr.slice(cidr.indexOf('/') + 1));
}

/** Whether the address lies in the block. Addresses of the other family never do. */
export function cidrContains(cidr: Cidr, address: Address): boolean {
  return containsRange(bounds(cidr), bounds(hostCidr(address)));
}

/** Whether every address of `inner` lies in `outer`. */
export function cidrCovers(outer: Cidr, inner: Cidr): boolean {
  return containsRange(bounds(outer), bounds(inner));
}

/** Ascending by family, first address, then prefix length. */
export function compareCidrs(a: Cidr, b: Cidr): number {
  const [x, y] = [bounds(a), bounds(b)];
  if (x.family !== y.family) return x.family === 'IPv4' ? -1 : 1;
  if (x.first !== y.first) return x.first < y.first ? -1 : 1;
  return prefixLength(a) - prefixLength(b);
}

/** Ascending by family, then by number. */
export function compareAddresses(a: Address, b: Address): number {
  return compareCidrs(hostCidr(a), hostCidr(b));
}

/** The address that has this number in its family's space. */
export function addressOfNumber(family: Family, number: bigint): Address {
  const address = parseAddress(family === 'IPv4' ? dotted(number) : hexGroups(number));
  if (address === undefined) throw new RangeError(`no ${family} address has the number ${String(number)}`);
  return address;
}

function dotted(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');
}

function hexGroups(value: bigint): string {
  return (value.toString(16).padStart(32, '0').match(/.{4}/g) ?? []).join(':');
}

export interface Bounds {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
}

/** The first and the last address of a block as numbers. */
export function bounds(cidr: Cidr): Bounds {
  const { start, end } = parseCidr(cidr);
  return { family: familyOf(cidr), first: start, last: end };
}

function containsRange(outer: Bounds, inner: Bounds): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}
