import type {
  BaseChain,
  Chain,
  ChainName,
  CounterName,
  ElementKey,
  Match,
  NftSet,
  Rule,
  Ruleset,
  SetName,
  Statement,
  Verdict,
} from '../ruleset/objects.ts';
import { namedCounters } from '../ruleset/named-counters.ts';
import { addressKeyType, endpointKeyType } from '../ruleset/objects.ts';
import type { Element, Operation, Transaction } from '../ruleset/operation.ts';
import { NftError, type NftErrorCode } from './errors.ts';
import { keyRanges, overlapping } from './fake-intervals.ts';
import { describeOperation } from './locate.ts';

/** The tables of family `inet`, by name. Never changed in place. */
export type FakeTables = ReadonlyMap<string, FakeTable>;

export interface FakeTable {
  readonly sets: Map<SetName, FakeSet>;
  readonly chains: Map<ChainName, FakeChain>;
  readonly counters: Set<CounterName>;
}

interface FakeSet {
  readonly declaration: Omit<NftSet, 'elements'>;
  readonly elements: Map<ElementKey, Verdict | null>;
}

interface FakeChain {
  readonly base: BaseChain | undefined;
  readonly rules: readonly Rule[];
}

/** A jump and a goto count alike; the kernel's NFT_JUMP_STACK_SIZE. */
const jumpStackSize = 16;

/**
 * The tables after the transaction. Throws the NftError that the kernel's refusal would be, and then nothing has changed.
 * Where the kernel is lax by accident (it lets a port range be added around one that is there, and deletes the range when
 * asked for one of its ports) this is not: a caller that relies on it is wrong.
 */
export function applyToTables(tables: FakeTables, transaction: Transaction): FakeTables {
  const next = new Map(tables);
  const { table: name } = transaction;
  const before = next.get(name);
  if (before !== undefined) next.set(name, copyOf(before));
  transaction.operations.forEach((operation, index) => {
    const refuse: Refuse = (code, why) => {
      const [object, called] = describeOperation(operation, name);
      const line = index + 1;
      const location = { line, column: 1, command: operation.op, object: `${object} ${called}` };
      return new NftError(code, `nft: ${why}, in ${location.object}`, { outcome: 'unchanged', location });
    };
    applyOperation(next, name, operation, refuse);
  });
  const after = next.get(name);
  if (after !== undefined) checkJumps(after, name);
  return next;
}

/** The table as a ruleset. */
export function rulesetOf(tables: FakeTables, name: string): Ruleset | undefined {
  const table = tables.get(name);
  if (table === undefined) return undefined;
  const { sets, chains } = copyOf(table);
  return {
    table: name,
    sets: new Map([...sets].map(([key, { declaration, elements }]) => [key, { ...declaration, elements }])),
    chains: new Map([...chains].map(([key, { base, rules }]) => [key, chainOf(key, base, rules)])),
  };
}

function chainOf(name: ChainName, base: BaseChain | undefined, rules: readonly Rule[]): Chain {
  return base === undefined ? { name, rules } : { name, base, rules };
}

function copyOf({ sets, chains, counters }: FakeTable): FakeTable {
  return {
    sets: new Map([...sets].map(([name, set]) => [name, { ...set, elements: new Map(set.elements) }])),
    chains: new Map(chains),
    counters: new Set(counters),
  };
}

type Refuse = (code: NftErrorCode, why: string) => NftError;

