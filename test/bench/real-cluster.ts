import type { Cluster, Namespace, Node } from '../../src/model/cluster.ts';
import { type LabelSelector, normaliseSelector } from '../../src/model/label-selector.ts';
import type { NetworkPolicy, PolicyPeer, PolicyRule } from '../../src/model/network-policy.ts';
import type { Pod } from '../../src/model/pod.ts';
import { type Address, parseAddress } from '../../src/net/address.ts';
import { type Cidr, readCidr } from '../../src/net/cidr.ts';

/** The size of a cluster; the default is a real one whose statistics were published (github.com/npinaeva/k8s-netpol-scale). */
export interface ClusterShape {
  readonly namespaces: number;
  readonly pods: number;
  readonly policies: number;
  readonly podsPerNode: number;
}

export const realShape: ClusterShape = { namespaces: 604, pods: 5413, policies: 13_678, podsPerNode: 110 };

/**
 * A cluster of that shape, the same each time: namespaces of very different size, a quarter of the policies without effect,
 * peers by pod label, by namespace label, and CIDRs of 0 to 21 blocks; a few peers that match most of the cluster.
 */
export function realCluster(shape: ClusterShape = realShape): Cluster {
  const random = generator(1);
  const nodeCount = Math.ceil(shape.pods / shape.podsPerNode);
  const namespaces = Array.from({ length: shape.namespaces }, (_, index): Namespace => {
    const name = `namespace-${String(index)}`;
    return { name, labels: { 'kubernetes.io/metadata.name': name, team: `team-${String(index % 40)}` } };
  });
  const pods = Array.from({ length: shape.pods }, (_, index): Pod => {
    // Squaring makes few namespaces large and many small.
    const namespace = `namespace-${String(Math.floor(random() ** 2 * shape.namespaces))}`;
    const node = index % nodeCount;
    return {
      namespace,
      name: `pod-${String(index)}`,
      uid: `uid-${String(index)}`,
      labels: { app: `app-${String(Math.floor(random() * 12))}`, tier: random() < 0.5 ? 'front' : 'back' },
      nodeName: `node-${String(node)}`,
      addresses: [
        address(
          `10.${String(64 + (node >> 8))}.${String(node & 255)}.${String(2 + Math.floor(index / nodeCount))}`,
        ),
      ],
      hostNetwork: false,
      finished: false,
      created: '2026-01-01T00:00:00Z',
      ports: [{ name: 'http', number: 8080, protocol: 'TCP' }],
      containerPorts: [{ number: 8080, protocol: 'TCP' }],
    };
  });
  const nodes = Array.from({ length: nodeCount }, (_, index): Node => ({
    name: `node-${String(index)}`,
    labels: {},
    addresses: [address(`192.168.${String(index >> 8)}.${String(index & 255)}`)],
    podCIDRs: [cidr(`10.${String(64 + (index >> 8))}.${String(index & 255)}.0/24`)],
  }));
  const policies = Array.from({ length: shape.policies }, (_, index) => policyAt(index, shape, random));
  return { namespaces, nodes, pods, policies, services: [], ingresses: [] };
}

function policyAt(index: number, shape: ClusterShape, random: () => number): NetworkPolicy {
  const namespace = `namespace-${String(Math.floor(random() ** 2 * shape.namespaces))}`;
  const withEgress = random() < 0.3;
  const rules = (): readonly PolicyRule[] =>
    Array.from({ length: random() < 0.05 ? 0 : 1 + Math.floor(random() * 2) }, (_, at) => ruleAt(at, random));
  return {
    namespace,
    name: `policy-${String(index)}`,
    uid: `policy-uid-${String(index)}`,
    generation: 1,
    annotations: {},
    podSelector:
      random() < 0.25
        ? selector('app', 'nobody')
        : random() < 0.3
          ? []
          : selector('app', `app-${String(Math.floor(random() * 12))}`),
    policyTypes: withEgress ? ['ingress', 'egress'] : ['ingress'],
    ingress: rules(),
    egress: withEgress ? rules() : [],
  };
}

function ruleAt(index: number, random: () => number): PolicyRule {
  const blocks = random() < 0.6 ? 0 : random() < 0.95 ? 1 : 3 + Math.floor(random() * 18);
  const peers: PolicyPeer[] = Array.from({ length: blocks }, (): PolicyPeer => ({
    kind: 'ipBlock',
    cidr: cidr(`172.${String(16 + Math.floor(random() * 16))}.${String(Math.floor(random() * 256))}.0/24`),
    except: [],
  }));
  if (blocks === 0) {
    const podSelector = random() < 0.2 ? [] : selector('app', `app-${String(Math.floor(random() * 12))}`);
    const kind = random();
    if (kind < 0.6) peers.push({ kind: 'pods', podSelector });
    else if (kind < 0.995) {
      peers.push({
        kind: 'pods',
        podSelector,
        namespaceSelector: selector('team', `team-${String(Math.floor(random() * 40))}`),
      });
    } else peers.push({ kind: 'pods', podSelector: [], namespaceSelector: [] });
  }
  const port = random();
  if (port < 0.5) return { index, peers };
  const first = [80, 443, 8080, 9090, 5432][Math.floor(random() * 5)] ?? 80;
  return {
    index,
    peers,
    ports: [{ kind: 'range', protocol: 'TCP', first, last: port < 0.99 ? first : first + 100 }],
  };
}

function selector(key: string, value: string): LabelSelector {
  return normaliseSelector([{ key, operator: 'In', values: [value] }]);
}

/** Numbers in [0, 1) that are the same in each run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new RangeError(text);
  return parsed;
}

function cidr(text: string): Cidr {
  const reading = readCidr(text);
  if (!reading.ok) throw new RangeError(text);
  return reading.cidr;
}
