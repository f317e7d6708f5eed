import { type Address, familyOf } from '../net/address.ts';
import { addressAt, type Cidr, readCidr } from '../net/cidr.ts';
import { families, type Family } from '../net/protocol.ts';
import type { Cluster, Node } from './cluster.ts';
import { type Pod, podKey, type PodKey } from './pod.ts';

export interface AssignOptions {
  /** Where pods without a node go, in turn. These nodes exist even if the input has no such Node. */
  readonly nodeNames: readonly string[];
  /** Families in which nodes without pod CIDRs, and pods without addresses, get some. */
  readonly families: readonly Family[];
}

export interface Assignment {
  readonly cluster: Cluster;
  /** Pods that were given addresses, or a node, that the input does not have. */
  readonly assigned: readonly PodKey[];
}

/**
 * Gives templates and pods that are not scheduled a node and addresses, so that they can be compiled for and run in the
 * lab. What the input says stays; the same input gives the same addresses.
 */
export function assignAddresses(cluster: Cluster, options: AssignOptions): Assignment {
  const nodes = completeNodes(cluster, options);
  const taken = new Set<Address>(cluster.pods.flatMap((pod) => pod.addresses));
  const assigned: PodKey[] = [];
  let turn = 0;
  const pods = cluster.pods.map((pod): Pod => {
    if (pod.finished || (pod.nodeName !== '' && pod.addresses.length > 0)) return pod;
    const nodeName =
      pod.nodeName === '' ? (options.nodeNames[turn++ % options.nodeNames.length] ?? '') : pod.nodeName;
    const node = nodes.find(({ name }) => name === nodeName);
    assigned.push(podKey(pod));
    if (node === undefined) return { ...pod, nodeName };
    const addresses = pod.hostNetwork
      ? node.addresses
      : pod.addresses.length > 0
        ? pod.addresses
        : firstFree(node.podCIDRs, taken);
    return { ...pod, nodeName, addresses };
  });
  return { cluster: { ...cluster, nodes, pods }, assigned };
}

/** Every node that the input or a pod names, with pod CIDRs and an address of its own. */
function completeNodes(cluster: Cluster, options: AssignOptions): readonly Node[] {
  const names = new Set([
    ...cluster.nodes.map(({ name }) => name),
    ...cluster.pods.map(({ nodeName }) => nodeName).filter((name) => name !== ''),
    ...options.nodeNames,
  ]);
  const known = new Map(cluster.nodes.map((node) => [node.name, node]));
  const usedCIDRs = new Set(cluster.nodes.flatMap(({ podCIDRs }) => podCIDRs));
  let number = 0;
  return [...names].sort().map((name): Node => {
    const node = known.get(name) ?? { name, labels: {}, addresses: [], podCIDRs: [] };
    do number += 1;
    while (options.families.some((family) => usedCIDRs.has(podCIDR(family, number))));
    const own = number;
    return {
      ...node,
      addresses:
        node.addresses.length > 0
          ? node.addresses
          : options.families.map((family) => nodeAddress(family, own)),
      podCIDRs:
        node.podCIDRs.length > 0 ? node.podCIDRs : options.families.map((family) => podCIDR(family, own)),
    };
  });
}

/** One address of each block, past the gateway at .1, in the order of the families. */
function firstFree(podCIDRs: readonly Cidr[], taken: Set<Address>): readonly Address[] {
  return families.flatMap((family) => {
    const cidr = podCIDRs.find((block) => familyOf(block) === family);
    if (cidr === undefined) return [];
    for (let offset = 2; ; offset += 1) {
      const address = addressAt(cidr, offset);
      if (address === undefined) return [];
      if (taken.has(address)) continue;
      taken.add(address);
      return [address];
    }
  });
}

function podCIDR(family: Family, number: number): Cidr {
  return cidrOf(family === 'IPv4' ? `10.244.${String(number)}.0/24` : `fd00:244:${number.toString(16)}::/64`);
}

function nodeAddress(family: Family, number: number): Address {
  const network = cidrOf(family === 'IPv4' ? '192.168.0.0/16' : 'fd00:192:168::/64');
  const address = addressAt(network, 256 * 10 + 10 + number);
  if (address === undefined) throw new Error(`no address for node number ${String(number)}`);
  return address;
}

function cidrOf(text: string): Cidr {
  const reading = readCidr(text);
  if (!reading.ok) throw new Error(`no such block: ${text}`);
  return reading.cidr;
}