function applyOperation(
  tables: Map<string, FakeTable>,
  name: string,
  operation: Operation,
  refuse: Refuse,
): void {
  if (operation.op === 'add-table') {
    if (!tables.has(name)) tables.set(name, { sets: new Map(), chains: new Map(), counters: new Set() });
    return;
  }
  const table = found(tables.get(name), refuse);
  switch (operation.op) {
    case 'delete-table':
      tables.delete(name);
      return;
    case 'add-set':
      addSet(table, operation.set, refuse);
      return;
    case 'delete-set':
      deleteSet(table, operation.set.name, refuse);
      return;
    case 'add-elements':
      addElements(table, found(table.sets.get(operation.set), refuse), operation.elements, refuse);
      return;
    case 'delete-elements': {
      const { elements } = found(table.sets.get(operation.set), refuse);
      for (const [key] of operation.elements)
        if (!elements.delete(key)) throw refuse('NFT_NOT_FOUND', `no element ${key}`);
      return;
    }
    case 'add-counter':
      table.counters.add(operation.counter);
      return;
    case 'delete-counter': {
      const rules = [...table.chains.values()];
      if (namedCounters(rules).has(operation.counter)) throw refuse('NFT_BUSY', 'Device or resource busy');
      if (!table.counters.delete(operation.counter))
        throw refuse('NFT_NOT_FOUND', 'No such file or directory');
      return;
    }
    case 'add-chain':
      addChain(table, operation.chain, refuse);
      return;
    case 'flush-chain':
      table.chains.set(operation.chain, { ...found(table.chains.get(operation.chain), refuse), rules: [] });
      return;
    case 'delete-chain':
      deleteChain(table, operation.chain, refuse);
      return;
    case 'add-rule': {
      const chain = found(table.chains.get(operation.chain), refuse);
      checkRule(table, operation.rule, refuse);
      table.chains.set(operation.chain, { ...chain, rules: [...chain.rules, operation.rule] });
    }
  }
}

function found<T>(object: T | undefined, refuse: Refuse): T {
  if (object === undefined) throw refuse('NFT_NOT_FOUND', 'No such file or directory');
  return object;
}

function addSet(table: FakeTable, set: NftSet, refuse: Refuse): void {
  const { elements: _, ...declaration } = set;
  const there = table.sets.get(set.name)?.declaration;
  if (there === undefined) {
    table.sets.set(set.name, { declaration, elements: new Map() });
    return;
  }
  const same = there.kind === set.kind && there.keyType === set.keyType && there.interval === set.interval;
  if (!same) throw refuse('NFT_EXISTS', 'File exists');
}

function deleteSet(table: FakeTable, name: SetName, refuse: Refuse): void {
  found(table.sets.get(name), refuse);
  const used = [...table.chains.values()].some(({ rules }) =>
    rules.some((rule) => setsOf(rule).includes(name)),
  );
  if (used) throw refuse('NFT_BUSY', 'Device or resource busy');
  table.sets.delete(name);
}

function addElements(table: FakeTable, set: FakeSet, added: readonly Element[], refuse: Refuse): void {
  const { declaration, elements } = set;
  for (const [key, verdict] of added) {
    if ((verdict !== null) !== (declaration.kind === 'map'))
      throw refuse('NFT_REFUSED', `${key}: Invalid argument`);
    if (keyRanges(key, declaration) === undefined)
      throw refuse('NFT_SYNTAX', `${key} is no ${declaration.keyType}`);
    if (verdict !== null) checkTarget(table, verdict, refuse);
    const there = elements.get(key);
    if (there !== undefined && !sameVerdict(there, verdict))
      throw refuse('NFT_EXISTS', `${key}: File exists`);
    elements.set(key, verdict);
  }
  if (!declaration.interval) return;
  const clash = overlapping(elements.keys(), declaration);
  if (clash !== undefined) throw refuse('NFT_EXISTS', `${clash}: interval overlaps with an existing one`);
}

function sameVerdict(a: Verdict | null, b: Verdict | null): boolean {
  if (a === null || b === null) return a === b;
  const target = (verdict: Verdict) => ('chain' in verdict ? verdict.chain : undefined);
  return a.kind === b.kind && target(a) === target(b);
}

function addChain(table: FakeTable, chain: Chain, refuse: Refuse): void {
  const there = table.chains.get(chain.name);
  if (there === undefined) {
    table.chains.set(chain.name, { base: chain.base, rules: [] });
    return;
  }
  if (chain.base === undefined) return;
  if (there.base === undefined) throw refuse('NFT_EXISTS', 'File exists');
  if (there.base.hook !== chain.base.hook || there.base.priority !== chain.base.priority) {
    throw refuse('NFT_REFUSED', 'Operation not supported');
  }
}

/** The rules of the chain go with it, but a jump to it must be gone before, even one from itself. */
function deleteChain(table: FakeTable, name: ChainName, refuse: Refuse): void {
  found(table.chains.get(name), refuse);
  const byRule = [...table.chains.values()].some(({ rules }) =>
    rules.some((rule) => targetsOf(rule).includes(name)),
  );
  const byElement = [...table.sets.values()].some(
    ({ declaration, elements }) =>
      declaration.kind === 'map' && [...elements.values()].some((verdict) => targetOf(verdict) === name),
  );
  if (byRule || byElement) throw refuse('NFT_BUSY', 'Device or resource busy');
  table.chains.delete(name);
}

