import { jumpFaults, targetOf } from './jump-faults.ts';
import { namedCounters } from './named-counters.ts';
import type {
  Chain,
  ChainName,
  CounterName,
  ElementKey,
  NftSet,
  Rule,
  Ruleset,
  SetName,
  Verdict,
} from './objects.ts';
import type { Element, Operation, Transaction } from './operation.ts';
import { overlaps, readKey, ruleFaults } from './well-formed.ts';

/** Why the kernel (or nft before it) refuses an operation, in the kernel's words. */
export type Errno =
  /** What is named does not exist. */
  | 'ENOENT'
  /** It is there already and says something else, or an interval overlaps another. */
  | 'EEXIST'
  /** Something still refers to it. */
  | 'EBUSY'
  /** Chains lead in a circle or too deep. */
  | 'EMLINK'
  /** A base chain as the target of a jump. */
  | 'EOPNOTSUPP'
  /** Not well-formed. */
  | 'EINVAL';

/** A transaction that was refused as a whole. */
export interface TransactionRefusedError extends Error {
  readonly code: 'TRANSACTION_REFUSED';
  readonly errno: Errno;
  /** Which operation, from 0. At the number of operations: the check at the end. */
  readonly operation: number;
}

/**
 * What the kernel holds after a transaction: the new ruleset, or `undefined` where the table is gone. Where kernels and
 * nft versions differ it takes the strictest: interval elements never overlap (the kernel lets some overlaps of several
 * components through), a set is deleted as what it is, a chain is declared again as what it is, no chains in a circle even
 * where no base chain leads there.
 * @param ruleset what it holds before; `undefined` without the table
 * @throws {TransactionRefusedError} nothing has changed
 */
export function applyTransaction(
  ruleset: Ruleset | undefined,
  transaction: Transaction,
): Ruleset | undefined {
  const { table, operations } = transaction;
  if (ruleset !== undefined && ruleset.table !== table) {
    throw refused('ENOENT', 0, `the ruleset is table ${ruleset.table}, not ${table}`);
  }
  let working = ruleset === undefined ? undefined : workingCopy(ruleset);
  for (const [index, operation] of operations.entries()) {
    const refuse: Refuse = (errno, message) => refused(errno, index, `${operation.op}: ${message}`);
    if (operation.op === 'add-table') {
      working ??= workingCopy({ table, sets: new Map(), chains: new Map() });
    } else if (working === undefined) {
      throw refuse('ENOENT', `there is no table ${table}`);
    } else if (operation.op === 'delete-table') {
      working = undefined;
    } else {
      applyOperation(working, operation, refuse);
    }
  }
  if (working === undefined) return undefined;
  const result: Ruleset = { table, sets: working.sets, chains: working.chains };
  const [fault] = working.jumpsChanged ? jumpFaults(result) : [];
  if (fault !== undefined) throw refused('EMLINK', operations.length, fault);
  return result;
}

type Refuse = (errno: Errno, message: string) => TransactionRefusedError;

interface Working {
  readonly sets: Map<SetName, NftSet>;
  readonly chains: Map<ChainName, Chain>;
  readonly counters: Set<CounterName>;
  /** How many rules and elements refer to a chain, and how many rules to a set. */
  readonly uses: Map<Reference, number>;
  /** Elements and rule lists that are this transaction's own and may be changed in place. */
  readonly ownElements: Map<SetName, Map<ElementKey, Verdict | null>>;
  readonly ownRules: Map<ChainName, Rule[]>;
  jumpsChanged: boolean;
}

function workingCopy({ sets, chains }: Ruleset): Working {
  const working: Working = {
    sets: new Map(sets),
    chains: new Map(chains),
    counters: new Set(namedCounters(chains.values())),
    uses: new Map(),
    ownElements: new Map(),
    ownRules: new Map(),
    jumpsChanged: false,
  };
  for (const set of sets.values()) {
    if (set.kind === 'map')
      for (const verdict of set.elements.values()) countUse(working, verdictReferences(verdict), 1);
  }
  for (const { rules } of chains.values()) for (const rule of rules) countUse(working, references(rule), 1);
  return working;
}

