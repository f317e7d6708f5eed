import type { PodKey } from '../model/pod.ts';
import type { PodIndex } from '../policy/pod-index.ts';
import type { Body, SetDefinition } from './lower.ts';
import { createMemberSets, type MembershipChange } from './member-sets.ts';
import {
  addressKeyType,
  type Chain,
  type ChainName,
  type ElementKey,
  endpointKeyType,
  type NftSet,
  portsElement,
  blockElement,
  type Ruleset,
  type SetName,
  type Verdict,
} from './objects.ts';
import type { Transaction } from './operation.ts';
import { replacementOf, sameChain, sameVerdict, transactionBetween } from './transaction.ts';

/**
 * The desired table, and how it differs from the committed one, kept while it is written: the transaction costs what was
 * touched, not what is there. Bodies are counted, so that chains and sets go with the last pod that needs them.
 */
export interface TableState {
  addSet(set: NftSet): void;
  setElement(set: SetName, key: ElementKey, verdict: Verdict | null): void;
  deleteElement(set: SetName, key: ElementKey): void;
  setChain(chain: Chain): void;
  deleteChain(name: ChainName): void;
  acquire(body: Body): void;
  release(body: Body): void;
  /** Takes down what no body needs any more. */
  sweep(): void;
  /** Brings the sets up to date with pods and with namespaces whose labels changed. */
  membersChanged(pods: ReadonlySet<PodKey>, namespaces: Iterable<string>): void;

  /** Whether the kernel has had a ruleset of this state. */
  committed(): boolean;
  pending(): Pending;
  transaction(): Transaction;
  replacement(): Transaction;
  commit(): void;
  ruleset(): Ruleset;
}

/** What is touched but not committed; an `undefined` value stands for "no such element". */
export interface Pending {
  /** Chains that the kernel has and that will have other rules. */
  readonly changedChains: readonly ChainName[];
  readonly elements: readonly PendingElement[];
}

export interface PendingElement {
  readonly set: SetName;
  readonly key: ElementKey;
  readonly before: Verdict | null | undefined;
  readonly after: Verdict | null | undefined;
}

interface LiveSet extends NftSet {
  readonly elements: Map<ElementKey, Verdict | null>;
}

type Originals = Map<ElementKey, Verdict | null | undefined>;

export function createTableState(tableName: string, index: PodIndex): TableState {
  const sets = new Map<SetName, LiveSet>();
  const chains = new Map<ChainName, Chain>();
  const members = createMemberSets(index);
  const bodies = new Map<ChainName, number>();
  const users = new Map<ChainName | SetName, number>();
  const unused = new Set<Body>();

  let hasCommitted = false;
  const committedChains = new Map<ChainName, Chain>();
  // A set that the kernel still has stays here after it left the desired table, until the kernel has let go of it too.
  const committedSets = new Map<SetName, LiveSet>();
  const touchedChains = new Set<ChainName>();
  const touchedSets = new Set<SetName>();
  const originals = new Map<SetName, Originals>();

  const touchElement = (set: LiveSet, key: ElementKey): void => {
    if (!committedSets.has(set.name)) return;
    const known = originals.get(set.name) ?? new Map<ElementKey, Verdict | null | undefined>();
    if (!known.has(key)) known.set(key, set.elements.get(key));
    originals.set(set.name, known);
    touchedSets.add(set.name);
  };

  const setElement = (name: SetName, key: ElementKey, verdict: Verdict | null): void => {
    const set = existing(sets, name);
    if (set.elements.has(key) && sameVerdict(set.elements.get(key) ?? null, verdict)) return;
    touchElement(set, key);
    set.elements.set(key, verdict);
  };

  const deleteElement = (name: SetName, key: ElementKey): void => {
    const set = existing(sets, name);
    if (!set.elements.has(key)) return;
    touchElement(set, key);
    set.elements.delete(key);
  };

  const addSet = (set: NftSet): void => {
    touchedSets.add(set.name);
    const kept = committedSets.get(set.name);
    if (kept === undefined) {
      sets.set(set.name, { ...set, elements: new Map(set.elements) });
      return;
    }
    // The kernel has a set of this name, with these elements: only the difference is to be written.
    sets.set(set.name, kept);
    for (const key of [...kept.elements.keys()]) if (!set.elements.has(key)) deleteElement(set.name, key);
    for (const [key, verdict] of set.elements) setElement(set.name, key, verdict);
  };

  const deleteSet = (name: SetName): void => {
    sets.delete(name);
    members.remove(name);
    touchedSets.add(name);
  };

  const setChain = (chain: Chain): void => {
    const before = chains.get(chain.name);
    if (before !== undefined && sameChain(before, chain)) return;
    chains.set(chain.name, chain);
    touchedChains.add(chain.name);
  };

  const deleteChain = (name: ChainName): void => {
    if (chains.delete(name)) touchedChains.add(name);
  };

  const define = (definition: SetDefinition): void => {
    const elements =
      definition.kind === 'pods' || definition.kind === 'endpoints'
        ? new Map(members.add(definition).map((key) => [key, null]))
        : fixedElements(definition);
    addSet({ ...declarationOf(definition), elements });
  };

  const applyChanges = (changes: readonly MembershipChange[]): void => {
    for (const { set, removed } of changes) for (const key of removed) deleteElement(set, key);
    for (const { set, added } of changes) for (const key of added) setElement(set, key, null);
  };

  const state: TableState = {
    addSet,
    setElement,
    deleteElement,
    setChain,
    deleteChain,
    acquire(body) {
      const count = bodies.get(body.entry) ?? 0;
      bodies.set(body.entry, count + 1);
      unused.delete(body);
      if (count > 0) return;
      for (const definition of body.sets) {
        if (use(users, definition.name) === 1 && !sets.has(definition.name)) define(definition);
      }
      for (const chain of body.chains) {
        use(users, chain.name);
        setChain(chain);
      }
    },
    release(body) {
      const count = (bodies.get(body.entry) ?? 0) - 1;
      if (count > 0) {
        bodies.set(body.entry, count);
        return;
      }
      bodies.delete(body.entry);
      for (const { name } of [...body.chains, ...body.sets]) users.set(name, (users.get(name) ?? 1) - 1);
      unused.add(body);
    },
    sweep() {
      for (const body of unused) {
        for (const { name } of body.chains) if (drop(users, name)) deleteChain(name);
        for (const { name } of body.sets) if (drop(users, name) && sets.has(name)) deleteSet(name);
      }
      unused.clear();
    },
    membersChanged: (pods, namespaces) => {
      applyChanges(members.changed(pods, namespaces));
    },

    committed: () => hasCommitted,
    pending: () => ({
      changedChains: [...touchedChains].filter((name) => {
        const [before, after] = [committedChains.get(name), chains.get(name)];
        return (
          before !== undefined && after !== undefined && JSON.stringify(before) !== JSON.stringify(after)
        );
      }),
      elements: [...originals].flatMap(([set, keys]) => {
        const now = sets.get(set)?.elements;
        return now === undefined
          ? []
          : [...keys].map(([key, before]) => ({ set, key, before, after: now.get(key) }));
      }),
    }),
    transaction() {
      const from: Ruleset = {
        table: tableName,
        chains: committedChains,
        sets: new Map(
          [...touchedSets].flatMap((name) => touchedPart(committedSets.get(name), originals.get(name))),
        ),
      };
      const to: Ruleset = {
        table: tableName,
        chains,
        sets: new Map(
          [...touchedSets].flatMap((name): (readonly [SetName, NftSet])[] => {
            const set = sets.get(name);
            if (set === undefined) return [];
            return [[name, committedSets.has(name) ? presentPart(set, originals.get(name)) : set]];
          }),
        ),
      };
      return transactionBetween(from, to, { chains: touchedChains, sets: touchedSets });
    },
    replacement: () => replacementOf({ table: tableName, sets, chains }),
    commit() {
      for (const name of touchedChains) {
        const chain = chains.get(name);
        if (chain === undefined) committedChains.delete(name);
        else committedChains.set(name, chain);
      }
      for (const name of touchedSets) {
        const set = sets.get(name);
        if (set === undefined) committedSets.delete(name);
        else committedSets.set(name, set);
      }
      touchedChains.clear();
      touchedSets.clear();
      originals.clear();
      hasCommitted = true;
    },
    ruleset: () => ({ table: tableName, sets, chains }),
  };
  return state;
}

