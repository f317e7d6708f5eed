import { familyOf } from '../net/address.ts';
import type { Family } from '../net/protocol.ts';
import type {
  BaseChain,
  ElementKey,
  InterfacePattern,
  KeyType,
  Match,
  NftSet,
  Rule,
  SetName,
  Side,
  Statement,
  Verdict,
} from './objects.ts';
import type { Element, Operation, Transaction } from './operation.ts';

/** Text that must not reach nft, because it would not read as what it stands for. */
export interface UnsafeTextError extends Error {
  readonly code: 'RENDER_UNSAFE_TEXT';
}

/**
 * A transaction as nft command lines, one operation a line, for `nft -f`. Sets are declared by `typeof`: a set declared
 * by a plain `type` under nft 1.1 makes nft 1.0.6 crash when it looks at it.
 * @throws {UnsafeTextError} a name, comment or element that nft would read as something else
 */
export function renderText({ table, operations }: Transaction): string {
  const where = `inet ${safeName(table)}`;
  return operations.map((operation) => `${operationText(where, operation)}\n`).join('');
}

function operationText(table: string, operation: Operation): string {
  switch (operation.op) {
    case 'add-table':
      return `add table ${table}`;
    case 'delete-table':
      return `delete table ${table}`;
    case 'add-set': {
      const { set } = operation;
      return `add ${set.kind} ${table} ${safeName(set.name)} { ${setProperties(set).join('; ')}; }`;
    }
    case 'delete-set':
      return `delete ${operation.set.kind} ${table} ${safeName(operation.set.name)}`;
    case 'add-elements':
      return `add element ${table} ${safeName(operation.set)} { ${operation.elements.map(elementText).join(', ')} }`;
    case 'delete-elements': {
      const keys = operation.elements.map(([key]) => safeKey(key));
      return `delete element ${table} ${safeName(operation.set)} { ${keys.join(', ')} }`;
    }
    case 'add-counter':
      return `add counter ${table} ${safeName(operation.counter)}`;
    case 'delete-counter':
      return `delete counter ${table} ${safeName(operation.counter)}`;
    case 'add-chain': {
      const { name, base } = operation.chain;
      const head = `add chain ${table} ${safeName(name)}`;
      return base === undefined ? head : `${head} { ${baseChainText(base)} }`;
    }
    case 'flush-chain':
      return `flush chain ${table} ${safeName(operation.chain)}`;
    case 'delete-chain':
      return `delete chain ${table} ${safeName(operation.chain)}`;
    case 'add-rule':
      return `add rule ${table} ${safeName(operation.chain)} ${ruleText(operation.rule)}`;
  }
}

/** What stands in the block of a set's declaration, apart from elements. */
export function setProperties(set: NftSet): readonly string[] {
  return [
    `typeof ${typeofText(set.keyType)}${set.kind === 'map' ? ' : verdict' : ''}`,
    ...(set.interval ? ['flags interval'] : []),
    ...(set.comment === undefined ? [] : [`comment "${safeComment(set.comment)}"`]),
  ];
}

function typeofText(keyType: KeyType): string {
  switch (keyType) {
    case 'ipv4_addr':
      return 'ip saddr';
    case 'ipv6_addr':
      return 'ip6 saddr';
    case 'ipv4_addr . inet_proto . inet_service':
      return 'ip saddr . meta l4proto . th dport';
    case 'ipv6_addr . inet_proto . inet_service':
      return 'ip6 saddr . meta l4proto . th dport';
    case 'inet_proto . inet_service':
      return 'meta l4proto . th dport';
  }
}

/** The line that makes a chain a base chain. */
export function baseChainText({ hook, priority }: BaseChain): string {
  return `type filter hook ${hook} priority ${priority === 0 ? 'filter' : String(priority)}; policy accept;`;
}

/** An element of a set, or with its verdict of a map. */
export function elementText([key, verdict]: Element): string {
  return verdict === null ? safeKey(key) : `${safeKey(key)} : ${verdictText(verdict)}`;
}

/** A rule as one line. */
export function ruleText({ matches, statements, comment }: Rule): string {
  return [
    ...matches.map(matchText),
    ...statements.map(statementText),
    ...(comment === undefined ? [] : [`comment "${safeComment(comment)}"`]),
  ].join(' ');
}

/** A block of one address is the address, as nft lists it. */
function withoutHostLength(cidr: string): string {
  return cidr.replace(cidr.includes(':') ? /\/128$/ : /\/32$/, '');
}

