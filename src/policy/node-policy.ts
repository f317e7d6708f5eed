import type { Cluster } from '../model/cluster.ts';
import { isCidr } from '../net/address-block.ts';
import { selectorText } from '../model/label-selector.ts';
import { type Direction, directions, type NetworkPolicy, type PolicyMode } from '../model/network-policy.ts';
import { type Pod, podKey } from '../model/pod.ts';
import { type Allow, isolationOf, type PodGroup } from './isolation.ts';
import { createPodIndex, type PodIndex } from './pod-index.ts';

/** The policies of a node in words of the API, resolved: what `compile -o ir` prints. */
export interface NodePolicy {
  readonly apiVersion: 'ringfence.dev/v1alpha1';
  readonly kind: 'NodePolicy';
  readonly node: string;
  readonly pods: readonly PodPolicy[];
}

export interface PodPolicy {
  readonly namespace: string;
  readonly name: string;
  readonly addresses: readonly string[];
  /** Absent where nothing isolates the pod in that direction. */
  readonly ingress?: DirectionPolicy;
  readonly egress?: DirectionPolicy;
  /** What audit policies would come to, where nothing else isolates; absent: nothing in either direction. */
  readonly audit?: { readonly ingress?: DirectionPolicy; readonly egress?: DirectionPolicy };
}

export interface DirectionPolicy {
  readonly isolatedBy: readonly string[];
  readonly allow: readonly AllowedTraffic[];
}

export interface AllowedTraffic {
  readonly policy: string;
  /** `ingress[0]` */
  readonly rule: string;
  readonly peers: 'anyone' | readonly AllowedPeer[];
  /** `80/TCP`, `8000-8080/TCP`, `http/TCP`. */
  readonly ports: 'all' | readonly string[];
}

export type AllowedPeer =
  | { readonly pods: string; readonly namespaces: string; readonly matching: readonly string[] }
  | { readonly cidr: string }
  /** First and last address: what an except leaves of a block is seldom a CIDR. */
  | { readonly range: string };

/** Pods of the node that own an address, sorted, each with what its policies come to. */
export function nodePolicy(cluster: Cluster, nodeName: string): NodePolicy {
  const index = createPodIndex();
  for (const { name, labels } of cluster.namespaces) index.setNamespace(name, labels);
  for (const pod of cluster.pods) index.setPod(pod);
  return {
    apiVersion: 'ringfence.dev/v1alpha1',
    kind: 'NodePolicy',
    node: nodeName,
    pods: cluster.pods
      .filter((pod) => pod.nodeName === nodeName && index.addressesOf(pod).length > 0)
      .map((pod) => podPolicy(pod, cluster.policies, index)),
  };
}

function podPolicy(pod: Pod, policies: readonly NetworkPolicy[], index: PodIndex): PodPolicy {
  const own = policies.filter(({ namespace }) => namespace === pod.namespace);
  const judged = directionPolicies(pod, own, 'enforce', index);
  const isolated = new Set(judged.map(([direction]) => direction));
  const audited = directionPolicies(pod, own, 'audit', index).filter(
    ([direction]) => !isolated.has(direction),
  );
  return {
    namespace: pod.namespace,
    name: pod.name,
    addresses: index.addressesOf(pod),
    ...Object.fromEntries(judged),
    ...(audited.length === 0 ? {} : { audit: Object.fromEntries(audited) }),
  };
}

function directionPolicies(
  pod: Pod,
  policies: readonly NetworkPolicy[],
  mode: PolicyMode,
  index: PodIndex,
): readonly (readonly [Direction, DirectionPolicy])[] {
  return directions.flatMap((direction) => {
    const isolation = isolationOf(pod, direction, policies, mode);
    if (isolation === undefined) return [];
    const allow = isolation.allows.map((one) => allowedTraffic(one, index));
    return [[direction, { isolatedBy: isolation.policies, allow }] as const];
  });
}

function allowedTraffic({ rule, peers, ports }: Allow, index: PodIndex): AllowedTraffic {
  return {
    policy: rule.policy,
    rule: `${rule.direction}[${String(rule.index)}]`,
    peers:
      peers.kind === 'anyone'
        ? 'anyone'
        : [
            ...peers.groups.map((group) => allowedPods(group, index)),
            ...peers.blocks.map((block) => (isCidr(block) ? { cidr: block } : { range: block })),
          ],
    ports:
      ports.kind === 'all'
        ? 'all'
        : [
            ...ports.ranges.map(({ protocol, first, last }) =>
              first === 0 && last === 65535
                ? protocol
                : `${first === last ? String(first) : `${String(first)}-${String(last)}`}/${protocol}`,
            ),
            ...ports.names.map(({ name, protocol }) => `${name}/${protocol}`),
          ],
  };
}

function allowedPods(group: PodGroup, index: PodIndex): AllowedPeer {
  return {
    pods: selectorText(group.pods),
    namespaces:
      group.kind === 'namespace'
        ? `kubernetes.io/metadata.name=${group.namespace}`
        : selectorText(group.namespaces),
    matching: [...index.members(group)]
      .filter((pod) => index.addressesOf(pod).length > 0)
      .map(podKey)
      .sort(),
  };
}
