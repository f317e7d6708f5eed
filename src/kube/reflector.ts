import { createBackoff } from './backoff.ts';
import type { BoundedObjects } from './bounded-objects.ts';
import type { KubeClient, Query } from './client.ts';
import { type Clock, sleep, systemClock } from './clock.ts';
import { KubeError } from './errors.ts';
import { readLines } from './lines.ts';
import { listPages } from './list.ts';
import type { Log } from './log.ts';
import { recoveryFrom } from './recovery.ts';
import { openResource, readChunks } from './response.ts';
import { checkAgainstList, untilSafetyCheck } from './safety-check.ts';
import { createStore, type Projection, type StoreHandler } from './store.ts';
import { readWatchEvent } from './watch-event.ts';
import { createWatchdog } from './watchdog.ts';

export interface ReflectorOptions<K extends string, T> extends Projection<K, T> {
  readonly client: KubeClient;
  /** The resource: `/api/v1/pods`, `/apis/networking.k8s.io/v1/networkpolicies`. */
  readonly path: string;
  /** `fieldSelector`, `labelSelector`. */
  readonly selectors?: Query;
  readonly handler: StoreHandler<K, T>;
  readonly log: Log;
  readonly clock?: Clock;
  /** Between 0 and 1, 1 excluded. */
  readonly random?: () => number;
  readonly times?: Partial<ReflectorTimes>;
}

/** Milliseconds. */
export interface ReflectorTimes {
  /** Silence in an established watch. Bookmarks come about every minute, without promise. */
  readonly watchIdle: number;
  /** Silence while listing. */
  readonly listIdle: number;
  /** A watch that stood this long was a success: what ends it starts the backoff anew. */
  readonly stable: number;
  /** Mean distance of safety checks in a small cluster. */
  readonly safetyCheck: number;
}

const defaultTimes: ReflectorTimes = {
  watchIdle: 120_000,
  listIdle: 60_000,
  stable: 60_000,
  safetyCheck: 3_600_000,
};

/** Plain counters and gauges since the start. */
export interface ReflectorStats {
  readonly hasSynced: boolean;
  /** The newest resource version that the store stands for; empty before the first. Opaque. */
  readonly resourceVersion: string;
  /** A watch stands at this moment. */
  readonly watching: boolean;
  /** Seconds since anything, bookmarks included, came over a watch; undefined before the first. */
  readonly lastEventAge: number | undefined;
  /** Events that concerned an object, whether they changed its projection or not. */
  readonly events: number;
  /** Full syncs after the first. */
  readonly relists: number;
  /** Attempts to watch on where the watch before ended. */
  readonly reconnects: number;
  /** Times that our resource version was no longer kept (or not yet known). */
  readonly expirations: number;
  /** Attempts that ended in an error. */
  readonly failures: number;
  /** Times that the handler threw; it is told everything again. */
  readonly handlerErrors: number;
  readonly unreadableObjects: number;
  readonly safetyChecks: number;
  /** Objects on which a safety check found the store wrong: always a defect. */
  readonly differences: number;
}

