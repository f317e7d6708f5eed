import type { CounterName } from '../ruleset/objects.ts';
import type { Transaction } from '../ruleset/operation.ts';
import { renderJson } from '../ruleset/render-json.ts';
import { renderText } from '../ruleset/render-text.ts';
import { errorOf, inputText, isNftError, NftError } from './errors.ts';
import { execProcess, type Exec, type ProcessResult } from './exec.ts';
import { type CounterValue, parseCounters, parseListing, type ListedObject } from './listing.ts';
import { locateFault } from './locate.ts';
import { monitorTable, type MonitorEvent } from './monitor.ts';
import {
  atLeast,
  formatVersion,
  jsonDeclaration,
  minimumVersion,
  parseVersion,
  type NftVersion,
} from './version.ts';

/** The kernel's nftables, as far as Ringfence needs it. Two implementations: the nft command, and a fake in memory. */
export interface Nft {
  /**
   * Whether this process can write rulesets here: nft is there, new enough, built with JSON, and permitted. Changes
   * nothing. Throws an NftError that says what is missing.
   */
  probe(options?: CallOptions): Promise<NftVersion>;

  /**
   * Applies the transaction as a whole or not at all, with one child process; none for an empty transaction.
   * Throws an NftError; where its `outcome` is `unknown`, list the table before the next step. One call at a time.
   */
  apply(transaction: Transaction, options?: CallOptions): Promise<void>;

  /** Like `apply`, up to the point where the kernel would change something. */
  check(transaction: Transaction, options?: CallOptions): Promise<void>;

  /** The objects of table `inet NAME` in the kernel's order; `undefined` where there is no such table. */
  list(table: string, options?: ListOptions): Promise<readonly ListedObject[] | undefined>;

  /** What the counters that are objects of table `inet NAME` have counted; `undefined` where there is no such table. */
  counters(table: string, options?: CallOptions): Promise<ReadonlyMap<CounterName, CounterValue> | undefined>;

  /** What happens to table `inet NAME` from now on, whoever does it. Ends when the signal says so; never by itself. */
  monitor(table: string, options: { readonly signal: AbortSignal }): AsyncIterable<MonitorEvent>;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface ListOptions extends CallOptions {
  /** Leaves out the elements of sets and maps, which make most of a listing. */
  readonly terse?: boolean;
}

export interface NftOptions {
  /** What is run, before the arguments of nft. */
  readonly command?: readonly [string, ...string[]];
  /** Milliseconds for one call. 100,000 elements take about three seconds. */
  readonly timeout?: number;
  /** Characters of output of one call. */
  readonly maxBuffer?: number;
  readonly exec?: Exec;
}

/** nftables through the nft command, in the network namespace of this process. */
export function createNft(options: NftOptions): Nft {
  const { command = ['nft'], timeout = 60_000, maxBuffer = 256 * 1024 * 1024, exec = execProcess } = options;
  let known: NftVersion | undefined;

  async function run(args: readonly string[], input: string | undefined, signal: AbortSignal | undefined) {
    const call = { command: [...command, ...args] as [string, ...string[]], timeout, maxBuffer, signal };
    return await exec(input === undefined ? call : { ...call, input });
  }

  async function version(signal: AbortSignal | undefined): Promise<NftVersion> {
    if (known !== undefined) return known;
    const result = await run(['--version'], undefined, signal);
    const error = errorOf(result, false);
    if (error !== undefined) throw error;
    const parsed = parseVersion(result.stdout);
    if (parsed === undefined) {
      throw new NftError('NFT_UNREADABLE_OUTPUT', `nft --version said: ${result.stdout.slice(0, 200)}`, {
        outcome: 'unchanged',
      });
    }
    if (!atLeast(parsed, minimumVersion)) {
      throw new NftError(
        'NFT_TOO_OLD',
        `nft is ${formatVersion(parsed)}, needed is ${formatVersion(minimumVersion)} or newer`,
        { outcome: 'unchanged' },
      );
    }
    known = parsed;
    return parsed;
  }

  async function commit(transaction: Transaction, mode: 'apply' | 'check', signal: AbortSignal | undefined) {
    if (transaction.operations.length === 0) return;
    const nft = await version(signal);
    const input = inputText(() => renderJson(transaction, { declare: jsonDeclaration(nft) }));
    const args = [...(mode === 'check' ? ['-c'] : []), '-j', '-f', '-'];
    const error = errorOf(await run(args, input, signal), mode === 'apply');
    if (error === undefined) return;
    throw await located(error, transaction, (text) => run(['-c', '-f', '-'], text, signal));
  }

  return {
    async probe({ signal } = {}) {
      const found = await version(signal);
      // A check goes the whole way to the kernel and back, so it asks for the permission and for nf_tables too.
      const error = errorOf(await run(['-j', '-c', '-f', '-'], probeInput, signal), false);
      if (error !== undefined) throw error;
      return found;
    },

    apply: (transaction, { signal } = {}) => commit(transaction, 'apply', signal),
    check: (transaction, { signal } = {}) => commit(transaction, 'check', signal),

    async list(table, { signal, terse = false } = {}) {
      const result = await run(
        ['-j', ...(terse ? ['-t'] : []), 'list', 'table', 'inet', table],
        undefined,
        signal,
      );
      const error = errorOf(result, false);
      if (error === undefined) return parseListing(result.stdout, table);
      if (saysNoTable(error, ['list', 'table', 'inet', table])) return undefined;
      throw error;
    },

    async counters(table, { signal } = {}) {
      const command = ['list', 'counters', 'table', 'inet', table];
      const result = await run(['-j', ...command], undefined, signal);
      const error = errorOf(result, false);
      if (error === undefined) return parseCounters(result.stdout, table);
      if (saysNoTable(error, command)) return undefined;
      throw error;
    },

    monitor: (table, { signal }) => monitorTable({ command, table, signal }),
  };
}

const probeInput = JSON.stringify({
  nftables: [{ add: { table: { family: 'inet', name: 'ringfence_probe' } } }],
});

/**
 * nft's JSON errors carry no position, and the kernel's not even the number of the command. The text form of the same
 * transaction, checked, says where. The error stays what it is when that finds nothing.
 */
async function located(
  error: NftError,
  transaction: Transaction,
  check: (text: string) => Promise<ProcessResult>,
): Promise<NftError> {
  const worthIt = ['NFT_SYNTAX', 'NFT_NOT_FOUND', 'NFT_EXISTS', 'NFT_BUSY', 'NFT_REFUSED'].includes(
    error.code,
  );
  if (!worthIt) return error;
  const text = renderText(transaction);
  const location = locateFault((await check(text)).stderr, text, transaction);
  if (location === undefined) return error;
  return new NftError(error.code, `${error.message}, in ${location.object} (line ${String(location.line)})`, {
    outcome: error.outcome,
    stderr: error.stderr,
    location,
  });
}

/** Exactly the message about this table, and nothing that merely sounds like it: a missing library also "does not exist". */
function saysNoTable(error: NftError, command: readonly string[]): boolean {
  return (
    isNftError(error, 'NFT_NOT_FOUND') &&
    error.stderr.startsWith(`Error: No such file or directory\n${command.join(' ')}\n`)
  );
}
