import { timestamp } from './admission.ts';
import {
  type ApiObject,
  type JsonObject,
  type JsonValue,
  listAt,
  numberAt,
  objectAt,
  stringAt,
  valueAt,
} from './json.ts';
import { type Resource, resourceOfKind, resources } from './resources.ts';
import { conflict, forbidden } from './status.ts';
import type { Store } from './store.ts';

export interface DeletionOptions {
  /** Seconds that a pod has left; absent: its own `terminationGracePeriodSeconds`. */
  readonly gracePeriodSeconds?: number | undefined;
  /** `grace`: pods on a node live on as terminating ones until their time is up, as with a kubelet. */
  readonly podTermination: 'immediate' | 'grace';
  readonly preconditions?: JsonObject;
}

export interface Deletion {
  readonly object: ApiObject;
  /** Whether the object is gone; otherwise it carries a deletionTimestamp. */
  readonly gone: boolean;
  /** Seconds after which somebody must delete it for good. */
  readonly after?: number;
}

const protectedNamespaces = ['default', 'kube-system'];

/**
 * Deletes an object: at once, or by marking it where finalizers or a pod's grace period keep it. A namespace takes all
 * its objects with it. Throws `ApiError` 403 for the namespaces that a cluster needs and 409 on a failed precondition.
 */
export function deleteObject(
  store: Store,
  resource: Resource,
  object: ApiObject,
  options: DeletionOptions,
): Deletion {
  const { name, namespace = '' } = object.metadata;
  checkPreconditions(resource, object, options.preconditions ?? {});
  if (resource.kind === 'Namespace') {
    if (protectedNamespaces.includes(name))
      throw forbidden(resource, name, 'this namespace may not be deleted');
    emptyNamespace(store, resource, object);
  }
  const grace = graceOf(resource, object, options);
  const held = listAt(object, 'metadata', 'finalizers').length > 0;
  if (grace > 0 || held) {
    if (valueAt(object, 'metadata', 'deletionTimestamp') !== undefined) return { object, gone: false };
    const marked = store.put(resource.storage, mark(object, grace));
    return { object: marked, gone: false, ...(held ? {} : { after: grace }) };
  }
  return { object: store.remove(resource.storage, namespace, name) ?? object, gone: true };
}

/** Deletes the object for good if it is still the one with this uid. */
export function deleteExactly(store: Store, object: ApiObject): void {
  const { namespace = '', name, uid } = object.metadata;
  const storage = resourceOfKind(object.kind, object.apiVersion)?.storage ?? '';
  if (store.get(storage, namespace, name)?.metadata.uid === uid) store.remove(storage, namespace, name);
}

/** Reads the body of a DELETE (`metav1.DeleteOptions`). */
export function deletionOptions(
  body: JsonValue | undefined,
  query: URLSearchParams,
  podTermination: DeletionOptions['podTermination'],
): DeletionOptions & { readonly dryRun: boolean } {
  const inQuery = query.get('gracePeriodSeconds');
  return {
    gracePeriodSeconds:
      numberAt(body, 'gracePeriodSeconds') ?? (inQuery === null ? undefined : Number(inQuery)),
    podTermination,
    preconditions: objectAt(body, 'preconditions'),
    dryRun: listAt(body, 'dryRun').includes('All') || query.getAll('dryRun').includes('All'),
  };
}

function emptyNamespace(store: Store, resource: Resource, namespace: ApiObject): void {
  const { name } = namespace.metadata;
  const status = { ...objectAt(namespace, 'status'), phase: 'Terminating' };
  store.put(resource.storage, { ...mark(namespace, 0), status });
  for (const { storage } of resources.filter((one) => one.namespaced)) {
    for (const object of store.list(storage).filter((one) => one.metadata.namespace === name)) {
      store.remove(storage, name, object.metadata.name);
    }
  }
}

function mark(object: ApiObject, grace: number): ApiObject {
  return {
    ...object,
    metadata: {
      ...object.metadata,
      deletionTimestamp: timestamp(Date.now() + grace * 1000),
      deletionGracePeriodSeconds: grace,
    },
  };
}

function graceOf(resource: Resource, object: ApiObject, options: DeletionOptions): number {
  if (resource.kind !== 'Pod' || options.podTermination === 'immediate') return 0;
  // Nothing runs yet, or no longer: nobody to wait for.
  const phase = stringAt(object, 'status', 'phase');
  if (stringAt(object, 'spec', 'nodeName') === '' || phase === 'Succeeded' || phase === 'Failed') return 0;
  return options.gracePeriodSeconds ?? numberAt(object, 'spec', 'terminationGracePeriodSeconds') ?? 30;
}

function checkPreconditions(resource: Resource, object: ApiObject, preconditions: JsonObject): void {
  const { name, uid = '', resourceVersion = '' } = object.metadata;
  const wantedUid = stringAt(preconditions, 'uid');
  const wantedVersion = stringAt(preconditions, 'resourceVersion');
  if (wantedUid !== '' && wantedUid !== uid) {
    throw conflict(
      resource,
      name,
      `the UID in the precondition (${wantedUid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  }
  if (wantedVersion !== '' && wantedVersion !== resourceVersion) {
    throw conflict(
      resource,
      name,
      `the ResourceVersion in the precondition (${wantedVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    );
  }
}
