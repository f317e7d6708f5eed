import type { ApiObject, JsonObject } from './json.ts';
import { isTrue, type ResourceRequest } from './request.ts';
import { type Matcher, parseFieldSelector, parseLabelSelector } from './selectors.ts';
import { badRequest, expired, notFound, tooLargeResourceVersion } from './status.ts';
import type { Store } from './store.ts';
import {
  type FieldError,
  forbiddenField,
  invalid,
  invalidObject,
  notSupported,
} from './validation/field-error.ts';

/** The object that the request names. Throws `ApiError` 404. */
export function getObject(store: Store, request: ResourceRequest): ApiObject {
  const { resource, name } = request;
  const namespace = resource.namespaced ? request.namespace : '';
  const object = store.get(resource.storage, namespace, name);
  if (object === undefined) throw notFound(resource, name);
  const wanted = revisionOf(request.query.get('resourceVersion'));
  if (wanted > store.revision()) throw tooLargeResourceVersion(wanted, store.revision());
  return object;
}

export interface ListResult {
  readonly objects: readonly ApiObject[];
  /** `metadata` of the list. */
  readonly metadata: JsonObject;
}

/**
 * Answers a list: paging over one consistent snapshot, and the meanings of resourceVersion (unset: the newest; 0: any;
 * N: not older than N, or exactly N with `resourceVersionMatch=Exact`). Throws `ApiError`.
 */
export function listObjects(store: Store, request: ResourceRequest): ListResult {
  const { query, resource } = request;
  checkListOptions(request);
  const matches = matcherOf(request);
  const limit = Number(query.get('limit') ?? '0') || 0;
  const token = query.get('continue') ?? '';
  const { revision, after } = startOf(store, query, token);
  const snapshot =
    revision === store.revision() ? store.list(resource.storage) : store.listAt(resource.storage, revision);
  if (snapshot === undefined) {
    throw token === ''
      ? expired(`The provided resource version is too old: ${String(revision)}`)
      : expired(tooOldToken, continueToken(-1, after));
  }
  const rest = snapshot.filter((object) => matches(object) && (after === '' || after < sortKey(object)));
  const page = limit > 0 ? rest.slice(0, limit) : rest;
  const last = page.at(-1);
  const left = rest.length - page.length;
  const selective = query.has('labelSelector') || query.has('fieldSelector');
  return {
    objects: page,
    metadata: {
      resourceVersion: String(revision),
      ...(left > 0 && last !== undefined ? { continue: continueToken(revision, sortKey(last)) } : {}),
      // The real server cannot count what a selector would leave.
      ...(left > 0 && !selective ? { remainingItemCount: left } : {}),
    },
  };
}

/** What a list or watch is about: namespace, name, labels and fields. Throws `ApiError` 400 on a bad selector. */
export function matcherOf(request: ResourceRequest): Matcher {
  const { query, resource, namespace, name } = request;
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '', resource);
  const inNamespace = resource.namespaced ? namespace : '';
  return (object) =>
    (inNamespace === '' || object.metadata.namespace === inNamespace) &&
    (name === '' || object.metadata.name === name) &&
    labels(object) &&
    fields(object);
}

/** The number of a resourceVersion; 0 where it is missing. Throws `ApiError` 400 on anything but a number. */
export function revisionOf(text: string | null): number {
  if (text === null || text === '') return 0;
  if (!/^\d{1,15}$/.test(text)) {
    throw invalidObject({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
      invalid('resourceVersion', text, `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`),
    ]);
  }
  return Number(text);
}

const tooOldToken =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

function startOf(
  store: Store,
  query: URLSearchParams,
  token: string,
): { readonly revision: number; readonly after: string } {
  const present = store.revision();
  if (token !== '') {
    const { revision, after } = readToken(token);
    return { revision: revision < 0 ? present : revision, after };
  }
  const wanted = revisionOf(query.get('resourceVersion'));
  if (wanted > present) throw tooLargeResourceVersion(wanted, present);
  return { revision: query.get('resourceVersionMatch') === 'Exact' ? wanted : present, after: '' };
}

// The token of the real server is JSON in base64 as well: the snapshot's revision and the last key.
function continueToken(revision: number, after: string): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: after })).toString(
    'base64url',
  );
}

function readToken(token: string): { readonly revision: number; readonly after: string } {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (typeof value === 'object' && value !== null && 'rv' in value && 'start' in value) {
      const { rv, start } = value;
      if (typeof rv === 'number' && typeof start === 'string') return { revision: rv, after: start };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw badRequest('continue key is not valid: encoding does not match');
}

function sortKey(object: ApiObject): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** apimachinery `ValidateListOptions`, for lists. */
function checkListOptions({ query }: ResourceRequest): void {
  const match = query.get('resourceVersionMatch') ?? '';
  const version = query.get('resourceVersion') ?? '';
  const continues = (query.get('continue') ?? '') !== '';
  if (continues && version !== '' && version !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const at = 'resourceVersionMatch';
  const errors: readonly FieldError[] = [
    ...(match !== '' && version === ''
      ? [forbiddenField(at, 'resourceVersionMatch is forbidden unless resourceVersion is provided')]
      : []),
    ...(match !== '' && continues
      ? [forbiddenField(at, 'resourceVersionMatch is forbidden when continue is provided')]
      : []),
    ...(match !== '' && match !== 'Exact' && match !== 'NotOlderThan'
      ? [notSupported(at, match, ['Exact', 'NotOlderThan', ''])]
      : []),
    ...(match === 'Exact' && version === '0'
      ? [forbiddenField(at, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')]
      : []),
    ...(query.has('sendInitialEvents')
      ? [forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list')]
      : []),
  ];
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
}

/** apimachinery `ValidateListOptions`, for watches. `streamingLists` is the WatchList feature gate. */
export function checkWatchOptions({ query }: ResourceRequest, streamingLists: boolean): void {
  const match = query.get('resourceVersionMatch') ?? '';
  const initial = query.has('sendInitialEvents');
  const at = 'resourceVersionMatch';
  const errors: readonly FieldError[] = [
    ...(initial && match !== 'NotOlderThan'
      ? [forbiddenField(at, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')]
      : []),
    ...(initial && !streamingLists
      ? [
          forbiddenField(
            'sendInitialEvents',
            'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
          ),
        ]
      : []),
    ...(!initial && match !== ''
      ? [
          forbiddenField(
            at,
            'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
          ),
        ]
      : []),
    ...(match !== '' && match !== 'NotOlderThan' ? [notSupported(at, match, ['NotOlderThan'])] : []),
  ];
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
}

export function wantsInitialEvents(query: URLSearchParams): boolean {
  return query.has('sendInitialEvents') && isTrue(query.get('sendInitialEvents'));
}
