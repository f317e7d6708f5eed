/**
 * What the objects of one owner (a namespace, say) may come to together. Beyond it each of them is kept cut down, so that
 * one owner cannot fill the memory of everybody. Whether an owner is beyond depends on what there is, not on its order.
 */
export interface OwnerBound<K, T> {
  readonly owner: (key: K) => string;
  /** The same for an object that is cut. */
  readonly size: (object: T) => number;
  readonly most: number;
  /** What is kept of an object whose owner is beyond. Cut again, it stays as it is. */
  readonly cut: (object: T) => T;
}

/** Objects by key, those of owners beyond the bound cut. */
export interface BoundedObjects<K, T> {
  readonly all: ReadonlyMap<K, T>;
  /** Returns what is kept anew: the object, or what is left of it, and others that were cut for its sake. */
  set(key: K, object: T): readonly Kept<K, T>[];
  delete(key: K): void;
  /** Whether an owner fits again while its objects are still cut: only a new list has them whole. */
  isOutgrown(): boolean;
}

export interface Kept<K, T> {
  readonly key: K;
  readonly object: T;
  readonly previous: T | undefined;
}

interface Owned<K> {
  readonly keys: Set<K>;
  size: number;
  /** Until a new list: some objects are whole no more, so the others stay cut as well. */
  isCut: boolean;
}

export function createBoundedObjects<K, T>(bound: OwnerBound<K, T> | undefined): BoundedObjects<K, T> {
  const all = new Map<K, T>();
  if (bound === undefined) {
    return {
      all,
      set(key, object) {
        const previous = all.get(key);
        all.set(key, object);
        return [{ key, object, previous }];
      },
      delete(key) {
        all.delete(key);
      },
      isOutgrown: () => false,
    };
  }
  const owners = new Map<string, Owned<K>>();
  const outgrown = new Set<string>();

  const settle = (name: string, owned: Owned<K>): void => {
    if (owned.keys.size === 0) owners.delete(name);
    if (owned.isCut && owned.keys.size > 0 && owned.size <= bound.most) outgrown.add(name);
    else outgrown.delete(name);
  };

  const forget = (key: K, owned: Owned<K>): void => {
    const held = all.get(key);
    if (held === undefined) return;
    owned.size -= bound.size(held);
    owned.keys.delete(key);
  };

  const cutHeld = (key: K): readonly Kept<K, T>[] => {
    const previous = all.get(key);
    if (previous === undefined) return [];
    const object = bound.cut(previous);
    all.set(key, object);
    return [{ key, object, previous }];
  };

  return {
    all,
    set(key, object) {
      const name = bound.owner(key);
      const owned = owners.get(name) ?? { keys: new Set<K>(), size: 0, isCut: false };
      const previous = all.get(key);
      owners.set(name, owned);
      forget(key, owned);
      owned.keys.add(key);
      owned.size += bound.size(object);
      const cutsAll = !owned.isCut && owned.size > bound.most;
      owned.isCut ||= cutsAll;
      settle(name, owned);
      const kept = owned.isCut ? bound.cut(object) : object;
      all.set(key, kept);
      const others = [...(cutsAll ? owned.keys : [])].filter((each) => each !== key);
      return [{ key, object: kept, previous }, ...others.flatMap(cutHeld)];
    },
    delete(key) {
      const name = bound.owner(key);
      const owned = owners.get(name);
      if (owned === undefined) return;
      forget(key, owned);
      all.delete(key);
      settle(name, owned);
    },
    isOutgrown: () => outgrown.size > 0,
  };
}
