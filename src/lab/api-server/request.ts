import { type Resource, findResource } from './resources.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** A request for API objects, as authorization, faults and counters see it (apiserver `RequestInfo`). */
export interface ResourceRequest {
  readonly kind: 'resource';
  readonly verb: Verb;
  readonly resource: Resource;
  /** Empty: all namespaces, or a cluster-scoped kind. */
  readonly namespace: string;
  /** Empty for collections. */
  readonly name: string;
  /** Empty, or `status`. */
  readonly subresource: string;
  readonly query: URLSearchParams;
}

/** A request for anything else: discovery, health, version. */
export interface PathRequest {
  readonly kind: 'path';
  /** Lower case HTTP method. */
  readonly verb: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

export type ApiRequest = ResourceRequest | PathRequest;

const verbs: Readonly<Record<string, Verb>> = { POST: 'create', PUT: 'update', PATCH: 'patch' };

/** Reads method and URL. A path that is no known resource is a `PathRequest`. */
export function parseRequest(method: string, url: string): ApiRequest {
  const { pathname, searchParams: query } = new URL(url, 'http://localhost');
  const path: ApiRequest = { kind: 'path', verb: method.toLowerCase(), path: pathname, query };
  const steps = pathname
    .split('/')
    .filter((step) => step !== '')
    .map(decode);
  const [root, ...rest] = steps;
  const [group, version, tail] =
    root === 'api' ? ['', rest[0], rest.slice(1)] : root === 'apis' ? [rest[0], rest[1], rest.slice(2)] : [];
  if (group === undefined || version === undefined || tail === undefined) return path;
  const place = placeOf(group, version, tail);
  if (place === undefined) return path;
  return { kind: 'resource', verb: verbOf(method, place.name, query), query, ...place };
}

type Place = Pick<ResourceRequest, 'resource' | 'namespace' | 'name' | 'subresource'>;

function placeOf(group: string, version: string, tail: readonly string[]): Place | undefined {
  const [first, second, third, fourth, fifth, ...more] = tail;
  // `namespaces/x/pods/...`; while `namespaces/x` and `namespaces/x/status` are about the namespace itself.
  const inNamespace =
    first === 'namespaces' && second !== undefined && third !== undefined && third !== 'status';
  const [plural, name, subresource, extra] = inNamespace
    ? [third, fourth, fifth, more[0]]
    : [first, second, third, fourth];
  const resource = findResource(group, version, plural ?? '');
  if (resource === undefined || extra !== undefined || (inNamespace && !resource.namespaced))
    return undefined;
  return {
    resource,
    namespace: inNamespace ? second : resource.plural === 'namespaces' ? (name ?? '') : '',
    name: name ?? '',
    subresource: subresource ?? '',
  };
}

function verbOf(method: string, name: string, query: URLSearchParams): Verb {
  if (method === 'GET' || method === 'HEAD') {
    if (isTrue(query.get('watch'))) return 'watch';
    return name === '' ? 'list' : 'get';
  }
  if (method === 'DELETE') return name === '' ? 'deletecollection' : 'delete';
  return verbs[method] ?? 'get';
}

export function isTrue(text: string | null): boolean {
  return text === '' || text === 'true' || text === '1' || text === 't' || text === 'T' || text === 'TRUE';
}

function decode(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch (error) {
    if (error instanceof URIError) return step;
    throw error;
  }
}
