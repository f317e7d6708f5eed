import { stringify } from 'yaml';
import { columnsOf } from './columns.ts';
import { fromStored } from './event-versions.ts';
import type { ApiObject, JsonObject, JsonValue } from './json.ts';
import { type Resource, apiVersionOf } from './resources.ts';
import { notAcceptable } from './status.ts';

/** How a client wants to see objects (its Accept header). */
export interface Representation {
  readonly encoding: 'json' | 'yaml';
  readonly as: 'Object' | 'Table' | 'PartialObjectMetadata';
  /** apiVersion of Table and PartialObjectMetadata. */
  readonly metaVersion: 'meta.k8s.io/v1' | 'meta.k8s.io/v1beta1';
  /** What a Table's rows carry of their object. */
  readonly includeObject: 'None' | 'Metadata' | 'Object';
}

const mediaTypes = ['application/json', 'application/yaml'];

/**
 * The first acceptable clause of the Accept header, in the client's order (clients of Kubernetes send no weights). Throws
 * `ApiError` 406.
 */
export function negotiate(accept: string | undefined, query: URLSearchParams): Representation {
  const wantedObject = query.get('includeObject');
  const includeObject = wantedObject === 'Object' || wantedObject === 'None' ? wantedObject : 'Metadata';
  for (const clause of (accept?.trim() || '*/*').split(',')) {
    const [type = '', ...parameters] = clause.split(';').map((part) => part.trim().toLowerCase());
    const encoding = encodingOf(type);
    const as = parameters.find((one) => one.startsWith('as='))?.slice(3) ?? 'object';
    const group = parameters.find((one) => one.startsWith('g='))?.slice(2);
    const version = parameters.find((one) => one.startsWith('v='))?.slice(2) ?? 'v1';
    if (encoding === undefined) continue;
    if (as === 'object') return { encoding, as: 'Object', metaVersion: 'meta.k8s.io/v1', includeObject };
    if (group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) continue;
    const metaVersion = `meta.k8s.io/${version}` as const;
    if (as === 'table') return { encoding, as: 'Table', metaVersion, includeObject };
    if (as.startsWith('partialobjectmetadata')) {
      return { encoding, as: 'PartialObjectMetadata', metaVersion, includeObject };
    }
  }
  throw notAcceptable(mediaTypes);
}

function encodingOf(type: string): Representation['encoding'] | undefined {
  if (type === '*/*' || type === 'application/*' || type === 'application/json') return 'json';
  return type === 'application/yaml' ? 'yaml' : undefined;
}

/** One stored object as the client wants to see it. `columns` says whether a Table repeats its columns. */
export function present(
  object: ApiObject,
  resource: Resource,
  how: Representation,
  columns = true,
): JsonObject {
  switch (how.as) {
    case 'Object':
      return fromStored(object, resource);
    case 'PartialObjectMetadata':
      return partial(object, how);
    case 'Table': {
      const { resourceVersion } = object.metadata;
      return table(
        [object],
        resource,
        how,
        resourceVersion === undefined ? {} : { resourceVersion },
        columns,
      );
    }
  }
}

/** The envelope of a list without its items, and each item as the client wants it. */
export function presentList(
  objects: readonly ApiObject[],
  resource: Resource,
  how: Representation,
  listMeta: JsonObject,
): JsonObject {
  switch (how.as) {
    case 'Object':
      return {
        kind: `${resource.kind}List`,
        apiVersion: apiVersionOf(resource),
        metadata: listMeta,
        items: objects.map((object) => {
          // The real server leaves kind and apiVersion out of the items of a typed list.
          const { kind: _kind, apiVersion: _apiVersion, ...item } = fromStored(object, resource);
          return item;
        }),
      };
    case 'PartialObjectMetadata':
      return {
        kind: 'PartialObjectMetadataList',
        apiVersion: how.metaVersion,
        metadata: listMeta,
        items: objects.map((object) => partial(object, how)),
      };
    case 'Table':
      return table(objects, resource, how, listMeta, true);
  }
}

/** The bookmark of a kind: nothing but a resourceVersion. */
export function presentBookmark(
  resource: Resource,
  how: Representation,
  resourceVersion: string,
  annotations?: Readonly<Record<string, string>>,
): JsonObject {
  const metadata = {
    resourceVersion,
    creationTimestamp: null,
    ...(annotations === undefined ? {} : { annotations }),
  };
  if (how.as === 'Table') {
    const row = {
      cells: [],
      object: { kind: 'PartialObjectMetadata', apiVersion: how.metaVersion, metadata },
    };
    return {
      kind: 'Table',
      apiVersion: how.metaVersion,
      metadata: { resourceVersion },
      columnDefinitions: [],
      rows: [row],
    };
  }
  if (how.as === 'PartialObjectMetadata') return { kind: how.as, apiVersion: how.metaVersion, metadata };
  return { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata };
}

/** The text of a body. */
export function encode(value: JsonValue, how: Pick<Representation, 'encoding'>): string {
  return how.encoding === 'yaml' ? stringify(value) : `${JSON.stringify(value)}\n`;
}

function table(
  objects: readonly ApiObject[],
  resource: Resource,
  how: Representation,
  metadata: JsonObject,
  withColumns: boolean,
): JsonObject {
  const columns = columnsOf(resource);
  const now = Date.now();
  return {
    kind: 'Table',
    apiVersion: how.metaVersion,
    metadata,
    columnDefinitions: withColumns
      ? columns.map(({ name, type, format, priority }) => ({
          name,
          type,
          format: format ?? '',
          description: '',
          priority,
        }))
      : [],
    rows: objects.map((object) => {
      const shown = fromStored(object, resource);
      return {
        cells: columns.map((column) => column.cell(shown, now)),
        ...(how.includeObject === 'Object' ? { object: shown } : {}),
        ...(how.includeObject === 'Metadata' ? { object: partial(object, how) } : {}),
      };
    }),
  };
}

function partial(object: ApiObject, how: Representation): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: how.metaVersion, metadata: object.metadata };
}