function applyOperation(
  working: Working,
  operation: Exclude<Operation, { op: 'add-table' | 'delete-table' }>,
  refuse: Refuse,
): void {
  switch (operation.op) {
    case 'add-set':
      addSet(working, operation.set, refuse);
      return;
    case 'delete-set':
      deleteSet(working, operation.set, refuse);
      return;
    case 'add-elements':
      addElements(working, operation.set, operation.elements, refuse);
      return;
    case 'delete-elements':
      deleteElements(working, operation.set, operation.elements, refuse);
      return;
    case 'add-counter':
      // One that is there already goes on counting.
      working.counters.add(operation.counter);
      return;
    case 'delete-counter':
      if (!working.counters.has(operation.counter))
        throw refuse('ENOENT', `there is no counter ${operation.counter}`);
      if (isUsed(working, `counter ${operation.counter}`))
        throw refuse('EBUSY', `${operation.counter} is referred to`);
      working.counters.delete(operation.counter);
      return;
    case 'add-chain':
      addChain(working, operation.chain, refuse);
      return;
    case 'flush-chain':
      flushChain(working, operation.chain, refuse);
      return;
    case 'delete-chain':
      flushChain(working, operation.chain, refuse);
      if (isUsed(working, `chain ${operation.chain}`))
        throw refuse('EBUSY', `${operation.chain} is referred to`);
      working.chains.delete(operation.chain);
      working.ownRules.delete(operation.chain);
      return;
    case 'add-rule':
      addRule(working, operation.chain, operation.rule, refuse);
      return;
  }
}

function addSet(working: Working, set: NftSet, refuse: Refuse): void {
  const existing = working.sets.get(set.name);
  if (existing === undefined) {
    working.ownElements.set(set.name, new Map());
    working.sets.set(set.name, { ...set, elements: new Map() });
  } else if (
    // The comment of the existing set stays.
    existing.kind !== set.kind ||
    existing.keyType !== set.keyType ||
    existing.interval !== set.interval
  ) {
    throw refuse('EEXIST', `${set.name} is declared otherwise`);
  }
}

function deleteSet(working: Working, { name, kind }: Pick<NftSet, 'name' | 'kind'>, refuse: Refuse): void {
  const set = working.sets.get(name);
  if (set?.kind !== kind) throw refuse('ENOENT', `there is no ${kind} ${name}`);
  if (isUsed(working, `set ${name}`)) throw refuse('EBUSY', `${name} is referred to`);
  if (kind === 'map')
    for (const verdict of set.elements.values()) countUse(working, verdictReferences(verdict), -1);
  working.sets.delete(name);
  working.ownElements.delete(name);
}

function addElements(working: Working, name: SetName, added: readonly Element[], refuse: Refuse): void {
  const { set, elements } = writableSet(working, name, refuse);
  for (const [key, verdict] of added) {
    if (readKey(set, key) === undefined) throw refuse('EINVAL', `${key} is no key of ${name}`);
    if ((verdict === null) === (set.kind === 'map'))
      throw refuse('EINVAL', `${key} does not fit a ${set.kind}`);
    for (const target of targets(verdict)) requireTarget(working, target, refuse);
    const existing = elements.get(key);
    if (existing === undefined) {
      elements.set(key, verdict);
      countUse(working, verdictReferences(verdict), 1);
      working.jumpsChanged ||= targets(verdict).length > 0;
    } else if (existing?.kind !== verdict?.kind || targets(existing)[0] !== targets(verdict)[0]) {
      throw refuse('EEXIST', `${key} of ${name} has another verdict`);
    }
  }
  const [overlap] = overlaps(set);
  if (overlap !== undefined) throw refuse('EEXIST', `${overlap[0]} overlaps ${overlap[1]} in ${name}`);
}

function deleteElements(working: Working, name: SetName, deleted: readonly Element[], refuse: Refuse): void {
  const { elements } = writableSet(working, name, refuse);
  for (const [key] of deleted) {
    const verdict = elements.get(key);
    if (verdict === undefined) throw refuse('ENOENT', `there is no element ${key} in ${name}`);
    elements.delete(key);
    countUse(working, verdictReferences(verdict), -1);
  }
}

