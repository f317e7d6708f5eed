import { isDeepStrictEqual } from 'node:util';
import { createBackoff } from './backoff.ts';
import { type BoundedObjects, createBoundedObjects, type OwnerBound } from './bounded-objects.ts';
import type { Clock } from './clock.ts';
import { KubeError } from './errors.ts';
import type { Log } from './log.ts';
import { type ObjectName, readObjectName } from './raw-object.ts';

/** How objects are turned into what is kept of them. */
export interface Projection<K extends string, T> {
  /** Injective; from the name alone, so that a deletion never depends on the object being understood. */
  readonly key: (name: ObjectName) => K;
  /** Picks what matters. Plain data, compared in depth to tell changes that matter. Should not throw; see `unreadable`. */
  readonly project: (raw: unknown) => T;
  /**
   * The stand-in for an object on which `project` threw: the caller knows what fails closed. Without it such an object
   * fails the whole sync, since leaving it out could open what it closes.
   */
  readonly unreadable?: (name: ObjectName, error: unknown) => T;
  /** Absent: whatever there is is kept. */
  readonly bound?: OwnerBound<K, T>;
}

/** Who hears of changes. Called after the store has changed. What these throw is logged, and all is told again later. */
export interface StoreHandler<K extends string, T> {
  /** A full sync: `objects` is everything there is, `gone` what was there before and is no more. */
  replaced(objects: ReadonlyMap<K, T>, gone: ReadonlyMap<K, T>): void;
  /** `previous` is undefined for a new object. Not called when the projection is the same as before. */
  changed(key: K, object: T, previous: T | undefined): void;
  deleted(key: K, previous: T): void;
}

/** The live objects of one resource. */
export interface Store<K extends string, T> {
  readonly objects: () => ReadonlyMap<K, T>;
  readonly key: (raw: unknown) => K;
  /** Projects, without touching the store. Gives the very object that the store holds when it is equal. */
  readonly read: (raw: unknown) => readonly [K, T];
  readonly put: (raw: unknown) => void;
  readonly remove: (raw: unknown) => void;
  /** Whether an object that is held is what the API server has: the object, or what the bound leaves of it. */
  readonly holds: (held: T | undefined, object: T) => boolean;
  /** For a full sync: filled aside, the store stays as it is. */
  readonly gather: () => BoundedObjects<K, T>;
  /** Swaps in the result of a full sync, at once. */
  readonly replace: (next: BoundedObjects<K, T>) => void;
  /** Only a new list has the objects whole that the bound cut and that fit again. */
  readonly needsList: () => boolean;
  readonly handlerErrors: () => number;
  readonly unreadableObjects: () => number;
  /** Gives up telling a handler that threw. */
  readonly close: () => void;
}

export function createStore<K extends string, T>(
  projection: Projection<K, T>,
  handler: StoreHandler<K, T>,
  { clock, random, log, resource }: StoreSurroundings,
): Store<K, T> {
  const backoff = createBackoff(random);
  const { bound } = projection;
  const gather = (): BoundedObjects<K, T> => createBoundedObjects(bound);
  let live = gather();
  let handlerErrors = 0;
  let unreadableObjects = 0;
  /** What vanished since the handler last understood everything; undefined while it is up to date. */
  let untold: Map<K, T> | undefined;
  let cancelRetelling = (): void => undefined;

  const key = (raw: unknown): K => projection.key(readObjectName(raw));

  const read = (raw: unknown): readonly [K, T] => {
    const name = readObjectName(raw);
    const at = projection.key(name);
    const object = project(name, raw);
    const held = live.all.get(at);
    return [at, held !== undefined && isDeepStrictEqual(held, object) ? held : object];
  };

  const project = (name: ObjectName, raw: unknown): T => {
    try {
      return projection.project(raw);
    } catch (cause) {
      unreadableObjects += 1;
      log.error({ resource, ...name, error: cause }, 'object not understood');
      if (projection.unreadable !== undefined) return projection.unreadable(name, cause);
      throw new KubeError('unreadable-object', `cannot understand ${name.namespace}/${name.name}`, { cause });
    }
  };

  const tell = (report: () => void): void => {
    // A handler that missed something is told everything again, later, instead of more that it cannot place.
    if (untold !== undefined) return;
    try {
      report();
    } catch (error) {
      untold = new Map();
      scheduleRetelling(error);
    }
  };

  const scheduleRetelling = (error: unknown): void => {
    handlerErrors += 1;
    log.error({ resource, error }, 'handler failed');
    cancelRetelling = clock.after(backoff.next(), retell);
  };

  const retell = (): void => {
    const gone = untold ?? new Map<K, T>();
    try {
      handler.replaced(live.all, gone);
      untold = undefined;
      backoff.reset();
    } catch (error) {
      scheduleRetelling(error);
    }
  };

  /** Kept outside `tell`: a deletion whose report throws is itself untold. */
  const noteGone = (gone: ReadonlyMap<K, T>): void => {
    if (untold === undefined) return;
    for (const [key, object] of gone) untold.set(key, object);
    for (const key of untold.keys()) if (live.all.has(key)) untold.delete(key);
  };

  return {
    objects: () => live.all,
    key,
    read,
    holds: (held, object) =>
      held !== undefined &&
      (held === object ||
        isDeepStrictEqual(held, object) ||
        (bound !== undefined && isDeepStrictEqual(held, bound.cut(object)))),
    gather,
    put: (raw) => {
      const [at, object] = read(raw);
      const previous = live.all.get(at);
      if (previous === object) return;
      for (const kept of live.set(at, object)) {
        if (isDeepStrictEqual(kept.previous, kept.object)) continue;
        tell(() => {
          handler.changed(kept.key, kept.object, kept.previous);
        });
        untold?.delete(kept.key);
      }
    },
    remove: (raw) => {
      const gone = key(raw);
      const previous = live.all.get(gone);
      if (previous === undefined) return;
      live.delete(gone);
      tell(() => {
        handler.deleted(gone, previous);
      });
      untold?.set(gone, previous);
    },
    replace: (next) => {
      const gone = new Map<K, T>();
      for (const [key, object] of live.all) if (!next.all.has(key)) gone.set(key, object);
      live = next;
      tell(() => {
        handler.replaced(next.all, gone);
      });
      noteGone(gone);
    },
    needsList: () => live.isOutgrown(),
    handlerErrors: () => handlerErrors,
    unreadableObjects: () => unreadableObjects,
    close: () => {
      cancelRetelling();
    },
  };
}

export interface StoreSurroundings {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** What to call the objects in the log. */
  readonly resource: string;
}