function matchText(match: Match): string {
  switch (match.kind) {
    case 'family':
      return `meta nfproto ${match.family.toLowerCase()}`;
    case 'prefix':
      return `${addressText(match.side, match.cidr.includes(':') ? 'IPv6' : 'IPv4')}${negation(match)} ${safeKey(withoutHostLength(match.cidr))}`;
    case 'address-set':
      return `${addressText(match.side, match.family)}${negation(match)} ${reference(match.set)}`;
    case 'endpoint-set':
      return `${addressText(match.side, match.family)} . meta l4proto . th dport ${reference(match.set)}`;
    case 'protocol':
      return `meta l4proto ${match.protocol.toLowerCase()}`;
    case 'ports':
      return `${match.protocol.toLowerCase()} dport ${oneOf(match.ranges.map(portsText))}`;
    case 'icmpv6-types':
      return `icmpv6 type ${oneOf(match.types.map((type) => icmpv6TypeNames.get(type) ?? String(type)))}`;
    case 'tcp-reset':
      return 'tcp flags & rst == rst';
    case 'ct-mark':
      return `ct mark & ${hex(match.mask)} == ${hex(match.value)}`;
    case 'ct-state':
      // A list is one comparison of bits; braces would be an anonymous set, which means the same and costs a look-up.
      return `ct state ${match.states.join(',')}`;
    case 'ct-direction':
      return `ct direction ${match.direction}`;
    case 'ct-redirected':
      return `ct original ${addressText('daddr', familyOf(match.from))} != ${safeKey(match.from)}`;
    case 'ct-helper':
      // Loading the helper ends the rule where there is none; any name that no helper has matches all of them.
      return `ct helper != "${noHelper}"`;
    case 'icmp':
      return 'meta l4proto { icmp, ipv6-icmp }';
    case 'hop-limit':
      return `ip6 hoplimit ${String(match.value)}`;
    case 'source-unrouted':
      return 'fib saddr . iif oif missing';
    case 'interface':
      return `${interfaceKey(match.way)} "${safeInterface(match.pattern)}"`;
    case 'source-local':
      // A node also sends from the anycast address of its subnets, as on a VXLAN device with a /128.
      return 'fib saddr type { local, anycast }';
    case 'loopback':
      return 'iifname "lo"';
  }
}

/** nft's word for the name of an interface. */
export function interfaceKey(way: 'in' | 'out'): 'iifname' | 'oifname' {
  return way === 'in' ? 'iifname' : 'oifname';
}

/** A name that no conntrack helper has. */
export const noHelper = 'none';

function statementText(statement: Statement): string {
  switch (statement.kind) {
    case 'counter':
      return statement.name === undefined ? 'counter' : `counter name "${safeName(statement.name)}"`;
    case 'limit':
      return `limit rate ${String(statement.perSecond)}/second burst ${String(statement.burst)} packets`;
    case 'log':
      return `log prefix "${safeComment(statement.prefix)}" group ${String(statement.group)} snaplen ${String(statement.bytes)}`;
    case 'set-ct-mark':
      return `ct mark set ct mark & ${hex(statement.keep)}${statement.value === 0 ? '' : ` | ${hex(statement.value)}`}`;
    case 'address-vmap':
      return `${addressText(statement.side, statement.family)} vmap ${reference(statement.map)}`;
    case 'port-vmap':
      return `meta l4proto . th dport vmap ${reference(statement.map)}`;
    case 'reject':
      return statement.with === 'tcp-reset' ? 'reject with tcp reset' : 'reject with icmpx admin-prohibited';
    case 'verdict':
      return verdictText(statement.verdict);
  }
}

function verdictText(verdict: Verdict): string {
  return 'chain' in verdict ? `${verdict.kind} ${safeName(verdict.chain)}` : verdict.kind;
}

function addressText(side: Side, family: Family): string {
  return `${family === 'IPv4' ? 'ip' : 'ip6'} ${side}`;
}

function negation({ negate }: { readonly negate?: boolean }): string {
  return negate === true ? ' !=' : '';
}

function reference(set: SetName): string {
  return `@${safeName(set)}`;
}

function portsText([first, last]: readonly [number, number]): string {
  return first === last ? String(first) : `${String(first)}-${String(last)}`;
}

