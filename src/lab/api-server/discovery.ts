import type { JsonObject } from './json.ts';
import { type Resource, apiVersionOf, resources } from './resources.ts';

/** The version that the server says it is. */
export const serverVersion = {
  major: '1',
  minor: '33',
  gitVersion: 'v1.33.0+ringfence-lab',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2025-04-23T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: 'linux/amd64',
};

/** The discovery document at a path, or `undefined` where there is none. */
export function discoveryDocument(path: string): JsonObject | undefined {
  const groups = [...new Set(resources.map(({ group }) => group))].filter((group) => group !== '');
  const [root, first, second, ...rest] = path.split('/').filter((step) => step !== '');
  if (rest.length > 0) return undefined;
  if (root === 'api') {
    if (first === undefined) return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
    return first === 'v1' && second === undefined ? resourceList('', 'v1') : undefined;
  }
  if (root !== 'apis') return undefined;
  if (first === undefined) return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupEntry) };
  if (!groups.includes(first)) return undefined;
  if (second === undefined) return { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(first) };
  return resourceList(first, second);
}

function groupEntry(group: string): JsonObject {
  const version = { groupVersion: `${group}/v1`, version: 'v1' };
  return { name: group, versions: [version], preferredVersion: version };
}

function resourceList(group: string, version: string): JsonObject | undefined {
  const served = resources.filter((resource) => resource.group === group && resource.version === version);
  const [first] = served;
  if (first === undefined) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(first),
    resources: served.flatMap((resource) => [
      entry(resource),
      ...(resource.status ? [statusEntry(resource)] : []),
    ]),
  };
}

function entry(resource: Resource): JsonObject {
  return {
    name: resource.plural,
    singularName: resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    ...(resource.shortNames.length === 0 ? {} : { shortNames: resource.shortNames }),
    ...(resource.categories.length === 0 ? {} : { categories: resource.categories }),
  };
}

function statusEntry(resource: Resource): JsonObject {
  return {
    name: `${resource.plural}/status`,
    singularName: '',
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: ['get', 'patch', 'update'],
  };
}
