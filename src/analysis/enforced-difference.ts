import type { Cluster } from '../model/cluster.ts';
import { directions, type PolicyKey } from '../model/network-policy.ts';
import { podKey } from '../model/pod.ts';
import { type Address, familyOf } from '../net/address.ts';
import { families, protocols } from '../net/protocol.ts';
import { type Endpoint, endpointAt, type Flow, type FlowProtocol } from '../policy/flow.ts';
import { isolationOf } from '../policy/isolation.ts';
import type { Ruleset } from '../ruleset/objects.ts';
import { isCompiledAllowed } from './compiled-verdict.ts';
import { addressesToldApart, portsToldApart } from './told-apart.ts';

/** New connections that one ruleset of a node lets through and the other does not. */
export interface EnforcedDifference {
  readonly source: Representative;
  readonly destination: Representative;
  readonly protocol: FlowProtocol;
  /** Disjoint ascending ranges; absent for ICMP and other protocols. */
  readonly ports?: readonly (readonly [first: number, last: number])[];
  /** What the actual ruleset does; the desired one does the opposite. */
  readonly actual: 'allowed' | 'denied';
  /** Policies that isolate the source for egress or the destination for ingress, sorted. */
  readonly policies: readonly PolicyKey[];
}

/** An end of a connection, standing for all that neither ruleset tells from it. */
export interface Representative {
  readonly endpoint: Endpoint;
  /** How many other ends of its kind it stands for; of addresses outside, not counted. */
  readonly others: number;
}

export interface EnforcedDifferences {
  readonly differences: readonly EnforcedDifference[];
  /** False where there were more pairs of ends than are looked at. */
  readonly complete: boolean;
}

/** Packets put to each ruleset, which takes some ten seconds. */
const mostPackets = 1_000_000;

/**
 * Puts first packets to both rulesets of a node: from and to each of its pods, for one of each sort of ends and ports that
 * either ruleset tells apart.
 */
export function enforcedDifferences(
  cluster: Cluster,
  node: string,
  actual: Ruleset,
  desired: Ruleset,
): EnforcedDifferences {
  const ends = endsOf(cluster, node, [actual, desired]);
  const ports = portsToldApart([actual, desired]);
  const sides = { actual: new Map([[node, actual]]), desired: new Map([[node, desired]]) };
  const differences: EnforcedDifference[] = [];
  let packets = 0;

  const compare = (source: Representative, destination: Representative): void => {
    const policies = isolating(cluster, source.endpoint, destination.endpoint);
    const flowOf = (protocol: FlowProtocol, port?: number): Flow => ({
      source: source.endpoint,
      destination: destination.endpoint,
      protocol,
      ...(port === undefined ? {} : { port }),
    });
    const actualIfOther = (flow: Flow): 'allowed' | 'denied' | undefined => {
      packets += 1;
      const allowed = isCompiledAllowed(sides.actual, flow);
      if (allowed === isCompiledAllowed(sides.desired, flow)) return undefined;
      return allowed ? 'allowed' : 'denied';
    };
    const tell = (
      protocol: FlowProtocol,
      found: 'allowed' | 'denied',
      of?: EnforcedDifference['ports'],
    ): void => {
      const place = { source, destination, protocol, actual: found, policies };
      differences.push(of === undefined ? place : { ...place, ports: of });
    };
    for (const protocol of protocols) {
      const found = { allowed: [] as [number, number][], denied: [] as [number, number][] };
      for (const [first, last] of ports.get(protocol) ?? []) {
        const side = actualIfOther(flowOf(protocol, first));
        if (side === undefined) continue;
        const before = found[side].at(-1);
        if (before?.[1] === first - 1) before[1] = last;
        else found[side].push([first, last]);
      }
      for (const side of ['allowed', 'denied'] as const) {
        if (found[side].length > 0) tell(protocol, side, found[side]);
      }
    }
    for (const protocol of ['ICMP', 'other'] as const) {
      const side = actualIfOther(flowOf(protocol));
      if (side !== undefined) tell(protocol, side);
    }
  };

  for (const family of families) {
    const here = ends.filter(({ endpoint }) => familyOf(endpoint.address) === family);
    for (const local of here.filter(({ endpoint }) => isLocalPod(endpoint, node))) {
      for (const other of here) {
        if (packets >= mostPackets) return { differences, complete: false };
        if (canSend(other.endpoint)) compare(other, local);
        // Between two local pods the other turn has it.
        if (!isLocalPod(other.endpoint, node)) compare(local, other);
      }
    }
  }
  return { differences, complete: true };
}

function isLocalPod(endpoint: Endpoint, node: string): boolean {
  return endpoint.kind === 'pod' && endpoint.pod.nodeName === node;
}

/** Multicast and broadcast are received only. */
function canSend({ address }: Endpoint): boolean {
  return address.includes(':') ? !address.startsWith('ff') : Number(address.split('.')[0]) < 224;
}

/** Each local pod, and one of each sort of other ends. */
function endsOf(cluster: Cluster, node: string, rulesets: readonly Ruleset[]): readonly Representative[] {
  const owned: readonly Address[] = [
    ...cluster.pods.filter(({ finished }) => !finished).flatMap(({ addresses }) => addresses),
    ...cluster.nodes.flatMap(({ addresses }) => addresses),
  ];
  const sorts = new Map<string, { endpoint: Endpoint; others: number }>();
  for (const { address, sort } of addressesToldApart(rulesets, owned)) {
    const endpoint = endpointAt(cluster, address);
    const key = isLocalPod(endpoint, node) ? address : `${nature(endpoint, node)} ${sort}`;
    const known = sorts.get(key);
    if (known === undefined) sorts.set(key, { endpoint, others: 0 });
    else if (endpoint.kind !== 'external') known.others += 1;
  }
  return [...sorts.values()];
}

function nature(endpoint: Endpoint, node: string): string {
  switch (endpoint.kind) {
    case 'pod':
      return 'pod';
    case 'node':
      return endpoint.node === node ? 'own node' : 'other node';
    case 'external':
      return 'external';
  }
}

function isolating(cluster: Cluster, source: Endpoint, destination: Endpoint): readonly PolicyKey[] {
  const ends = { egress: source, ingress: destination };
  return directions
    .flatMap((direction) => {
      const end = ends[direction];
      if (end.kind !== 'pod') return [];
      const policies = cluster.policies.filter(({ namespace }) => namespace === end.pod.namespace);
      return isolationOf(end.pod, direction, policies)?.policies ?? [];
    })
    .filter((key, index, all) => all.indexOf(key) === index)
    .sort();
}

/** `shop/db`, `node worker-1`, `203.0.113.0`. */
export function representativeName({ endpoint }: Representative): string {
  switch (endpoint.kind) {
    case 'pod':
      return podKey(endpoint.pod);
    case 'node':
      return `node ${endpoint.node}`;
    case 'external':
      return endpoint.address;
  }
}
