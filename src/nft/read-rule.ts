import { hostCidr, readCidr } from '../net/cidr.ts';
import { parseAddress } from '../net/address.ts';
import { type Protocol, protocols } from '../net/protocol.ts';
import type { CtState, Match, Rule, SetName, Side, Statement } from '../ruleset/objects.ts';
import { isRecord, type ListedObject } from './listing.ts';
import { keyOf, only, readAddress, readBitwise, readPayload, readTransport } from './read-expression.ts';
import { readComponent } from './read-set.ts';
import { readVerdict } from './read-verdict.ts';

/** A listed rule; `undefined` where it is none that Ringfence writes. Counters lose their values. */
export function readRule(body: ListedObject['body']): Rule | undefined {
  const { comment, expr } = body;
  const parts = Array.isArray(expr) ? (expr as readonly unknown[]) : [];
  const matches: Match[] = [];
  const statements: Statement[] = [];
  for (const part of parts) {
    const match = readMatch(part);
    const statement = match === undefined ? readStatement(part) : undefined;
    // Ringfence writes all matches first. One behind a statement holds for what follows it alone.
    if (match !== undefined && statements.length === 0) matches.push(match);
    else if (statement !== undefined) statements.push(statement);
    else return undefined;
  }
  if (parts.length === 0 || (comment !== undefined && typeof comment !== 'string')) return undefined;
  return { matches, statements, ...(comment === undefined ? {} : { comment }) };
}

function readMatch(json: unknown): Match | undefined {
  const match = only(json, 'match');
  if (!isRecord(match)) return undefined;
  const { op, left, right } = match;
  if (op === 'in') return readState(left, right);
  const address = readAddress(left);
  if (address !== undefined) return readAddressMatch(op, address, right);
  if (op !== '==') return undefined;
  return (
    readMeta(left, right) ??
    readEndpoint(left, right) ??
    readPorts(left, right) ??
    readIcmpv6(left, right) ??
    readReset(left, right) ??
    readMark(left, right) ??
    readDirection(left, right) ??
    readSourceLocal(left, right)
  );
}

const ctStates: readonly CtState[] = ['established', 'related', 'new', 'invalid', 'untracked'];

function readState(left: unknown, right: unknown): Match | undefined {
  if (keyOf(left, 'ct') !== 'state') return undefined;
  const said: readonly unknown[] = Array.isArray(right) ? right : [right];
  const states = ctStates.filter((state) => said.includes(state));
  return states.length === said.length && states.length > 0 ? { kind: 'ct-state', states } : undefined;
}

function readAddressMatch(
  op: unknown,
  { side, family }: { readonly side: Side; readonly family: 'IPv4' | 'IPv6' },
  right: unknown,
): Match | undefined {
  if (op !== '==' && op !== '!=') return undefined;
  const negate = op === '!=' ? { negate: true } : {};
  if (typeof right === 'string' && right.startsWith('@')) {
    return { kind: 'address-set', side, family, set: right.slice(1) as SetName, ...negate };
  }
  const text = readComponent(right);
  const address = text === undefined ? undefined : parseAddress(text);
  const read = text === undefined || address !== undefined ? undefined : readCidr(text);
  const cidr = address === undefined ? (read?.ok === true ? read.cidr : undefined) : hostCidr(address);
  if (cidr?.includes(':') !== (family === 'IPv6')) return undefined;
  return { kind: 'prefix', side, cidr, ...negate };
}

function readMeta(left: unknown, right: unknown): Match | undefined {
  switch (keyOf(left, 'meta')) {
    case 'nfproto':
      if (right === 'ipv4') return { kind: 'family', family: 'IPv4' };
      return right === 'ipv6' ? { kind: 'family', family: 'IPv6' } : undefined;
    case 'l4proto': {
      const protocol = protocolOf(right);
      return protocol === undefined ? undefined : { kind: 'protocol', protocol };
    }
    case 'iifname':
      return right === 'lo' ? { kind: 'loopback' } : undefined;
    case undefined:
    default:
      return undefined;
  }
}

function readEndpoint(left: unknown, right: unknown): Match | undefined {
  const parts = only(left, 'concat');
  if (!Array.isArray(parts) || parts.length !== 3) return undefined;
  if (typeof right !== 'string' || !right.startsWith('@')) return undefined;
  const [first, second, third] = parts as readonly unknown[];
  const address = readAddress(first);
  if (address === undefined || readTransport(second) !== 'l4proto' || readTransport(third) !== 'dport') {
    return undefined;
  }
  return { kind: 'endpoint-set', ...address, set: right.slice(1) as SetName };
}

function readPorts(left: unknown, right: unknown): Match | undefined {
  const payload = readPayload(left);
  const protocol = protocolOf(payload?.protocol);
  if (protocol === undefined || payload?.field !== 'dport') return undefined;
  const ranges: (readonly [number, number])[] = [];
  for (const choice of choices(right)) {
    const bounds = only(choice, 'range');
    const [first, last] = Array.isArray(bounds) ? (bounds as readonly unknown[]) : [choice, choice];
    if (typeof first !== 'number' || typeof last !== 'number') return undefined;
    ranges.push([first, last]);
  }
  return { kind: 'ports', protocol, ranges: ranges.sort(([a], [b]) => a - b) };
}

function readIcmpv6(left: unknown, right: unknown): Match | undefined {
  const payload = readPayload(left);
  if (payload?.protocol !== 'icmpv6' || payload.field !== 'type') return undefined;
  const types: number[] = [];
  for (const choice of choices(right)) {
    const type = typeof choice === 'string' ? icmpv6Types.get(choice) : choice;
    if (typeof type !== 'number') return undefined;
    types.push(type);
  }
  return { kind: 'icmpv6-types', types: types.sort((a, b) => a - b) };
}

