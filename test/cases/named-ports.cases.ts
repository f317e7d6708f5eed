import { pod, policy } from './manifests.ts';
import { allow, deny, type PolicyCase } from './policy-case.ts';

// x/d serves other numbers than the rest: serve-80-tcp is 8080 there, serve-81-tcp is 80, serve-80-udp is 8080.

export const namedPortsCases: readonly PolicyCase[] = [
  {
    name: 'named-port-of-the-selected-pod',
    source: 'N1',
    manifests: policy(
      'x/p',
      '{ podSelector: { matchLabels: { pod: a } }, ingress: [{ ports: [{ port: serve-80-tcp }] }] }',
    ),
    flows: [
      ...allow(['x/b', 'y/a', 'node/n2', 'external/203.0.113.10'], 'x/a:80/TCP'),
      ...deny(
        ['x/b', 'y/a', 'external/203.0.113.10'],
        'x/a:81/TCP',
        'x/a:80/UDP',
        'x/a:8080/TCP',
        'x/a:ICMP',
      ),
    ],
  },
  {
    name: 'named-port-is-another-number-on-another-pod',
    source: 'N2',
    manifests: policy('x/p', '{ podSelector: {}, ingress: [{ ports: [{ port: serve-80-tcp }] }] }'),
    flows: [
      ...allow('y/a', 'x/a:80/TCP', 'x/b:80/TCP', 'x/bare:80/TCP', 'x/d:8080/TCP'),
      ...deny('y/a', 'x/a:8080/TCP', 'x/b:8080/TCP', 'x/bare:8080/TCP', 'x/d:80/TCP', 'x/d:81/TCP'),
    ],
  },
  {
    name: 'named-port-where-the-number-has-another-name',
    source: 'N2',
    manifests: policy('x/p', '{ podSelector: {}, ingress: [{ ports: [{ port: serve-81-tcp }] }] }'),
    flows: [
      ...allow('y/a', 'x/a:81/TCP', 'x/d:80/TCP'),
      ...deny('y/a', 'x/a:80/TCP', 'x/d:81/TCP', 'x/d:8080/TCP'),
    ],
  },
  {
    name: 'named-port-in-egress-by-pod-peer',
    source: 'N2',
    manifests: policy(
      'z/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress],
         egress: [{ to: [{ namespaceSelector: { matchLabels: { ns: x } } }], ports: [{ port: serve-80-tcp }] }] }`,
    ),
    flows: [
      ...allow('z/a', 'x/a:80/TCP', 'x/b:80/TCP', 'x/d:8080/TCP', 'x/bare:80/TCP'),
      ...deny(
        'z/a',
        'x/d:80/TCP',
        'x/a:8080/TCP',
        'x/a:81/TCP',
        'y/a:80/TCP',
        'external/203.0.113.10:80/TCP',
      ),
    ],
  },
  {
    name: 'named-port-is-never-looked-up-on-the-client-of-ingress',
    source: 'N1',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } },
         ingress: [{ from: [{ podSelector: { matchLabels: { pod: d } } }], ports: [{ port: serve-80-tcp }] }] }`,
    ),
    flows: [...allow('x/d', 'x/a:80/TCP'), ...deny('x/d', 'x/a:8080/TCP'), ...deny('x/b', 'x/a:80/TCP')],
  },
  {
    name: 'named-port-is-never-looked-up-on-the-client-of-egress',
    source: 'N1',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: d } }, policyTypes: [Egress],
         egress: [{ to: [{ podSelector: {} }], ports: [{ port: serve-80-tcp }] }] }`,
    ),
    flows: [...allow('x/d', 'x/a:80/TCP', 'x/bare:80/TCP'), ...deny('x/d', 'x/a:8080/TCP', 'x/a:81/TCP')],
  },
  {
    name: 'named-port-needs-its-protocol',
    source: 'N3',
    manifests: policy(
      'x/p',
      '{ podSelector: {}, ingress: [{ ports: [{ protocol: UDP, port: serve-80-udp }] }] }',
    ),
    flows: [
      ...allow('y/a', 'x/a:80/UDP', 'x/d:8080/UDP'),
      ...deny('y/a', 'x/a:80/TCP', 'x/d:80/UDP', 'x/d:8080/TCP', 'x/a:80/SCTP'),
    ],
  },
  {
    name: 'named-port-under-another-protocol-is-nobody',
    source: 'N3',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, ingress: [{ ports: [{ port: serve-80-udp }] }] }`,
    ),
    flows: [...deny('y/a', 'x/a:80/TCP', 'x/a:80/UDP', 'x/a:81/TCP')],
  },
  {
    name: 'one-name-with-two-protocols',
    source: 'N3',
    manifests:
      pod('x/dns', { labels: '{ pod: dns }', node: 'n1', host: 41, ports: ['dns=53/UDP', 'dns=5353/TCP'] }) +
      policy(
        'x/p',
        '{ podSelector: { matchLabels: { pod: dns } }, ingress: [{ ports: [{ protocol: UDP, port: dns }] }] }',
      ) +
      policy(
        'x/q',
        `{ podSelector: { matchLabels: { pod: dns } },
           ingress: [{ from: [{ podSelector: {} }], ports: [{ protocol: TCP, port: dns }] }] }`,
      ),
    flows: [
      ...allow('y/a', 'x/dns:53/UDP'),
      ...deny('y/a', 'x/dns:5353/TCP', 'x/dns:53/TCP', 'x/dns:5353/UDP'),
      ...allow('x/b', 'x/dns:53/UDP', 'x/dns:5353/TCP'),
      ...deny('x/b', 'x/dns:53/TCP', 'x/dns:5353/UDP'),
    ],
  },
  {
    name: 'named-port-that-nobody-declares',
    source: 'N3',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress, Egress],
         ingress: [{ ports: [{ port: nobody }] }], egress: [{ ports: [{ port: nobody }] }] }`,
    ),
    flows: [
      ...deny('y/a', 'x/a:80/TCP', 'x/a:81/TCP'),
      ...deny('x/a', 'y/a:80/TCP', 'external/203.0.113.10:80/TCP'),
    ],
  },
  {
    name: 'named-port-beside-a-number',
    source: 'N3',
    manifests: policy(
      'x/p',
      '{ podSelector: {}, ingress: [{ ports: [{ port: serve-80-tcp }, { port: 81 }, { protocol: UDP, port: 80 }] }] }',
    ),
    flows: [
      ...allow('y/a', 'x/a:80/TCP', 'x/a:81/TCP', 'x/a:80/UDP', 'x/d:8080/TCP', 'x/d:81/TCP'),
      ...deny('y/a', 'x/d:80/TCP', 'x/a:8080/TCP', 'x/a:81/UDP'),
    ],
  },
  {
    name: 'several-containers-with-one-port-name',
    source: 'N4',
    manifests:
      pod('x/twice', {
        labels: '{ pod: twice }',
        node: 'n2',
        host: 42,
        ports: ['web=8001/TCP', 'web=8002/TCP'],
      }) +
      policy(
        'x/p',
        '{ podSelector: { matchLabels: { pod: twice } }, ingress: [{ ports: [{ port: web }] }] }',
      ) +
      policy(
        'y/p',
        '{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress], egress: [{ ports: [{ port: web }] }] }',
      ),
    flows: [
      ...allow(['y/a', 'y/b'], 'x/twice:8001/TCP', 'x/twice:8002/TCP'),
      ...deny(['y/a', 'y/b'], 'x/twice:8003/TCP'),
    ],
  },
  {
    name: 'restartable-init-containers-count',
    source: 'N5',
    manifests:
      pod('x/side', {
        labels: '{ pod: side }',
        node: 'n1',
        host: 43,
        ports: ['web=80/TCP'],
        initContainers: `
  - { name: sidecar, image: serve, restartPolicy: Always, ports: [{ name: metrics, containerPort: 9090 }] }
  - { name: once, image: serve, ports: [{ name: setup, containerPort: 9091 }] }`,
      }) +
      policy(
        'x/p',
        '{ podSelector: { matchLabels: { pod: side } }, ingress: [{ ports: [{ port: metrics }, { port: setup }] }] }',
      ),
    flows: [...allow('y/a', 'x/side:9090/TCP'), ...deny('y/a', 'x/side:9091/TCP', 'x/side:80/TCP')],
  },
  {
    name: 'named-port-from-an-ip-block',
    source: 'N6',
    manifests: policy(
      'x/p',
      `{ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 203.0.113.0/24 } }, { ipBlock: { cidr: '2001:db8:1::/64' } }],
                                      ports: [{ port: serve-80-tcp }] }] }`,
    ),
    flows: [
      ...allow(['external/203.0.113.10', 'external/2001:db8:1::10'], 'x/a:80/TCP', 'x/d:8080/TCP'),
      ...deny(['external/203.0.113.10', 'external/2001:db8:1::10'], 'x/a:81/TCP', 'x/d:80/TCP'),
      ...deny(['external/198.51.100.7', 'y/a'], 'x/a:80/TCP', 'x/d:8080/TCP'),
    ],
  },
  {
    name: 'named-port-in-egress-without-to',
    source: 'N7',
    manifests: policy(
      'z/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress], egress: [{ ports: [{ port: serve-80-tcp }] }] }`,
    ),
    flows: [
      ...allow('z/a', 'x/a:80/TCP', 'y/b:80/TCP', 'y/bare:80/TCP', 'z/b:80/TCP', 'x/d:8080/TCP'),
      ...deny('z/a', 'x/d:80/TCP', 'x/a:8080/TCP', 'x/a:81/TCP', 'x/a:80/UDP'),
      ...deny('z/a', 'external/203.0.113.10:80/TCP', 'external/2001:db8:1::10:80/TCP', 'node/n2:80/TCP'),
    ],
  },
  {
    name: 'named-port-in-egress-by-ip-block',
    source: 'N7',
    manifests: policy(
      'z/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress],
         egress: [{ to: [{ ipBlock: { cidr: 10.244.2.0/24 } }], ports: [{ port: serve-80-tcp }] }] }`,
    ),
    flows: [
      ...allow('z/a@IPv4', 'x/b:80/TCP', 'x/d:8080/TCP', 'y/a:80/TCP'),
      ...deny('z/a@IPv4', 'x/d:80/TCP', 'x/b:8080/TCP', 'x/a:80/TCP', 'y/b:80/TCP'),
      ...deny('z/a@IPv6', 'x/b:80/TCP', 'x/d:8080/TCP'),
    ],
  },
  {
    name: 'named-port-toward-addresses-that-no-pod-owns',
    source: 'N7',
    manifests: policy(
      'z/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress],
         egress: [{ to: [{ ipBlock: { cidr: 0.0.0.0/0 } }, { ipBlock: { cidr: '::/0' } }], ports: [{ port: serve-80-tcp }] }] }`,
    ),
    flows: [
      ...allow('z/a', 'x/a:80/TCP', 'x/d:8080/TCP', 'y/bare:80/TCP'),
      ...deny('z/a', 'x/d:80/TCP', 'node/n2:80/TCP', 'x/host:80/TCP'),
      ...deny('z/a', 'external/203.0.113.10:80/TCP', 'external/2001:db8:1::20:80/TCP'),
    ],
  },
  {
    name: 'named-port-of-a-host-network-pod-is-nobody',
    source: 'N7',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: c } }, policyTypes: [Egress],
         egress: [{ to: [{ podSelector: {} }, { ipBlock: { cidr: 192.168.50.0/24 } }], ports: [{ port: serve-80-tcp }] }] }`,
    ),
    flows: [...allow('x/c', 'x/a:80/TCP'), ...deny('x/c', 'x/host:80/TCP', 'node/n2:80/TCP')],
  },
];
