import { isRecord, KubeError, statusError } from './errors.ts';
import { metadataOf, readResourceVersion } from './raw-object.ts';

/** One line of a watch. ADDED and MODIFIED are one kind: whether an object is new depends on what we hold. */
export type WatchEvent =
  | { readonly kind: 'changed'; readonly raw: unknown; readonly resourceVersion: string }
  | { readonly kind: 'deleted'; readonly raw: unknown; readonly resourceVersion: string }
  | {
      readonly kind: 'bookmark';
      readonly resourceVersion: string;
      /** Everything that existed when a streaming list began has been sent. */
      readonly initialEventsEnd: boolean;
    };

/** Reads one line. An ERROR event is thrown as the error that it stands for; anything unexpected as `malformed`. */
export function readWatchEvent(line: string): WatchEvent {
  const event = parse(line);
  const raw = event['object'];
  switch (event['type']) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'changed', raw, resourceVersion: readResourceVersion(raw) };
    case 'DELETED':
      return { kind: 'deleted', raw, resourceVersion: readResourceVersion(raw) };
    case 'BOOKMARK': {
      const { annotations } = metadataOf(raw);
      const initialEventsEnd = isRecord(annotations) && annotations['k8s.io/initial-events-end'] === 'true';
      return { kind: 'bookmark', resourceVersion: readResourceVersion(raw), initialEventsEnd };
    }
    case 'ERROR':
      throw statusError(raw);
    default:
      throw new KubeError('malformed', 'a watch event of unknown type came from the API server');
  }
}

function parse(line: string): Readonly<Record<string, unknown>> {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch (cause) {
    throw new KubeError('malformed', 'a watch event is not JSON', { cause });
  }
  if (!isRecord(event)) throw new KubeError('malformed', 'a watch event is not an object');
  return event;
}
