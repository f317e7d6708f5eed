import { namedCounters } from './named-counters.ts';
import {
  type Chain,
  type ChainName,
  type CounterName,
  type NftSet,
  type Ruleset,
  type SetName,
  type Verdict,
} from './objects.ts';
import type { Element, Operation, Transaction } from './operation.ts';

/** What is to be written: names of chains and sets, and which elements of the sets that stay. */
export interface Touched {
  readonly chains: Iterable<ChainName>;
  readonly sets: Iterable<SetName>;
}

/**
 * The smallest transaction that turns one ruleset into the other. Sets and chains come before what refers to them and go
 * after it, so that the kernel accepts every step.
 * @param touched where the two may differ; without it everything is compared
 */
export function transactionBetween(
  from: Ruleset,
  to: Ruleset,
  touched: Touched = everything(from, to),
): Transaction {
  const chainNames = [...new Set(touched.chains)].sort();
  const setNames = [...new Set(touched.sets)].sort();
  const newChains = chainNames.flatMap((name) => (from.chains.has(name) ? [] : (to.chains.get(name) ?? [])));
  const goneChains = chainNames.filter((name) => from.chains.has(name) && !to.chains.has(name));
  const changedChains = chainNames.flatMap((name) => {
    const [before, after] = [from.chains.get(name), to.chains.get(name)];
    return before !== undefined && after !== undefined && !sameChain(before, after) ? [after] : [];
  });
  // A set whose declaration changed under its name cannot be altered in place; names carry the definition, so it never is.
  const newSets = setNames.flatMap((name) => (from.sets.has(name) ? [] : (to.sets.get(name) ?? [])));
  const goneSets = setNames.flatMap((name) => (to.sets.has(name) ? [] : (from.sets.get(name) ?? [])));
  const keptSets = setNames.flatMap((name) => {
    const [before, after] = [from.sets.get(name), to.sets.get(name)];
    return before === undefined || after === undefined ? [] : [{ before, after }];
  });
  const counters = counterChanges(
    from,
    to,
    [...newChains, ...changedChains],
    [...changedChains.map(({ name }) => name), ...goneChains],
  );
  return {
    table: to.table,
    operations: [
      ...counters.added.map((counter): Operation => ({ op: 'add-counter', counter })),
      ...newSets.map((set): Operation => ({ op: 'add-set', set })),
      ...newChains.map((chain): Operation => ({ op: 'add-chain', chain })),
      ...newSets.flatMap((set) => elementOperation('add-elements', set.name, [...set.elements])),
      ...newChains.flatMap(ruleOperations),
      ...keptSets.flatMap(({ before, after }) => [
        ...elementOperation('delete-elements', before.name, missingFrom(after, before)),
        ...elementOperation('add-elements', after.name, missingFrom(before, after)),
      ]),
      ...changedChains.flatMap((chain) => [flush(chain.name), ...ruleOperations(chain)]),
      ...goneChains.map(flush),
      // Rules refer to maps and maps refer to chains, so they go in that order.
      ...goneSets.map((set): Operation => ({ op: 'delete-set', set })),
      ...goneChains.map((chain): Operation => ({ op: 'delete-chain', chain })),
      ...counters.gone.map((counter): Operation => ({ op: 'delete-counter', counter })),
    ],
  };
}

/**
 * Counters to add before the rules that name them, and to delete after those that named them last. One that other rules go on
 * naming is not touched, so it goes on counting; where only untouched chains name it, adding it once more does nothing.
 */
function counterChanges(
  from: Ruleset,
  to: Ruleset,
  written: readonly Chain[],
  left: readonly ChainName[],
): { readonly added: readonly CounterName[]; readonly gone: readonly CounterName[] } {
  const before = namedCounters(left.flatMap((name) => from.chains.get(name) ?? []));
  const after = namedCounters(written);
  const dropped = [...before].filter((counter) => !after.has(counter));
  const kept = dropped.length === 0 ? after : namedCounters(to.chains.values());
  return {
    added: [...after].filter((counter) => !before.has(counter)),
    gone: dropped.filter((counter) => !kept.has(counter)),
  };
}

/** Puts the ruleset in the place of whatever the kernel holds under the table's name, in one transaction. */
export function replacementOf(ruleset: Ruleset): Transaction {
  const empty: Ruleset = { table: ruleset.table, sets: new Map(), chains: new Map() };
  return {
    table: ruleset.table,
    operations: [
      // Deleting needs a table to be there; adding one that is there already does nothing.
      { op: 'add-table' },
      { op: 'delete-table' },
      { op: 'add-table' },
      ...transactionBetween(empty, ruleset).operations,
    ],
  };
}

/**
 * Brings the kernel's table to the ruleset, whatever it holds. Where that can be told and altered, only what differs is
 * written: a table that goes while another comes leaves a packet a moment between the two, in which neither judges it.
 * @param kernel all that the table holds; `undefined` where that is not known
 */
export function leastReplacement(kernel: Ruleset | undefined, ruleset: Ruleset): Transaction {
  return kernel !== undefined && isAlterable(kernel, ruleset)
    ? transactionBetween(kernel, ruleset)
    : replacementOf(ruleset);
}

/** Hooks of chains and declarations of sets are for life. */
function isAlterable(from: Ruleset, to: Ruleset): boolean {
  const chains = [...to.chains.values()].every((chain) => {
    const before = from.chains.get(chain.name);
    return before === undefined || sameBase(before, chain);
  });
  const sets = [...to.sets.values()].every((set) => {
    const before = from.sets.get(set.name);
    return before === undefined || sameDeclaration(before, set);
  });
  return chains && sets;
}

function everything(from: Ruleset, to: Ruleset): Touched {
  return {
    chains: [...from.chains.keys(), ...to.chains.keys()],
    sets: [...from.sets.keys(), ...to.sets.keys()],
  };
}

function flush(chain: ChainName): Operation {
  return { op: 'flush-chain', chain };
}

function ruleOperations(chain: Chain): readonly Operation[] {
  return chain.rules.map((rule) => ({ op: 'add-rule', chain: chain.name, rule }));
}

function elementOperation(
  op: 'add-elements' | 'delete-elements',
  set: SetName,
  elements: readonly Element[],
): readonly Operation[] {
  return elements.length === 0 ? [] : [{ op, set, elements: [...elements].sort(byKey) }];
}

function byKey(a: Element, b: Element): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

/** Elements of `set` that `other` lacks, or has with another verdict. */
function missingFrom(other: NftSet, set: NftSet): readonly Element[] {
  return [...set.elements].filter(([key, verdict]) => {
    const there = other.elements.get(key);
    return there === undefined || !sameVerdict(there, verdict);
  });
}

export function sameVerdict(a: Verdict | null, b: Verdict | null): boolean {
  return a === b || verdictText(a) === verdictText(b);
}

function verdictText(verdict: Verdict | null): string {
  return verdict === null ? '' : 'chain' in verdict ? `${verdict.kind} ${verdict.chain}` : verdict.kind;
}

export function sameChain(a: Chain, b: Chain): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

export function sameBase({ base: a }: Chain, { base: b }: Chain): boolean {
  return a?.hook === b?.hook && a?.priority === b?.priority;
}

export function sameDeclaration(a: NftSet, b: NftSet): boolean {
  return a.kind === b.kind && a.keyType === b.keyType && a.interval === b.interval;
}
