import { namespace, pod, policy } from './manifests.ts';
import { allow, deny, type PolicyCase } from './policy-case.ts';

// What enforcement engines are known to have got wrong, one case for each, in the form in which it was reported.
// Established connections, the one item of that list that is about time, have tests of their own.

export const knownEngineBugsCases: readonly PolicyCase[] = [
  {
    name: 'bug-block-ignored-for-pods-on-the-same-node',
    source: 'K1',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress, Egress],
         ingress: [{ from: [{ ipBlock: { cidr: 10.244.1.13/32 } }, { ipBlock: { cidr: 'fd00:244:1::13/128' } }] }],
         egress: [{ to: [{ ipBlock: { cidr: 10.244.1.22/32 } }, { ipBlock: { cidr: 'fd00:244:1::22/128' } }] }] }`,
    ),
    flows: [
      ...allow('x/c', 'x/a:80/TCP'),
      ...deny(['y/b', 'z/a'], 'x/a:80/TCP'),
      ...allow('x/a', 'y/b:80/TCP'),
      ...deny('x/a', 'x/c:80/TCP', 'z/a:80/TCP'),
    ],
  },
  {
    name: 'bug-block-of-everything-without-pods-and-nodes',
    source: 'K1',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress],
         egress: [{ to: [{ ipBlock: { cidr: 0.0.0.0/0 } }, { ipBlock: { cidr: '::/0' } }], ports: [{ port: 80 }] }] }`,
    ),
    flows: [
      ...allow(
        'x/a',
        'x/b:80/TCP',
        'x/c:80/TCP',
        'y/a:80/TCP',
        'node/n2:80/TCP',
        'external/203.0.113.10:80/TCP',
      ),
      ...deny('x/a', 'x/b:81/TCP', 'node/n2:81/TCP', 'external/203.0.113.10:81/TCP'),
    ],
  },
  {
    name: 'bug-hairpin-judged-by-rules',
    source: 'K2',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress, Egress],
         ingress: [{ from: [{ podSelector: { matchLabels: { pod: b } } }], ports: [{ port: 80 }] }],
         egress: [{ to: [{ ipBlock: { cidr: 203.0.113.0/24 } }] }] }`,
    ),
    flows: [
      ...allow('x/a', 'x/a:80/TCP', 'x/a:81/TCP', 'x/a:80/UDP', 'x/a:ICMP'),
      ...deny('x/a', 'y/a:80/TCP'),
    ],
  },
  {
    name: 'bug-not-in-needs-the-key',
    source: 'K3',
    manifests:
      pod('w/a', { node: 'n1', host: 61 }) +
      policy(
        'x/p',
        `{ podSelector: { matchExpressions: [{ key: pod, operator: NotIn, values: [b] }] },
           ingress: [{ from: [{ namespaceSelector: { matchExpressions: [{ key: ns, operator: NotIn, values: ["y"] }] },
                                podSelector: { matchExpressions: [{ key: pod, operator: NotIn, values: [c] }] } }] }] }`,
      ),
    flows: [
      ...allow(['w/a', 'x/bare', 'z/a'], 'x/a:80/TCP', 'x/bare:80/TCP'),
      ...deny(['y/bare', 'x/c', 'z/c'], 'x/a:80/TCP'),
      ...deny(['y/bare', 'x/c', 'z/c'], 'x/d:80/TCP'),
      ...allow('y/bare', 'x/b:80/TCP'),
    ],
  },
  {
    name: 'bug-one-number-for-all-pods-of-a-named-port',
    source: 'K4',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchExpressions: [{ key: pod, operator: In, values: [a, d] }] },
         ingress: [{ ports: [{ port: serve-80-tcp }, { protocol: UDP, port: serve-80-udp }] }] }`,
    ),
    flows: [
      ...allow('y/a', 'x/a:80/TCP', 'x/d:8080/TCP', 'x/a:80/UDP', 'x/d:8080/UDP'),
      ...deny('y/a', 'x/a:8080/TCP', 'x/d:80/TCP', 'x/a:8080/UDP', 'x/d:80/UDP'),
    ],
  },
  {
    name: 'bug-numbers-times-pods-in-egress',
    source: 'K4',
    manifests: policy(
      'y/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress],
         egress: [{ to: [{ namespaceSelector: { matchLabels: { ns: x } },
                           podSelector: { matchExpressions: [{ key: pod, operator: In, values: [b, d] }] } }],
                    ports: [{ port: serve-80-tcp }, { port: serve-81-tcp }] }] }`,
    ),
    flows: [
      ...allow('y/a', 'x/b:80/TCP', 'x/b:81/TCP', 'x/d:80/TCP', 'x/d:8080/TCP'),
      ...deny('y/a', 'x/b:8080/TCP', 'x/d:81/TCP', 'x/a:80/TCP'),
    ],
  },
  {
    name: 'bug-egress-named-port-without-to-opens-nothing',
    source: 'K5',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress],
         egress: [{ to: [], ports: [{ protocol: UDP, port: serve-81-udp }] }] }`,
    ),
    flows: [
      ...allow('x/a', 'x/b:81/UDP', 'y/bare:81/UDP', 'z/c:81/UDP'),
      ...deny('x/a', 'x/d:81/UDP', 'x/b:80/UDP', 'x/b:81/TCP', 'external/203.0.113.10:81/UDP'),
    ],
  },
  {
    name: 'bug-end-port-taken-as-one-port',
    source: 'K6',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress, Egress],
         ingress: [{ ports: [{ port: 80, endPort: 90 }] }],
         egress: [{ ports: [{ protocol: UDP, port: 32000, endPort: 32768 }] }] }`,
    ),
    flows: [
      ...allow('y/a', 'x/a:80/TCP', 'x/a:81/TCP', 'x/a:90/TCP'),
      ...deny('y/a', 'x/a:79/TCP', 'x/a:91/TCP'),
      ...allow('x/a', 'y/a:32000/UDP', 'y/a:32767/UDP', 'y/a:32768/UDP'),
      ...deny('x/a', 'y/a:31999/UDP', 'y/a:32769/UDP', 'y/a:32000/TCP'),
    ],
  },
  {
    name: 'bug-sctp-not-enforced',
    source: 'K7',
    manifests: policy(
      'x/p',
      '{ podSelector: { matchLabels: { pod: a } }, ingress: [{ ports: [{ port: 80 }, { protocol: SCTP, port: 80 }] }] }',
    ),
    flows: [
      ...allow('y/a', 'x/a:80/SCTP', 'x/a:80/TCP'),
      ...deny('y/a', 'x/a:81/SCTP', 'x/a:80/UDP', 'x/a:81/TCP'),
    ],
  },
  {
    name: 'bug-protocol-alone-taken-as-every-protocol',
    source: 'K7',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress, Egress],
         ingress: [{ from: [{ namespaceSelector: {} }], ports: [{ protocol: UDP }] }],
         egress: [{ to: [{ namespaceSelector: {} }], ports: [{ protocol: SCTP }] }] }`,
    ),
    flows: [
      ...allow('y/a', 'x/a:80/UDP', 'x/a:9999/UDP'),
      ...deny('y/a', 'x/a:80/TCP', 'x/a:80/SCTP', 'x/a:ICMP'),
      ...allow('x/a', 'y/a:80/SCTP', 'y/a:9999/SCTP'),
      ...deny('x/a', 'y/a:80/TCP', 'y/a:80/UDP', 'external/203.0.113.10:80/SCTP'),
    ],
  },
  {
    name: 'bug-explicit-empty-lists-taken-as-nothing',
    source: 'K8',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress, Egress],
         ingress: [{ from: [], ports: [] }], egress: [{ to: [], ports: [] }] }`,
    ),
    flows: [
      ...allow(['y/a', 'external/203.0.113.10', 'node/n2'], 'x/a:80/TCP', 'x/a:ICMP'),
      ...allow('x/a', 'y/a:81/UDP', 'external/203.0.113.10:80/TCP', 'node/n2:ICMP'),
    ],
  },
  {
    name: 'bug-rules-of-finished-pods-stay-on-their-address',
    source: 'K9',
    manifests:
      pod('x/done', { labels: '{ pod: b }', node: 'n1', host: 22, phase: 'Succeeded' }) +
      policy('x/p', '{ podSelector: { matchLabels: { pod: b } }, policyTypes: [Ingress, Egress] }'),
    flows: [...allow('x/a', 'y/b:80/TCP'), ...allow('y/b', 'x/a:80/TCP'), ...deny('x/a', 'x/b:80/TCP')],
  },
  {
    name: 'bug-rules-of-terminating-pods-are-removed-early',
    source: 'K9',
    manifests:
      pod('x/leaving', { labels: '{ pod: leaving }', node: 'n2', host: 45, terminating: true }) +
      policy('x/p', '{ podSelector: { matchLabels: { pod: leaving } }, policyTypes: [Ingress, Egress] }'),
    flows: [
      ...deny('y/a', 'x/leaving:80/TCP'),
      ...deny('x/leaving', 'y/a:80/TCP', 'external/203.0.113.10:80/TCP'),
    ],
  },
  {
    name: 'bug-reused-address-keeps-the-labels-of-the-dead',
    source: 'K10',
    manifests:
      pod('y/dead', {
        labels: '{ pod: trusted }',
        node: 'n1',
        host: 33,
        phase: 'Failed',
        created: '2025-03-01T00:00:00Z',
      }) +
      policy(
        'x/p',
        `{ podSelector: { matchLabels: { pod: a } },
           ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { pod: trusted } } }] }] }`,
      ),
    flows: [...deny('z/c', 'x/a:80/TCP'), ...deny('z/a', 'x/a:80/TCP')],
  },
  {
    name: 'bug-host-network-pod-opens-or-closes-its-node',
    source: 'K11',
    manifests:
      policy('x/closed', '{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress, Egress] }') +
      policy(
        'z/p',
        `{ podSelector: { matchLabels: { pod: c } }, policyTypes: [Ingress, Egress],
           ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns: x } }, podSelector: { matchLabels: { pod: a } } }] }],
           egress: [{ to: [{ namespaceSelector: { matchLabels: { ns: x } } }] }] }`,
      ),
    flows: [
      ...allow(['y/a', 'external/203.0.113.10'], 'node/n2:80/TCP', 'x/host:80/TCP'),
      ...allow('node/n2', 'y/b:80/TCP', 'external/203.0.113.10:80/TCP'),
      ...deny(['node/n2', 'x/host'], 'z/c:80/TCP'),
      ...deny('z/c', 'node/n2:80/TCP', 'x/host:80/TCP'),
    ],
  },
  {
    name: 'bug-every-node-taken-for-the-own-node',
    source: 'K12',
    manifests: policy('x/p', '{ podSelector: {}, policyTypes: [Ingress, Egress] }'),
    flows: [
      ...allow('node/n1', 'x/a:80/TCP'),
      ...deny('node/n2', 'x/a:80/TCP'),
      ...allow('x/a', 'node/n1:80/TCP'),
      ...deny('x/a', 'node/n2:80/TCP'),
      ...allow('node/n2', 'x/b:80/TCP'),
      ...deny('node/n1', 'x/b:80/TCP'),
    ],
  },
  {
    name: 'bug-icmp-always-open-or-never',
    source: 'K14',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, ingress: [
         { from: [{ podSelector: {} }] },
         { from: [{ namespaceSelector: { matchLabels: { ns: "y" } } }], ports: [{}, { protocol: UDP }, { protocol: SCTP }] }] }`,
    ),
    flows: [
      ...allow('x/b', 'x/a:ICMP'),
      ...deny('y/a', 'x/a:ICMP', 'x/a:other'),
      ...allow('y/a', 'x/a:80/TCP', 'x/a:80/UDP', 'x/a:80/SCTP'),
      ...deny('z/a', 'x/a:ICMP'),
    ],
  },
  {
    name: 'bug-masqueraded-source-taken-for-the-own-node',
    source: 'K15',
    manifests: policy(
      'x/p',
      "{ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 203.0.113.0/24 } }, { ipBlock: { cidr: '2001:db8:1::/64' } }] }] }",
    ),
    flows: [
      ...deny('node/n2', 'x/a:80/TCP', 'x/c:80/TCP'),
      ...deny('node/n1', 'x/b:80/TCP', 'x/bare:80/TCP'),
      ...allow(['external/203.0.113.20', 'external/2001:db8:1::20'], 'x/a:80/TCP', 'x/b:80/TCP'),
    ],
  },
  {
    name: 'bug-ipv4-everything-opens-ipv6',
    source: 'K16',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress, Egress],
         ingress: [{ from: [{ ipBlock: { cidr: 0.0.0.0/0 } }] }], egress: [{ to: [{ ipBlock: { cidr: 0.0.0.0/0 } }] }] }`,
    ),
    flows: [
      ...allow('external/203.0.113.10', 'x/a:80/TCP'),
      ...deny('external/2001:db8:1::10', 'x/a:80/TCP'),
      ...allow('x/a', 'external/203.0.113.10:80/TCP'),
      ...deny('x/a', 'external/2001:db8:1::10:80/TCP'),
      ...allow('x/a@IPv4', 'y/a:80/TCP'),
      ...deny('x/a@IPv6', 'y/a:80/TCP'),
    ],
  },
  {
    name: 'bug-cidr-families-mixed-by-bits',
    source: 'K17',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress],
         egress: [{ to: [{ ipBlock: { cidr: 32.0.0.0/3 } }, { ipBlock: { cidr: 'c000::/2' } }] }] }`,
    ),
    flows: [
      ...deny(
        'x/a',
        'external/2001:db8:1::10:80/TCP',
        'external/203.0.113.10:80/TCP',
        'external/198.51.100.7:80/TCP',
      ),
      ...allow('x/a@IPv6', 'y/a:80/TCP'),
      ...deny('x/a@IPv4', 'y/a:80/TCP'),
    ],
  },
  {
    name: 'bug-cidr-read-as-octal',
    source: 'K17',
    odd: 'leading zeros',
    manifests: policy(
      'x/p',
      '{ podSelector: { matchLabels: { pod: a } }, ingress: [{ from: [{ ipBlock: { cidr: 203.0.113.020/30 } }] }] }',
    ),
    flows: [
      ...allow(['external/203.0.113.20', 'external/203.0.113.23'], 'x/a:80/TCP'),
      ...deny(['external/203.0.113.16', 'external/203.0.113.24', 'external/203.0.113.10'], 'x/a:80/TCP'),
    ],
  },
  {
    name: 'bug-cidr-in-long-form',
    source: 'K17',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } },
         ingress: [{ from: [{ ipBlock: { cidr: '2001:0DB8:0001:0000:0000:0000:0000:0010/128' } }] }] }`,
    ),
    flows: [
      ...allow('external/2001:db8:1::10', 'x/a:80/TCP'),
      ...deny(['external/2001:db8:1::20', 'external/203.0.113.10'], 'x/a:80/TCP'),
    ],
  },
  {
    name: 'bug-peer-selector-looked-up-in-the-peers-namespace',
    source: 'K18',
    manifests:
      policy(
        'x/p',
        '{ podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { pod: a } } }] }] }',
      ) +
      policy(
        'y/p',
        `{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns: x } },
                                                podSelector: { matchLabels: { pod: a } } }] }] }`,
      ),
    flows: [
      ...allow('x/a', 'x/b:80/TCP', 'y/b:80/TCP', 'y/bare:80/TCP'),
      ...deny('y/a', 'x/b:80/TCP', 'y/b:80/TCP'),
      ...deny('z/a', 'x/b:80/TCP', 'y/b:80/TCP'),
    ],
  },
  {
    name: 'bug-namespaces-with-equal-labels-mixed-up',
    source: 'K18',
    manifests:
      namespace('z', '{ ns: "y" }') +
      policy(
        'x/p',
        '{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns: "y" } } }] }] }',
      ) +
      policy('y/p', '{ podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }'),
    flows: [
      ...allow(['y/a', 'z/a'], 'x/a:80/TCP'),
      ...deny('x/b', 'x/a:80/TCP'),
      ...allow('y/b', 'y/a:80/TCP'),
      ...deny('z/b', 'y/a:80/TCP'),
    ],
  },
];
