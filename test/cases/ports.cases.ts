import { policy } from './manifests.ts';
import { allow, deny, type PolicyCase } from './policy-case.ts';

/** Lets anybody reach x/a at these ports. */
function ingressPorts(ports: string): string {
  return policy('x/p', `{ podSelector: { matchLabels: { pod: a } }, ingress: [{ ports: ${ports} }] }`);
}

/** Lets x/a reach anybody at these ports. */
function egressPorts(ports: string): string {
  return policy(
    'x/p',
    `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress], egress: [{ ports: ${ports} }] }`,
  );
}

export const portsCases: readonly PolicyCase[] = [
  {
    name: 'protocol-missing-is-tcp',
    source: 'P1',
    manifests: ingressPorts('[{ port: 80 }]'),
    flows: [
      ...allow('y/a', 'x/a:80/TCP'),
      ...deny('y/a', 'x/a:80/UDP', 'x/a:80/SCTP', 'x/a:81/TCP', 'x/a:ICMP'),
    ],
  },
  {
    name: 'protocol-null-is-tcp',
    source: 'P1',
    manifests: ingressPorts('[{ protocol: null, port: 80 }]'),
    flows: [...allow('y/a', 'x/a:80/TCP'), ...deny('y/a', 'x/a:80/UDP', 'x/a:80/SCTP')],
  },
  {
    name: 'port-missing-is-every-tcp-port',
    source: 'P2',
    manifests: ingressPorts('[{ protocol: TCP }]'),
    flows: [
      ...allow('y/a', 'x/a:80/TCP', 'x/a:1/TCP', 'x/a:65535/TCP'),
      ...deny('y/a', 'x/a:80/UDP', 'x/a:80/SCTP', 'x/a:ICMP'),
    ],
  },
  {
    name: 'port-missing-is-every-udp-port',
    source: 'P2',
    manifests: egressPorts('[{ protocol: UDP }]'),
    flows: [
      ...allow('x/a', 'y/a:80/UDP', 'y/a:53/UDP', 'external/203.0.113.10:65535/UDP'),
      ...deny('x/a', 'y/a:80/TCP', 'y/a:80/SCTP', 'y/a:ICMP'),
    ],
  },
  {
    name: 'port-null-is-every-sctp-port',
    source: 'P2',
    manifests: ingressPorts('[{ protocol: SCTP, port: null }]'),
    flows: [
      ...allow('y/a', 'x/a:80/SCTP', 'x/a:9999/SCTP'),
      ...deny('y/a', 'x/a:80/TCP', 'x/a:80/UDP', 'x/a:ICMP', 'x/a:other'),
    ],
  },
  {
    name: 'udp-port',
    source: 'P3',
    manifests: ingressPorts('[{ protocol: UDP, port: 80 }]'),
    flows: [...allow('y/a', 'x/a:80/UDP'), ...deny('y/a', 'x/a:80/TCP', 'x/a:80/SCTP', 'x/a:81/UDP')],
  },
  {
    name: 'sctp-port',
    source: 'P3',
    manifests: egressPorts('[{ protocol: SCTP, port: 81 }]'),
    flows: [...allow('x/a', 'y/a:81/SCTP'), ...deny('x/a', 'y/a:81/TCP', 'y/a:81/UDP', 'y/a:80/SCTP')],
  },
  {
    name: 'port-items-are-alternatives',
    source: 'P3',
    manifests: ingressPorts('[{ port: 80 }, { protocol: UDP, port: 81 }]'),
    flows: [
      ...allow('y/a', 'x/a:80/TCP', 'x/a:81/UDP'),
      ...deny('y/a', 'x/a:81/TCP', 'x/a:80/UDP', 'x/a:80/SCTP'),
    ],
  },
  {
    name: 'repeated-and-covered-port-items',
    source: 'P3',
    manifests: ingressPorts(
      '[{ port: 80 }, { port: 80, protocol: TCP }, { port: 79, endPort: 80 }, { port: 80 }]',
    ),
    flows: [...allow('y/a', 'x/a:80/TCP', 'x/a:79/TCP'), ...deny('y/a', 'x/a:81/TCP', 'x/a:78/TCP')],
  },
  {
    name: 'every-tcp-port-beside-one-port',
    source: 'P3',
    manifests: ingressPorts('[{}, { port: 80 }, { protocol: UDP, port: 80 }]'),
    flows: [...allow('y/a', 'x/a:81/TCP', 'x/a:80/TCP', 'x/a:80/UDP'), ...deny('y/a', 'x/a:81/UDP')],
  },
  {
    name: 'lowest-and-highest-port',
    source: 'P3',
    manifests: ingressPorts('[{ port: 1 }, { port: 65535 }]'),
    flows: [
      ...allow('y/a', 'x/a:1/TCP', 'x/a:65535/TCP'),
      ...deny('y/a', 'x/a:2/TCP', 'x/a:65534/TCP', 'x/a:80/TCP'),
    ],
  },
  {
    name: 'egress-port-is-the-destination-port',
    source: 'P3',
    manifests: egressPorts('[{ port: 80 }]'),
    flows: [
      ...allow('x/a', 'y/a:80/TCP', 'external/203.0.113.10:80/TCP', 'node/n2:80/TCP'),
      ...deny('x/a', 'y/a:8080/TCP', 'external/203.0.113.10:443/TCP', 'node/n2:81/TCP'),
    ],
  },
  {
    name: 'ports-and-peers-must-both-match',
    source: 'P4',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } },
         ingress: [{ from: [{ podSelector: { matchLabels: { pod: b } } }, { ipBlock: { cidr: 203.0.113.0/24 } }],
                     ports: [{ port: 80 }, { protocol: UDP, port: 81 }] }] }`,
    ),
    flows: [
      ...allow(['x/b', 'external/203.0.113.10'], 'x/a:80/TCP', 'x/a:81/UDP'),
      ...deny(['x/b', 'external/203.0.113.10'], 'x/a:81/TCP', 'x/a:80/UDP', 'x/a:ICMP'),
      ...deny(['x/c', 'external/198.51.100.7'], 'x/a:80/TCP', 'x/a:81/UDP'),
    ],
  },
  {
    name: 'peers-and-ports-of-two-rules-are-not-mixed',
    source: 'P4',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress], egress: [
         { to: [{ podSelector: { matchLabels: { pod: b } } }], ports: [{ port: 80, endPort: 81 }] },
         { to: [{ podSelector: {} }], ports: [{ port: 81, endPort: 82 }] }] }`,
    ),
    flows: [
      ...allow('x/a', 'x/b:80/TCP', 'x/b:81/TCP', 'x/b:82/TCP', 'x/c:81/TCP', 'x/c:82/TCP'),
      ...deny('x/a', 'x/c:80/TCP', 'x/b:83/TCP', 'y/b:81/TCP'),
    ],
  },
  {
    name: 'rule-without-ports-beside-rule-with-ports',
    source: 'P4',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, ingress: [
         { from: [{ podSelector: { matchLabels: { pod: b } } }] }, { ports: [{ port: 80 }] }] }`,
    ),
    flows: [
      ...allow('x/b', 'x/a:80/TCP', 'x/a:81/UDP', 'x/a:ICMP'),
      ...allow(['y/a', 'external/203.0.113.10'], 'x/a:80/TCP'),
      ...deny(['y/a', 'external/203.0.113.10'], 'x/a:81/UDP', 'x/a:ICMP'),
    ],
  },
  {
    name: 'range-includes-both-ends',
    source: 'P5',
    manifests: ingressPorts('[{ port: 8000, endPort: 8010 }]'),
    flows: [
      ...allow('y/a', 'x/a:8000/TCP', 'x/a:8005/TCP', 'x/a:8010/TCP'),
      ...deny('y/a', 'x/a:7999/TCP', 'x/a:8011/TCP', 'x/a:8005/UDP', 'x/a:80/TCP'),
    ],
  },
  {
    name: 'range-of-one-port',
    source: 'P5',
    manifests: ingressPorts('[{ port: 80, endPort: 80 }]'),
    flows: [...allow('y/a', 'x/a:80/TCP'), ...deny('y/a', 'x/a:79/TCP', 'x/a:81/TCP')],
  },
  {
    name: 'range-of-every-port',
    source: 'P5',
    manifests: ingressPorts('[{ port: 1, endPort: 65535 }]'),
    flows: [
      ...allow('y/a', 'x/a:1/TCP', 'x/a:80/TCP', 'x/a:65535/TCP'),
      ...deny('y/a', 'x/a:80/UDP', 'x/a:ICMP'),
    ],
  },
  {
    name: 'range-of-udp-in-egress',
    source: 'P5',
    manifests: egressPorts('[{ protocol: UDP, port: 53, endPort: 80 }]'),
    flows: [
      ...allow('x/a', 'y/a:53/UDP', 'y/a:80/UDP', 'external/203.0.113.10:60/UDP'),
      ...deny('x/a', 'y/a:52/UDP', 'y/a:81/UDP', 'y/a:80/TCP'),
    ],
  },
  {
    name: 'range-of-sctp',
    source: 'P5',
    manifests: ingressPorts('[{ protocol: SCTP, port: 53, endPort: 80 }]'),
    flows: [...allow('y/a', 'x/a:53/SCTP', 'x/a:80/SCTP'), ...deny('y/a', 'x/a:81/SCTP', 'x/a:80/TCP')],
  },
  {
    name: 'ranges-that-overlap-touch-and-nest',
    source: 'P5',
    manifests: ingressPorts(
      '[{ port: 100, endPort: 200 }, { port: 150, endPort: 250 }, { port: 251, endPort: 260 }, { port: 110, endPort: 120 }]',
    ),
    flows: [
      ...allow('y/a', 'x/a:100/TCP', 'x/a:115/TCP', 'x/a:220/TCP', 'x/a:251/TCP', 'x/a:260/TCP'),
      ...deny('y/a', 'x/a:99/TCP', 'x/a:261/TCP'),
    ],
  },
  {
    name: 'range-without-port-is-refused-and-allows-nothing',
    source: 'P6',
    refused: 'endPort needs a port',
    manifests: ingressPorts('[{ endPort: 90 }]'),
    flows: [...deny('y/a', 'x/a:80/TCP', 'x/a:90/TCP', 'x/a:ICMP')],
  },
  {
    name: 'range-from-a-name-is-refused-and-allows-nothing',
    source: 'P6',
    refused: 'endPort needs a numeric port',
    manifests: ingressPorts('[{ port: serve-80-tcp, endPort: 90 }]'),
    flows: [...deny('y/a', 'x/a:80/TCP', 'x/a:90/TCP')],
  },
  {
    name: 'range-backwards-is-refused-and-allows-nothing',
    source: 'P6',
    refused: 'endPort must be at least port',
    manifests: ingressPorts('[{ port: 90, endPort: 80 }]'),
    flows: [...deny('y/a', 'x/a:80/TCP', 'x/a:85/TCP', 'x/a:90/TCP')],
  },
  {
    name: 'unknown-protocol-is-refused-and-allows-nothing',
    source: 'P6',
    refused: 'only TCP, UDP and SCTP are protocols here',
    manifests: ingressPorts('[{ protocol: ICMP }]'),
    flows: [...deny('y/a', 'x/a:ICMP', 'x/a:80/TCP')],
  },
  {
    name: 'number-in-quotes-is-refused-and-allows-nothing',
    source: 'P6',
    refused: 'text is a port name, and a name needs a letter',
    manifests: ingressPorts("[{ port: '80' }]"),
    flows: [...deny('y/a', 'x/a:80/TCP')],
  },
  {
    name: 'every-port-of-every-named-protocol-is-not-everything',
    source: 'P7',
    manifests: ingressPorts('[{ protocol: TCP }, { protocol: UDP }, { protocol: SCTP }]'),
    flows: [
      ...allow('y/a', 'x/a:80/TCP', 'x/a:81/UDP', 'x/a:80/SCTP'),
      ...deny('y/a', 'x/a:ICMP', 'x/a:other'),
    ],
  },
];
