import type { Cluster, Node } from '../../model/cluster.ts';
import { type Pod, podKey } from '../../model/pod.ts';
import { type Address, familyOf } from '../../net/address.ts';
import { addressOfNumber, bounds, hostCidr } from '../../net/cidr.ts';
import type { Family } from '../../net/protocol.ts';
import { nodeNetns } from './host.ts';
import { takeAddress, underlayPrefix } from '../../model/schedule.ts';

/** How pods hang on their node: a bridge as flannel and the plain bridge plugin make it, or a routed veth as Calico does. */
export type Topology = 'bridge' | 'routed';

/** How nodes reach each other's pods: routes over the underlay, or flannel's VXLAN. */
export type Interconnect = 'routes' | 'vxlan';

/** A host outside of the cluster. */
export interface External {
  readonly name: string;
  readonly addresses: readonly Address[];
}

export interface NetworkOptions {
  readonly topology: Topology;
  readonly interconnect: Interconnect;
  readonly families: readonly Family[];
  readonly externals: readonly External[];
  /** Whether nodes hide pod addresses from the outside world. Traffic between pods is never masqueraded. */
  readonly masquerade: boolean;
}

/** A node with what the plan decides about it. */
export interface NodePlace {
  readonly node: Node;
  /** Counts from 0; host parts of management and MAC addresses follow from it. */
  readonly index: number;
  readonly netns: string;
  /** On the link that joins nodes and the lab's own namespace, where the API server listens. */
  readonly management: Address;
  /** The addresses by which the other nodes reach it. */
  readonly underlay: ReadonlyMap<Family, Address>;
  /** The pods' gateway in each of the node's pod CIDRs. */
  readonly gateways: readonly Address[];
}

/** Everything that pods added later need to know, too. */
export interface Terrain {
  readonly options: NetworkOptions;
  readonly places: readonly NodePlace[];
  /** The outside world's own address on the underlay, the nodes' default gateway. */
  readonly routers: ReadonlyMap<Family, Address>;
}

/** Where the API server of the lab is reached from each node. Pods are not routed there. */
export const managementAddress = '169.254.77.1' as Address;

/** What all parts of a plan build on: the addresses and names of nodes and of the outside world. */
export function survey(cluster: Cluster, options: NetworkOptions): Terrain {
  if (cluster.nodes.length > 200) throw invalid('more than 200 nodes');
  const taken = new Set([
    ...cluster.nodes.flatMap((node) => node.addresses),
    ...cluster.pods.flatMap((pod) => pod.addresses),
    ...options.externals.flatMap((external) => external.addresses),
  ]);
  const ofFamilies = (address: string): boolean => options.families.includes(familyOf(address));
  const places = cluster.nodes.map((node, index): NodePlace => ({
    node: {
      ...node,
      addresses: node.addresses.filter(ofFamilies),
      podCIDRs: node.podCIDRs.filter(ofFamilies),
    },
    index,
    netns: nodeNetns(node.name),
    management: addressOfNumber('IPv4', bounds(hostCidr(managementAddress)).first + 9n + BigInt(index)),
    underlay: new Map(options.families.map((family) => [family, underlayAddress(node, family)])),
    gateways: node.podCIDRs.filter(ofFamilies).map((block) => takeAddress(block, taken)),
  }));
  const routers = new Map(
    options.families.map((family) => [family, takeAddress(underlayPrefix[family], taken)] as const),
  );
  return { options, places, routers };
}

export function placeOf(terrain: Terrain, pod: Pod): NodePlace {
  const place = terrain.places.find((candidate) => candidate.node.name === pod.nodeName);
  if (place === undefined) throw invalid(`pod ${podKey(pod)} is on no node of the lab: "${pod.nodeName}"`);
  return place;
}

function underlayAddress(node: Node, family: Family): Address {
  const address = node.addresses.find((candidate) => familyOf(candidate) === family);
  if (address === undefined) throw invalid(`node ${node.name} has no ${family} address`);
  return address;
}

/** The cluster or the options cannot be built. */
export function invalid(message: string): Error {
  return Object.assign(new Error(message), { code: 'LAB_INVALID' });
}
