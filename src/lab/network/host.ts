import { createHash } from 'node:crypto';
import type { Pod } from '../../model/pod.ts';
import type { Address } from '../../net/address.ts';

/** Somebody who can send and answer: a pod, a node, or a host outside of the cluster. */
export interface LabHost {
  /** `namespace/name` of a pod, the name of a node, the name of an outside host. */
  readonly name: string;
  readonly kind: 'pod' | 'node' | 'external';
  /** Name of its network namespace, as `ip netns` knows it. Several hosts may share one. */
  readonly netns: string;
  /** At most one of each family for pods. A hostNetwork pod has its node's. */
  readonly addresses: readonly Address[];
  /** Of a node, what only its own pods see of it: their gateways. Errors come from there, too. */
  readonly gateways: readonly Address[];
  /** What it listens on by its own account: the container ports. */
  readonly ports: Pod['containerPorts'];
  /** Whether traffic of this host has to name its source address, because its namespace has addresses of others too. */
  readonly bindSource: boolean;
}

/** The file that stands for a named network namespace; to open it is to be able to enter. */
export function netnsPath(netns: string): string {
  return `/run/netns/${netns}`;
}

export const outsideNetns = 'outside';

export function nodeNetns(node: string): string {
  return `node-${plainOrHash(node)}`;
}

/** Namespaces have no dots, so the first dot splits: two pods never share a name. */
export function podNetns(pod: { readonly namespace: string; readonly name: string }): string {
  return `pod-${plainOrHash(`${pod.namespace}.${pod.name}`)}`;
}

/** The node's end of a pod's veth, named as the plugins do: `veth` on a bridge, Calico's `cali` where routed. */
export function podInterface(
  topology: 'bridge' | 'routed',
  pod: { readonly namespace: string; readonly name: string },
): string {
  const hash = createHash('sha256').update(`${pod.namespace}/${pod.name}`).digest('hex');
  return topology === 'bridge' ? `veth${hash.slice(0, 8)}` : `cali${hash.slice(0, 11)}`;
}

/** Names come from manifests. One that could mean something to a shell, to ip(8) or to a path is replaced by its hash. */
function plainOrHash(name: string): string {
  if (/^[a-z0-9][a-z0-9.-]{0,199}$/.test(name)) return name;
  return `_${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
}