/** nft's words, `describe icmpv6 type`. */
const icmpv6Types: ReadonlyMap<string, number> = new Map([
  ['destination-unreachable', 1],
  ['packet-too-big', 2],
  ['time-exceeded', 3],
  ['parameter-problem', 4],
  ['echo-request', 128],
  ['echo-reply', 129],
  ['mld-listener-query', 130],
  ['mld-listener-report', 131],
  ['mld-listener-done', 132],
  ['mld-listener-reduction', 132],
  ['nd-router-solicit', 133],
  ['nd-router-advert', 134],
  ['nd-neighbor-solicit', 135],
  ['nd-neighbor-advert', 136],
  ['nd-redirect', 137],
  ['router-renumbering', 138],
  ['ind-neighbor-solicit', 141],
  ['ind-neighbor-advert', 142],
  ['mld2-listener-report', 143],
]);

function readReset(left: unknown, right: unknown): Match | undefined {
  const bits = readBitwise(left, '&');
  const payload = readPayload(bits?.left);
  const isReset =
    payload?.protocol === 'tcp' && payload.field === 'flags' && bits?.right === 'rst' && right === 'rst';
  return isReset ? { kind: 'tcp-reset' } : undefined;
}

/** `ct mark & MASK == VALUE`; nft before 1.1 lists a mask of leading ones as a prefix. */
function readMark(left: unknown, right: unknown): Match | undefined {
  const bits = readBitwise(left, '&');
  if (bits !== undefined) {
    if (keyOf(bits.left, 'ct') !== 'mark' || typeof bits.right !== 'number' || typeof right !== 'number') {
      return undefined;
    }
    return { kind: 'ct-mark', mask: bits.right, value: right };
  }
  if (keyOf(left, 'ct') !== 'mark') return undefined;
  if (typeof right === 'number') return { kind: 'ct-mark', mask: 0xffffffff, value: right };
  const prefix = only(right, 'prefix');
  if (!isRecord(prefix)) return undefined;
  const { addr, len } = prefix;
  if (typeof addr !== 'number' || typeof len !== 'number' || len < 1 || len > 32) return undefined;
  return { kind: 'ct-mark', mask: (0xffffffff << (32 - len)) >>> 0, value: addr };
}

function readDirection(left: unknown, right: unknown): Match | undefined {
  if (keyOf(left, 'ct') !== 'direction') return undefined;
  return right === 'original' || right === 'reply' ? { kind: 'ct-direction', direction: right } : undefined;
}

function readSourceLocal(left: unknown, right: unknown): Match | undefined {
  const fib = only(left, 'fib');
  if (!isRecord(fib) || fib['result'] !== 'type' || JSON.stringify(fib['flags']) !== '["saddr"]') {
    return undefined;
  }
  const types = choices(right).map(String).sort().join();
  return types === 'anycast,local' ? { kind: 'source-local' } : undefined;
}

function readStatement(json: unknown): Statement | undefined {
  if (!isRecord(json)) return undefined;
  if ('counter' in json) {
    // A counter by name would be an object of its own.
    return isRecord(json['counter']) || json['counter'] === null ? { kind: 'counter' } : undefined;
  }
  if ('mangle' in json) return readMarking(json['mangle']);
  if ('vmap' in json) return readVerdictMap(json['vmap']);
  if ('reject' in json) return readReject(json['reject']);
  const verdict = readVerdict(json);
  return verdict === undefined ? undefined : { kind: 'verdict', verdict };
}

/**
 * `ct mark set ct mark & KEEP | VALUE`. The kernel computes `mark & ~VALUE & KEEP ^ VALUE`, and nft lists a KEEP of its
 * own choice for the bits that VALUE sets anyway, or none where the rest is kept: they are taken out.
 */
function readMarking(json: unknown): Statement | undefined {
  if (!isRecord(json) || keyOf(json['key'], 'ct') !== 'mark') return undefined;
  const { value: written } = json;
  const marked = readBitwise(written, '|');
  const masked = readBitwise(marked === undefined ? written : marked.left, '&');
  const kept = masked === undefined ? marked?.left : masked.left;
  const keep = masked === undefined ? 0xffffffff : masked.right;
  const value = marked === undefined ? 0 : marked.right;
  if (keyOf(kept, 'ct') !== 'mark' || typeof keep !== 'number' || typeof value !== 'number') return undefined;
  return { kind: 'set-ct-mark', keep: (keep & ~value) >>> 0, value };
}

function readVerdictMap(json: unknown): Statement | undefined {
  if (!isRecord(json)) return undefined;
  const { key, data } = json;
  if (typeof data !== 'string' || !data.startsWith('@')) return undefined;
  const map = data.slice(1) as SetName;
  const address = readAddress(key);
  if (address !== undefined) return { kind: 'address-vmap', ...address, map };
  const parts = only(key, 'concat');
  if (!Array.isArray(parts) || parts.map(readTransport).join() !== 'l4proto,dport') return undefined;
  return { kind: 'port-vmap', map };
}

function readReject(json: unknown): Statement | undefined {
  if (!isRecord(json)) return undefined;
  if (json['type'] === 'tcp reset') return { kind: 'reject', with: 'tcp-reset' };
  return json['type'] === 'icmpx' && json['expr'] === 'admin-prohibited'
    ? { kind: 'reject', with: 'admin-prohibited' }
    : undefined;
}

function choices(right: unknown): readonly unknown[] {
  const set = only(right, 'set');
  return Array.isArray(set) ? (set as readonly unknown[]) : [right];
}

function protocolOf(name: unknown): Protocol | undefined {
  return protocols.find((protocol) => protocol.toLowerCase() === name);
}
