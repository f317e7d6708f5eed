import { isRecord, KubeError } from './errors.ts';

/** What names an object. `namespace` is empty for cluster-scoped kinds. */
export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

/** The name of an object as the API sent it. Throws `malformed`. */
export function readObjectName(raw: unknown): ObjectName {
  const { name, namespace = '' } = metadataOf(raw);
  if (typeof name !== 'string' || name === '' || typeof namespace !== 'string') {
    throw new KubeError('malformed', 'an object without a name came from the API server');
  }
  return { namespace, name };
}

/** The resource version of an object, a list or a bookmark: opaque, only ever compared for equality. Throws `malformed`. */
export function readResourceVersion(raw: unknown): string {
  const { resourceVersion } = metadataOf(raw);
  if (typeof resourceVersion !== 'string' || resourceVersion === '') {
    throw new KubeError('malformed', 'an object without a resourceVersion came from the API server');
  }
  return resourceVersion;
}

/** The object's `metadata`. Throws `malformed`. */
export function metadataOf(raw: unknown): Readonly<Record<string, unknown>> {
  const metadata = isRecord(raw) ? raw['metadata'] : undefined;
  if (!isRecord(metadata)) {
    throw new KubeError('malformed', 'something without metadata came from the API server');
  }
  return metadata;
}
