import { policy } from './manifests.ts';
import { allow, deny, type PolicyCase } from './policy-case.ts';

const a = 'podSelector: { matchLabels: { pod: a } }';
const anybody = ['x/b', 'x/c', 'y/bare', 'node/n2', 'external/203.0.113.10', 'external/2001:db8:1::10'];
const anything = ['x/a:80/TCP', 'x/a:81/UDP', 'x/a:80/SCTP', 'x/a:ICMP', 'x/a:other'];
const everywhere = ['x/b', 'y/bare', 'node/n2', 'external/203.0.113.10', 'external/2001:db8:1::10'];

/** Whatever is sent, to each of the destinations. */
function everythingTo(destinations: readonly string[]): readonly string[] {
  return destinations.flatMap((name) => [
    `${name}:80/TCP`,
    `${name}:81/UDP`,
    `${name}:80/SCTP`,
    `${name}:ICMP`,
  ]);
}

export const emptyMissingNullCases: readonly PolicyCase[] = [
  {
    name: 'ingress-missing-allows-nothing',
    source: 'E1',
    manifests: policy('x/p', `{ ${a}, policyTypes: [Ingress] }`),
    flows: [...deny(anybody, 'x/a:80/TCP', 'x/a:ICMP')],
  },
  {
    name: 'ingress-empty-list-allows-nothing',
    source: 'E1',
    manifests: policy('x/p', `{ ${a}, policyTypes: [Ingress], ingress: [] }`),
    flows: [...deny(anybody, 'x/a:80/TCP', 'x/a:81/UDP')],
  },
  {
    name: 'ingress-null-allows-nothing',
    source: 'E1',
    manifests: policy('x/p', `{ ${a}, policyTypes: [Ingress], ingress: null }`),
    flows: [...deny(anybody, 'x/a:80/TCP')],
  },
  {
    name: 'egress-missing-allows-nothing',
    source: 'E1',
    manifests: policy('x/p', `{ ${a}, policyTypes: [Egress] }`),
    flows: [...deny('x/a', ...everythingTo(everywhere)), ...allow('x/b', 'x/a:80/TCP')],
  },
  {
    name: 'egress-empty-list-allows-nothing',
    source: 'E1',
    manifests: policy('x/p', `{ ${a}, policyTypes: [Egress], egress: [] }`),
    flows: [...deny('x/a', 'x/b:80/TCP', 'y/a:ICMP', 'external/203.0.113.10:80/TCP')],
  },
  {
    name: 'egress-null-allows-nothing',
    source: 'E1',
    manifests: policy('x/p', `{ ${a}, policyTypes: [Egress], egress: null }`),
    flows: [...deny('x/a', 'x/b:80/TCP', 'y/a:80/UDP', 'external/2001:db8:1::10:80/TCP')],
  },
  {
    name: 'ingress-empty-rule-allows-everything',
    source: 'E2',
    manifests: policy('x/p', `{ ${a}, ingress: [{}] }`),
    flows: [...allow(anybody, ...anything)],
  },
  {
    name: 'ingress-null-rule-allows-everything',
    source: 'E2',
    manifests: policy('x/p', `{ ${a}, ingress: [null] }`),
    flows: [...allow(anybody, 'x/a:80/TCP', 'x/a:ICMP')],
  },
  {
    name: 'egress-empty-rule-allows-everything',
    source: 'E2',
    manifests: policy('x/p', `{ ${a}, policyTypes: [Egress], egress: [{}] }`),
    flows: [...allow('x/a', ...everythingTo(everywhere), 'y/a:other')],
  },
  {
    name: 'egress-null-rule-allows-everything',
    source: 'E2',
    manifests: policy('x/p', `{ ${a}, policyTypes: [Egress], egress: [null] }`),
    flows: [...allow('x/a', 'x/b:80/TCP', 'y/bare:ICMP', 'external/203.0.113.10:80/TCP')],
  },
  {
    name: 'from-missing-is-every-peer',
    source: 'E3',
    manifests: policy('x/p', `{ ${a}, ingress: [{ ports: [{ port: 80 }] }] }`),
    flows: [...allow(anybody, 'x/a:80/TCP'), ...deny(anybody, 'x/a:81/TCP')],
  },
  {
    name: 'from-empty-list-is-every-peer',
    source: 'E3',
    manifests: policy('x/p', `{ ${a}, ingress: [{ from: [], ports: [{ port: 80 }] }] }`),
    flows: [...allow(anybody, 'x/a:80/TCP'), ...deny('x/b', 'x/a:81/TCP')],
  },
  {
    name: 'from-null-is-every-peer',
    source: 'E3',
    manifests: policy('x/p', `{ ${a}, ingress: [{ from: null, ports: [{ port: 80 }] }] }`),
    flows: [...allow(anybody, 'x/a:80/TCP'), ...deny('x/b', 'x/a:81/TCP')],
  },
  {
    name: 'to-missing-is-every-peer',
    source: 'E3',
    manifests: policy('x/p', `{ ${a}, policyTypes: [Egress], egress: [{ ports: [{ port: 80 }] }] }`),
    flows: [
      ...allow('x/a', ...everywhere.map((name) => `${name}:80/TCP`)),
      ...deny('x/a', ...everywhere.map((name) => `${name}:81/TCP`)),
    ],
  },
  {
    name: 'to-empty-list-is-every-peer',
    source: 'E3',
    manifests: policy('x/p', `{ ${a}, policyTypes: [Egress], egress: [{ to: [], ports: [{ port: 80 }] }] }`),
    flows: [...allow('x/a', ...everywhere.map((name) => `${name}:80/TCP`)), ...deny('x/a', 'x/b:81/TCP')],
  },
  {
    name: 'to-null-is-every-peer',
    source: 'E3',
    manifests: policy(
      'x/p',
      `{ ${a}, policyTypes: [Egress], egress: [{ to: null, ports: [{ port: 80 }] }] }`,
    ),
    flows: [...allow('x/a', ...everywhere.map((name) => `${name}:80/TCP`)), ...deny('x/a', 'x/b:81/TCP')],
  },
  {
    name: 'empty-peer-is-refused-and-allows-nothing',
    source: 'E4',
    refused: 'a peer must name something',
    manifests: policy('x/p', `{ ${a}, ingress: [{ from: [{}] }] }`),
    flows: [...deny(anybody, 'x/a:80/TCP'), ...allow('x/a', 'x/b:80/TCP')],
  },
  {
    name: 'null-peer-is-refused-and-allows-nothing',
    source: 'E4',
    refused: 'a peer must name something',
    manifests: policy('x/p', `{ ${a}, policyTypes: [Egress], egress: [{ to: [null] }] }`),
    flows: [...deny('x/a', 'x/b:80/TCP', 'external/203.0.113.10:80/TCP'), ...allow('x/b', 'x/a:80/TCP')],
  },
  {
    name: 'ports-missing-is-every-port-of-every-protocol',
    source: 'E5',
    manifests: policy('x/p', `{ ${a}, ingress: [{ from: [{ podSelector: {} }] }] }`),
    flows: [...allow('x/b', ...anything, 'x/a:7981/TCP'), ...deny('y/a', ...anything)],
  },
  {
    name: 'ports-empty-list-is-every-port-of-every-protocol',
    source: 'E5',
    manifests: policy('x/p', `{ ${a}, ingress: [{ from: [{ podSelector: {} }], ports: [] }] }`),
    flows: [...allow('x/b', ...anything), ...deny('y/a', ...anything)],
  },
  {
    name: 'ports-null-is-every-port-of-every-protocol',
    source: 'E5',
    manifests: policy(
      'x/p',
      `{ ${a}, policyTypes: [Egress], egress: [{ to: [{ podSelector: {} }], ports: null }] }`,
    ),
    flows: [...allow('x/a', ...everythingTo(['x/b']), 'x/b:other'), ...deny('x/a', ...everythingTo(['y/b']))],
  },
  {
    name: 'empty-port-item-is-every-tcp-port',
    source: 'E6',
    manifests: policy('x/p', `{ ${a}, ingress: [{ ports: [{}] }] }`),
    flows: [
      ...allow(anybody, 'x/a:80/TCP', 'x/a:7981/TCP'),
      ...deny('x/b', 'x/a:80/UDP', 'x/a:80/SCTP', 'x/a:ICMP', 'x/a:other'),
    ],
  },
  {
    name: 'null-port-item-is-every-tcp-port',
    source: 'E6',
    manifests: policy('x/p', `{ ${a}, policyTypes: [Egress], egress: [{ ports: [null] }] }`),
    flows: [...allow('x/a', 'y/a:80/TCP', 'y/a:7981/TCP'), ...deny('x/a', 'y/a:80/UDP', 'y/a:ICMP')],
  },
  {
    name: 'empty-pod-selector-peer-is-the-own-namespace',
    source: 'E7',
    manifests: policy('x/p', `{ ${a}, ingress: [{ from: [{ podSelector: {} }] }] }`),
    flows: [
      ...allow(['x/b', 'x/c', 'x/d', 'x/bare'], 'x/a:80/TCP'),
      ...deny(['y/a', 'y/bare', 'z/b', 'node/n2', 'external/203.0.113.10'], 'x/a:80/TCP'),
    ],
  },
  {
    name: 'empty-pod-selector-peer-of-selected-namespaces',
    source: 'E7',
    manifests: policy(
      'x/p',
      `{ ${a}, ingress: [{ from: [{ podSelector: {}, namespaceSelector: { matchLabels: { ns: "y" } } }] }] }`,
    ),
    flows: [
      ...allow(['y/a', 'y/b', 'y/bare'], 'x/a:80/TCP'),
      ...deny(['x/b', 'x/bare', 'z/b', 'external/203.0.113.10'], 'x/a:80/TCP'),
    ],
  },
  {
    name: 'null-namespace-selector-is-no-namespace-selector',
    source: 'E7',
    manifests: policy(
      'x/p',
      `{ ${a}, ingress: [{ from: [{ namespaceSelector: null, ipBlock: null, podSelector: { matchLabels: { pod: b } } }] }] }`,
    ),
    flows: [...allow('x/b', 'x/a:80/TCP'), ...deny(['x/c', 'y/b', 'z/b'], 'x/a:80/TCP')],
  },
  {
    name: 'empty-namespace-selector-is-every-pod',
    source: 'E8',
    manifests: policy('x/p', `{ ${a}, ingress: [{ from: [{ namespaceSelector: {} }] }] }`),
    flows: [
      ...allow(['x/b', 'x/bare', 'y/a', 'y/bare', 'z/c'], 'x/a:80/TCP', 'x/a:ICMP'),
      ...deny(['external/203.0.113.10', 'external/2001:db8:1::10', 'node/n2', 'x/host'], 'x/a:80/TCP'),
    ],
  },
  {
    name: 'empty-namespace-selector-in-egress-is-every-pod',
    source: 'E8',
    manifests: policy(
      'x/p',
      `{ ${a}, policyTypes: [Egress], egress: [{ to: [{ namespaceSelector: {} }] }] }`,
    ),
    flows: [
      ...allow('x/a', 'x/b:80/TCP', 'y/bare:80/TCP', 'z/c:80/UDP'),
      ...deny('x/a', 'external/203.0.113.10:80/TCP', 'external/2001:db8:1::10:80/TCP', 'node/n2:80/TCP'),
    ],
  },
  {
    name: 'null-pod-selector-is-all-pods-of-the-namespaces',
    source: 'E8',
    manifests: policy(
      'x/p',
      `{ ${a}, ingress: [{ from: [{ podSelector: null, namespaceSelector: { matchLabels: { ns: z } } }] }] }`,
    ),
    flows: [...allow(['z/a', 'z/b', 'z/c'], 'x/a:80/TCP'), ...deny(['x/b', 'y/a'], 'x/a:80/TCP')],
  },
];
