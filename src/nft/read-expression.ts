import type { Family, Protocol } from '../net/protocol.ts';
import type { Side } from '../ruleset/objects.ts';
import { isRecord } from './listing.ts';

/** `ip saddr`, `ip6 daddr`, ... */
export function readAddress(json: unknown): { readonly side: Side; readonly family: Family } | undefined {
  const { protocol, field } = readPayload(json) ?? {};
  const family = protocol === 'ip' ? 'IPv4' : protocol === 'ip6' ? 'IPv6' : undefined;
  return family !== undefined && (field === 'saddr' || field === 'daddr')
    ? { side: field, family }
    : undefined;
}

/** `meta l4proto` or `th dport`. */
export function readTransport(json: unknown): 'l4proto' | 'dport' | undefined {
  const { protocol, field } = readPayload(json) ?? {};
  if (protocol === 'th' && field === 'dport') return 'dport';
  return keyOf(json, 'meta') === 'l4proto' ? 'l4proto' : undefined;
}

/**
 * A protocol that policies can name, by nft's word or by its number: nft looks the words up in /etc/protocols, which
 * slim images lack.
 */
export function readProtocol(json: unknown): Protocol | undefined {
  return protocolWords.get(json);
}

const protocolWords: ReadonlyMap<unknown, Protocol> = new Map<unknown, Protocol>([
  ['tcp', 'TCP'],
  [6, 'TCP'],
  ['udp', 'UDP'],
  [17, 'UDP'],
  ['sctp', 'SCTP'],
  [132, 'SCTP'],
]);

/** The two names of `{payload: {protocol, field}}`. */
export function readPayload(
  json: unknown,
): { readonly protocol: string; readonly field: string } | undefined {
  const payload = only(json, 'payload');
  if (!isRecord(payload)) return undefined;
  const { protocol, field } = payload;
  return typeof protocol === 'string' && typeof field === 'string' ? { protocol, field } : undefined;
}

/** KEY of `{meta: {key: KEY}}` or `{ct: {key: KEY}}`; a direction or a family beside it makes it another expression. */
export function keyOf(json: unknown, word: 'meta' | 'ct'): string | undefined {
  const key = only(only(json, word), 'key');
  return typeof key === 'string' ? key : undefined;
}

/** The two sides of `{"&": [LEFT, NUMBER]}`, `{"|": [LEFT, NUMBER]}`. */
export function readBitwise(
  json: unknown,
  operator: '&' | '|',
): { readonly left: unknown; readonly right: unknown } | undefined {
  const sides = only(json, operator);
  if (!Array.isArray(sides) || sides.length !== 2) return undefined;
  const [left, right] = sides as readonly unknown[];
  return { left, right };
}

/** The value of the one key that the object has. */
export function only(json: unknown, key: string): unknown {
  return isRecord(json) && Object.keys(json).length === 1 ? json[key] : undefined;
}