function oneOf(choices: readonly string[]): string {
  const [only] = choices;
  return choices.length === 1 && only !== undefined ? only : `{ ${choices.join(', ')} }`;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

/** As nft lists them. */
const icmpv6TypeNames: ReadonlyMap<number, string> = new Map([
  [1, 'destination-unreachable'],
  [2, 'packet-too-big'],
  [3, 'time-exceeded'],
  [4, 'parameter-problem'],
  [128, 'echo-request'],
  [129, 'echo-reply'],
  [130, 'mld-listener-query'],
  [131, 'mld-listener-report'],
  [132, 'mld-listener-done'],
  [133, 'nd-router-solicit'],
  [134, 'nd-router-advert'],
  [135, 'nd-neighbor-solicit'],
  [136, 'nd-neighbor-advert'],
  [137, 'nd-redirect'],
  [143, 'mld2-listener-report'],
]);

/**
 * The name of a table, chain or set, if nft takes it as a bare word.
 * @throws {UnsafeTextError}
 */
export function safeName(name: string): string {
  if (!isLegalName(name)) throw unsafe('name', name);
  return name;
}

/** Whether nft takes it as the name of a table, a chain or a set, in its text form as well as in JSON. */
export function isLegalName(name: string): boolean {
  return name.length <= 255 && /^[A-Za-z][A-Za-z0-9/._-]*$/.test(name) && !reservedWords.has(name);
}

/**
 * A comment, if it can stand between quotes.
 * @throws {UnsafeTextError}
 */
export function safeComment(comment: string): string {
  if (!isLegalComment(comment)) throw unsafe('comment', comment);
  return comment;
}

/** Printable ASCII without quotes and backslashes, 1 to 128 bytes: what both nft and the kernel keep as it is. */
export function isLegalComment(comment: string): boolean {
  return /^[ !#-[\]-~]{1,128}$/.test(comment);
}

/**
 * Whether it is the name of an interface, or the beginning of one and `*`. At most 15 bytes, as the kernel has it, and only
 * what stands between quotes as it is.
 */
export function isInterfacePattern(text: string): text is InterfacePattern {
  return /^(?:[A-Za-z0-9][A-Za-z0-9._@-]{0,14}|[A-Za-z0-9][A-Za-z0-9._@-]{0,13}\*)$/.test(text);
}

/**
 * The name of an interface or a pattern, if it can stand between quotes.
 * @throws {UnsafeTextError}
 */
export function safeInterface(pattern: InterfacePattern): string {
  if (!isInterfacePattern(pattern)) throw unsafe('interface', pattern);
  return pattern;
}

/**
 * The key of an element or a CIDR, if it is made of addresses, ports and protocols alone.
 * @throws {UnsafeTextError}
 */
export function safeKey<Key extends ElementKey | string>(key: Key): Key {
  if (!isLegalKey(key)) throw unsafe('element', key);
  return key;
}

/** Whether it is made of addresses, ports and protocols alone. */
export function isLegalKey(key: string): boolean {
  return legalKey.test(key);
}

// Letters without a colon would be the name of a host, and nft would go and resolve it.
const address = String.raw`(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}:[0-9a-f:.]+)`;
const protocol = '(?:tcp|udp|sctp)';
const legalKey = new RegExp(
  String.raw`^(?:${address}(?:/\d{1,3}|-${address})?|${protocol})(?: \. (?:\d{1,5}(?:-\d{1,5})?|${protocol}))*$`,
);

function unsafe(what: string, text: string): UnsafeTextError {
  const shown = JSON.stringify(text.slice(0, 100));
  return Object.assign(new Error(`${what} ${shown} must not be pasted into nft text`), {
    code: 'RENDER_UNSAFE_TEXT' as const,
  });
}

// Words that the scanners of nft 1.0.6 and 1.1.3 do not take as names (its JSON form does, and then nobody can reload what
// is listed). Measured: every word in both libraries tried as table, chain and set.
const reservedWords: ReadonlySet<string> = new Set(
  (
    'accept add ah all and arp auto-merge bridge cgroup chain comment comp constant continue counter cpu create ct day ' +
    'dccp delete describe destroy device dnat drop dst dup dynamic ecn element elements eq esp ether exists expires ' +
    'export exthdr fib flags flow flowtable flush frag fwd gc-interval ge geneve get goto gre gretap handle hbh hook ' +
    'hour ibriport ibrname icmp icmpv6 igmp iif iifgroup iifname iiftype import index inet insert interval ip ip6 ipsec ' +
    'jhash jump le limit list ll log lt map mark masquerade meta meter mh missing monitor ne netdev nftrace nh notrack ' +
    'numgen obriport obrname offload oif oifgroup oifname oiftype or osf pkttype policy position priority queue quota ' +
    'random redirect reject rename replace reset return rt rt0 rt2 rtclassid rule ruleset sctp secmark set size skgid ' +
    'skuid snat socket srh symhash synproxy table tcp th time timeout tproxy type typeof udp udplite update vlan vmap ' +
    'vni vxlan xor xt'
  ).split(' '),
);
