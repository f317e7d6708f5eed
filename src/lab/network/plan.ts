import type { Cluster } from '../../model/cluster.ts';
import { type Pod, podKey } from '../../model/pod.ts';
import type { Address } from '../../net/address.ts';
import { type LabHost, outsideNetns, podNetns } from './host.ts';
import { planNode } from './node-plan.ts';
import { planOutside } from './outside-plan.ts';
import { planPod } from './pod-plan.ts';
import { type Setup, mergeSetups } from './setup.ts';
import {
  type External,
  type NetworkOptions,
  type NodePlace,
  type Terrain,
  invalid,
  placeOf,
  survey,
} from './terrain.ts';

export interface Plan {
  readonly terrain: Terrain;
  /** The cluster, complete: each pod on a node, with addresses. */
  readonly cluster: Cluster;
  /** Pods that run, nodes and externals, by name. */
  readonly hosts: readonly LabHost[];
  readonly setup: Setup;
}

/**
 * A whole lab as data. The cluster comes from `schedule`: complete.
 *
 * @throws Error with code `LAB_INVALID` where two running pods claim one address, two hosts one name, or a pod has no node.
 */
export function planNetwork(cluster: Cluster, options: NetworkOptions): Plan {
  const terrain = survey(cluster, options);
  const pods = runningPods(cluster);
  const hosts = [
    ...pods.map((pod) => podHost(terrain, pod)),
    ...terrain.places.map(nodeHost),
    ...options.externals.map(externalHost),
  ];
  assertUnique(hosts);
  const setup = mergeSetups([
    planOutside(terrain),
    ...terrain.places.map((place) => planNode(terrain, place)),
    ...pods.map((pod) => planPod(terrain, pod)),
  ]);
  return { terrain, cluster, hosts, setup };
}

/** The pods that have a place in the network: a finished one owns no address any more. */
export function runningPods(cluster: Cluster): readonly Pod[] {
  return cluster.pods.filter((pod) => !pod.finished);
}

/** A pod as a host. Its node must be part of the terrain. */
export function podHost(terrain: Terrain, pod: Pod): LabHost {
  const place = placeOf(terrain, pod);
  return {
    name: podKey(pod),
    kind: 'pod',
    netns: pod.hostNetwork ? place.netns : podNetns(pod),
    addresses: pod.hostNetwork ? [...place.underlay.values()] : pod.addresses,
    gateways: [],
    ports: pod.containerPorts,
    bindSource: false,
  };
}

/** Throws `LAB_INVALID` where two hosts have one name, or one address without sharing a namespace. */
export function assertUnique(hosts: readonly LabHost[]): void {
  const names = new Set<string>();
  const owners = new Map<Address, LabHost>();
  for (const host of hosts) {
    if (names.has(host.name)) throw invalid(`two hosts of the lab are called ${host.name}`);
    names.add(host.name);
    for (const address of host.addresses) {
      const owner = owners.get(address);
      if (owner !== undefined && owner.netns !== host.netns) {
        throw invalid(`${owner.name} and ${host.name} both have the address ${address}`);
      }
      owners.set(address, host);
    }
  }
}

function nodeHost(place: NodePlace): LabHost {
  return {
    name: place.node.name,
    kind: 'node',
    netns: place.netns,
    addresses: place.node.addresses,
    gateways: place.gateways,
    ports: [],
    bindSource: false,
  };
}

/** A host outside of the cluster as a host of the lab. */
export function externalHost(external: External): LabHost {
  return {
    name: external.name,
    kind: 'external',
    netns: outsideNetns,
    addresses: external.addresses,
    gateways: [],
    ports: [],
    bindSource: true,
  };
}
