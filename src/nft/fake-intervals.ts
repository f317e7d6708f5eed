import { isIPv4, isIPv6 } from 'node:net';
import { bounds, readCidr } from '../net/cidr.ts';
import type { ElementKey, NftSet } from '../ruleset/objects.ts';

/** The first and the last value of one component of a key. */
type Range = readonly [first: bigint, last: bigint];

type Declaration = Pick<NftSet, 'keyType' | 'interval'>;

/** The values that a key stands for, component by component; `undefined` where the set does not take it. */
export function keyRanges(key: ElementKey, { keyType, interval }: Declaration): readonly Range[] | undefined {
  const types = keyType.split(' . ');
  const components = key.split(' . ');
  if (components.length !== types.length) return undefined;
  const ranges = components.map((component, index) => componentRange(component, types[index] ?? ''));
  if (ranges.some((range) => range === undefined)) return undefined;
  // Without `flags interval` nft refuses a prefix or a range even where it holds one value only.
  if (!interval && /[/-]/.test(key)) return undefined;
  return ranges as readonly Range[];
}

/** A key that stands for a value which another key stands for too. */
export function overlapping(keys: Iterable<ElementKey>, declaration: Declaration): ElementKey | undefined {
  const all = [...keys]
    .flatMap((key) => {
      const ranges = keyRanges(key, declaration);
      return ranges === undefined ? [] : [{ key, ranges }];
    })
    .sort((a, b) => (first(a.ranges) < first(b.ranges) ? -1 : first(a.ranges) > first(b.ranges) ? 1 : 0));
  for (const [index, one] of all.entries()) {
    // Ascending by first component, so what can overlap this one follows it directly.
    for (let next = index + 1; next < all.length; next += 1) {
      const other = all[next];
      if (other === undefined || first(other.ranges) > (one.ranges[0]?.[1] ?? -1n)) break;
      if (one.ranges.every((range, at) => meet(range, other.ranges[at]))) return other.key;
    }
  }
  return undefined;
}

function first(ranges: readonly Range[]): bigint {
  return ranges[0]?.[0] ?? 0n;
}

function meet(a: Range, b: Range | undefined): boolean {
  return b !== undefined && a[0] <= b[1] && b[0] <= a[1];
}

const protocolNumbers: Readonly<Record<string, bigint>> = { tcp: 6n, udp: 17n, sctp: 132n };

function componentRange(component: string, type: string): Range | undefined {
  switch (type) {
    case 'ipv4_addr':
    case 'ipv6_addr':
      return addressRange(component, type === 'ipv4_addr' ? isIPv4 : isIPv6);
    case 'inet_proto': {
      const number = protocolNumbers[component];
      return number === undefined ? undefined : [number, number];
    }
    case 'inet_service': {
      const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(component);
      if (match === null) return undefined;
      const [low, high] = [Number(match[1]), Number(match[2] ?? match[1])];
      return low <= high && high <= 65_535 ? [BigInt(low), BigInt(high)] : undefined;
    }
    default:
      return undefined;
  }
}

function addressRange(component: string, isOfFamily: (text: string) => boolean): Range | undefined {
  const [low = '', high] = component.split('-');
  if (high !== undefined) {
    const [from, to] = [addressRange(low, isOfFamily), addressRange(high, isOfFamily)];
    return from !== undefined && to !== undefined && from[0] <= to[1] ? [from[0], to[1]] : undefined;
  }
  const [address = '', prefix] = low.split('/');
  if (!isOfFamily(address)) return undefined;
  const reading = readCidr(prefix === undefined ? `${address}/${address.includes(':') ? '128' : '32'}` : low);
  if (!reading.ok) return undefined;
  const { first: start, last: end } = bounds(reading.cidr);
  return [start, end];
}
