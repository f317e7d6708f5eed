import { familyOf, parseAddress } from '../net/address.ts';
import { bounds, hostCidr, readCidr } from '../net/cidr.ts';
import type { Family } from '../net/protocol.ts';
import {
  addressKeyType,
  type Chain,
  type ChainName,
  type ElementKey,
  endpointKeyType,
  type KeyType,
  type Match,
  type NftSet,
  type Rule,
  type Ruleset,
  type SetName,
  type Statement,
  type Verdict,
} from './objects.ts';
import { jumpFaults, targetOf } from './jump-faults.ts';
import { isInterfacePattern, isLegalComment, isLegalName } from './render-text.ts';

/**
 * What is wrong with a ruleset, one sentence each; empty if every supported kernel and nft takes it. This is stricter
 * than any one kernel: interval sets of several components let overlaps through (measured on 6.18), and loops of
 * chains that no base chain reaches are refused by older kernels only.
 */
export function checkWellFormed(ruleset: Ruleset): string[] {
  return [
    ...(isLegalName(ruleset.table) ? [] : [`table ${ruleset.table}: not a name`]),
    ...[...ruleset.sets].flatMap(([name, set]) =>
      setFaults(name, set, ruleset).map((fault) => `${set.kind} ${name}: ${fault}`),
    ),
    ...[...ruleset.chains].flatMap(([name, chain]) => [
      ...chainNameFaults(name, chain).map((fault) => `chain ${name}: ${fault}`),
      ...chain.rules.flatMap((rule, index) =>
        ruleFaults(rule, ruleset).map((fault) => `chain ${name}, rule ${String(index + 1)}: ${fault}`),
      ),
    ]),
    ...jumpFaults(ruleset),
  ];
}

function chainNameFaults(name: ChainName, chain: Chain): string[] {
  return [
    ...(chain.name === name ? [] : [`is filed under another name than ${chain.name}`]),
    ...(isLegalName(name) ? [] : ['not a name']),
  ];
}

function setFaults(name: SetName, set: NftSet, ruleset: Ruleset): string[] {
  const targets = new Set([...set.elements.values()].flatMap((verdict) => verdict ?? []).map(targetOf));
  return [
    ...(set.name === name ? [] : [`is filed under another name than ${set.name}`]),
    ...(isLegalName(name) ? [] : ['not a name']),
    ...(set.comment === undefined || isLegalComment(set.comment)
      ? []
      : ['comment is not printable or too long']),
    ...[...set.elements].flatMap(([key, verdict]) => elementFaults(set, key, verdict)),
    ...[...targets].flatMap((target) => (target === undefined ? [] : targetFaults(target, ruleset))),
    ...overlaps(set).map(([a, b]) => `${a} overlaps ${b}`),
  ];
}

function elementFaults(set: NftSet, key: ElementKey, verdict: Verdict | null): string[] {
  return [
    ...(readKey(set, key) === undefined ? [`${key} is no key of type ${set.keyType}`] : []),
    ...((verdict === null) === (set.kind === 'set')
      ? []
      : [`${key} ${verdict === null ? 'lacks' : 'has'} a verdict`]),
  ];
}

/** What a rule may not be; references included. */
export function ruleFaults(rule: Rule, ruleset: Pick<Ruleset, 'sets' | 'chains'>): string[] {
  const implied = rule.matches.flatMap(impliedBy).concat(rule.statements.flatMap(impliedBy));
  const families = new Set(implied.flatMap(({ family }) => family ?? []));
  const protocols = new Set(implied.flatMap(({ protocol }) => protocol ?? []));
  const ends = rule.statements.findIndex(isTerminal);
  return [
    ...(rule.matches.length + rule.statements.length === 0 ? ['is empty'] : []),
    ...(rule.comment === undefined || isLegalComment(rule.comment)
      ? []
      : ['comment is not printable or too long']),
    ...(families.size > 1 ? ['matches both families'] : []),
    ...(protocols.size > 1 ? [`matches ${[...protocols].sort().join(' and ')} at once`] : []),
    ...(ends === -1 || ends === rule.statements.length - 1 ? [] : ['has statements after its end']),
    ...rule.matches.flatMap((match) => matchFaults(match, ruleset)),
    ...rule.statements.flatMap((statement) => statementFaults(statement, rule, ruleset)),
  ];
}

