import { type Address, familyOf } from '../net/address.ts';
import { bounds, type Cidr, cidrContains, hostCidr } from '../net/cidr.ts';
import { type Family, protocols } from '../net/protocol.ts';
import type {
  Chain,
  ChainName,
  ElementKey,
  InterfacePattern,
  Match,
  NftSet,
  Rule,
  Ruleset,
  SetName,
  Side,
  Statement,
  Verdict,
} from './objects.ts';
import { type Packet, protocolNumber } from './packet.ts';

// The second oracle: what the kernel does with a packet, written from the kernel's rules of evaluation (nft_do_chain and
// the eval functions of each expression) and from nothing that Ringfence compiles. The tests put each of them to a kernel.

export interface Outcome {
  readonly verdict: 'accept' | 'drop' | 'reject-tcp-reset' | 'reject';
  /** The conntrack mark afterwards; 0 without a conntrack entry. */
  readonly mark: number;
  /** The rules whose matches held, in the order of evaluation. */
  readonly trace: readonly { readonly chain: ChainName; readonly ruleIndex: number }[];
}

/** The ruleset cannot be evaluated: a reference leads nowhere, or chains lead in a circle. No kernel would hold it. */
export interface UninterpretableError extends Error {
  readonly code: 'RULESET_UNINTERPRETABLE';
}

/**
 * What happens to a packet. Base chains of the packet's hook run by priority; each must accept.
 * @throws {UninterpretableError}
 */
export function interpret(ruleset: Ruleset, packet: Packet): Outcome {
  const run: Run = {
    ruleset,
    packet,
    family: familyOf(packet.source),
    protocol: protocolNumber(packet.protocol),
    // An invalid or untracked packet has a state but no entry.
    tracked: isTracked(packet),
    mark: isTracked(packet) ? (packet.ct?.mark ?? 0) : 0,
    trace: [],
  };
  const bases = [...ruleset.chains.values()]
    .flatMap((chain) => (chain.base?.hook === packet.hook ? [{ chain, priority: chain.base.priority }] : []))
    .sort((a, b) => a.priority - b.priority);
  for (const { chain } of bases) {
    const verdict = runBaseChain(run, chain);
    if (verdict !== 'accept') return { verdict, mark: run.mark, trace: run.trace };
  }
  return { verdict: 'accept', mark: run.mark, trace: run.trace };
}

interface Run {
  readonly ruleset: Ruleset;
  readonly packet: Packet;
  readonly family: Family;
  readonly protocol: number;
  readonly tracked: boolean;
  mark: number;
  readonly trace: { readonly chain: ChainName; readonly ruleIndex: number }[];
}

/** Far above what a ruleset without circles and with at most 16 chains in a row needs. */
const maximumSteps = 1_000_000;

function runBaseChain(run: Run, base: Chain): Outcome['verdict'] {
  const callers: { readonly chain: Chain; readonly next: number }[] = [];
  let chain = base;
  let index = 0;
  for (let step = 0; step < maximumSteps; step++) {
    const rule = chain.rules[index];
    const ruling =
      rule === undefined ? ({ kind: 'return' } as const) : applyRule(run, rule, chain.name, index);
    index++;
    switch (ruling.kind) {
      case 'accept':
      case 'drop':
      case 'reject':
      case 'reject-tcp-reset':
        return ruling.kind;
      case 'continue':
        break;
      case 'return': {
        const caller = callers.pop();
        // Nobody jumped here: the base chain ends, and its policy is accept. That holds in a chain reached by goto too.
        if (caller === undefined) return 'accept';
        ({ chain, next: index } = caller);
        break;
      }
      case 'jump':
      case 'goto':
        if (ruling.kind === 'jump') callers.push({ chain, next: index });
        if (callers.length > 16) throw uninterpretable(`jumps from ${base.name} are more than 16 deep`);
        chain = chainOf(run, ruling.chain);
        index = 0;
        break;
    }
  }
  throw uninterpretable(`evaluation of ${base.name} does not end`);
}

type Ruling = Verdict | { readonly kind: 'reject' | 'reject-tcp-reset' };

function applyRule(run: Run, rule: Rule, chain: ChainName, ruleIndex: number): Ruling {
  const resets = rule.statements.some(
    (statement) => statement.kind === 'reject' && statement.with === 'tcp-reset',
  );
  // nft itself puts a match of TCP in front of a rule that resets.
  if (
    (resets && run.protocol !== protocolNumber('TCP')) ||
    !rule.matches.every((match) => holds(run, match))
  ) {
    return { kind: 'continue' };
  }
  run.trace.push({ chain, ruleIndex });
  for (const statement of rule.statements) {
    const ruling = execute(run, statement);
    if (ruling === 'break') break;
    // A verdict `continue` goes on with the next statement of the rule.
    if (ruling.kind !== 'continue') return ruling;
  }
  return { kind: 'continue' };
}

