import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { errorOf, NftError } from './errors.ts';
import { createEventQueue, type EventQueue } from './event-queue.ts';
import { childEnvironment, type ProcessResult } from './exec.ts';
import { isRecord } from './listing.ts';

export type MonitorEvent =
  /** From now on every change is reported. What was before is not known: look at the table once. */
  | { readonly kind: 'listening' }
  /** Changes may have gone by unseen. `listening` follows as soon as they are seen again. */
  | { readonly kind: 'lost'; readonly error: NftError }
  | TableChange;

/** One change of an object of the table. Who made it is not known; a transaction is one event for each object. */
export interface TableChange {
  readonly kind: 'change';
  readonly verb: 'add' | 'delete' | 'other';
  /** nft's word: table, chain, set, map, element, rule. */
  readonly object: string;
  /** Of the table, chain, set or map; for an element the set, for a rule the chain. */
  readonly name: string;
}

export interface MonitorOptions {
  readonly command: readonly [string, ...string[]];
  /** A table of family `inet`. */
  readonly table: string;
  readonly signal: AbortSignal;
  readonly start?: StartMonitor;
}

/** A running `nft -j monitor`. */
export interface MonitorProcess {
  readonly lines: AsyncIterable<string>;
  /** Resolves once the kernel sends its events to the process. */
  readonly subscribed: Promise<void>;
  readonly ended: Promise<ProcessResult>;
}

/** The seam that unit tests replace. */
export type StartMonitor = (command: readonly [string, ...string[]], signal: AbortSignal) => MonitorProcess;

/** Beyond this many unread events the reader is told to look at the table instead. */
const queueLimit = 10_000;
/** Milliseconds. */
const [firstRestart, lastRestart, healthy] = [100, 10_000, 60_000];

/**
 * The changes of one table, for as long as the signal allows. An nft that ends is started again, sooner or later; what
 * may have been missed meanwhile is said with `lost`.
 */
export async function* monitorTable(options: MonitorOptions): AsyncGenerator<MonitorEvent, void, undefined> {
  const closed = new AbortController();
  const signal = AbortSignal.any([options.signal, closed.signal]);
  const queue = createEventQueue<MonitorEvent>(queueLimit, () => ({
    kind: 'lost',
    error: new NftError('NFT_OUTPUT_TOO_LARGE', 'more changes than were read', { outcome: 'unchanged' }),
  }));
  const pump = keepListening({ ...options, signal }, queue).finally(() => {
    queue.end();
  });
  try {
    for (let event = await queue.next(); event !== undefined; event = await queue.next()) {
      if (options.signal.aborted) return;
      yield event;
      // An overflow swallowed what came after it, so the reader is up to date again only once it has looked.
      if (event.kind === 'lost' && event.error.code === 'NFT_OUTPUT_TOO_LARGE') yield { kind: 'listening' };
    }
  } finally {
    closed.abort();
    await pump;
  }
}

async function keepListening(options: MonitorOptions, queue: EventQueue<MonitorEvent>): Promise<void> {
  const { command, table, signal, start = startNftMonitor } = options;
  let restart = firstRestart;
  while (!signal.aborted) {
    const started = performance.now();
    const child = start([...command, '-j', 'monitor'], signal);
    void child.subscribed.then(() => {
      queue.push({ kind: 'listening' });
    });
    for await (const line of child.lines) for (const event of eventsOf(line, table)) queue.push(event);
    const result = await child.ended;
    if (isAborted(signal)) return;
    queue.push({ kind: 'lost', error: errorOf(result, false) ?? endedEarly() });
    if (performance.now() - started > healthy) restart = firstRestart;
    await sleep(restart, signal);
    restart = Math.min(restart * 2, lastRestart);
  }
}