/** What a match or a statement says of the packet besides what it looks at. nft refuses contradictions. */
function impliedBy(
  part: Match | Statement,
): readonly { readonly family?: Family; readonly protocol?: string }[] {
  switch (part.kind) {
    case 'prefix':
      return [{ family: part.cidr.includes(':') ? 'IPv6' : 'IPv4' }];
    case 'family':
    case 'address-set':
    case 'endpoint-set':
    case 'address-vmap':
      return [{ family: part.family }];
    case 'protocol':
    case 'ports':
      return [{ protocol: part.protocol }];
    case 'icmpv6-types':
      return [{ family: 'IPv6', protocol: 'ICMPv6' }];
    case 'ct-redirected':
      return [{ family: familyOf(part.from) }];
    case 'hop-limit':
      return [{ family: 'IPv6' }];
    case 'tcp-reset':
      return [{ protocol: 'TCP' }];
    case 'reject':
      return part.with === 'tcp-reset' ? [{ protocol: 'TCP' }] : [];
    case 'ct-mark':
    case 'ct-state':
    case 'ct-direction':
    case 'ct-helper':
    case 'icmp':
    case 'source-unrouted':
    case 'interface':
    case 'source-local':
    case 'loopback':
    case 'counter':
    case 'limit':
    case 'log':
    case 'set-ct-mark':
    case 'port-vmap':
    case 'verdict':
      return [];
  }
}

function matchFaults(match: Match, ruleset: Pick<Ruleset, 'sets'>): string[] {
  switch (match.kind) {
    case 'address-set':
      return setReferenceFaults(match.set, 'set', addressKeyType(match.family), ruleset);
    case 'endpoint-set':
      return setReferenceFaults(match.set, 'set', endpointKeyType(match.family), ruleset);
    case 'prefix': {
      const read = readCidr(match.cidr);
      return read.ok && read.cidr === match.cidr ? [] : [`${match.cidr} is no CIDR`];
    }
    case 'ports':
      return match.ranges.length > 0 && match.ranges.every(isAfterPrevious)
        ? []
        : ['ports are not ascending ranges'];
    case 'icmpv6-types':
      return match.types.length > 0 && match.types.every((type) => isWithin(type, 0xff))
        ? []
        : ['no ICMPv6 type'];
    case 'ct-mark':
      return isWithin(match.mask, 0xffffffff) && isWithin(match.value, match.mask)
        ? []
        : ['mark out of its mask'];
    case 'ct-state':
      return match.states.length > 0 ? [] : ['no conntrack state'];
    case 'ct-redirected':
      return readAddress(match.from) === undefined ? [`${match.from} is no address`] : [];
    case 'hop-limit':
      return isWithin(match.value, 0xff) ? [] : ['no hop limit'];
    case 'interface':
      return isInterfacePattern(match.pattern) ? [] : ['not the name of an interface'];
    case 'family':
    case 'protocol':
    case 'tcp-reset':
    case 'ct-direction':
    case 'ct-helper':
    case 'icmp':
    case 'source-unrouted':
    case 'source-local':
    case 'loopback':
      return [];
  }
}

function statementFaults(
  statement: Statement,
  rule: Rule,
  ruleset: Pick<Ruleset, 'sets' | 'chains'>,
): string[] {
  switch (statement.kind) {
    case 'address-vmap':
      return setReferenceFaults(statement.map, 'map', addressKeyType(statement.family), ruleset);
    case 'port-vmap':
      return setReferenceFaults(statement.map, 'map', 'inet_proto . inet_service', ruleset);
    case 'verdict': {
      const target = targetOf(statement.verdict);
      return target === undefined ? [] : targetFaults(target, ruleset);
    }
    case 'set-ct-mark': {
      const { keep, value } = statement;
      return isWithin(keep, 0xffffffff) && isWithin(value, 0xffffffff) ? [] : ['mark is not 32 bits'];
    }
    case 'reject':
      // nft would add the match itself; written out, the ruleset says what it does.
      return statement.with !== 'tcp-reset' ||
        rule.matches.some((match) => impliedBy(match)[0]?.protocol === 'TCP')
        ? []
        : ['resets without matching TCP'];
    case 'limit':
      return statement.perSecond >= 1 && isWithin(statement.burst, 0xffffffff) ? [] : ['no rate'];
    case 'log':
      return isWithin(statement.group, 0xffff) && isWithin(statement.bytes, 0xffff) ? [] : ['no log group'];
    case 'counter':
      return statement.name === undefined || isLegalName(statement.name)
        ? []
        : [`counter ${statement.name}: not a name`];
  }
}

