import type { Query } from './client.ts';
import { listPages } from './list.ts';
import type { Exchange } from './response.ts';
import type { Store } from './store.ts';

/** Whether the store is what the API server says it should be. */
export type SafetyVerdict =
  | { readonly kind: 'equal' }
  | { readonly kind: 'different'; readonly keys: readonly string[]; readonly count: number }
  /** The server did not give the list of that very moment. */
  | { readonly kind: 'unknown' };

/** Keys named in the log; the count says the rest. */
const namedKeys = 10;

/**
 * Compares the store with a list of exactly the version that the store stands at. The watch goes on meanwhile: it is a
 * copy of the store that is compared, so a difference is a lost or garbled event, never a change that was under way.
 */
export async function checkAgainstList<K extends string, T>(
  exchange: Exchange,
  path: string,
  query: Query,
  store: Store<K, T>,
  resourceVersion: string,
  idle: number,
  signal: AbortSignal,
): Promise<SafetyVerdict> {
  const held = new Map(store.objects());
  const exactly = { ...query, resourceVersion, resourceVersionMatch: 'Exact' };
  const keys: string[] = [];
  let count = 0;
  const differ = (key: K): void => {
    count += 1;
    if (keys.length < namedKeys) keys.push(key);
  };

  for await (const page of listPages(exchange, path, exactly, idle, signal)) {
    if (page.resourceVersion !== resourceVersion) return { kind: 'unknown' };
    for (const raw of page.items) {
      const [key, object] = store.read(raw);
      const had = held.get(key);
      if (!store.holds(had, object)) differ(key);
      held.delete(key);
    }
  }
  for (const key of held.keys()) differ(key);
  return count === 0 ? { kind: 'equal' } : { kind: 'different', keys, count };
}

const hour = 3_600_000;
/** Node fires timers above this at once. */
const longestTimer = 0x7fffffff;

/**
 * Milliseconds until the next check: an hour, more for large clusters (such a list is read from etcd, by each agent), and
 * jittered by a quarter, so that agents that started together do not stay together.
 */
export function untilSafetyCheck(objects: number, random: () => number, base = hour): number {
  return Math.min(longestTimer, base * Math.max(1, objects / 10_000) * (0.75 + random() / 2));
}
