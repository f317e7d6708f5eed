import type { ApiObject } from './json.ts';

/** One change, as watches see it. */
export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  /** `Resource.storage`. */
  readonly storage: string;
  /** The new state; for DELETED the last state, with the revision of the deletion. */
  readonly object: ApiObject;
  /** The state before; absent for ADDED. */
  readonly previous?: ApiObject;
}

/**
 * Objects in memory with one counter of revisions for all kinds, and a window of past changes, as etcd has them. Stored
 * objects are never changed in place.
 */
export interface Store {
  /** The revision of the last change. */
  revision(): number;
  /** Changes after this revision are known; watches and snapshots from before it are not possible. */
  oldest(): number;
  get(storage: string, namespace: string, name: string): ApiObject | undefined;
  /** The present objects in the order of their keys, `namespace/name`. */
  list(storage: string): readonly ApiObject[];
  /** The objects as they were at a revision between `oldest()` and `revision()`; `undefined` outside of that. */
  listAt(storage: string, revision: number): readonly ApiObject[] | undefined;
  /** Creates or replaces; sets `metadata.resourceVersion`. Returns what is stored. */
  put(storage: string, object: ApiObject): ApiObject;
  /** Returns the object with the revision of its deletion, or `undefined` where there was none. */
  remove(storage: string, namespace: string, name: string): ApiObject | undefined;
  /** The changes of one kind after the revision. */
  since(storage: string, revision: number): readonly StoreEvent[];
  /** Forgets every past change. */
  forget(): void;
  /** Calls the listener at every change, before `put` or `remove` returns. */
  subscribe(listener: (event: StoreEvent) => void): () => void;
}

/** `historyWindow` is the number of past changes that are kept. */
export function createStore(historyWindow: number, firstRevision = 1): Store {
  const shelves = new Map<string, Map<string, ApiObject>>();
  const sortedKeys = new Map<string, readonly string[]>();
  const listeners = new Set<(event: StoreEvent) => void>();
  let history: StoreEvent[] = [];
  let oldest = firstRevision;
  let revision = firstRevision;

  const shelf = (storage: string): Map<string, ApiObject> => {
    const found = shelves.get(storage) ?? new Map<string, ApiObject>();
    shelves.set(storage, found);
    return found;
  };
  const record = (event: StoreEvent): void => {
    history.push(event);
    // Trimmed in strides, so that a full window does not cost a copy at each change.
    if (history.length > historyWindow + Math.max(64, historyWindow >> 2) || historyWindow < 64) {
      const dropped = history.splice(0, Math.max(0, history.length - historyWindow));
      oldest = dropped.at(-1)?.revision ?? oldest;
    }
    for (const listener of [...listeners]) listener(event);
  };

  return {
    revision: () => revision,
    oldest: () => oldest,
    get: (storage, namespace, name) => shelf(storage).get(keyOf(namespace, name)),
    list: (storage) => {
      const objects = shelf(storage);
      const keys = sortedKeys.get(storage) ?? [...objects.keys()].sort();
      sortedKeys.set(storage, keys);
      return keys.flatMap((key) => objects.get(key) ?? []);
    },
    listAt: (storage, at) => {
      if (at < oldest || at > revision) return undefined;
      const objects = new Map(shelf(storage));
      for (const event of history.filter((one) => one.storage === storage && one.revision > at).reverse()) {
        const key = keyOf(event.object.metadata.namespace ?? '', event.object.metadata.name);
        if (event.previous === undefined) objects.delete(key);
        else objects.set(key, event.previous);
      }
      return [...objects.keys()].sort().flatMap((key) => objects.get(key) ?? []);
    },
    put: (storage, object) => {
      const key = keyOf(object.metadata.namespace ?? '', object.metadata.name);
      const previous = shelf(storage).get(key);
      revision += 1;
      const stored = stamped(object, revision);
      shelf(storage).set(key, stored);
      if (previous === undefined) sortedKeys.delete(storage);
      record(
        previous === undefined
          ? { type: 'ADDED', revision, storage, object: stored }
          : { type: 'MODIFIED', revision, storage, object: stored, previous },
      );
      return stored;
    },
    remove: (storage, namespace, name) => {
      const key = keyOf(namespace, name);
      const previous = shelf(storage).get(key);
      if (previous === undefined) return undefined;
      revision += 1;
      shelf(storage).delete(key);
      sortedKeys.delete(storage);
      const object = stamped(previous, revision);
      record({ type: 'DELETED', revision, storage, object, previous });
      return object;
    },
    since: (storage, after) => history.filter((event) => event.storage === storage && event.revision > after),
    forget: () => {
      history = [];
      oldest = revision;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}

function keyOf(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

function stamped(object: ApiObject, revision: number): ApiObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}