function existing(sets: ReadonlyMap<SetName, LiveSet>, name: SetName): LiveSet {
  const set = sets.get(name);
  if (set === undefined) throw new Error(`set ${name} is not in the table`);
  return set;
}

function use<Key>(users: Map<Key, number>, key: Key): number {
  const count = (users.get(key) ?? 0) + 1;
  users.set(key, count);
  return count;
}

/** Whether nobody uses the key any more. */
function drop<Key>(users: Map<Key, number>, key: Key): boolean {
  if ((users.get(key) ?? 0) > 0) return false;
  users.delete(key);
  return true;
}

function declarationOf(definition: SetDefinition): Omit<NftSet, 'elements'> {
  const { name, comment } = definition;
  switch (definition.kind) {
    case 'pods':
      return { name, kind: 'set', keyType: addressKeyType(definition.family), interval: false, comment };
    case 'endpoints':
      return { name, kind: 'set', keyType: endpointKeyType(definition.family), interval: false, comment };
    case 'blocks':
      return { name, kind: 'set', keyType: addressKeyType(definition.family), interval: true, comment };
    case 'port-map': {
      const interval = definition.elements.some(({ first, last }) => first !== last);
      return { name, kind: 'map', keyType: 'inet_proto . inet_service', interval, comment };
    }
  }
}

function fixedElements(
  definition: SetDefinition & { readonly kind: 'blocks' | 'port-map' },
): Map<ElementKey, Verdict | null> {
  return definition.kind === 'blocks'
    ? new Map(definition.blocks.map((block) => [blockElement(block), null]))
    : new Map(
        definition.elements.map(({ protocol, first, last, verdict }) => [
          portsElement(protocol, first, last),
          verdict,
        ]),
      );
}

/** The committed values of the elements that were touched. */
function touchedPart(
  set: LiveSet | undefined,
  touched: Originals | undefined,
): (readonly [SetName, NftSet])[] {
  if (set === undefined) return [];
  const elements = new Map<ElementKey, Verdict | null>();
  for (const [key, before] of touched ?? []) if (before !== undefined) elements.set(key, before);
  return [[set.name, { ...set, elements }]];
}

/** The desired values of the elements that were touched. */
function presentPart(set: LiveSet, touched: Originals | undefined): NftSet {
  const elements = new Map<ElementKey, Verdict | null>();
  for (const key of touched?.keys() ?? []) {
    const now = set.elements.get(key);
    if (now !== undefined) elements.set(key, now);
  }
  return { ...set, elements };
}
