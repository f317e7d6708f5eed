import type { Ruleset } from '../ruleset/objects.ts';
import type { Transaction } from '../ruleset/operation.ts';
import { namedCounters } from '../ruleset/named-counters.ts';
import { renderJson } from '../ruleset/render-json.ts';
import { renderText } from '../ruleset/render-text.ts';
import { inputText, NftError } from './errors.ts';
import { createEventQueue, type EventQueue } from './event-queue.ts';
import { applyToTables, rulesetOf, type FakeTables } from './fake-kernel.ts';
import { isRecord, type ListedObject } from './listing.ts';
import { describeOperation } from './locate.ts';
import type { MonitorEvent } from './monitor.ts';
import type { Nft } from './nft.ts';
import type { NftVersion } from './version.ts';

/**
 * nftables in memory, for tests of what stands above `Nft`. It refuses all that the kernel refuses for the objects that
 * Ringfence writes, and a refused transaction changes nothing.
 */
export interface FakeNft extends Nft {
  /** The table as it stands. */
  ruleset(table: string): Ruleset | undefined;
  /** What someone else's `nft flush ruleset` does. */
  flushRuleset(): void;
  /** A transaction of someone else. */
  meddle(transaction: Transaction): void;
  /** The next `apply` throws this; with `applied`, after the kernel took the transaction. May be called repeatedly. */
  failNext(error: NftError, how?: { readonly applied: boolean }): void;
  /** The next `list` throws this. */
  failNextList(error: NftError): void;
  /** Says to every listener that events were lost, and that it listens again. What happens meanwhile goes by unseen. */
  interruptMonitors(meanwhile?: () => void): void;
  /** Every transaction that `apply` was given and that was not empty, failed ones included. */
  readonly transactions: readonly Transaction[];
}

export function createFakeNft(options: { readonly version?: NftVersion } = {}): FakeNft {
  const { version = { major: 1, minor: 0, patch: 6 } } = options;
  let tables: FakeTables = new Map();
  const transactions: Transaction[] = [];
  const failures: { readonly error: NftError; readonly applied: boolean }[] = [];
  const listFailures: NftError[] = [];
  let isDeaf = false;
  const listeners = new Set<{ readonly table: string; readonly queue: EventQueue<MonitorEvent> }>();

  function tell(table: string, event: MonitorEvent): void {
    if (isDeaf) return;
    for (const listener of listeners) if (listener.table === table) listener.queue.push(event);
  }

  function commit(transaction: Transaction): void {
    tables = tablesAfter(tables, transaction);
    tell(transaction.table, transactionEvent(transaction));
  }

  return {
    transactions,

    async probe({ signal } = {}) {
      await turn(signal);
      return version;
    },

    async apply(transaction, { signal } = {}) {
      if (transaction.operations.length === 0) return;
      transactions.push(transaction);
      await turn(signal);
      const failure = failures.shift();
      if (failure === undefined || failure.applied) commit(transaction);
      if (failure !== undefined) throw failure.error;
    },

    async check(transaction, { signal } = {}) {
      await turn(signal);
      tablesAfter(tables, transaction);
    },

    async list(table, { signal, terse = false } = {}) {
      await turn(signal);
      const failure = listFailures.shift();
      if (failure !== undefined) throw failure;
      const ruleset = rulesetOf(tables, table);
      return ruleset === undefined ? undefined : listed(ruleset, terse);
    },

    async counters(table, { signal } = {}) {
      await turn(signal);
      const failure = listFailures.shift();
      if (failure !== undefined) throw failure;
      const ruleset = rulesetOf(tables, table);
      if (ruleset === undefined) return undefined;
      const names = [...namedCounters(ruleset.chains.values())];
      return new Map(names.map((name, index) => [name, { handle: index + 1, packets: 0 }]));
    },

    async *monitor(table, { signal }) {
      const queue = createEventQueue<MonitorEvent>(Number.POSITIVE_INFINITY, () => ({ kind: 'listening' }));
      const listener = { table, queue };
      const end = (): void => {
        queue.end();
      };
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
      listeners.add(listener);
      queue.push({ kind: 'listening' });
      try {
        for (
          let event = await queue.next();
          event !== undefined && !signal.aborted;
          event = await queue.next()
        ) {
          yield event;
        }
      } finally {
        listeners.delete(listener);
        signal.removeEventListener('abort', end);
      }
    },

    ruleset: (table) => rulesetOf(tables, table),

    flushRuleset() {
      const names = [...tables.keys()];
      tables = new Map();
      for (const name of names) {
        tell(name, { kind: 'transaction', by: fakeWriter, changes: [`delete table ${name}`], gone: true });
      }
    },

    meddle: commit,

    failNext(error, { applied } = { applied: false }) {
      failures.push({ error, applied });
    },

    failNextList(error) {
      listFailures.push(error);
    },

    interruptMonitors(meanwhile) {
      const error = new NftError('NFT_KILLED', 'nft was ended by SIGKILL', {
        outcome: 'unchanged',
        signal: 'SIGKILL',
      });
      for (const { queue } of listeners) queue.push({ kind: 'lost', error });
      isDeaf = true;
      meanwhile?.();
      isDeaf = false;
      for (const { queue } of listeners) queue.push({ kind: 'listening' });
    },
  };
}

