import type { ServerResponse } from 'node:http';
import type { ApiObject, JsonObject } from './json.ts';
import { checkWatchOptions, matcherOf, revisionOf, wantsInitialEvents } from './read.ts';
import { type Representation, encode, present, presentBookmark } from './representation.ts';
import { isTrue, type ResourceRequest } from './request.ts';
import { expired, statusObject, tooLargeResourceVersion } from './status.ts';
import type { Store, StoreEvent } from './store.ts';
import type { WatchStream } from './watch-stream.ts';

export interface WatchOptions {
  /** Milliseconds between periodic bookmarks. */
  readonly bookmarkInterval: number;
  /** The WatchList feature gate. */
  readonly streamingLists: boolean;
  readonly goneAs: 'event' | 'status';
}

/** An open watch, as faults and the server's end reach it. */
export interface OpenWatch {
  readonly request: ResourceRequest;
  readonly stream: WatchStream;
  close(): void;
}

/**
 * Opens a watch and keeps it fed until the client goes, time is up, or `close`. `openStream` starts the 200 answer; an
 * `ApiError` that is thrown before is the answer.
 */
export function openWatch(
  store: Store,
  request: ResourceRequest,
  how: Representation,
  options: WatchOptions,
  response: ServerResponse,
  openStream: () => WatchStream,
): OpenWatch {
  const { query, resource } = request;
  checkWatchOptions(request, options.streamingLists);
  const matches = matcherOf(request);
  const from = revisionOf(query.get('resourceVersion'));
  const initial = wantsInitialEvents(query);
  const past = from > 0 && !initial;
  if (initial && from > store.revision()) throw tooLargeResourceVersion(from, store.revision());
  const tooOld = past && from < store.oldest();
  const gone = expired(`too old resource version: ${String(from)} (${String(store.oldest())})`);
  if (tooOld && options.goneAs === 'status') throw gone;

  const stream = openStream();
  const bookmarks = isTrue(query.get('allowWatchBookmarks') ?? 'false');
  let first = true;
  let seen = store.revision();
  const line = (type: string, object: JsonObject): void => {
    stream.line(encode({ type, object }, { encoding: 'json' }));
  };
  const send = (type: string, object: ApiObject): void => {
    line(type, present(object, resource, how, first));
    first = false;
  };
  const bookmark = (annotations?: Readonly<Record<string, string>>): void => {
    line('BOOKMARK', presentBookmark(resource, how, String(seen), annotations));
  };
  const offer = (event: StoreEvent): void => {
    seen = event.revision;
    if (event.storage !== resource.storage || (past && event.revision <= from)) return;
    const is = event.type !== 'DELETED' && matches(event.object);
    const was = event.previous !== undefined && matches(event.previous);
    if (is) send(was ? 'MODIFIED' : 'ADDED', event.object);
    // What leaves the selection looks as it did inside, with the revision of its leaving.
    else if (was) send('DELETED', event.type === 'DELETED' ? event.object : left(event));
  };

  if (tooOld) {
    line('ERROR', statusObject(gone.facts));
    stream.end();
    return { request, stream, close: () => undefined };
  }
  if (past) {
    for (const event of store.since(resource.storage, from)) offer(event);
    seen = Math.max(from, store.revision());
  } else if (initial || !query.has('sendInitialEvents')) {
    for (const object of store.list(resource.storage)) if (matches(object)) send('ADDED', object);
  }
  if (initial && bookmarks) bookmark({ 'k8s.io/initial-events-end': 'true' });

  const unsubscribe = store.subscribe(offer);
  const ticker = bookmarks ? setInterval(bookmark, options.bookmarkInterval) : undefined;
  const timer = setTimeout(() => {
    // So that the client goes on from here.
    if (bookmarks) bookmark();
    close();
  }, timeoutOf(query));
  const stop = (): void => {
    unsubscribe();
    clearInterval(ticker);
    clearTimeout(timer);
  };
  const close = (): void => {
    stop();
    stream.end();
  };
  response.once('close', stop);
  return { request, stream, close };
}

function left(event: StoreEvent): ApiObject {
  const previous = event.previous ?? event.object;
  return { ...previous, metadata: { ...previous.metadata, resourceVersion: String(event.revision) } };
}

/** Milliseconds; without a wish of the client between 30 and 60 minutes, as the real server spreads them. */
function timeoutOf(query: URLSearchParams): number {
  const wanted = Number(query.get('timeoutSeconds') ?? '0');
  if (Number.isFinite(wanted) && wanted > 0) return Math.min(wanted * 1000, 0x7fffffff);
  return 1800_000 * (1 + Math.random());
}
