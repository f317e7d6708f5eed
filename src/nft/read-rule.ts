import { type Cidr, hostCidr, readCidr } from '../net/cidr.ts';
import { familyOf, parseAddress } from '../net/address.ts';
import type { CounterName, CtState, Match, Rule, SetName, Statement } from '../ruleset/objects.ts';
import { isInterfacePattern, noHelper } from '../ruleset/render-text.ts';
import { isRecord, type ListedObject } from './listing.ts';
import {
  keyOf,
  only,
  readAddress,
  readBitwise,
  readPayload,
  readProtocol,
  readTransport,
} from './read-expression.ts';
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

interface Comparison {
  readonly op: unknown;
  readonly left: unknown;
  readonly right: unknown;
}

/** One for each kind: what Ringfence can write and not read back would pass for a foreign rule, again and again. */
const readers: {
  readonly [Kind in Match['kind']]: (comparison: Comparison) => Extract<Match, { kind: Kind }> | undefined;
} = {
  family: ({ op, left, right }) => {
    if (op !== '==' || keyOf(left, 'meta') !== 'nfproto') return undefined;
    if (right === 'ipv4') return { kind: 'family', family: 'IPv4' };
    return right === 'ipv6' ? { kind: 'family', family: 'IPv6' } : undefined;
  },
  prefix: ({ op, left, right }) => {
    const address = readAddress(left);
    const cidr = readPrefix(right);
    if (address === undefined || cidr === undefined || !isEquality(op)) return undefined;
    if (cidr.includes(':') !== (address.family === 'IPv6')) return undefined;
    return { kind: 'prefix', side: address.side, cidr, ...negated(op) };
  },
  'address-set': ({ op, left, right }) => {
    const address = readAddress(left);
    const set = readSetName(right);
    if (address === undefined || set === undefined || !isEquality(op)) return undefined;
    return { kind: 'address-set', ...address, set, ...negated(op) };
  },
  'endpoint-set': ({ op, left, right }) => {
    const [first, ...transport] = concatenated(left);
    const address = readAddress(first);
    const set = readSetName(right);
    if (op !== '==' || address === undefined || set === undefined) return undefined;
    return isService(transport) ? { kind: 'endpoint-set', ...address, set } : undefined;
  },
  protocol: ({ op, left, right }) => {
    const protocol = readProtocol(right);
    if (op !== '==' || keyOf(left, 'meta') !== 'l4proto' || protocol === undefined) return undefined;
    return { kind: 'protocol', protocol };
  },
  ports: ({ op, left, right }) => {
    const payload = readPayload(left);
    const protocol = readProtocol(payload?.protocol);
    const ranges = choices(right).map(readPortRange);
    if (op !== '==' || protocol === undefined || payload?.field !== 'dport') return undefined;
    const read = ranges.filter((range) => range !== undefined);
    if (read.length < ranges.length) return undefined;
    return { kind: 'ports', protocol, ranges: read.sort(([a], [b]) => a - b) };
  },
  'icmpv6-types': ({ op, left, right }) => {
    const payload = readPayload(left);
    if (op !== '==' || payload?.protocol !== 'icmpv6' || payload.field !== 'type') return undefined;
    const types = choices(right).map((type) => (typeof type === 'string' ? icmpv6Types.get(type) : type));
    const read = types.filter((type) => typeof type === 'number');
    return read.length < types.length
      ? undefined
      : { kind: 'icmpv6-types', types: read.sort((a, b) => a - b) };
  },
  'tcp-reset': ({ op, left, right }) => {
    const bits = readBitwise(left, '&');
    const { protocol, field } = readPayload(bits?.left) ?? {};
    const isReset = protocol === 'tcp' && field === 'flags' && bits?.right === 'rst' && right === 'rst';
    return op === '==' && isReset ? { kind: 'tcp-reset' } : undefined;
  },
  'ct-mark': ({ op, left, right }) => (op === '==' ? readMark(left, right) : undefined),
  'ct-state': ({ op, left, right }) => {
    if (op !== 'in' || keyOf(left, 'ct') !== 'state') return undefined;
    const said: readonly unknown[] = Array.isArray(right) ? right : [right];
    const states = ctStates.filter((state) => said.includes(state));
    return states.length === said.length && states.length > 0 ? { kind: 'ct-state', states } : undefined;
  },
  'ct-direction': ({ op, left, right }) => {
    if (op !== '==' || keyOf(left, 'ct') !== 'direction') return undefined;
    return right === 'original' || right === 'reply' ? { kind: 'ct-direction', direction: right } : undefined;
  },
  'ct-redirected': ({ op, left, right }) => {
    const ct = only(left, 'ct');
    const from = typeof right === 'string' ? parseAddress(right) : undefined;
    if (op !== '!=' || !isRecord(ct) || ct['dir'] !== 'original' || from === undefined) return undefined;
    const key = familyOf(from) === 'IPv4' ? 'ip daddr' : 'ip6 daddr';
    return ct['key'] === key ? { kind: 'ct-redirected', from } : undefined;
  },
  'ct-helper': ({ op, left, right }) =>
    op === '!=' && keyOf(left, 'ct') === 'helper' && right === noHelper ? { kind: 'ct-helper' } : undefined,
  icmp: ({ op, left, right }) => {
    if (op !== '==' || keyOf(left, 'meta') !== 'l4proto') return undefined;
    const words = choices(right).map(String).sort().join();
    return words === 'icmp,ipv6-icmp' || words === '1,58' ? { kind: 'icmp' } : undefined;
  },
  'hop-limit': ({ op, left, right }) => {
    const { protocol, field } = readPayload(left) ?? {};
    const isHopLimit = op === '==' && protocol === 'ip6' && field === 'hoplimit';
    return isHopLimit && typeof right === 'number' ? { kind: 'hop-limit', value: right } : undefined;
  },
  'source-unrouted': ({ op, left, right }) => {
    const fib = only(left, 'fib');
    if (op !== '==' || right !== false || !isRecord(fib) || fib['result'] !== 'oif') return undefined;
    const flags: readonly unknown[] = Array.isArray(fib['flags']) ? fib['flags'] : [];
    return flags.map(String).sort().join() === 'iif,saddr' ? { kind: 'source-unrouted' } : undefined;
  },
  interface: ({ op, left, right }) => {
    const key = keyOf(left, 'meta');
    const way = key === 'iifname' ? 'in' : key === 'oifname' ? 'out' : undefined;
    if (op !== '==' || way === undefined || typeof right !== 'string') return undefined;
    // The loopback is a match of its own, for which the table has another word.
    const isPattern = isInterfacePattern(right) && !(way === 'in' && right === 'lo');
    return isPattern ? { kind: 'interface', way, pattern: right } : undefined;
  },
  'source-local': ({ op, left, right }) => {
    const fib = only(left, 'fib');
    if (op !== '==' || !isRecord(fib) || fib['result'] !== 'type') return undefined;
    const isSource = JSON.stringify(fib['flags']) === '["saddr"]';
    const types = choices(right).map(String).sort().join();
    return isSource && types === 'anycast,local' ? { kind: 'source-local' } : undefined;
  },
  loopback: ({ op, left, right }) =>
    op === '==' && keyOf(left, 'meta') === 'iifname' && right === 'lo' ? { kind: 'loopback' } : undefined,
};

