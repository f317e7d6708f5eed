import fc from 'fast-check';
import type { Cluster, Namespace, Node } from '../../src/model/cluster.ts';
import { type LabelSelector, normaliseSelector, type Requirement } from '../../src/model/label-selector.ts';
import {
  type Direction,
  directions,
  type NetworkPolicy,
  type PolicyPeer,
  type PolicyPort,
  type PolicyRule,
} from '../../src/model/network-policy.ts';
import type { NamedPort, Pod } from '../../src/model/pod.ts';
import type { Address } from '../../src/net/address.ts';
import { familyOf, parseAddress } from '../../src/net/address.ts';
import { type Cidr, cidrCovers, readCidr } from '../../src/net/cidr.ts';
import { protocols } from '../../src/net/protocol.ts';
import { endpointAt, type Flow, type FlowProtocol } from '../../src/policy/flow.ts';

// A small world, so that selectors, addresses and ports often meet: three namespaces, two nodes, labels and ports of few
// values, blocks cut around the addresses that pods, nodes and the world have.

const namespaceNames = ['x', 'y', 'z'] as const;
const nodeNames = ['n1', 'n2'] as const;
const labelKeys = ['app', 'tier'] as const;
const labelValues = ['a', 'b', ''] as const;
const portNumbers = [80, 81, 443] as const;
const portNames = ['web', 'alt'] as const;
const externals = ['203.0.113.10', '203.0.113.200', '2001:db8:1::10', '198.51.100.1'].map(address);

export const nodes: readonly Node[] = nodeNames.map((name, position) => ({
  name,
  labels: {},
  addresses: [address(`192.168.50.1${position + 1}`), address(`fd00:50::1${position + 1}`)],
  podCIDRs: [cidr(`10.244.${position + 1}.0/24`), cidr(`fd00:244:${position + 1}::/64`)],
}));

export const labels = fc
  .tuple(fc.option(fc.constantFrom(...labelValues)), fc.option(fc.constantFrom(...labelValues)))
  .map(([app, tier]) => ({ ...(app === null ? {} : { app }), ...(tier === null ? {} : { tier }) }));

const requirement: fc.Arbitrary<Requirement> = fc.oneof(
  fc.record({
    key: fc.constantFrom(...labelKeys),
    operator: fc.constantFrom('In' as const, 'NotIn' as const),
    values: fc
      .uniqueArray(fc.constantFrom(...labelValues), { minLength: 1, maxLength: 2 })
      .map((values) => values.sort()),
  }),
  fc.record({
    key: fc.constantFrom(...labelKeys),
    operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const),
  }),
);

export const selector: fc.Arbitrary<LabelSelector> = fc
  .array(requirement, { maxLength: 2 })
  .map(normaliseSelector);

const namespaceSelector: fc.Arbitrary<LabelSelector> = fc.oneof(
  selector,
  fc
    .constantFrom(...namespaceNames)
    .map((name) =>
      normaliseSelector([{ key: 'kubernetes.io/metadata.name', operator: 'In', values: [name] }]),
    ),
);

export const namespace: fc.Arbitrary<Namespace> = fc
  .tuple(fc.constantFrom(...namespaceNames), labels)
  .map(([name, own]) => ({ name, labels: { ...own, 'kubernetes.io/metadata.name': name } }));

const namedPort: fc.Arbitrary<NamedPort> = fc.record({
  name: fc.constantFrom(...portNames),
  number: fc.constantFrom(...portNumbers),
  protocol: fc.constantFrom(...protocols),
});

/** Slot in the world: fixes node and addresses, so that two pods with one slot are rivals for an address. */
export const pod: fc.Arbitrary<Pod> = fc
  .record({
    namespace: fc.constantFrom(...namespaceNames),
    number: fc.integer({ min: 0, max: 3 }),
    node: fc.constantFrom(0, 1),
    slot: fc.integer({ min: 2, max: 6 }),
    family: fc.constantFrom('both', 'IPv4', 'IPv6', 'none'),
    labels,
    hostNetwork: fc.boolean(),
    rare: fc.integer({ min: 0, max: 9 }),
    terminating: fc.boolean(),
    created: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
    ports: fc.uniqueArray(namedPort, { maxLength: 3, selector: (port) => JSON.stringify(port) }),
  })
  .map((from): Pod => {
    const hostNetwork = from.hostNetwork && from.rare === 0;
    const finished = from.rare === 1;
    const own = [
      address(`10.244.${from.node + 1}.${from.slot}`),
      address(`fd00:244:${from.node + 1}::${from.slot.toString(16)}`),
    ];
    const wanted = own.filter(
      (_, family) => from.family === 'both' || from.family === (family === 0 ? 'IPv4' : 'IPv6'),
    );
    return {
      namespace: from.namespace,
      name: `p${from.number}`,
      uid: '',
      labels: from.labels,
      nodeName: nodeNames[from.node],
      addresses: finished ? [] : hostNetwork ? (nodes[from.node]?.addresses ?? []) : wanted,
      hostNetwork,
      finished,
      created: from.created,
      terminating: from.terminating,
      ports: [...from.ports].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
      containerPorts: [],
    };
  });

