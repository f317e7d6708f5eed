import type { Cluster } from '../model/cluster.ts';
import type { NetworkPolicy } from '../model/network-policy.ts';
import type { NamedPort, Pod } from '../model/pod.ts';
import type { Labels } from '../model/label-selector.ts';

/** As much of a cluster as it takes to judge connections, without what repeats from pod to pod. */
export interface PackedCluster {
  readonly namespaces: Cluster['namespaces'];
  readonly nodes: Cluster['nodes'];
  readonly policies: readonly NetworkPolicy[];
  readonly labels: readonly Labels[];
  readonly ports: readonly (readonly NamedPort[])[];
  readonly workloads: readonly (Pod['workload'] | null)[];
  readonly pods: readonly PackedPod[];
}

/** Positions in the lists of the cluster, and what is a pod's own; what is empty is left out. */
export type PackedPod = readonly [
  namespace: string,
  name: string,
  labels: number,
  ports: number,
  workload: number,
  rest?: Partial<Pick<Pod, 'nodeName' | 'addresses' | 'hostNetwork' | 'created'>>,
];

/** Packs what judges connections. Pods that are finished take no part, nor do Services and Ingresses. */
export function packCluster(cluster: Cluster): PackedCluster {
  const labels = table<Labels>();
  const ports = table<readonly NamedPort[]>();
  const workloads = table<Pod['workload'] | null>();
  const pods = runningPods(cluster).map((pod): PackedPod => {
    const { nodeName, addresses, hostNetwork, created } = pod;
    const rest = {
      ...(nodeName === '' ? {} : { nodeName }),
      ...(addresses.length === 0 ? {} : { addresses }),
      ...(hostNetwork ? { hostNetwork } : {}),
      ...(created === '' ? {} : { created }),
    };
    const packed = [
      pod.namespace,
      pod.name,
      labels.at(pod.labels),
      ports.at(pod.ports),
      workloads.at(pod.workload ?? null),
    ] as const;
    return Object.keys(rest).length === 0 ? packed : [...packed, rest];
  });
  return {
    namespaces: cluster.namespaces.map(({ name, labels: own }) => ({ name, labels: own })),
    nodes: cluster.nodes.map(({ name, addresses, podCIDRs }) => ({ name, labels: {}, addresses, podCIDRs })),
    policies: cluster.policies.map((policy) => ({ ...policy, uid: '', generation: 0, annotations: {} })),
    labels: labels.values,
    ports: ports.values,
    workloads: workloads.values,
    pods,
  };
}

export function unpackCluster(packed: PackedCluster): Cluster {
  const pods = packed.pods.map(([namespace, name, labels, ports, workloadAt, rest = {}]): Pod => {
    const workload = packed.workloads[workloadAt];
    return {
      namespace,
      name,
      uid: '',
      labels: packed.labels[labels] ?? {},
      nodeName: '',
      addresses: [],
      hostNetwork: false,
      finished: false,
      created: '',
      ports: packed.ports[ports] ?? [],
      containerPorts: [],
      ...(workload == null ? {} : { workload }),
      ...rest,
    };
  });
  const { namespaces, nodes, policies } = packed;
  return { namespaces, nodes, pods, policies, services: [], ingresses: [] };
}

/** The pods that are packed, in their order. */
export function runningPods({ pods }: Cluster): readonly Pod[] {
  return pods.filter(({ finished }) => !finished);
}

/** Values by position, each once. */
function table<T>(): { readonly values: T[]; at(value: T): number } {
  const values: T[] = [];
  const positions = new Map<string, number>();
  return {
    values,
    at(value) {
      const key = JSON.stringify(value);
      const found = positions.get(key) ?? values.push(value) - 1;
      positions.set(key, found);
      return found;
    },
  };
}
