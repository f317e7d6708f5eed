import { readdir, readFile, readlink } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { isAborted, sleep } from './abort.ts';
import { errorOf, NftError } from './errors.ts';
import { createEventQueue, type EventQueue } from './event-queue.ts';
import { childEnvironment, type ProcessResult } from './exec.ts';
import { createRestartPause } from './restart-pause.ts';

export type MonitorEvent =
  /** From now on every change is reported. What was before is not known: look at the table once. */
  | { readonly kind: 'listening' }
  /** Changes may have gone by unseen. `listening` follows as soon as they are seen again. */
  | { readonly kind: 'lost'; readonly error: NftError }
  | TableTransaction;

/** One transaction, of whomever, that changed the table. */
export interface TableTransaction {
  readonly kind: 'transaction';
  /** Who, in nft's words: `process 4711 (nft)`, a number of the host's process namespace. Empty where it is not told. */
  readonly by: string;
  /** What, as far as it is worth saying: the first few of `delete chain forward`, `add element known-ipv4`. */
  readonly changes: readonly string[];
  /** There is no table afterwards. */
  readonly gone: boolean;
}

export interface MonitorOptions {
  readonly command: readonly [string, ...string[]];
  /** A table of family `inet`. */
  readonly table: string;
  readonly signal: AbortSignal;
  readonly start?: StartMonitor;
}

/** A running `nft monitor`. */
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
const restartPause = { first: 100, last: 10_000, healthy: 60_000 };

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
  const pause = createRestartPause(restartPause);
  while (!signal.aborted) {
    const started = performance.now();
    // Only the text form says where a transaction ends, and who wrote it.
    const child = start([...command, 'monitor'], signal);
    const reader = createMonitorReader(table);
    void child.subscribed.then(() => {
      queue.push({ kind: 'listening' });
    });
    for await (const line of child.lines) for (const event of reader.read(line)) queue.push(event);
    const result = await child.ended;
    if (isAborted(signal)) return;
    queue.push({ kind: 'lost', error: errorOf(result, false) ?? endedEarly() });
    await sleep(pause.next(performance.now() - started), signal);
  }
}

function endedEarly(): NftError {
  return new NftError('NFT_UNREADABLE_OUTPUT', 'nft monitor ended by itself', { outcome: 'unchanged' });
}

export interface MonitorReader {
  /** What the next line makes known. */
  read(line: string): readonly MonitorEvent[];
}

const toldChanges = 5;

/** Reads the lines of `nft monitor`: the changes of a transaction, then `# new generation N by process PID (NAME)`. */
export function createMonitorReader(table: string): MonitorReader {
  const ours = new RegExp(`^([a-z]+) ([a-z]+) inet ${table}(?: (\\S+)|$)`);
  let changes = new Set<string>();
  let gone = false;
  let touched = false;

  const finish = (line: string): readonly MonitorEvent[] => {
    const event: MonitorEvent = { kind: 'transaction', by: writer(line), changes: [...changes], gone };
    const events = touched ? [event] : [];
    changes = new Set();
    [gone, touched] = [false, false];
    return events;
  };

  return {
    read(line) {
      if (line.startsWith('# new generation')) return finish(line);
      // The kernel dropped events, and nft goes on.
      if (line.startsWith('# ERROR')) return [...finish(''), lostEvents(line), { kind: 'listening' }];
      const [match, verb = '', object = '', name = table] = ours.exec(line) ?? [];
      if (match === undefined) return [];
      touched = true;
      if (object === 'table') gone = verb === 'delete';
      if (changes.size < toldChanges) changes.add(`${verb} ${object} ${name}`);
      return [];
    },
  };
}

/** A process names itself as it likes. */
function writer(line: string): string {
  const [, by = ''] = / by (process \d+ \(.*\))$/.exec(line) ?? [];
  return by.replace(/[^\x20-\x7e]/g, '?');
}

function lostEvents(line: string): MonitorEvent {
  const message = `nft monitor said: ${line.slice(0, 200)}`;
  return { kind: 'lost', error: new NftError('NFT_UNREADABLE_OUTPUT', message, { outcome: 'unchanged' }) };
}

/** Runs nft until the signal aborts, then kills it. */
const startNftMonitor: StartMonitor = (command, signal) => {
  const started = performance.now();
  const [file, ...args] = command;
  const child = execa(file, args, {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    cancelSignal: signal,
    // Else execa catches signals while a child runs, and ends this process by SIGTERM before it could stop in order.
    cleanup: false,
    killSignal: 'SIGKILL',
    extendEnv: false,
    env: childEnvironment(),
  });
  const warnings = latestOf(child.stderr);
  const ended = (async (): Promise<ProcessResult> => {
    const result = await child;
    const { signal: killedBy, exitCode } = result;
    const facts = {
      stdout: '',
      stderr: warnings(),
      milliseconds: Math.round(performance.now() - started),
    };
    if (result.isCanceled) return { ...facts, end: 'aborted', signal: killedBy };
    if (killedBy !== undefined) return { ...facts, end: 'signal', signal: killedBy };
    if (exitCode !== undefined) return { ...facts, end: 'exit', exitCode };
    return { ...facts, end: 'not-started', reason: result.code ?? 'unknown reason', cause: result.cause };
  })();
  return { lines: child, subscribed: subscription(child.pid, ended, signal), ended };
};

const keptWarnings = 4096;

/** The end of what nft says. It warns of every element of a set that is newer than itself, for as long as it runs. */
function latestOf(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (piece: string) => {
    text = (text + piece).slice(-keptWarnings);
  });
  return () => text;
}

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
