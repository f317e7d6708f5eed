import type { Query } from './client.ts';
import { isRecord, KubeError } from './errors.ts';
import { readResourceVersion } from './raw-object.ts';
import { type Exchange, openResource, readBody } from './response.ts';
import { createWatchdog } from './watchdog.ts';

export interface ListPage {
  readonly items: readonly unknown[];
  /** The version of the list as a whole: the same on each page. */
  readonly resourceVersion: string;
}

/** Objects asked for at once: 500 pods are about 2 MB of JSON. */
const pageSize = 500;

/**
 * Tenants choose how large their objects are (up to 1.5 MB each), so a page is read up to here only, then asked for again
 * with half as many objects: an agent must not run out of memory because somebody has large annotations.
 */
const largestPage = 32 * 1024 * 1024;

/**
 * Lists a resource page by page. `query` may hold selectors and a resource version with its match. Throws `stalled` after
 * `idle` milliseconds without a byte, and `expired` when the continue token is too old: then start again.
 */
export async function* listPages(
  exchange: Exchange,
  path: string,
  query: Query,
  idle: number,
  signal: AbortSignal,
): AsyncGenerator<ListPage, void> {
  let limit = pageSize;
  let from: Query = query;
  for (;;) {
    const body = await readPage(exchange, path, { ...from, limit: String(limit) }, idle, signal);
    if (body === undefined) {
      limit = Math.ceil(limit / 2);
      continue;
    }
    const { page, continueToken } = readList(body);
    yield page;
    if (continueToken === '') return;
    // The token holds the version; the API server refuses a request that names it again.
    from = {
      ...query,
      resourceVersion: undefined,
      resourceVersionMatch: undefined,
      continue: continueToken,
    };
  }
}

/** Undefined where the page is too large and may be asked for in smaller ones. */
async function readPage(
  exchange: Exchange,
  path: string,
  query: Query,
  idle: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const watchdog = createWatchdog(exchange.clock, idle, signal);
  try {
    return await readBody(await openResource(exchange, path, query, watchdog), largestPage, watchdog);
  } catch (error) {
    if (error instanceof KubeError && error.code === 'too-large' && query['limit'] !== '1') {
      return undefined;
    }
    throw error;
  } finally {
    watchdog.stop();
  }
}

function readList(body: string): { readonly page: ListPage; readonly continueToken: string } {
  let list: unknown;
  try {
    list = JSON.parse(body);
  } catch (cause) {
    throw new KubeError('malformed', 'a list is not JSON', { cause });
  }
  const resourceVersion = readResourceVersion(list);
  const { items, metadata } = list as { readonly items?: unknown; readonly metadata: unknown };
  // Go writes an empty list as null in places. Anything else that is no array must not pass for "no objects".
  if (!Array.isArray(items) && items !== null) throw new KubeError('malformed', 'a list has no items');
  const token = isRecord(metadata) ? metadata['continue'] : undefined;
  return {
    page: { items: items ?? [], resourceVersion },
    continueToken: typeof token === 'string' ? token : '',
  };
}