const block: fc.Arbitrary<Cidr> = fc
  .oneof(
    fc.constantFrom(
      '0.0.0.0/0',
      '::/0',
      '10.244.0.0/16',
      '10.244.1.0/24',
      '203.0.113.0/24',
      '192.168.50.0/24',
      'fd00::/16',
    ),
    fc
      .tuple(fc.constantFrom(1, 2), fc.integer({ min: 0, max: 7 }), fc.integer({ min: 28, max: 32 }))
      .map(([third, host, length]) => `10.244.${third}.${host}/${length}`),
    fc
      .tuple(fc.constantFrom(1, 2), fc.integer({ min: 0, max: 7 }), fc.integer({ min: 124, max: 128 }))
      .map(([group, host, length]) => `fd00:244:${group}::${host.toString(16)}/${length}`),
    fc
      .tuple(fc.nat({ max: 255 }), fc.integer({ min: 24, max: 32 }))
      .map(([host, length]) => `203.0.113.${host}/${length}`),
  )
  .map(cidr);

const peer: fc.Arbitrary<PolicyPeer> = fc.oneof(
  fc.record({ kind: fc.constant('pods' as const), podSelector: selector }),
  fc.record({ kind: fc.constant('pods' as const), podSelector: selector, namespaceSelector }),
  fc.tuple(block, fc.array(block, { maxLength: 3 })).map(([outer, inner]) => ({
    kind: 'ipBlock' as const,
    cidr: outer,
    except: inner.filter((candidate) => candidate !== outer && cidrCovers(outer, candidate)),
  })),
);

const policyPort: fc.Arbitrary<PolicyPort> = fc.oneof(
  fc.record({ kind: fc.constant('all' as const), protocol: fc.constantFrom(...protocols) }),
  fc
    .tuple(fc.constantFrom(...protocols), fc.constantFrom(...portNumbers), fc.constantFrom(0, 0, 1, 400))
    .map(([protocol, first, more]) => ({ kind: 'range' as const, protocol, first, last: first + more })),
  fc.record({
    kind: fc.constant('named' as const),
    protocol: fc.constantFrom(...protocols),
    name: fc.constantFrom(...portNames),
  }),
);

const rule: fc.Arbitrary<Omit<PolicyRule, 'index'>> = fc.record(
  {
    peers: fc.array(peer, { minLength: 1, maxLength: 3 }),
    ports: fc.array(policyPort, { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: [] },
);

/** `maxRules` high enough makes the compiler merge rules by port. */
function rules(maxRules: number): fc.Arbitrary<readonly PolicyRule[]> {
  return fc
    .array(rule, { maxLength: maxRules })
    .map((list) => list.map((item, index) => ({ index, ...item })));
}

export function policy(maxRules: number): fc.Arbitrary<NetworkPolicy> {
  return fc
    .record({
      namespace: fc.constantFrom(...namespaceNames),
      number: fc.integer({ min: 0, max: 4 }),
      podSelector: fc.oneof(fc.constant<LabelSelector>([]), selector),
      policyTypes: fc.subarray<Direction>([...directions], { minLength: 1 }),
      ingress: rules(maxRules),
      egress: rules(maxRules),
      audited: fc.nat({ max: 4 }).map((dice) => dice === 0),
    })
    .map(({ number, audited, ...from }) => ({
      ...from,
      ...(audited ? { audit: true as const } : {}),
      name: `policy-${number}`,
      uid: '',
      generation: 1,
      annotations: {},
      ingress: from.policyTypes.includes('ingress') ? from.ingress : [],
      egress: from.policyTypes.includes('egress') ? from.egress : [],
    }));
}

export const cluster: fc.Arbitrary<Cluster> = fc
  .record({
    namespaces: fc.uniqueArray(namespace, { maxLength: 3, selector: ({ name }) => name }),
    pods: fc.uniqueArray(pod, {
      minLength: 2,
      maxLength: 8,
      selector: ({ namespace, name }) => `${namespace}/${name}`,
    }),
    policies: fc
      .oneof(
        { weight: 3, arbitrary: fc.array(policy(3), { maxLength: 5 }) },
        { weight: 1, arbitrary: fc.array(policy(14), { minLength: 1, maxLength: 3 }) },
      )
      .map((list) => [...new Map(list.map((item) => [`${item.namespace}/${item.name}`, item])).values()]),
  })
  .map((parts) => ({ ...parts, nodes, services: [], ingresses: [] }));

/**
 * Flows between whoever has an address in the cluster: pods, nodes, the world; at least one end is a pod. `undefined` where
 * no pod has an address.
 */
export function flowIn(from: Cluster): fc.Arbitrary<Flow | undefined> {
  const addresses = [
    ...from.pods.flatMap(({ addresses: own }) => own),
    ...from.nodes.flatMap(({ addresses: own }) => own),
    ...externals,
  ];
  const ends = [...new Set(addresses)].map((own) => endpointAt(from, own));
  const pairs = ends.flatMap((source) =>
    ends
      .filter((destination) => familyOf(source.address) === familyOf(destination.address))
      .filter((destination) => source.kind === 'pod' || destination.kind === 'pod')
      .map((destination) => ({ source, destination })),
  );
  if (pairs.length === 0) return fc.constant(undefined);
  return fc
    .record({
      pair: fc.constantFrom(...pairs),
      protocol: fc.constantFrom<FlowProtocol>('TCP', 'TCP', 'UDP', 'SCTP', 'ICMP', 'other'),
      port: fc.constantFrom(80, 80, 81, 82, 443, 481, 9999),
    })
    .map(({ pair, protocol, port }) =>
      protocol === 'ICMP' || protocol === 'other' ? { ...pair, protocol } : { ...pair, protocol, port },
    );
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
}

function cidr(text: string): Cidr {
  const reading = readCidr(text);
  if (!reading.ok) throw new Error(`not a CIDR: ${text}`);
  return reading.cidr;
}