/** Asked anew: the compiler takes a signal that was not aborted once for one that never is. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function endedEarly(): NftError {
  return new NftError('NFT_UNREADABLE_OUTPUT', 'nft monitor ended by itself', { outcome: 'unchanged' });
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** What one line of `nft -j monitor` says about the table. */
export function eventsOf(line: string, table: string): readonly MonitorEvent[] {
  if (line.trim() === '') return [];
  // Most lines of a busy host are about other tables; parsing those would cost more than anything else here.
  if (line.startsWith('{') && !line.includes(JSON.stringify(table))) return [];
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    // nft says in plain words when the kernel dropped events, and goes on.
    return [
      {
        kind: 'lost',
        error: new NftError('NFT_UNREADABLE_OUTPUT', `nft monitor said: ${line.slice(0, 200)}`, {
          outcome: 'unchanged',
          cause: error,
        }),
      },
      { kind: 'listening' },
    ];
  }
  return changesOf(json, table);
}

function changesOf(json: unknown, table: string): readonly TableChange[] {
  if (!isRecord(json)) return [];
  return Object.entries(json).flatMap(([verb, objects]) =>
    isRecord(objects)
      ? Object.entries(objects).flatMap(([object, body]) => changeOf(verb, object, body, table))
      : [],
  );
}

function changeOf(verb: string, object: string, body: unknown, table: string): readonly TableChange[] {
  if (!isRecord(body) || body['family'] !== 'inet') return [];
  if ((object === 'table' ? body['name'] : body['table']) !== table) return [];
  const name = object === 'rule' ? body['chain'] : body['name'];
  return [
    {
      kind: 'change',
      verb: verb === 'add' || verb === 'delete' ? verb : 'other',
      object,
      name: typeof name === 'string' ? name : '',
    },
  ];
}

/** Runs nft until the signal aborts, then kills it. */
const startNftMonitor: StartMonitor = (command, signal) => {
  const started = performance.now();
  const [file, ...args] = command;
  const child = execa(file, args, {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: { stdout: false, stderr: true },
    maxBuffer: 64 * 1024,
    reject: false,
    cancelSignal: signal,
    killSignal: 'SIGKILL',
    extendEnv: false,
    env: childEnvironment(),
  });
  const ended = (async (): Promise<ProcessResult> => {
    const result = await child;
    const { signal: killedBy, exitCode, stderr } = result;
    const facts = {
      stdout: '',
      stderr,
      milliseconds: Math.round(performance.now() - started),
    };
    if (result.isCanceled) return { ...facts, end: 'aborted', signal: killedBy };
    if (killedBy !== undefined) return { ...facts, end: 'signal', signal: killedBy };
    if (exitCode !== undefined) return { ...facts, end: 'exit', exitCode };
    return { ...facts, end: 'not-started', reason: result.code ?? 'unknown reason', cause: result.cause };
  })();
  return { lines: child, subscribed: subscription(child.pid, ended, signal), ended };
};

/** Group 7, NFNLGRP_NFTABLES, as a bit of the kernel's mask. */
const nftablesGroup = 1 << 6;
const netlinkNetfilter = '12';
/** Milliseconds to wait for the subscription where /proc does not tell. */
const patience = 5000;

/**
 * nft says nothing when it begins to listen, but the kernel does: a netlink socket of the process is in the group of
 * nftables. Without that, a change made right after the start could go by unseen and unmentioned.
 */
async function subscription(
  pid: number | undefined,
  ended: Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  if (pid === undefined) return await never();
  const state = { over: false };
  void ended.then(() => {
    state.over = true;
  });
  const deadline = performance.now() + patience;
  while (performance.now() < deadline) {
    if (await isSubscribed(pid)) return;
    await sleep(10, signal);
    if (state.over || signal.aborted) return await never();
  }
}

async function isSubscribed(pid: number): Promise<boolean> {
  const proc = `/proc/${String(pid)}`;
  try {
    const descriptors = await readdir(`${proc}/fd`);
    const targets = await Promise.all(descriptors.map((name) => readlink(`${proc}/fd/${name}`)));
    const inodes = new Set(targets.map((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1]));
    const table = await readFile(`${proc}/net/netlink`, 'utf8');
    return table.split('\n').some((line) => {
      const [, protocol, , groups = '0', , , , , , inode] = line.trim().split(/\s+/);
      return (
        protocol === netlinkNetfilter && inodes.has(inode) && (parseInt(groups, 16) & nftablesGroup) !== 0
      );
    });
  } catch {
    // The process is between two of its states, or gone; the caller asks again or gives up.
    return false;
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
