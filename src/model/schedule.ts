import { type Address, familyOf } from '../net/address.ts';
import { addressOfNumber, type Cidr, bounds, cidrContains, readCidr } from '../net/cidr.ts';
import { type Family, families as everyFamily } from '../net/protocol.ts';
import type { Cluster, Node } from './cluster.ts';
import type { Pod } from './pod.ts';

/** Where nodes live that have no address of a family. */
export const underlayPrefix: Readonly<Record<Family, Cidr>> = {
  IPv4: cidr('172.18.0.0/16'),
  IPv6: cidr('fd00:172:18::/64'),
};

export interface ScheduleOptions {
  /** Addresses that are given to nobody. */
  readonly reserved?: readonly Address[];
  /** Nodes that take the pods without one, in turn; all nodes unless given. They exist even where no Node object says so. */
  readonly homes?: readonly string[];
}

/**
 * The cluster with everything decided that manifests leave open, as the scheduler, the node IPAM controller and a CNI
 * plugin would: nodes, node addresses, pod CIDRs, the node and the addresses of each pod. What is there is kept.
 * Two nodes where there are none, so that both same-node and cross-node traffic exist. Finished pods stay as they are.
 * The same input gives the same addresses.
 */
export function schedule(
  cluster: Cluster,
  families: readonly Family[],
  { reserved = [], homes }: ScheduleOptions = {},
): Cluster {
  const taken = new Set<Address>([
    ...reserved,
    ...cluster.nodes.flatMap((node) => node.addresses),
    ...cluster.pods.flatMap((pod) => pod.addresses),
    ...cluster.services.flatMap((service) => service.clusterIPs),
  ]);
  const nodes = placeNodes(cluster, families, taken, homes ?? []);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const takers = homes === undefined ? nodes : nodes.filter(({ name }) => homes.includes(name));
  const pods = cluster.pods.map((pod, index) => {
    if (pod.finished) return pod;
    const node = byName.get(pod.nodeName) ?? takers[index % takers.length];
    if (node === undefined) return pod;
    return { ...pod, nodeName: node.name, addresses: podAddresses(pod, node, families, taken) };
  });
  return { ...cluster, nodes, pods };
}

/** The families that the cluster speaks of: those of its pods and pod CIDRs, else those of its nodes, else IPv4. */
export function familiesOf(cluster: Cluster): readonly Family[] {
  const pods = [
    ...cluster.pods.flatMap((pod) => pod.addresses),
    ...cluster.nodes.flatMap((node) => node.podCIDRs),
  ];
  const spoken = pods.length > 0 ? pods : cluster.nodes.flatMap((node) => node.addresses);
  const found = everyFamily.filter((family) => spoken.some((text) => familyOf(text) === family));
  return found.length > 0 ? found : ['IPv4'];
}

/** The lowest address of the block, its first excluded, that nobody has; marks it as taken. */
export function takeAddress(block: Cidr, taken: Set<Address>): Address {
  const { family, first, last } = bounds(block);
  for (let number = first + 1n; number <= last; number += 1n) {
    const address = addressOfNumber(family, number);
    if (taken.has(address)) continue;
    taken.add(address);
    return address;
  }
  throw Object.assign(new Error(`no free address in ${block}`), { code: 'LAB_ADDRESSES_EXHAUSTED' });
}

function placeNodes(
  cluster: Cluster,
  families: readonly Family[],
  taken: Set<Address>,
  homes: readonly string[],
): readonly Node[] {
  const names = new Set([...cluster.pods.map((pod) => pod.nodeName), ...homes].filter((name) => name !== ''));
  const known = new Set(cluster.nodes.map((node) => node.name));
  const missing = [...names].filter((name) => !known.has(name)).sort();
  const invented = cluster.nodes.length + missing.length === 0 ? ['node-1', 'node-2'] : missing;
  const nodes = [
    ...cluster.nodes,
    ...invented.map((name): Node => ({ name, labels: {}, addresses: [], podCIDRs: [] })),
  ];
  const blocks = nodes.flatMap((node) => [...node.podCIDRs]);
  // Both ends of every block in use, so that a new block shares no address with anything.
  const inUse = (block: Cidr): boolean =>
    blocks.some((other) => overlap(other, block)) ||
    [...taken].some((address) => cidrContains(block, address));
  return nodes.map((node) => {
    const addresses = [...node.addresses];
    const podCIDRs = [...node.podCIDRs];
    for (const family of families) {
      if (!addresses.some((address) => familyOf(address) === family)) {
        addresses.push(takeAddress(underlayPrefix[family], taken));
      }
      if (podCIDRs.some((block) => familyOf(block) === family)) continue;
      const block = podBlocks(family).find((candidate) => !inUse(candidate));
      if (block === undefined) {
        throw Object.assign(new Error(`no free pod CIDR for node ${node.name}`), {
          code: 'LAB_ADDRESSES_EXHAUSTED',
        });
      }
      blocks.push(block);
      podCIDRs.push(block);
    }
    return { ...node, addresses, podCIDRs };
  });
}

function podBlocks(family: Family): readonly Cidr[] {
  return Array.from({ length: 255 }, (_, index) =>
    cidr(
      family === 'IPv4' ? `10.244.${String(index + 1)}.0/24` : `fd00:10:244:${(index + 1).toString(16)}::/64`,
    ),
  );
}

function podAddresses(
  pod: Pod,
  node: Node,
  families: readonly Family[],
  taken: Set<Address>,
): readonly Address[] {
  const own = families.map((family) => {
    const nodeAddress = node.addresses.find((address) => familyOf(address) === family);
    if (pod.hostNetwork && nodeAddress !== undefined) return nodeAddress;
    const given = pod.addresses.find((address) => familyOf(address) === family);
    if (given !== undefined) return given;
    const block = node.podCIDRs.find((candidate) => familyOf(candidate) === family);
    if (block === undefined) throw new RangeError(`node ${node.name} has no pod CIDR of ${family}`);
    // The gateway has the first address of the block by custom; pods come after it.
    taken.add(addressOfNumber(family, bounds(block).first + 1n));
    return takeAddress(block, taken);
  });
  const order = (address: Address): number =>
    pod.addresses.includes(address) ? pod.addresses.indexOf(address) : 9;
  return own.sort((a, b) => order(a) - order(b));
}

function overlap(a: Cidr, b: Cidr): boolean {
  const [x, y] = [bounds(a), bounds(b)];
  return x.family === y.family && x.first <= y.last && y.first <= x.last;
}

function cidr(text: string): Cidr {
  const reading = readCidr(text);
  if (!reading.ok) throw new RangeError(`not a CIDR: ${text}`);
  return reading.cidr;
}
