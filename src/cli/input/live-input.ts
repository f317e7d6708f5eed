import type { Cluster } from '../../model/cluster.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { readIngress } from '../../model/read/ingress.ts';
import { readNamespace } from '../../model/read/namespace.ts';
import { readNetworkPolicy } from '../../model/read/network-policy.ts';
import { readNode } from '../../model/read/node.ts';
import { readPod } from '../../model/read/pod.ts';
import type { Reading, ReadContext } from '../../model/read/reading.ts';
import { readService } from '../../model/read/service.ts';
import type { KubeConfigSource } from '../../kube/client.ts';
import { cutLargeNamespaces, oversizeDiagnostics } from '../../policy/oversize.ts';
import { buildCluster } from './build-cluster.ts';
import { noObjects } from './read-objects.ts';

/** Where each kind is listed: every namespace, for policies of one decide about pods of another. */
const paths = {
  namespaces: '/api/v1/namespaces',
  nodes: '/api/v1/nodes',
  pods: '/api/v1/pods',
  services: '/api/v1/services',
  policies: '/apis/networking.k8s.io/v1/networkpolicies',
  ingresses: '/apis/networking.k8s.io/v1/ingresses',
} as const;

export interface LiveInput {
  readonly cluster: Cluster;
  /** What the API server holds and nobody can understand; an error where an object had to be left out. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a cluster from its API server, as the agent would: a policy that cannot be understood closes what it selects.
 *
 * @param enforcedOnly what the agent enforces by, and may list: Services and Ingresses are left out
 * @throws {KubeError} where anything could not be listed
 */
export async function loadLive(
  source: KubeConfigSource,
  signal: AbortSignal,
  { enforcedOnly = false }: { readonly enforcedOnly?: boolean } = {},
): Promise<LiveInput> {
  // Loaded only here: the client is most of the program, and manifests need none of it.
  const { listAll } = await import('../../kube/list-all.ts');
  const { services, ingresses, ...enforced } = paths;
  const raw = {
    ...(await listAll(source, enforced, signal)),
    ...(enforcedOnly
      ? { services: [], ingresses: [] }
      : await listAll(source, { services, ingresses }, signal)),
  };
  const objects = noObjects();
  const read = <T>(
    items: readonly unknown[],
    reader: (value: unknown, context: ReadContext) => Reading<T>,
    into: T[],
  ): void => {
    for (const item of items) {
      const { object, diagnostics } = reader(item, { mode: 'tolerant' });
      if (object !== undefined) into.push(object);
      const severity = object === undefined ? 'error' : 'warning';
      objects.diagnostics.push(...diagnostics.map((diagnostic) => ({ ...diagnostic, severity }) as const));
    }
  };
  read(raw.namespaces, readNamespace, objects.namespaces);
  read(raw.nodes, readNode, objects.nodes);
  read(raw.pods, readPod, objects.pods);
  read(raw.services, readService, objects.services);
  read(raw.policies, readNetworkPolicy, objects.policies);
  read(raw.ingresses, readIngress, objects.ingresses);
  const cluster = buildCluster(objects);
  const oversize = oversizeDiagnostics(cluster).map((one) => ({ ...one, severity: 'warning' }) as const);
  return {
    cluster: { ...cluster, policies: cutLargeNamespaces(cluster.policies) },
    diagnostics: [...objects.diagnostics, ...oversize],
  };
}