/** `break` ends the rule, and evaluation goes on with the next one. */
function execute(run: Run, statement: Statement): Ruling | 'break' {
  switch (statement.kind) {
    case 'counter':
    // A rule that is limited only says something; what becomes of the packet does not depend on it.
    case 'limit':
    case 'log':
      return { kind: 'continue' };
    case 'set-ct-mark':
      if (!run.tracked) return 'break';
      run.mark = ((run.mark & statement.keep) | statement.value) >>> 0;
      return { kind: 'continue' };
    case 'address-vmap': {
      // A miss ends the rule like a match that does not hold.
      if (run.family !== statement.family) return 'break';
      return lookUp(run, statement.map, { address: addressOf(run.packet, statement.side) }) ?? 'break';
    }
    case 'port-vmap': {
      const service = serviceOf(run);
      return service === undefined ? 'break' : (lookUp(run, statement.map, { service }) ?? 'break');
    }
    case 'reject':
      return { kind: statement.with === 'tcp-reset' ? 'reject-tcp-reset' : 'reject' };
    case 'verdict':
      return statement.verdict;
  }
}

function holds(run: Run, match: Match): boolean {
  const { packet } = run;
  switch (match.kind) {
    case 'family':
      return run.family === match.family;
    case 'prefix':
      return (
        run.family === familyOf(match.cidr) &&
        cidrContains(match.cidr, addressOf(packet, match.side)) !== (match.negate === true)
      );
    case 'address-set':
      return (
        run.family === match.family &&
        isIn(run, match.set, { address: addressOf(packet, match.side) }) !== (match.negate === true)
      );
    case 'endpoint-set': {
      const service = serviceOf(run);
      return (
        run.family === match.family &&
        service !== undefined &&
        isIn(run, match.set, { address: addressOf(packet, match.side), service })
      );
    }
    case 'protocol':
      return run.protocol === protocolNumber(match.protocol);
    case 'ports': {
      const port = packet.destinationPort;
      return (
        run.protocol === protocolNumber(match.protocol) &&
        port !== undefined &&
        match.ranges.some(([first, last]) => first <= port && port <= last)
      );
    }
    case 'icmpv6-types':
      return (
        run.family === 'IPv6' &&
        run.protocol === protocolNumber('ICMPv6') &&
        packet.icmpv6Type !== undefined &&
        match.types.includes(packet.icmpv6Type)
      );
    case 'tcp-reset':
      return run.protocol === protocolNumber('TCP') && packet.tcpReset === true;
    case 'ct-mark':
      return run.tracked && (run.mark & match.mask) >>> 0 === match.value;
    case 'ct-state':
      // Without conntrack entry the kernel reports `invalid`.
      return match.states.includes(packet.ct?.state ?? 'invalid');
    case 'ct-direction':
      return run.tracked && packet.ct?.direction === match.direction;
    case 'ct-redirected':
      return run.tracked && run.family === familyOf(match.from) && originalDestination(packet) !== match.from;
    case 'ct-helper':
      return run.tracked && packet.ct?.helper === true;
    case 'icmp':
      return run.protocol === protocolNumber('ICMP') || run.protocol === protocolNumber('ICMPv6');
    case 'hop-limit':
      return run.family === 'IPv6' && (packet.hopLimit ?? 64) === match.value;
    case 'source-unrouted':
      return packet.sourceUnrouted === true;
    case 'interface':
      return isNamed(match.pattern, match.way === 'in' ? packet.inInterface : packet.outInterface);
    case 'source-local':
      return packet.sourceIsLocal;
    case 'loopback':
      return packet.loopback === true;
  }
}

/** The destination of the first packet, before DNAT. */
function originalDestination({ ct, source, destination }: Packet): Address {
  return ct?.originalDestination ?? (ct?.direction === 'reply' ? source : destination);
}

