import type { JsonObject } from './json.ts';
import type { Resource } from './resources.ts';

export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

export interface StatusFacts {
  /** HTTP status code. */
  readonly code: number;
  /** `metav1.StatusReason`. */
  readonly reason: string;
  readonly message: string;
  readonly details?: {
    readonly name?: string;
    readonly group?: string;
    readonly kind?: string;
    readonly causes?: readonly StatusCause[];
    readonly retryAfterSeconds?: number;
  };
  /** Of an expired list: the token that goes on without consistency. */
  readonly continueToken?: string;
}

/**
 * An answer of the API server that is not a success, as a `metav1.Status`. Wordings are those of
 * k8s.io/apimachinery/pkg/api/errors.
 */
export class ApiError extends Error {
  readonly code: number;
  readonly facts: StatusFacts;

  constructor(facts: StatusFacts) {
    super(facts.message);
    this.name = 'ApiError';
    this.code = facts.code;
    this.facts = facts;
  }
}

/** The error as the Status object that goes over the wire. */
export function statusObject(facts: StatusFacts): JsonObject {
  const { details } = facts;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: facts.continueToken === undefined ? {} : { continue: facts.continueToken },
    status: 'Failure',
    message: facts.message,
    reason: facts.reason,
    ...(details === undefined
      ? {}
      : {
          details: {
            ...(details.name ? { name: details.name } : {}),
            ...(details.group ? { group: details.group } : {}),
            ...(details.kind ? { kind: details.kind } : {}),
            ...(details.causes === undefined
              ? {}
              : {
                  causes: details.causes.map(({ reason, message, field }) => ({
                    ...(reason ? { reason } : {}),
                    message,
                    ...(field === undefined ? {} : { field }),
                  })),
                }),
            ...(details.retryAfterSeconds === undefined
              ? {}
              : { retryAfterSeconds: details.retryAfterSeconds }),
          },
        }),
    code: facts.code,
  };
}

/** `networkpolicies.networking.k8s.io`, as messages name a resource. */
export function groupResource(resource: Resource): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

export function notFound(resource: Resource, name: string): ApiError {
  return new ApiError({
    code: 404,
    reason: 'NotFound',
    message: `${groupResource(resource)} ${JSON.stringify(name)} not found`,
    details: { name, group: resource.group, kind: resource.plural },
  });
}

/** A path that the server does not serve. */
export function noSuchPath(): ApiError {
  return new ApiError({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  });
}

export function alreadyExists(resource: Resource, name: string): ApiError {
  return new ApiError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${groupResource(resource)} ${JSON.stringify(name)} already exists`,
    details: { name, group: resource.group, kind: resource.plural },
  });
}

export function conflict(resource: Resource, name: string, why: string): ApiError {
  return new ApiError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${groupResource(resource)} ${JSON.stringify(name)}: ${why}`,
    details: { name, group: resource.group, kind: resource.plural },
  });
}

export const modifiedSince =
  'the object has been modified; please apply your changes to the latest version and try again';

export function badRequest(message: string): ApiError {
  return new ApiError({ code: 400, reason: 'BadRequest', message });
}

export function forbidden(resource: Resource, name: string, why: string): ApiError {
  const subject =
    name === '' ? groupResource(resource) : `${groupResource(resource)} ${JSON.stringify(name)}`;
  return new ApiError({
    code: 403,
    reason: 'Forbidden',
    message: `${subject} is forbidden: ${why}`,
    details: { name, group: resource.group, kind: resource.plural },
  });
}

export function unauthorized(): ApiError {
  return new ApiError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
}

/** 410 with the reason that clients take as the order to list again. */
export function expired(message: string, continueToken?: string): ApiError {
  return new ApiError({
    code: 410,
    reason: 'Expired',
    message,
    ...(continueToken === undefined ? {} : { continueToken }),
  });
}

/** The client has seen a newer state than this server holds. */
export function tooLargeResourceVersion(wanted: number, current: number): ApiError {
  return new ApiError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${String(wanted)}, current: ${String(current)}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });
}

export function methodNotAllowed(resource: Resource, verb: string): ApiError {
  return new ApiError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: `${verb} is not supported on resources of kind ${JSON.stringify(groupResource(resource))}`,
    details: { group: resource.group, kind: resource.plural },
  });
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  return new ApiError({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  });
}

export function notAcceptable(accepted: readonly string[]): ApiError {
  return new ApiError({
    code: 406,
    reason: 'NotAcceptable',
    message: `only the following media types are accepted: ${accepted.join(', ')}`,
  });
}