function readMatch(json: unknown): Match | undefined {
  const match = only(json, 'match');
  if (!isRecord(match)) return undefined;
  const { op, left, right } = match;
  for (const read of Object.values(readers)) {
    const found = read({ op, left, right });
    if (found !== undefined) return found;
  }
  return undefined;
}

const ctStates: readonly CtState[] = ['established', 'related', 'new', 'invalid', 'untracked'];

function isEquality(op: unknown): op is '==' | '!=' {
  return op === '==' || op === '!=';
}

function negated(op: '==' | '!='): { readonly negate?: true } {
  return op === '!=' ? { negate: true } : {};
}

function readSetName(right: unknown): SetName | undefined {
  return typeof right === 'string' && right.startsWith('@') ? (right.slice(1) as SetName) : undefined;
}

function readPrefix(right: unknown): Cidr | undefined {
  const text = readComponent(right);
  if (text === undefined) return undefined;
  const address = parseAddress(text);
  if (address !== undefined) return hostCidr(address);
  const read = readCidr(text);
  return read.ok ? read.cidr : undefined;
}

function readPortRange(choice: unknown): readonly [number, number] | undefined {
  const bounds = only(choice, 'range');
  const [first, last] = Array.isArray(bounds) ? (bounds as readonly unknown[]) : [choice, choice];
  return typeof first === 'number' && typeof last === 'number' ? [first, last] : undefined;
}

function concatenated(json: unknown): readonly unknown[] {
  const parts = only(json, 'concat');
  return Array.isArray(parts) ? (parts as readonly unknown[]) : [];
}

/** `meta l4proto . th dport` */
function isService(parts: readonly unknown[]): boolean {
  return parts.map(readTransport).join() === 'l4proto,dport';
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

/** `ct mark & MASK == VALUE`; nft before 1.1 lists a mask of leading ones as a prefix. */
function readMark(left: unknown, right: unknown): Extract<Match, { kind: 'ct-mark' }> | undefined {
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

function readStatement(json: unknown): Statement | undefined {
  if (!isRecord(json)) return undefined;
  if ('counter' in json) {
    const { counter } = json;
    if (typeof counter === 'string') return { kind: 'counter', name: counter as CounterName };
    // Which of several counters is looked up in a map, in rules of others.
    return counter === null || (isRecord(counter) && !('map' in counter)) ? { kind: 'counter' } : undefined;
  }
  if ('limit' in json) return readLimit(json['limit']);
  if ('log' in json) return readLog(json['log']);
  if ('mangle' in json) return readMarking(json['mangle']);
  if ('vmap' in json) return readVerdictMap(json['vmap']);
  if ('reject' in json) return readReject(json['reject']);
  const verdict = readVerdict(json);
  return verdict === undefined ? undefined : { kind: 'verdict', verdict };
}

function readLimit(json: unknown): Statement | undefined {
  if (!isRecord(json)) return undefined;
  const { rate, burst, per, ...more } = json;
  // Units stand beside it where bytes are counted, and `inv` where it is turned round.
  return typeof rate === 'number' &&
    typeof burst === 'number' &&
    per === 'second' &&
    Object.keys(more).length === 0
    ? { kind: 'limit', perSecond: rate, burst }
    : undefined;
}

function readLog(json: unknown): Statement | undefined {
  if (!isRecord(json)) return undefined;
  const { prefix, group, snaplen, ...more } = json;
  if (typeof prefix !== 'string' || typeof group !== 'number' || typeof snaplen !== 'number')
    return undefined;
  return Object.keys(more).length === 0 ? { kind: 'log', group, prefix, bytes: snaplen } : undefined;
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
  const map = readSetName(json['data']);
  if (map === undefined) return undefined;
  const address = readAddress(json['key']);
  if (address !== undefined) return { kind: 'address-vmap', ...address, map };
  return isService(concatenated(json['key'])) ? { kind: 'port-vmap', map } : undefined;
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