/** Keeps a projected copy of one resource. */
export interface Reflector<K extends string, T> {
  /** The live objects, as of the last event. Empty before the first sync; never half of a list. */
  objects(): ReadonlyMap<K, T>;
  stats(): ReflectorStats;
  /** Works until the signal aborts, then resolves with every connection closed and timer cleared. Never rejects. Call once. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * List, then watch, for ever, as client-go's reflector does. Everything that ends a watch leads to another one; the store
 * stands as it was meanwhile and is only ever swapped for a complete list.
 */
export function createReflector<K extends string, T>(options: ReflectorOptions<K, T>): Reflector<K, T> {
  const { client, path, selectors = {}, log, clock = systemClock, random = Math.random } = options;
  const times = { ...defaultTimes, ...options.times };
  const resource = path.slice(path.lastIndexOf('/') + 1);
  const exchange = { client, clock };
  const store = createStore(options, options.handler, { clock, random, log, resource });
  const backoff = createBackoff(random);

  /** The newest resource version that the store stands for. Opaque. Empty: the server decides (a consistent read). */
  let version = '';
  let mustList = true;
  let hasSynced = false;
  /** The server has streaming lists (WatchList); until it says otherwise. */
  let streaming = true;
  let streamsCutShort = 0;
  let brokenSinceProgress = 0;
  let watchingSince: number | undefined;
  let lastEventAt: number | undefined;
  let interrupt: AbortController | undefined;
  const counts = {
    events: 0,
    syncs: 0,
    reconnects: 0,
    expirations: 0,
    failures: 0,
    checks: 0,
    differences: 0,
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    await Promise.all([keepWatching(signal), keepChecking(signal)]);
    store.close();
  };

  const keepWatching = async (signal: AbortSignal): Promise<void> => {
    const stopped = (): boolean => signal.aborted;
    while (!stopped()) {
      interrupt = new AbortController();
      let failure: KubeError | undefined;
      try {
        await listAndWatch(AbortSignal.any([signal, interrupt.signal]));
      } catch (error) {
        failure = error instanceof KubeError ? error : unexpected(error);
      }
      if (stopped()) break;
      const wait = afterAttempt(failure);
      if (wait > 0) await sleep(clock, wait, signal);
    }
    watchingSince = undefined;
  };

  /** Draws the conclusions from how an attempt ended. Returns the milliseconds until the next. */
  const afterAttempt = (failure: KubeError | undefined): number => {
    const stood = watchingSince === undefined ? 0 : clock.now() - watchingSince;
    watchingSince = undefined;
    if (stood >= times.stable) backoff.reset();
    // The API server ends each watch after timeoutSeconds; then there is nothing to wait for.
    if (failure === undefined) return stood >= times.stable ? 0 : backoff.next();
    counts.failures += 1;
    decideList(failure);
    const wait = backoff.next(failure.retryAfter);
    const { code, status, message } = failure;
    log.warn(
      { resource, code, status, relist: mustList, retrySeconds: wait / 1000, error: message },
      'watch failed',
    );
    return wait;
  };

  const decideList = (failure: KubeError): void => {
    const recovery = recoveryFrom(failure, version);
    if (recovery === 'resume-once') brokenSinceProgress += 1;
    if (recovery === 'relist-anew') {
      counts.expirations += 1;
      version = '';
    }
    mustList ||= recovery === 'relist-anew' || brokenSinceProgress > 1;
  };

  const listAndWatch = async (signal: AbortSignal): Promise<void> => {
    if (mustList) {
      if (streaming && streamsCutShort < 2) {
        if (await streamingListAndWatch(signal)) return;
      }
      await pagedList(signal);
      streamsCutShort = 0;
    } else {
      counts.reconnects += 1;
    }
    await watch(signal, undefined);
  };

  /** Returns false when this server has no streaming lists. */
  const streamingListAndWatch = async (signal: AbortSignal): Promise<boolean> => {
    try {
      await watch(signal, store.gather());
      return true;
    } catch (error) {
      if (!(error instanceof KubeError) || !mustList) throw error;
      // Servers before 1.27, or without the WatchList feature, refuse the parameters. A refused version looks the same;
      // the paged list will tell.
      if (error.code === 'rejected' && (error.status === 400 || error.status === 422)) {
        streaming = false;
        log.info({ resource, status: error.status }, 'no streaming list, paging instead');
        return false;
      }
      // Servers that ignore the parameters never say that the list is complete.
      if (error.code === 'stalled' || error.code === 'ended-early') streamsCutShort += 1;
      throw error;
    }
  };

  const pagedList = async (signal: AbortSignal): Promise<void> => {
    const next = store.gather();
    const query = { ...selectors, ...notOlderThan(version) };
    let listed = '';
    for await (const page of listPages(exchange, path, query, times.listIdle, signal)) {
      for (const raw of page.items) next.set(...store.read(raw));
      listed = page.resourceVersion;
    }
    swap(next, listed);
  };

  const swap = (next: BoundedObjects<K, T>, listed: string): void => {
    version = listed;
    mustList = false;
    hasSynced = true;
    brokenSinceProgress = 0;
    counts.syncs += 1;
    store.replace(next);
    log.info({ resource, objects: next.all.size }, 'watch synced');
    listIfNeeded();
  };

  /**
   * One watch, to its end. With `aside` it starts as a streaming list: what comes up to the bookmark that says "that was
   * all" is gathered there. The versions of those objects are in no order, so none of them is a place to resume from.
   */
  const watch = async (signal: AbortSignal, aside: BoundedObjects<K, T> | undefined): Promise<void> => {
    const watchdog = createWatchdog(clock, times.listIdle, signal);
    let initial = aside;
    const query = {
      ...selectors,
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(300 + Math.floor(random() * 300)),
      resourceVersion: version,
      ...(initial === undefined ? {} : { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }),
    };
    const established = (): void => {
      watchingSince = clock.now();
      watchdog.allow(times.watchIdle);
    };

    const apply = (line: string): void => {
      const event = readWatchEvent(line);
      if (event.kind === 'bookmark') {
        if (initial === undefined) {
          progress(event.resourceVersion);
        } else if (event.initialEventsEnd) {
          swap(initial, event.resourceVersion);
          initial = undefined;
          streamsCutShort = 0;
          established();
        }
        return;
      }
      counts.events += 1;
      if (initial !== undefined) {
        if (event.kind === 'changed') initial.set(...store.read(event.raw));
        else initial.delete(store.key(event.raw));
        return;
      }
      if (event.kind === 'changed') store.put(event.raw);
      else store.remove(event.raw);
      listIfNeeded();
      progress(event.resourceVersion);
    };

    try {
      const response = await openResource(exchange, path, query, watchdog);
      if (initial === undefined) established();
      for await (const lines of readLines(readChunks(response, watchdog))) {
        lastEventAt = clock.now();
        for (const line of lines) apply(line);
      }
      if (initial !== undefined) {
        throw new KubeError('ended-early', 'the watch ended before the list in it was complete');
      }
    } finally {
      watchdog.stop();
    }
  };

  const progress = (reached: string): void => {
    version = reached;
    brokenSinceProgress = 0;
  };

  const keepChecking = async (signal: AbortSignal): Promise<void> => {
    const stopped = (): boolean => signal.aborted;
    while (!stopped()) {
      await sleep(clock, untilSafetyCheck(store.objects().size, random, times.safetyCheck), signal);
      if (!stopped() && watchingSince !== undefined) await check(signal);
    }
  };

  const check = async (signal: AbortSignal): Promise<void> => {
    counts.checks += 1;
    try {
      const verdict = await checkAgainstList(
        exchange,
        path,
        selectors,
        store,
        version,
        times.listIdle,
        signal,
      );
      if (verdict.kind === 'equal') return;
      if (verdict.kind === 'different') {
        counts.differences += verdict.count;
        log.error(
          { resource, count: verdict.count, keys: verdict.keys },
          'store differs from the API server',
        );
      }
    } catch (error) {
      if (signal.aborted) return;
      // Not known is not equal: a list anew settles it, unless the server is in trouble already.
      log.debug({ resource, error }, 'safety check failed');
      if (!(error instanceof KubeError && error.code === 'expired')) return;
    }
    listAnew('the safety check asks for a new list');
  };

  /** The backoff of failures bounds how often somebody can bring this about. */
  const listIfNeeded = (): void => {
    if (store.needsList()) listAnew('objects that were cut fit again: only a new list has them');
  };

  const listAnew = (why: string): void => {
    mustList = true;
    interrupt?.abort(new KubeError('out-of-step', why));
  };

  const unexpected = (error: unknown): KubeError =>
    new KubeError('malformed', error instanceof Error ? error.message : String(error), { cause: error });

  const stats = (): ReflectorStats => ({
    hasSynced,
    resourceVersion: version,
    watching: watchingSince !== undefined,
    lastEventAge: lastEventAt === undefined ? undefined : (clock.now() - lastEventAt) / 1000,
    events: counts.events,
    relists: Math.max(0, counts.syncs - 1),
    reconnects: counts.reconnects,
    expirations: counts.expirations,
    failures: counts.failures,
    handlerErrors: store.handlerErrors(),
    unreadableObjects: store.unreadableObjects(),
    safetyChecks: counts.checks,
    differences: counts.differences,
  });

  return { objects: store.objects, stats, run };
}

/** An empty version asks for a consistent read; "0" (anything the server has) could go back in time and is never used. */
function notOlderThan(version: string): Query {
  return version === '' ? {} : { resourceVersion: version, resourceVersionMatch: 'NotOlderThan' };
}
