import {
  type Admitted,
  type AdmissionOptions,
  type FieldValidation,
  admitNew,
  admitUpdate,
  decodeBody,
} from './admission.ts';
import { deleteObject } from './deletion.ts';
import { fromStored, toStored } from './event-versions.ts';
import {
  type ApiObject,
  type JsonObject,
  type JsonValue,
  equalJson,
  isObject,
  listAt,
  stringAt,
  valueAt,
  withValueAt,
} from './json.ts';
import { jsonPatch, PatchError } from './patch/json-patch.ts';
import { mergePatch } from './patch/merge-patch.ts';
import { strategicMergePatch } from './patch/strategic-merge-patch.ts';
import type { ResourceRequest } from './request.ts';
import { type Resource, namespaceResource } from './resources.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  methodNotAllowed,
  modifiedSince,
  notFound,
  unsupportedMediaType,
} from './status.ts';
import type { Store } from './store.ts';
import { invalid, invalidObject, notSupported } from './validation/field-error.ts';

export interface Written {
  readonly code: 200 | 201;
  readonly object: ApiObject;
  readonly warnings: readonly string[];
}

/** POST to a collection. Throws `ApiError`. */
export function createObject(
  store: Store,
  request: ResourceRequest,
  body: JsonValue,
  options: AdmissionOptions,
): Written {
  const { resource, query } = request;
  if (request.name !== '' || request.subresource !== '') throw methodNotAllowed(resource, 'create');
  const decoded = decodeBody(body, resource, fieldValidationOf(query), (why) => cannotHandle(resource, why));
  const placed = inNamespace(toStored(decoded.object, resource), request);
  requireNamespace(store, resource, request.namespace);
  if (stringAt(placed, 'metadata', 'resourceVersion') !== '') {
    throw badRequest('resourceVersion should not be set on objects to be created');
  }
  const admitted = admitNew(store, resource, placed, options);
  const { namespace = '', name } = admitted.object.metadata;
  if (store.get(resource.storage, namespace, name) !== undefined) throw alreadyExists(resource, name);
  const object = isDryRun(query) ? admitted.object : store.put(resource.storage, admitted.object);
  return { code: 201, object, warnings: [...decoded.warnings, ...admitted.warnings] };
}

/** PUT. A resourceVersion in the body must be the present one; without one the update is unconditional. */
export function updateObject(
  store: Store,
  request: ResourceRequest,
  body: JsonValue,
  options: AdmissionOptions,
): Written {
  const { resource, query } = request;
  const decoded = decodeBody(body, resource, fieldValidationOf(query), (why) => cannotHandle(resource, why));
  const object = inNamespace(toStored(decoded.object, resource), request);
  const old = existing(store, request);
  return replace(store, request, object, old, decoded.warnings, options);
}

export const patchTypes: readonly string[] = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

/** PATCH of the three kinds that need no field ownership. Throws `ApiError` 415 on server-side apply. */
export function patchObject(
  store: Store,
  request: ResourceRequest,
  patchType: string,
  patch: JsonValue,
  options: AdmissionOptions,
): Written {
  const { resource, query } = request;
  if (!patchTypes.includes(patchType)) throw unsupportedMediaType(patchTypes);
  const old = existing(store, request);
  const document = fromStored(old, resource);
  const patched = applyPatch(document, patch, patchType, resource);
  const decoded = decodeBody(patched, resource, fieldValidationOf(query), (why) =>
    invalidObject({ group: '', kind: '' }, '', [invalid('patch', JSON.stringify(patch), why)]),
  );
  const object = toStored(decoded.object, resource);
  // A patch that names a resourceVersion is conditional; otherwise the one just read passes through.
  return replace(store, request, object, old, decoded.warnings, options);
}

