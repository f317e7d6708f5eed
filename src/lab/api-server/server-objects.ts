import { admitNew, type AdmissionOptions, complete, timestamp } from './admission.ts';
import { randomUUID } from 'node:crypto';
import { deleteObject } from './deletion.ts';
import { toStored } from './event-versions.ts';
import {
  type ApiObject,
  type JsonObject,
  equalJson,
  numberAt,
  objectAt,
  stringAt,
  valueAt,
  withValueAt,
} from './json.ts';
import { namespaceResource, type Resource, resourceOfKind } from './resources.ts';
import type { Store } from './store.ts';
import { decodeObject } from './validation/decode.ts';
import { invalidObject } from './validation/field-error.ts';
import { validate } from './validation/validate.ts';

export interface ApplyOptions {
  /**
   * Stores the object as it is, past decoding, defaults and validation: what an older server may have let through. Still
   * gets uid, times and a resourceVersion.
   */
  readonly asIs?: boolean;
}

/** Objects from inside the process, past authentication, faults and counters. Unlike a client it also writes `status`. */
export interface ServerObjects {
  /**
   * Creates the object or replaces it whole, status included. A namespaced object without a namespace goes to `default`;
   * a missing namespace is made. Throws `ApiError` 422 on what the server would not take, and `Error` on unknown kinds.
   */
  apply(object: unknown, options?: ApplyOptions): ApiObject;
  /** Deletes at once; `false` where there was nothing. `namespace` is empty for cluster-scoped kinds. */
  delete(kind: string, namespace: string, name: string): boolean;
  get(kind: string, namespace: string, name: string): ApiObject | undefined;
  /** In the order of namespace and name; of one namespace, or of all. */
  list(kind: string, namespace?: string): readonly ApiObject[];
}

/** Also makes the namespaces that every cluster has. */
export function createServerObjects(store: Store, options: AdmissionOptions): ServerObjects {
  const namespaces = namespaceResource();
  const ensureNamespace = (name: string): void => {
    if (store.get(namespaces.storage, '', name) !== undefined) return;
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    store.put(namespaces.storage, admitNew(store, namespaces, object, options).object);
  };
  ensureNamespace('default');
  ensureNamespace('kube-system');

  return {
    apply: (input, { asIs = false } = {}) => {
      // Decoding copies; what is stored as it is must not stay the caller's either.
      const written = (asIs ? structuredClone(input) : input) as JsonObject;
      const resource = resourceFor(stringAt(written, 'kind'), stringAt(written, 'apiVersion'));
      const stored = toStored(asIs ? written : decoded(written, resource), resource);
      if (stringAt(stored, 'metadata', 'name') === '') throw new Error(`a ${resource.kind} needs a name`);
      const namespace = resource.namespaced ? stringAt(stored, 'metadata', 'namespace') || 'default' : '';
      const placed = namespace === '' ? stored : withValueAt(stored, ['metadata', 'namespace'], namespace);
      const old = store.get(resource.storage, namespace, stringAt(placed, 'metadata', 'name'));
      const stamped = withServerMetadata(placed, resource, old);
      const whole = asIs ? stamped : complete(store, resource, stamped, options, old);
      if (!asIs) {
        const errors = validate(whole, resource);
        if (errors.length > 0) throw invalidObject(resource, stringAt(whole, 'metadata', 'name'), errors);
      }
      const object = withGeneration(whole, resource, old);
      if (old !== undefined && equalJson(object, old)) return old;
      if (namespace !== '') ensureNamespace(namespace);
      return store.put(resource.storage, object);
    },
    delete: (kind, namespace, name) => {
      const resource = resourceFor(kind);
      const object = store.get(resource.storage, resource.namespaced ? namespace : '', name);
      if (object === undefined) return false;
      const bare = withValueAt(object, ['metadata', 'finalizers'], undefined) as ApiObject;
      deleteObject(store, resource, bare, { gracePeriodSeconds: 0, podTermination: 'immediate' });
      return true;
    },
    get: (kind, namespace, name) => {
      const resource = resourceFor(kind);
      return store.get(resource.storage, resource.namespaced ? namespace : '', name);
    },
    list: (kind, namespace) =>
      store
        .list(resourceFor(kind).storage)
        .filter((object) => namespace === undefined || object.metadata.namespace === namespace),
  };
}

function resourceFor(kind: string, apiVersion?: string): Resource {
  const resource = resourceOfKind(kind, apiVersion === '' ? undefined : apiVersion);
  if (resource !== undefined) return resource;
  const error = new Error(`the API server has no kind ${kind} in ${apiVersion ?? 'any group'}`);
  throw Object.assign(error, { code: 'unknown-kind' });
}

function decoded(object: JsonObject, resource: Resource): JsonObject {
  const decoding = decodeObject(object, resource.schema);
  if (!decoding.ok) {
    throw invalidObject(resource, stringAt(object, 'metadata', 'name'), [
      { type: 'FieldValueTypeInvalid', field: '<nil>', body: decoding.message },
    ]);
  }
  return decoding.object;
}

function withServerMetadata(object: JsonObject, resource: Resource, old: ApiObject | undefined): JsonObject {
  const meta = objectAt(object, 'metadata');
  const time = valueAt(old, 'metadata', 'creationTimestamp') ?? valueAt(meta, 'creationTimestamp');
  return {
    apiVersion: valueAt(object, 'apiVersion') ?? 'v1',
    kind: resource.kind,
    ...object,
    metadata: {
      ...meta,
      uid: old?.metadata.uid ?? (stringAt(meta, 'uid') || randomUUID()),
      creationTimestamp: time ?? timestamp(Date.now()),
      ...(old === undefined ? {} : { resourceVersion: old.metadata.resourceVersion ?? '' }),
    },
  };
}

function withGeneration(object: JsonObject, resource: Resource, old: ApiObject | undefined): ApiObject {
  if (!resource.generation) return object as ApiObject;
  const before = numberAt(old, 'metadata', 'generation') ?? 0;
  const same = old !== undefined && equalJson(valueAt(object, 'spec'), valueAt(old, 'spec'));
  return withValueAt(object, ['metadata', 'generation'], same ? before : before + 1) as ApiObject;
}
