import type { Cluster, Namespace, Node } from '../../src/model/cluster.ts';
import type { NetworkPolicy } from '../../src/model/network-policy.ts';
import type { Pod } from '../../src/model/pod.ts';
import type { Address } from '../../src/net/address.ts';
import type { Cidr } from '../../src/net/cidr.ts';

// Model objects from what a test cares about, without YAML and without the readers.

/** A running pod on n1 without labels, ports or addresses, unless said otherwise. */
export function podOf(key: string, fields: Partial<Pod> = {}): Pod {
  return {
    ...nameOf(key),
    uid: '',
    labels: {},
    nodeName: 'n1',
    addresses: [],
    hostNetwork: false,
    finished: false,
    created: '',
    ports: [],
    containerPorts: [],
    ...fields,
  };
}

/** A policy that selects every pod of its namespace, isolates nothing and allows nothing, unless said otherwise. */
export function policyOf(key: string, fields: Partial<NetworkPolicy> = {}): NetworkPolicy {
  return {
    ...nameOf(key),
    uid: '',
    generation: 0,
    podSelector: [],
    policyTypes: [],
    ingress: [],
    egress: [],
    annotations: {},
    ...fields,
  };
}

/** A namespace with the label that the API server gives to each, and these. */
export function namespaceOf(name: string, labels: Readonly<Record<string, string>> = {}): Namespace {
  return { name, labels: { ...labels, 'kubernetes.io/metadata.name': name } };
}

export function nodeOf(name: string, fields: Partial<Node> = {}): Node {
  return { name, labels: {}, addresses: [], podCIDRs: [], ...fields };
}

/** A cluster of these objects, sorted as the model asks for. */
export function clusterOf(fields: Partial<Cluster>): Cluster {
  return {
    namespaces: sorted(fields.namespaces),
    nodes: sorted(fields.nodes),
    pods: sorted(fields.pods),
    policies: sorted(fields.policies),
    services: sorted(fields.services),
    ingresses: sorted(fields.ingresses),
  };
}

/** An address that the test knows to be canonical. */
export function address(text: string): Address {
  return text as Address;
}

/** A CIDR that the test knows to be canonical. */
export function cidr(text: string): Cidr {
  return text as Cidr;
}

interface Named {
  readonly namespace?: string;
  readonly name: string;
}

function sorted<T extends Named>(objects: readonly T[] = []): readonly T[] {
  return [...objects].sort(
    (a, b) => compareText(a.namespace ?? '', b.namespace ?? '') || compareText(a.name, b.name),
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function nameOf(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
