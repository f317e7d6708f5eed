import { randomInt, randomUUID } from 'node:crypto';
import { withDefaults } from './defaults.ts';
import {
  type ApiObject,
  type JsonObject,
  type JsonValue,
  type ObjectMeta,
  equalJson,
  numberAt,
  objectAt,
  stringAt,
  valueAt,
  withValueAt,
} from './json.ts';
import { type Resource, apiVersionOf } from './resources.ts';
import { withServiceAddresses } from './service-addresses.ts';
import { badRequest } from './status.ts';
import type { Store } from './store.ts';
import { decodeObject } from './validation/decode.ts';
import { invalidObject } from './validation/field-error.ts';
import { validate, warningsFor } from './validation/validate.ts';

/** What happens to fields that the type does not have. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface Admitted {
  readonly object: ApiObject;
  /** Texts for Warning headers. */
  readonly warnings: readonly string[];
}

export interface AdmissionOptions {
  readonly serviceCidrs: readonly string[];
}

/**
 * Decodes what a client wrote, in the server's words where it cannot. `strictly` is called with the unknown fields under
 * `Strict` and throws; under `Warn` they become warnings.
 */
export function decodeBody(
  body: JsonValue,
  resource: Resource,
  validation: FieldValidation,
  strictly: (why: string) => Error,
): { readonly object: JsonObject; readonly warnings: readonly string[] } {
  const kind = stringAt(body, 'kind') || resource.kind;
  const apiVersion = stringAt(body, 'apiVersion') || apiVersionOf(resource);
  const subject = `${kind} in version ${JSON.stringify(resource.version)} cannot be handled as a ${resource.kind}`;
  if (kind !== resource.kind)
    throw badRequest(`${subject}: converting (v1.${kind}) to (v1.${resource.kind}): unknown conversion`);
  if (apiVersion !== apiVersionOf(resource)) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(resource)})`,
    );
  }
  const decoding = decodeObject(body, resource.schema);
  if (!decoding.ok) throw badRequest(`${subject}: ${decoding.message}`);
  const unknown = decoding.unknownFields.map((path) => `unknown field ${JSON.stringify(path)}`);
  if (validation === 'Strict' && unknown.length > 0)
    throw strictly(`strict decoding error: ${unknown.join(', ')}`);
  return {
    object: { ...decoding.object, kind: resource.kind, apiVersion: apiVersionOf(resource) },
    warnings: validation === 'Warn' ? unknown : [],
  };
}

/** What a new object becomes before it is stored. Throws `ApiError` 422. */
export function admitNew(
  store: Store,
  resource: Resource,
  object: JsonObject,
  options: AdmissionOptions,
): Admitted {
  const { creationTimestamp: _time, resourceVersion: _version, ...meta } = objectAt(object, 'metadata');
  const generated = stringAt(meta, 'generateName');
  const name = stringAt(meta, 'name') || (generated === '' ? '' : `${generated}${randomSuffix()}`);
  const metadata: JsonObject = {
    ...meta,
    ...(name === '' ? {} : { name }),
    uid: randomUUID(),
    creationTimestamp: timestamp(Date.now()),
    ...(resource.generation ? { generation: 1 } : {}),
  };
  // `status` is not for those who create; only its own subresource writes it.
  const { status: _status, ...rest } = object;
  const filled = complete(store, resource, { ...(resource.status ? rest : object), metadata }, options);
  return checked(filled, resource);
}

/**
 * What an object becomes that replaces `old`. The server keeps its own fields, and `generation` rises with every change
 * of the spec. Throws `ApiError` 422.
 */
export function admitUpdate(
  store: Store,
  resource: Resource,
  object: JsonObject,
  old: ApiObject,
  subresource: string,
  options: AdmissionOptions,
): Admitted {
  const own = ownMetadata(objectAt(object, 'metadata'), old);
  if (subresource === 'status') {
    return checked(
      withValueAt({ ...old, metadata: own }, ['status'], valueAt(object, 'status')),
      resource,
      old,
    );
  }
  const written = resource.status ? withValueAt(object, ['status'], valueAt(old, 'status')) : object;
  const filled = complete(store, resource, { ...written, metadata: own }, options, old);
  const raised =
    resource.generation && !equalJson(valueAt(filled, 'spec'), valueAt(old, 'spec'))
      ? withValueAt(filled, ['metadata', 'generation'], (numberAt(old, 'metadata', 'generation') ?? 0) + 1)
      : filled;
  return checked(raised, resource, old);
}

/** Defaults and allocated fields; no validation. */
export function complete(
  store: Store,
  resource: Resource,
  object: JsonObject,
  options: AdmissionOptions,
  old?: JsonObject,
): JsonObject {
  const filled = withDefaults(object, resource);
  if (resource.kind !== 'Service') return filled;
  const uid = valueAt(filled, 'metadata', 'uid');
  const others = store.list(resource.storage).filter((other) => other.metadata.uid !== uid);
  return withServiceAddresses(filled, options.serviceCidrs, others, old);
}

function checked(object: JsonObject, resource: Resource, old?: ApiObject): Admitted {
  const errors = validate(object, resource, old);
  if (errors.length > 0) throw invalidObject(resource, stringAt(object, 'metadata', 'name'), errors);
  return { object: object as ApiObject, warnings: warningsFor(object, resource) };
}

function ownMetadata(meta: JsonObject, old: ApiObject): ObjectMeta {
  const kept = [
    'uid',
    'creationTimestamp',
    'generation',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'selfLink',
  ];
  const entries = Object.entries(meta).filter(([key]) => !kept.includes(key) && key !== 'resourceVersion');
  const server = kept.flatMap((key): [string, JsonValue][] => {
    const value = valueAt(old, 'metadata', key);
    return value === undefined ? [] : [[key, value]];
  });
  return Object.fromEntries([
    ...entries,
    ...server,
    ['resourceVersion', old.metadata.resourceVersion],
  ]) as ObjectMeta;
}

/** RFC 3339 with seconds, as the API writes times. */
export function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

function randomSuffix(): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  return Array.from({ length: 5 }, () => alphabet[randomInt(alphabet.length)] ?? 'x').join('');
}