function applyPatch(document: ApiObject, patch: JsonValue, patchType: string, resource: Resource): JsonValue {
  try {
    if (patchType === 'application/json-patch+json') return jsonPatch(document, patch);
    if (!isObject(patch)) throw badRequest('the patch is no JSON object');
    if (patchType === 'application/merge-patch+json') return mergePatch(document, patch);
    return strategicMergePatch(document, patch, resource.schema);
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    throw invalidObject({ group: '', kind: '' }, '', [
      invalid('patch', JSON.stringify(patch), error.message),
    ]);
  }
}

function replace(
  store: Store,
  request: ResourceRequest,
  object: JsonObject,
  old: ApiObject,
  warnings: readonly string[],
  options: AdmissionOptions,
): Written {
  const { resource, name, subresource, query } = request;
  if (stringAt(object, 'metadata', 'name') !== name) {
    throw badRequest(
      `the name of the object (${stringAt(object, 'metadata', 'name')}) does not match the name on the URL (${name})`,
    );
  }
  const version = stringAt(object, 'metadata', 'resourceVersion');
  const uid = stringAt(object, 'metadata', 'uid');
  if (uid !== '' && uid !== old.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid ?? ''}`;
    throw conflict(resource, name, why);
  }
  if (version !== '' && version !== old.metadata.resourceVersion)
    throw conflict(resource, name, modifiedSince);
  const admitted: Admitted = admitUpdate(store, resource, object, old, subresource, options);
  const all = [...warnings, ...admitted.warnings];
  if (isDryRun(query)) return { code: 200, object: admitted.object, warnings: all };
  // An update that changes nothing is no event and no new resourceVersion.
  if (equalJson(admitted.object, old)) return { code: 200, object: old, warnings: all };
  const finished =
    valueAt(old, 'metadata', 'deletionTimestamp') !== undefined &&
    listAt(admitted.object, 'metadata', 'finalizers').length === 0 &&
    listAt(old, 'metadata', 'finalizers').length > 0;
  const stored = store.put(resource.storage, admitted.object);
  if (finished) deleteObject(store, resource, stored, { gracePeriodSeconds: 0, podTermination: 'immediate' });
  return { code: 200, object: stored, warnings: all };
}

function existing(store: Store, request: ResourceRequest): ApiObject {
  const { resource, name } = request;
  const old = store.get(resource.storage, resource.namespaced ? request.namespace : '', name);
  if (old === undefined) throw notFound(resource, name);
  return old;
}

function inNamespace(object: JsonObject, request: ResourceRequest): JsonObject {
  const { resource, namespace } = request;
  if (!resource.namespaced) return object;
  const written = stringAt(object, 'metadata', 'namespace');
  if (namespace === '') throw badRequest('namespace is required');
  if (written !== '' && written !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  return withValueAt(object, ['metadata', 'namespace'], namespace);
}

function requireNamespace(store: Store, resource: Resource, namespace: string): void {
  if (!resource.namespaced) return;
  const namespaces = namespaceResource();
  const found = store.get(namespaces.storage, '', namespace);
  if (found === undefined) throw notFound(namespaces, namespace);
  if (valueAt(found, 'metadata', 'deletionTimestamp') !== undefined) {
    throw forbidden(
      resource,
      '',
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    );
  }
}

// Warn is what the server does unless told otherwise.
function fieldValidationOf(query: URLSearchParams): FieldValidation {
  const wanted = query.get('fieldValidation') ?? '';
  if (wanted === '') return 'Warn';
  if (wanted === 'Strict' || wanted === 'Warn' || wanted === 'Ignore') return wanted;
  throw invalidObject({ group: 'meta.k8s.io', kind: 'CreateOptions' }, '', [
    notSupported('fieldValidation', wanted, ['', 'Ignore', 'Strict', 'Warn']),
  ]);
}

function cannotHandle(resource: Resource, why: string): Error {
  return badRequest(
    `${resource.kind} in version ${JSON.stringify(resource.version)} cannot be handled as a ${resource.kind}: ${why}`,
  );
}

export function isDryRun(query: URLSearchParams): boolean {
  return query.getAll('dryRun').includes('All');
}