function isNamed(pattern: InterfacePattern, name: string | undefined): boolean {
  if (name === undefined) return false;
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function isTracked({ ct }: Packet): boolean {
  return ct !== undefined && ct.state !== 'invalid' && ct.state !== 'untracked';
}

function addressOf(packet: Packet, side: Side): Address {
  return side === 'saddr' ? packet.source : packet.destination;
}

/** What is looked up. Both parts in a set of endpoints. */
interface Key {
  readonly address?: Address;
  readonly service?: Service;
}

interface Service {
  readonly protocol: number;
  readonly port: number;
}

/** `meta l4proto . th dport`; `undefined` where the packet has no port. */
function serviceOf({ packet, protocol }: Run): Service | undefined {
  return packet.destinationPort === undefined ? undefined : { protocol, port: packet.destinationPort };
}

function isIn(run: Run, set: SetName, key: Key): boolean {
  return lookUp(run, set, key) !== undefined;
}

/** The verdict of the element, `null` in a set; `undefined` where there is no element. */
function lookUp({ ruleset }: Run, name: SetName, key: Key): Verdict | null | undefined {
  const set = ruleset.sets.get(name);
  if (set === undefined) throw uninterpretable(`there is no set or map ${name}`);
  if (!set.interval) return set.elements.get(exactKey(key));
  return intervalsOf(ruleset, set).find(key)?.verdict;
}

/** Keys are canonical text, so a packet's key is found by its text. */
function exactKey({ address, service }: Key): ElementKey {
  const parts = service === undefined ? [] : [protocolWord(service.protocol), String(service.port)];
  return [...(address === undefined ? [] : [address]), ...parts].join(' . ') as ElementKey;
}

function protocolWord(protocol: number): string {
  return protocols.find((name) => protocolNumber(name) === protocol)?.toLowerCase() ?? String(protocol);
}

interface Intervals {
  find(key: Key): Interval | undefined;
}

interface Interval {
  readonly verdict: Verdict | null;
  readonly addresses?: Span;
  readonly ports?: Span;
}

type Span = readonly [first: bigint, last: bigint];

// By ruleset, not by set: whoever keeps a ruleset up to date may reuse its sets.
const intervalCache = new WeakMap<Ruleset, Map<SetName, Intervals>>();

function intervalsOf(ruleset: Ruleset, set: NftSet): Intervals {
  let ofRuleset = intervalCache.get(ruleset);
  if (ofRuleset === undefined) intervalCache.set(ruleset, (ofRuleset = new Map<SetName, Intervals>()));
  let intervals = ofRuleset.get(set.name);
  if (intervals === undefined) ofRuleset.set(set.name, (intervals = indexIntervals(set)));
  return intervals;
}

function indexIntervals(set: NftSet): Intervals {
  const hasAddress = set.keyType.startsWith('ip');
  const hasService = set.keyType.endsWith('inet_service');
  const byProtocol = new Map<string, Interval[]>();
  for (const [key, verdict] of set.elements) {
    const parts = key.split(' . ');
    const addresses = hasAddress ? { addresses: addressSpan(parts[0] ?? '') } : {};
    const ports = hasService ? { ports: portSpan(parts.at(-1) ?? '') } : {};
    const protocol = hasService ? (parts.at(-2) ?? '') : '';
    const group = byProtocol.get(protocol);
    const interval: Interval = { verdict, ...addresses, ...ports };
    if (group === undefined) byProtocol.set(protocol, [interval]);
    else group.push(interval);
  }
  const leading = ({ addresses, ports }: Interval): Span => addresses ?? ports ?? [0n, 0n];
  for (const group of byProtocol.values()) group.sort((a, b) => (leading(a)[0] < leading(b)[0] ? -1 : 1));
  return {
    find({ address, service }) {
      const group = byProtocol.get(service === undefined ? '' : protocolWord(service.protocol)) ?? [];
      const at = address === undefined ? undefined : addressSpan(address)[0];
      const port = service === undefined ? undefined : BigInt(service.port);
      const value = at ?? port;
      if (value === undefined) return undefined;
      // Elements are disjoint. With one component the last that starts at or before the value is the only candidate; with
      // two, elements may share addresses, so all of these are.
      const end = countStartingBy(group, value, leading);
      const start = hasAddress && hasService ? 0 : Math.max(0, end - 1);
      return group
        .slice(start, end)
        .find(({ addresses, ports }) => contains(addresses, at) && contains(ports, port));
    },
  };
}

/** How many of the ascending intervals start at or before the value. */
function countStartingBy(group: readonly Interval[], value: bigint, leading: (of: Interval) => Span): number {
  let [low, high] = [0, group.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const interval = group[middle];
    if (interval !== undefined && leading(interval)[0] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function contains(span: Span | undefined, value: bigint | undefined): boolean {
  return span === undefined || (value !== undefined && span[0] <= value && value <= span[1]);
}

/** `10.0.0.1`, `10.0.0.0/8` or `10.0.0.1-10.0.0.9`. */
function addressSpan(text: string): Span {
  const [from = '', to = from] = text.split('-');
  return [blockBounds(from)[0], blockBounds(to)[1]];
}

function blockBounds(text: string): Span {
  const { first, last } = bounds(text.includes('/') ? (text as Cidr) : hostCidr(text as Address));
  return [first, last];
}

function portSpan(text: string): Span {
  const [first = '', last = first] = text.split('-');
  return [BigInt(first), BigInt(last)];
}

function chainOf({ ruleset }: Run, name: ChainName): Chain {
  const chain = ruleset.chains.get(name);
  if (chain === undefined) throw uninterpretable(`there is no chain ${name}`);
  return chain;
}

function uninterpretable(message: string): UninterpretableError {
  return Object.assign(new Error(message), { code: 'RULESET_UNINTERPRETABLE' as const });
}
