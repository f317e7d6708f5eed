import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApiRequest, ResourceRequest } from './request.ts';
import { groupResource, ApiError, forbidden, unauthorized } from './status.ts';

/** One line of an RBAC role. `*` stands for all. */
export interface AccessRule {
  readonly verbs: readonly string[];
  /** The core group is the empty string. */
  readonly apiGroups: readonly string[];
  /** Plural names; `pods/status` for a subresource. */
  readonly resources: readonly string[];
  /** Absent: every namespace and cluster-scoped requests (a ClusterRoleBinding). */
  readonly namespaces?: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** Somebody who may come in with a bearer token. */
export interface Account {
  readonly token: string;
  /** `system:serviceaccount:ringfence:ringfence`. */
  readonly user: string;
  /** Absent: everything is allowed. */
  readonly rules?: readonly AccessRule[];
}

// What the roles system:public-info-viewer and system:discovery open.
const publicPaths = /^\/(healthz|livez|readyz|version)(\/|$)/;
const discoveryPaths = /^\/(api|apis|openapi|version|healthz|livez|readyz)(\/|$)/;

/** Throws `ApiError` 401 or 403 unless the request may pass. Without accounts everybody may do everything. */
export function authorize(
  request: ApiRequest,
  authorization: string | undefined,
  accounts: readonly Account[] | undefined,
): void {
  if (accounts === undefined) return;
  if (request.kind === 'path' && publicPaths.test(request.path)) return;
  const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
  const account = token === undefined ? undefined : accounts.find((one) => sameSecret(one.token, token));
  if (account === undefined) throw unauthorized();
  if (account.rules === undefined) return;
  if (request.kind === 'path') {
    if (discoveryPaths.test(request.path) && request.verb === 'get') return;
    throw new ApiError({
      code: 403,
      reason: 'Forbidden',
      message: `forbidden: User ${JSON.stringify(account.user)} cannot ${request.verb} path ${JSON.stringify(request.path)}`,
      details: {},
    });
  }
  if (account.rules.some((rule) => covers(rule, request))) return;
  throw forbidden(request.resource, request.name, refusal(account.user, request));
}

function covers(rule: AccessRule, request: ResourceRequest): boolean {
  const { resource, subresource, namespace, name } = request;
  const asked = subresource === '' ? resource.plural : `${resource.plural}/${subresource}`;
  const has = (list: readonly string[], value: string): boolean => list.includes('*') || list.includes(value);
  return (
    has(rule.verbs, request.verb) &&
    has(rule.apiGroups, resource.group) &&
    has(rule.resources, asked) &&
    (rule.namespaces === undefined || (namespace !== '' && has(rule.namespaces, namespace))) &&
    (rule.resourceNames === undefined || rule.resourceNames.includes(nameAsked(name, request)))
  );
}

// A list or watch of one name counts as a request for that name (apiserver `RequestInfo`).
function nameAsked(name: string, request: ResourceRequest): string {
  if (name !== '') return name;
  return /(?:^|,)metadata\.name==?([^,]+)/.exec(request.query.get('fieldSelector') ?? '')?.[1] ?? '';
}

function refusal(user: string, request: ResourceRequest): string {
  const { resource, subresource, namespace, verb } = request;
  const asked = subresource === '' ? resource.plural : `${resource.plural}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  return `User ${JSON.stringify(user)} cannot ${verb} resource ${JSON.stringify(asked)} in API group ${JSON.stringify(resource.group)} ${where}`;
}

function sameSecret(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** `list pods`, `watch networkpolicies.networking.k8s.io`, `get /version`: how requests are counted. */
export function requestLabel(request: ApiRequest): string {
  if (request.kind === 'path') return `${request.verb} ${request.path}`;
  const subresource = request.subresource === '' ? '' : `/${request.subresource}`;
  return `${request.verb} ${groupResource(request.resource)}${subresource}`;
}
