import { type Address, parseAddress } from '../net/address.ts';
import type { Protocol } from '../net/protocol.ts';
import type { Cluster } from '../model/cluster.ts';
import { type Pod, podKey } from '../model/pod.ts';

/**
 * One end of a connection, by who owns its address. A hostNetwork pod is its node: it has no address of its own, so
 * nothing on the wire tells the two apart.
 */
export type Endpoint =
  | { readonly kind: 'pod'; readonly pod: Pod; readonly address: Address }
  /** `node` is the node's name: a hostNetwork pod shows its node even where the Node object is not known. */
  | { readonly kind: 'node'; readonly node: string; readonly address: Address }
  | { readonly kind: 'external'; readonly address: Address };

/** What a packet can be: what policies can name, ICMP and ICMPv6 as one, and every other IP protocol. */
export type FlowProtocol = Protocol | 'ICMP' | 'other';

/**
 * A connection as policies judge it: the destination after DNAT (the pod behind a Service, the target port), the source
 * before SNAT and masquerade. Both addresses are of one family. For ICMP the flow is an echo request; neighbour
 * discovery, and replies and errors of an allowed connection, are not flows of their own.
 */
export interface Flow {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly protocol: FlowProtocol;
  /** The destination port, 1 to 65535. Absent for ICMP and other protocols. */
  readonly port?: number;
}

/** Whoever owns the address that the text spells, or `undefined` where it spells none. */
export function endpointOf(cluster: Cluster, text: string): Endpoint | undefined {
  const address = parseAddress(text);
  return address === undefined ? undefined : endpointAt(cluster, address);
}

/** Whoever owns the address: a pod, a node (hostNetwork pods count as theirs), or the world. */
export function endpointAt(cluster: Cluster, address: Address): Endpoint {
  const pod = ownerOf(cluster, address);
  if (pod !== undefined) return { kind: 'pod', pod, address };
  const node =
    cluster.nodes.find(({ addresses }) => addresses.includes(address))?.name ??
    cluster.pods.find((other) => other.hostNetwork && !other.finished && other.addresses.includes(address))
      ?.nodeName;
  return node === undefined ? { kind: 'external', address } : { kind: 'node', node, address };
}

/**
 * The pod that owns the address. Finished pods own nothing, since their address may be reused; hostNetwork pods own
 * nothing, since the address is their node's. Where two pods claim one address (the API may show the old pod a while
 * longer), one that stays owns it before one that is being deleted, whose address may be free already; then the one created
 * last; of equally old ones, the first by `namespace/name`.
 */
export function ownerOf(cluster: Cluster, address: Address): Pod | undefined {
  const claims = cluster.pods.filter(
    (pod) => !pod.finished && !pod.hostNetwork && pod.addresses.includes(address),
  );
  return claims.sort(
    (a, b) =>
      Number(a.terminating === true) - Number(b.terminating === true) ||
      compareText(b.created, a.created) ||
      compareText(podKey(a), podKey(b)),
  )[0];
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
