import { familyOf } from '../net/address.ts';
import type { Family } from '../net/protocol.ts';
import type { ElementKey, KeyType, Match, NftSet, Rule, Side, Statement, Verdict } from './objects.ts';
import type { Element, Operation, Transaction } from './operation.ts';
import { interfaceKey, noHelper, safeComment, safeInterface, safeKey, safeName } from './render-text.ts';

/** How sets are declared: `type` is understood by every nft, `typeof` by 1.1 and later. */
export interface JsonOptions {
  readonly declare: 'type' | 'typeof';
}

/**
 * A transaction as libnftables JSON, one command a line, for `nft -j -f`. Comments of sets are left out: nft does not take
 * them in JSON.
 * @throws {UnsafeTextError} a name, comment or element that nft would read as something else, in JSON or once it is listed
 */
export function renderJson({ table, operations }: Transaction, options: JsonOptions): string {
  if (operations.length === 0) return '{"nftables":[]}\n';
  const where = { family: 'inet', table: safeName(table) };
  const commands = operations.map((operation) => JSON.stringify(command(where, operation, options)));
  return `{"nftables":[\n${commands.join(',\n')}\n]}\n`;
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

interface Place {
  readonly family: string;
  readonly table: string;
}

function command(where: Place, operation: Operation, options: JsonOptions): Json {
  const inTable = (name: string): { readonly [key: string]: Json } => ({ ...where, name: safeName(name) });
  switch (operation.op) {
    case 'add-table':
      return { add: { table: { family: where.family, name: where.table } } };
    case 'delete-table':
      return { delete: { table: { family: where.family, name: where.table } } };
    case 'add-set': {
      const { set } = operation;
      return { add: { [set.kind]: { ...inTable(set.name), ...declaration(set, options) } } };
    }
    case 'delete-set':
      return { delete: { [operation.set.kind]: inTable(operation.set.name) } };
    case 'add-elements':
      return { add: { element: { ...inTable(operation.set), elem: operation.elements.map(element) } } };
    case 'delete-elements': {
      const keys = operation.elements.map(([key]) => keyJson(key));
      return { delete: { element: { ...inTable(operation.set), elem: keys } } };
    }
    case 'add-counter':
      return { add: { counter: inTable(operation.counter) } };
    case 'delete-counter':
      return { delete: { counter: inTable(operation.counter) } };
    case 'add-chain': {
      const { name, base } = operation.chain;
      if (base === undefined) return { add: { chain: inTable(name) } };
      const { hook, priority } = base;
      return { add: { chain: { ...inTable(name), type: 'filter', hook, prio: priority, policy: 'accept' } } };
    }
    case 'flush-chain':
      return { flush: { chain: inTable(operation.chain) } };
    case 'delete-chain':
      return { delete: { chain: inTable(operation.chain) } };
    case 'add-rule':
      return { add: { rule: { ...where, chain: safeName(operation.chain), ...ruleJson(operation.rule) } } };
  }
}

function declaration(set: NftSet, { declare }: JsonOptions): { readonly [key: string]: Json } {
  return {
    type: declare === 'typeof' ? { typeof: typeofJson(set.keyType) } : typeJson(set.keyType),
    ...(set.kind === 'map' ? { map: declare === 'typeof' ? verdictType : 'verdict' } : {}),
    ...(set.interval ? { flags: ['interval'] } : {}),
  };
}

/**
 * Any verdict stands for its type. With the plain word `verdict`, nft 1.1 forgets that the key was given by `typeof`, and
 * then nft 1.0.6 crashes on the map (measured with 1.1.3).
 */
const verdictType: Json = { typeof: { accept: null } };

function typeJson(keyType: KeyType): Json {
  const types = keyType.split(' . ');
  return types.length === 1 ? keyType : types;
}

function typeofJson(keyType: KeyType): Json {
  switch (keyType) {
    case 'ipv4_addr':
      return addressJson('saddr', 'IPv4');
    case 'ipv6_addr':
      return addressJson('saddr', 'IPv6');
    case 'ipv4_addr . inet_proto . inet_service':
      return endpointJson('saddr', 'IPv4');
    case 'ipv6_addr . inet_proto . inet_service':
      return endpointJson('saddr', 'IPv6');
    case 'inet_proto . inet_service':
      return servicePortJson;
  }
}

function element([key, verdict]: Element): Json {
  return verdict === null ? keyJson(key) : [keyJson(key), verdictJson(verdict)];
}

function keyJson(key: ElementKey): Json {
  const components = safeKey(key).split(' . ').map(componentJson);
  return components.length === 1 ? (components[0] ?? null) : { concat: components };
}

/** An address or a protocol as text, a port as a number, `a/b` as a prefix, `a-b` as a range. */
function componentJson(component: string): Json {
  const slash = component.indexOf('/');
  if (slash !== -1) return prefixJson(component.slice(0, slash), Number(component.slice(slash + 1)));
  const dash = component.indexOf('-');
  if (dash === -1) return valueJson(component);
  return { range: [valueJson(component.slice(0, dash)), valueJson(component.slice(dash + 1))] };
}

function prefixJson(address: string, length: number): Json {
  // A prefix of full length is listed by nft as the bare address.
  return length === (address.includes(':') ? 128 : 32) ? address : { prefix: { addr: address, len: length } };
}

function valueJson(text: string): Json {
  return /^[0-9]+$/.test(text) ? Number(text) : text;
}

function ruleJson({ matches, statements, comment }: Rule): { readonly [key: string]: Json } {
  const expr = [...matches.map(matchJson), ...statements.map(statementJson)];
  return comment === undefined ? { expr } : { comment: safeComment(comment), expr };
}

function matchJson(match: Match): Json {
  switch (match.kind) {
    case 'family':
      return compare('==', { meta: { key: 'nfproto' } }, match.family.toLowerCase());
    case 'prefix': {
      const left = addressJson(match.side, match.cidr.includes(':') ? 'IPv6' : 'IPv4');
      return compare(equality(match), left, componentJson(safeKey(match.cidr)));
    }
    case 'address-set':
      return compare(equality(match), addressJson(match.side, match.family), `@${safeName(match.set)}`);
    case 'endpoint-set':
      return compare('==', endpointJson(match.side, match.family), `@${safeName(match.set)}`);
    case 'protocol':
      return compare('==', { meta: { key: 'l4proto' } }, match.protocol.toLowerCase());
    case 'ports': {
      const left = { payload: { protocol: match.protocol.toLowerCase(), field: 'dport' } };
      return compare('==', left, oneOf(match.ranges.map(portsJson)));
    }
    case 'icmpv6-types':
      return compare('==', { payload: { protocol: 'icmpv6', field: 'type' } }, oneOf(match.types));
    case 'tcp-reset':
      return compare('==', { '&': [{ payload: { protocol: 'tcp', field: 'flags' } }, 'rst'] }, 'rst');
    case 'ct-mark':
      return compare('==', { '&': [ctMark, match.mask] }, match.value);
    case 'ct-state':
      return compare('in', { ct: { key: 'state' } }, match.states);
    case 'ct-direction':
      return compare('==', { ct: { key: 'direction' } }, match.direction);
    case 'ct-redirected': {
      const key = familyOf(match.from) === 'IPv4' ? 'ip daddr' : 'ip6 daddr';
      return compare('!=', { ct: { key, dir: 'original' } }, safeKey(match.from));
    }
    case 'ct-helper':
      return compare('!=', { ct: { key: 'helper' } }, noHelper);
    case 'icmp':
      // By number: nft looks these names up in /etc/protocols, which slim images lack.
      return compare('==', l4proto, { set: [1, 58] });
    case 'hop-limit':
      return compare('==', { payload: { protocol: 'ip6', field: 'hoplimit' } }, match.value);
    case 'source-unrouted':
      return compare('==', { fib: { result: 'oif', flags: ['saddr', 'iif'] } }, false);
    case 'interface':
      return compare('==', { meta: { key: interfaceKey(match.way) } }, safeInterface(match.pattern));
    case 'source-local':
      return compare('==', { fib: { result: 'type', flags: ['saddr'] } }, { set: ['local', 'anycast'] });
    case 'loopback':
      return compare('==', { meta: { key: 'iifname' } }, 'lo');
  }
}

function statementJson(statement: Statement): Json {
  switch (statement.kind) {
    case 'counter':
      return { counter: statement.name === undefined ? null : safeName(statement.name) };
    case 'limit':
      return { limit: { rate: statement.perSecond, per: 'second', burst: statement.burst } };
    case 'log':
      return {
        log: { prefix: safeComment(statement.prefix), group: statement.group, snaplen: statement.bytes },
      };
    case 'set-ct-mark': {
      const kept = { '&': [ctMark, statement.keep] };
      const value = statement.value === 0 ? kept : { '|': [kept, statement.value] };
      return { mangle: { key: ctMark, value } };
    }
    case 'address-vmap': {
      const key = addressJson(statement.side, statement.family);
      return { vmap: { key, data: `@${safeName(statement.map)}` } };
    }
    case 'port-vmap':
      return { vmap: { key: servicePortJson, data: `@${safeName(statement.map)}` } };
    case 'reject':
      return statement.with === 'tcp-reset'
        ? { reject: { type: 'tcp reset' } }
        : { reject: { type: 'icmpx', expr: 'admin-prohibited' } };
    case 'verdict':
      return verdictJson(statement.verdict);
  }
}

function verdictJson(verdict: Verdict): Json {
  return 'chain' in verdict
    ? { [verdict.kind]: { target: safeName(verdict.chain) } }
    : { [verdict.kind]: null };
}

function compare(op: '==' | '!=' | 'in', left: Json, right: Json): Json {
  return { match: { op, left, right } };
}

function equality({ negate }: { readonly negate?: boolean }): '==' | '!=' {
  return negate === true ? '!=' : '==';
}

function oneOf(choices: readonly Json[]): Json {
  const [only] = choices;
  return choices.length === 1 && only !== undefined ? only : { set: choices };
}

function portsJson([first, last]: readonly [number, number]): Json {
  return first === last ? first : { range: [first, last] };
}

function addressJson(side: Side, family: Family): Json {
  return { payload: { protocol: family === 'IPv4' ? 'ip' : 'ip6', field: side } };
}

function endpointJson(side: Side, family: Family): Json {
  return { concat: [addressJson(side, family), l4proto, destinationPort] };
}

const l4proto: Json = { meta: { key: 'l4proto' } };
const destinationPort: Json = { payload: { protocol: 'th', field: 'dport' } };
const servicePortJson: Json = { concat: [l4proto, destinationPort] };
const ctMark: Json = { ct: { key: 'mark' } };