function writableSet(
  working: Working,
  name: SetName,
  refuse: Refuse,
): { readonly set: NftSet; readonly elements: Map<ElementKey, Verdict | null> } {
  const set = working.sets.get(name);
  if (set === undefined) throw refuse('ENOENT', `there is no set or map ${name}`);
  const elements = working.ownElements.get(name) ?? new Map(set.elements);
  const written = { ...set, elements };
  working.ownElements.set(name, elements);
  working.sets.set(name, written);
  return { set: written, elements };
}

function addChain(working: Working, chain: Chain, refuse: Refuse): void {
  const existing = working.chains.get(chain.name);
  if (existing === undefined) working.chains.set(chain.name, { ...chain, rules: [] });
  else if (existing.base?.hook !== chain.base?.hook || existing.base?.priority !== chain.base?.priority) {
    throw refuse('EEXIST', `${chain.name} is declared otherwise`);
  }
}

function flushChain(working: Working, name: ChainName, refuse: Refuse): void {
  const chain = working.chains.get(name);
  if (chain === undefined) throw refuse('ENOENT', `there is no chain ${name}`);
  for (const rule of chain.rules) countUse(working, references(rule), -1);
  const rules: Rule[] = [];
  working.ownRules.set(name, rules);
  working.chains.set(name, { ...chain, rules });
}

function addRule(working: Working, name: ChainName, rule: Rule, refuse: Refuse): void {
  const chain = working.chains.get(name);
  if (chain === undefined) throw refuse('ENOENT', `there is no chain ${name}`);
  for (const set of setReferences(rule)) {
    if (!working.sets.has(set)) throw refuse('ENOENT', `there is no set or map ${set}`);
  }
  for (const target of chainReferences(rule)) requireTarget(working, target, refuse);
  for (const counter of namedCounters([{ rules: [rule] }])) {
    if (!working.counters.has(counter)) throw refuse('ENOENT', `there is no counter ${counter}`);
  }
  const [fault] = ruleFaults(rule, working);
  if (fault !== undefined) throw refuse('EINVAL', `rule ${fault}`);
  const rules = working.ownRules.get(name) ?? [...chain.rules];
  rules.push(rule);
  working.ownRules.set(name, rules);
  working.chains.set(name, { ...chain, rules });
  countUse(working, references(rule), 1);
  working.jumpsChanged ||= setReferences(rule).length + chainReferences(rule).length > 0;
}

function requireTarget({ chains }: Working, target: ChainName, refuse: Refuse): void {
  const chain = chains.get(target);
  if (chain === undefined) throw refuse('ENOENT', `there is no chain ${target}`);
  if (chain.base !== undefined) throw refuse('EOPNOTSUPP', `${target} is a base chain`);
}

function countUse({ uses }: Working, references: readonly Reference[], by: 1 | -1): void {
  for (const reference of references) uses.set(reference, (uses.get(reference) ?? 0) + by);
}

function isUsed({ uses }: Working, reference: Reference): boolean {
  return (uses.get(reference) ?? 0) > 0;
}

/** Chains and sets may have equal names. */
type Reference = `chain ${ChainName}` | `set ${SetName}` | `counter ${CounterName}`;

function references(rule: Rule): readonly Reference[] {
  return [
    ...setReferences(rule).map((name): Reference => `set ${name}`),
    ...chainReferences(rule).map((name): Reference => `chain ${name}`),
    ...[...namedCounters([{ rules: [rule] }])].map((name): Reference => `counter ${name}`),
  ];
}

function verdictReferences(verdict: Verdict | null): readonly Reference[] {
  return targets(verdict).map((name): Reference => `chain ${name}`);
}

function setReferences({ matches, statements }: Rule): readonly SetName[] {
  return [
    ...matches.flatMap((match) => ('set' in match ? [match.set] : [])),
    ...statements.flatMap((statement) => ('map' in statement ? [statement.map] : [])),
  ];
}

function chainReferences({ statements }: Rule): readonly ChainName[] {
  return statements.flatMap((statement) => (statement.kind === 'verdict' ? targets(statement.verdict) : []));
}

function targets(verdict: Verdict | null): readonly ChainName[] {
  const target = verdict === null ? undefined : targetOf(verdict);
  return target === undefined ? [] : [target];
}

function refused(errno: Errno, operation: number, message: string): TransactionRefusedError {
  return Object.assign(new Error(message), { code: 'TRANSACTION_REFUSED' as const, errno, operation });
}
