import type { Cluster, Namespace, Node, Service } from '../model/cluster.ts';
import type { NetworkPolicy, PolicyPeer, PolicyPort, PolicyRule } from '../model/network-policy.ts';
import type { LabelSelector, Requirement } from '../model/label-selector.ts';
import type { Pod } from '../model/pod.ts';

/** An object as the API server takes it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string } & Readonly<
    Record<string, unknown>
  >;
  readonly [field: string]: unknown;
}

/**
 * A complete cluster as objects for an API server, in the order in which a server can take them. Objects that the model
 * keeps only in part come back as far as the model goes.
 */
export function manifestsOf(cluster: Cluster): readonly Manifest[] {
  return [
    ...cluster.namespaces.map(namespaceManifest),
    ...cluster.nodes.map(nodeManifest),
    ...cluster.pods.map(podManifest),
    ...cluster.services.map(serviceManifest),
    ...cluster.policies.map(policyManifest),
  ];
}

export function namespaceManifest({ name, labels }: Namespace): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

function nodeManifest({ name, labels, addresses, podCIDRs }: Node): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec: { ...(podCIDRs[0] === undefined ? {} : { podCIDR: podCIDRs[0], podCIDRs }) },
    status: { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) },
  };
}

/** A pod as its kubelet would show it once it runs. */
export function podManifest(pod: Pod): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod.name, namespace: pod.namespace, labels: pod.labels },
    spec: {
      nodeName: pod.nodeName,
      ...(pod.hostNetwork ? { hostNetwork: true } : {}),
      containers: [{ name: 'lab', image: 'lab', ports: containerPorts(pod) }],
    },
    status: pod.finished
      ? { phase: 'Succeeded' }
      : {
          phase: 'Running',
          ...(pod.addresses[0] === undefined ? {} : { podIP: pod.addresses[0] }),
          podIPs: pod.addresses.map((ip) => ({ ip })),
        },
  };
}

function containerPorts({ ports, containerPorts: all }: Pod): readonly unknown[] {
  const named = ports.map(({ name, number, protocol }) => ({ name, containerPort: number, protocol }));
  const unnamed = all
    .filter(
      (port) => !ports.some((other) => other.number === port.number && other.protocol === port.protocol),
    )
    .map(({ number, protocol }) => ({ containerPort: number, protocol }));
  return [...named, ...unnamed];
}

function serviceManifest(service: Service): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: service.name, namespace: service.namespace },
    spec: {
      type: service.type,
      ...(service.selector === undefined ? {} : { selector: service.selector }),
      // The API server gives an address to a Service without one.
      ...(service.clusterIPs[0] === undefined
        ? {}
        : { clusterIP: service.clusterIPs[0], clusterIPs: service.clusterIPs }),
      ports: service.ports.map(({ name, nodePort, ...port }) => ({
        ...(name === '' ? {} : { name }),
        ...(nodePort === undefined ? {} : { nodePort }),
        ...port,
      })),
    },
  };
}

/** A policy with the API's defaults written out. */
export function policyManifest(policy: NetworkPolicy): Manifest {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: policy.name, namespace: policy.namespace, annotations: policy.annotations },
    spec: {
      podSelector: selectorManifest(policy.podSelector),
      policyTypes: policy.policyTypes.map((type) => (type === 'ingress' ? 'Ingress' : 'Egress')),
      ...(policy.policyTypes.includes('ingress')
        ? { ingress: policy.ingress.map((rule) => ruleManifest(rule, 'from')) }
        : {}),
      ...(policy.policyTypes.includes('egress')
        ? { egress: policy.egress.map((rule) => ruleManifest(rule, 'to')) }
        : {}),
    },
  };
}

function ruleManifest({ peers, ports }: PolicyRule, side: 'from' | 'to'): unknown {
  return {
    ...(peers === undefined ? {} : { [side]: peers.map(peerManifest) }),
    ...(ports === undefined ? {} : { ports: ports.map(portManifest) }),
  };
}

function peerManifest(peer: PolicyPeer): unknown {
  if (peer.kind === 'ipBlock') {
    return { ipBlock: { cidr: peer.cidr, ...(peer.except.length === 0 ? {} : { except: peer.except }) } };
  }
  return {
    podSelector: selectorManifest(peer.podSelector),
    ...(peer.namespaceSelector === undefined
      ? {}
      : { namespaceSelector: selectorManifest(peer.namespaceSelector) }),
  };
}

function portManifest(port: PolicyPort): unknown {
  const { protocol } = port;
  switch (port.kind) {
    case 'all':
      return { protocol };
    case 'named':
      return { protocol, port: port.name };
    case 'range':
      return { protocol, port: port.first, ...(port.last === port.first ? {} : { endPort: port.last }) };
  }
}

function selectorManifest(selector: LabelSelector): unknown {
  return selector.length === 0
    ? {}
    : { matchExpressions: selector.map((requirement: Requirement) => requirement) };
}