function checkRule(table: FakeTable, rule: Rule, refuse: Refuse): void {
  for (const match of rule.matches) {
    const wanted = keyTypeOf(match);
    if (wanted !== undefined) checkUse(table, wanted.set, 'set', wanted.keyType, refuse);
  }
  for (const statement of rule.statements) {
    const wanted = mapOf(statement);
    if (wanted !== undefined) checkUse(table, wanted.set, 'map', wanted.keyType, refuse);
    if (statement.kind === 'verdict') checkTarget(table, statement.verdict, refuse);
    if (statement.kind === 'counter' && statement.name !== undefined && !table.counters.has(statement.name))
      throw refuse('NFT_NOT_FOUND', 'No such file or directory');
  }
}

function checkUse(
  table: FakeTable,
  name: SetName,
  kind: NftSet['kind'],
  keyType: NftSet['keyType'],
  refuse: Refuse,
): void {
  const { declaration } = found(table.sets.get(name), refuse);
  if (declaration.kind !== kind) throw refuse('NFT_SYNTAX', `@${name} is no ${kind}`);
  if (declaration.keyType !== keyType) {
    throw refuse('NFT_SYNTAX', `datatype mismatch, expected ${keyType}, @${name} has ${declaration.keyType}`);
  }
}

function keyTypeOf(match: Match): { readonly set: SetName; readonly keyType: NftSet['keyType'] } | undefined {
  if (match.kind === 'address-set') return { set: match.set, keyType: addressKeyType(match.family) };
  if (match.kind === 'endpoint-set') return { set: match.set, keyType: endpointKeyType(match.family) };
  return undefined;
}

function mapOf(
  statement: Statement,
): { readonly set: SetName; readonly keyType: NftSet['keyType'] } | undefined {
  if (statement.kind === 'address-vmap')
    return { set: statement.map, keyType: addressKeyType(statement.family) };
  if (statement.kind === 'port-vmap') return { set: statement.map, keyType: 'inet_proto . inet_service' };
  return undefined;
}

function setsOf(rule: Rule): readonly SetName[] {
  return [...rule.matches.map(keyTypeOf), ...rule.statements.map(mapOf)].flatMap((use) =>
    use === undefined ? [] : [use.set],
  );
}

function checkTarget(table: FakeTable, verdict: Verdict, refuse: Refuse): void {
  if (!('chain' in verdict)) return;
  const { base } = found(table.chains.get(verdict.chain), refuse);
  if (base !== undefined) throw refuse('NFT_REFUSED', 'Operation not supported');
}

function targetOf(verdict: Verdict | null): ChainName | undefined {
  return verdict !== null && 'chain' in verdict ? verdict.chain : undefined;
}

function targetsOf(rule: Rule): readonly ChainName[] {
  return rule.statements.flatMap((statement) => {
    const target = statement.kind === 'verdict' ? targetOf(statement.verdict) : undefined;
    return target === undefined ? [] : [target];
  });
}

/** From a base chain at most 15 jumps deep, through verdict maps too, so never in a circle. */
function checkJumps(table: FakeTable, name: string): void {
  let level = new Set([...table.chains].filter(([, { base }]) => base !== undefined).map(([chain]) => chain));
  for (let depth = 0; level.size > 0; depth += 1) {
    if (depth === jumpStackSize) {
      throw new NftError('NFT_REFUSED', `nft: Too many links, in table ${name}`, { outcome: 'unchanged' });
    }
    level = new Set([...level].flatMap((chain) => reachedFrom(table, chain)));
  }
}

function reachedFrom(table: FakeTable, name: ChainName): readonly ChainName[] {
  const rules = table.chains.get(name)?.rules ?? [];
  return rules.flatMap((rule) => [
    ...targetsOf(rule),
    ...rule.statements.flatMap((statement) => {
      const map = mapOf(statement);
      const verdicts = map === undefined ? [] : [...(table.sets.get(map.set)?.elements.values() ?? [])];
      return verdicts.flatMap((verdict) => targetOf(verdict) ?? []);
    }),
  ]);
}
