import type { ElementKey, KeyType, NftSet, SetName, Verdict } from '../ruleset/objects.ts';
import { isLegalKey } from '../ruleset/render-text.ts';
import { isRecord, type ListedObject } from './listing.ts';
import { readAddress, readProtocol, readTransport } from './read-expression.ts';
import { readVerdict } from './read-verdict.ts';

const setKeys = ['family', 'table', 'name', 'handle', 'comment', 'type', 'map', 'flags', 'elem'];

/** The declaration of a set or map; `undefined` where it is none that Ringfence writes. */
export function readSet(
  kind: 'set' | 'map',
  body: ListedObject['body'],
): Omit<NftSet, 'elements'> | undefined {
  const { name, type, map, flags = [] } = body;
  const keyType = readKeyType(type);
  const interval = Array.isArray(flags) && flags.length === 1 && flags[0] === 'interval';
  if (
    typeof name !== 'string' ||
    keyType === undefined ||
    (map === 'verdict') !== (kind === 'map') ||
    !(interval || (Array.isArray(flags) && flags.length === 0)) ||
    Object.keys(body).some((key) => !setKeys.includes(key))
  ) {
    return undefined;
  }
  return { name: name as SetName, kind, keyType, interval };
}

const keyTypes: readonly KeyType[] = [
  'ipv4_addr',
  'ipv6_addr',
  'ipv4_addr . inet_proto . inet_service',
  'ipv6_addr . inet_proto . inet_service',
  'inet_proto . inet_service',
];

/** `"ipv4_addr"`, `["ipv4_addr", "inet_proto", ...]`, or from nft 1.1 on `{typeof: EXPRESSION}`. */
function readKeyType(type: unknown): KeyType | undefined {
  const expression = isRecord(type) ? type['typeof'] : undefined;
  const text =
    expression === undefined
      ? (Array.isArray(type) ? type : [type]).map(String).join(' . ')
      : concatenation(expression).map(typeOfExpression).join(' . ');
  return keyTypes.find((known) => known === text);
}

function concatenation(expression: unknown): readonly unknown[] {
  const parts = isRecord(expression) ? expression['concat'] : undefined;
  return Array.isArray(parts) ? (parts as readonly unknown[]) : [expression];
}

function typeOfExpression(expression: unknown): string {
  const address = readAddress(expression);
  if (address !== undefined) return address.family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr';
  switch (readTransport(expression)) {
    case 'l4proto':
      return 'inet_proto';
    case 'dport':
      return 'inet_service';
    case undefined:
      return '?';
  }
}

/**
 * The elements of a listing; those with a timeout, a counter or a comment are not ours and come back unread, and so does
 * the one that stands for all others, `*`.
 */
export function readElements(
  { kind, keyType }: Pick<NftSet, 'kind' | 'keyType'>,
  elem: unknown = [],
): { readonly elements: Map<ElementKey, Verdict | null>; readonly unread: readonly unknown[] } {
  const elements = new Map<ElementKey, Verdict | null>();
  const unread: unknown[] = [];
  const types = keyType.split(' . ');
  for (const element of Array.isArray(elem) ? (elem as readonly unknown[]) : [elem]) {
    const [keyJson, verdictJson] =
      kind === 'map' && Array.isArray(element) ? (element as unknown[]) : [element];
    const key = readKey(types, keyJson);
    const verdict = kind === 'map' ? readVerdict(verdictJson) : null;
    if (key === undefined || verdict === undefined) unread.push(element);
    else elements.set(key as ElementKey, verdict);
  }
  return { elements, unread };
}

function readKey(types: readonly string[], json: unknown): string | undefined {
  const parts = concatenation(json).map((part, index) =>
    types[index] === 'inet_proto' ? readProtocol(part)?.toLowerCase() : readComponent(part),
  );
  const key = parts.join(' . ');
  return parts.includes(undefined) || !isLegalKey(key) ? undefined : key;
}

/** An address, a protocol, a port, a prefix or a range, in nft's own text. */
export function readComponent(json: unknown): string | undefined {
  if (typeof json === 'string' || typeof json === 'number') return String(json);
  if (!isRecord(json)) return undefined;
  const { prefix, range, ...more } = json;
  if (Object.keys(more).length > 0) return undefined;
  if (isRecord(prefix)) {
    const { addr, len } = prefix;
    return typeof addr === 'string' && typeof len === 'number' ? `${addr}/${String(len)}` : undefined;
  }
  if (!Array.isArray(range) || range.length !== 2) return undefined;
  const [first, last] = (range as readonly unknown[]).map(readComponent);
  return first === undefined || last === undefined ? undefined : `${first}-${last}`;
}