function tablesAfter(tables: FakeTables, transaction: Transaction): FakeTables {
  // What cannot be written down for nft never reaches the kernel.
  inputText(() => renderText(transaction));
  return applyToTables(tables, transaction);
}

/** As with a child process, nothing has happened when the call returns. */
async function turn(signal: AbortSignal | undefined): Promise<void> {
  await Promise.resolve();
  if (signal?.aborted !== true) return;
  throw new NftError('NFT_ABORTED', 'aborted before nft was started', {
    outcome: 'unchanged',
    cause: signal.reason,
  });
}

const fakeWriter = 'process 1 (nft)';

function transactionEvent({ table, operations }: Transaction): MonitorEvent {
  const changes = operations.map((operation) => {
    const verb = operation.op.startsWith('add-') ? 'add' : 'delete';
    return `${verb} ${describeOperation(operation, table).join(' ')}`;
  });
  const gone = operations.findLast(({ op }) => op.endsWith('-table'))?.op === 'delete-table';
  return { kind: 'transaction', by: fakeWriter, changes: [...new Set(changes)].slice(0, 5), gone };
}

/**
 * The objects as nft lists them: what would create the table, without the word `add`. Rules are spelt as they are written;
 * nft itself spells some differently (a mask as a prefix, ICMPv6 types by name, the values of a counter).
 */
function listed(ruleset: Ruleset, terse: boolean): readonly ListedObject[] {
  const { table } = ruleset;
  const sets = [...ruleset.sets.values()];
  const chains = [...ruleset.chains.values()];
  const elements = new Map(
    sets.map((set) => {
      const add = { op: 'add-elements', set: set.name, elements: [...set.elements] } as const;
      return [String(set.name), commands({ table, operations: [add] })[0]?.body['elem']];
    }),
  );
  const objects = commands({
    table,
    operations: [
      { op: 'add-table' },
      ...sets.map((set) => ({ op: 'add-set', set }) as const),
      ...[...namedCounters(chains)].map((counter) => ({ op: 'add-counter', counter }) as const),
      ...chains.map((chain) => ({ op: 'add-chain', chain }) as const),
      ...chains.flatMap(({ name, rules }) =>
        rules.map((rule) => ({ op: 'add-rule', chain: name, rule }) as const),
      ),
    ],
  });
  return objects.map(({ kind, body }, index) => {
    const isSet = kind === 'set' || kind === 'map';
    const elem = isSet && !terse ? elements.get(String(body['name'])) : undefined;
    const filled = Array.isArray(elem) && elem.length > 0 ? { elem: elem as unknown } : {};
    return { kind, body: { ...body, handle: index + 1, ...filled } };
  });
}

function commands(transaction: Transaction): readonly ListedObject[] {
  const json: unknown = JSON.parse(renderJson(transaction, { declare: 'type' }));
  const entries: readonly unknown[] =
    isRecord(json) && Array.isArray(json['nftables']) ? json['nftables'] : [];
  return entries.flatMap((entry) => {
    const added = isRecord(entry) ? entry['add'] : undefined;
    if (!isRecord(added)) return [];
    return Object.entries(added).flatMap(([kind, body]) => (isRecord(body) ? [{ kind, body }] : []));
  });
}