function setReferenceFaults(
  name: SetName,
  kind: 'set' | 'map',
  keyType: KeyType,
  { sets }: Pick<Ruleset, 'sets'>,
): string[] {
  const set = sets.get(name);
  if (set === undefined) return [`${kind} ${name} does not exist`];
  return set.kind === kind && set.keyType === keyType ? [] : [`${name} is no ${kind} of ${keyType}`];
}

function targetFaults(target: ChainName, { chains }: Pick<Ruleset, 'chains'>): string[] {
  const chain = chains.get(target);
  if (chain === undefined) return [`chain ${target} does not exist`];
  return chain.base === undefined ? [] : [`${target} is a base chain, nothing can lead to it`];
}

function isTerminal(statement: Statement): boolean {
  return (
    statement.kind === 'reject' || (statement.kind === 'verdict' && statement.verdict.kind !== 'continue')
  );
}

function isAfterPrevious(
  [first, last]: readonly [number, number],
  index: number,
  ranges: readonly (readonly [number, number])[],
): boolean {
  const previous = ranges[index - 1]?.[1] ?? -1;
  return previous < first && first <= last && isWithin(first, 0xffff) && isWithin(last, 0xffff);
}

function isWithin(value: number, highest: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= highest;
}

/** Numbers from first to last, both included. */
export interface Span {
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * The key of an element as numbers, one span for each component of the key type; `undefined` if it is no canonical key of
 * the set. Spans of more than one number need `interval`.
 */
export function readKey(
  { keyType, interval }: Pick<NftSet, 'keyType' | 'interval'>,
  key: ElementKey,
): readonly Span[] | undefined {
  const types = keyType.split(' . ');
  const components = key.split(' . ');
  if (types.length !== components.length) return undefined;
  const spans: Span[] = [];
  for (const [index, type] of types.entries()) {
    const span = readComponent(type, components[index] ?? '');
    if (span === undefined || (!interval && span.first !== span.last)) return undefined;
    spans.push(span);
  }
  return spans;
}

function readComponent(type: string, text: string): Span | undefined {
  switch (type) {
    case 'ipv4_addr':
      return readAddresses(text, 'IPv4');
    case 'ipv6_addr':
      return readAddresses(text, 'IPv6');
    case 'inet_proto': {
      const number = protocolNumbers.get(text);
      return number === undefined ? undefined : { first: number, last: number };
    }
    default:
      return readPorts(text);
  }
}

const protocolNumbers: ReadonlyMap<string, bigint> = new Map([
  ['tcp', 6n],
  ['udp', 17n],
  ['sctp', 132n],
]);

function readAddresses(text: string, family: Family): Span | undefined {
  if (text.includes(':') !== (family === 'IPv6')) return undefined;
  if (text.includes('/')) {
    const read = readCidr(text);
    return read.ok && read.cidr === text ? bounds(read.cidr) : undefined;
  }
  const [from, to = from, ...rest] = text.split('-');
  const [first, last] = [readAddress(from), readAddress(to)];
  if (first === undefined || last === undefined || first > last || rest.length > 0) return undefined;
  return { first, last };
}

function readAddress(text = ''): bigint | undefined {
  const address = parseAddress(text);
  return address === undefined || address !== text ? undefined : bounds(hostCidr(address)).first;
}

function readPorts(text: string): Span | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
  return isAfterPrevious([first, last], 0, []) ? { first: BigInt(first), last: BigInt(last) } : undefined;
}

/** Elements of an interval set that share a key. Keys that cannot be read are left out. */
export function overlaps(set: NftSet): readonly (readonly [ElementKey, ElementKey])[] {
  if (!set.interval) return [];
  const elements = [...set.elements.keys()]
    .flatMap((key) => {
      const spans = readKey(set, key);
      const [span] = spans ?? [];
      return spans === undefined || span === undefined ? [] : [{ key, spans, span }];
    })
    .sort((a, b) => (a.span.first < b.span.first ? -1 : a.span.first > b.span.first ? 1 : 0));
  const found: (readonly [ElementKey, ElementKey])[] = [];
  let open: typeof elements = [];
  for (const element of elements) {
    open = open.filter(({ span }) => span.last >= element.span.first);
    for (const { key, spans } of open) {
      if (spans.every((span, index) => meet(span, element.spans[index]))) found.push([key, element.key]);
    }
    open.push(element);
  }
  return found;
}

function meet(a: Span, b: Span | undefined): boolean {
  return b !== undefined && a.first <= b.last && b.first <= a.last;
}
