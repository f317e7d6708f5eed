import { policy } from './manifests.ts';
import { allow, deny, type PolicyCase } from './policy-case.ts';

const b = '{ podSelector: { matchLabels: { pod: b } } }';

export const protocolsCases: readonly PolicyCase[] = [
  {
    name: 'icmp-is-isolated-like-the-rest',
    source: 'J4',
    manifests: policy('x/p', '{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress, Egress] }'),
    flows: [
      ...deny(['x/b', 'y/a', 'external/203.0.113.10', 'external/2001:db8:1::10'], 'x/a:ICMP', 'x/a:other'),
      ...deny('x/a', 'x/b:ICMP', 'y/a:other', 'external/203.0.113.10:ICMP'),
      ...allow('x/b', 'y/a:ICMP', 'y/a:other'),
    ],
  },
  {
    name: 'icmp-passes-under-a-rule-without-ports',
    source: 'J4',
    manifests: policy('x/p', `{ podSelector: { matchLabels: { pod: a } }, ingress: [{ from: [${b}] }] }`),
    flows: [...allow('x/b', 'x/a:ICMP', 'x/a:other'), ...deny('x/c', 'x/a:ICMP', 'x/a:other')],
  },
  {
    name: 'icmp-does-not-pass-under-a-rule-with-ports',
    source: 'J4',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress, Egress],
         ingress: [{ from: [${b}], ports: [{ port: 80 }, { protocol: UDP }] }],
         egress: [{ to: [${b}], ports: [{ protocol: SCTP }] }] }`,
    ),
    flows: [
      ...allow('x/b', 'x/a:80/TCP', 'x/a:81/UDP'),
      ...deny('x/b', 'x/a:ICMP', 'x/a:other'),
      ...allow('x/a', 'x/b:80/SCTP'),
      ...deny('x/a', 'x/b:ICMP', 'x/b:other'),
    ],
  },
  {
    name: 'icmp-needs-both-directions',
    source: 'J4',
    manifests:
      policy('x/p', '{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress], egress: [{}] }') +
      policy('y/p', '{ podSelector: { matchLabels: { pod: a } }, ingress: [{ ports: [{}] }] }'),
    flows: [
      ...deny('x/a', 'y/a:ICMP', 'y/a:other'),
      ...allow('x/a', 'y/b:ICMP', 'y/b:other', 'y/a:80/TCP', 'external/203.0.113.10:ICMP'),
    ],
  },
  {
    name: 'icmp-by-address',
    source: 'J4',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress],
         egress: [{ to: [{ ipBlock: { cidr: 203.0.113.10/32 } }, { ipBlock: { cidr: '2001:db8:1::10/128' } }] }] }`,
    ),
    flows: [
      ...allow(
        'x/a',
        'external/203.0.113.10:ICMP',
        'external/2001:db8:1::10:ICMP',
        'external/203.0.113.10:other',
      ),
      ...deny('x/a', 'external/203.0.113.20:ICMP', 'external/2001:db8:1::20:ICMP', 'x/b:ICMP'),
    ],
  },
  {
    name: 'neighbour-discovery-needs-no-rule',
    source: 'J3',
    manifests:
      policy(
        'x/p',
        `{ podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{ ports: [{ port: 80 }] }],
           egress: [{ ports: [{ port: 80 }] }] }`,
      ) +
      policy(
        'y/p',
        `{ podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{ ports: [{ port: 80 }] }],
           egress: [{ ports: [{ port: 80 }] }] }`,
      ),
    flows: [
      ...allow('x/a@IPv6', 'x/b:80/TCP', 'x/c:80/TCP', 'y/a:80/TCP', 'y/b:80/TCP'),
      ...deny('x/a@IPv6', 'x/b:ICMP', 'x/c:ICMP', 'y/a:ICMP', 'y/b:ICMP', 'x/c:81/TCP'),
      ...allow('external/2001:db8:1::10', 'x/a:80/TCP'),
    ],
  },
  {
    name: 'protocols-do-not-stand-for-each-other',
    source: 'J4',
    manifests: policy(
      'x/p',
      `{ podSelector: {}, ingress: [
         { from: [{ podSelector: { matchLabels: { pod: a } } }], ports: [{ protocol: TCP, port: 80 }] },
         { from: [${b}], ports: [{ protocol: UDP, port: 80 }] },
         { from: [{ podSelector: { matchLabels: { pod: d } } }], ports: [{ protocol: SCTP, port: 80 }] }] }`,
    ),
    flows: [
      ...allow('x/a', 'x/c:80/TCP'),
      ...deny('x/a', 'x/c:80/UDP', 'x/c:80/SCTP'),
      ...allow('x/b', 'x/c:80/UDP'),
      ...deny('x/b', 'x/c:80/TCP', 'x/c:80/SCTP'),
      ...allow('x/d', 'x/c:80/SCTP'),
      ...deny('x/d', 'x/c:80/TCP', 'x/c:80/UDP'),
    ],
  },
  {
    name: 'service-address-is-not-what-is-judged',
    source: 'J1',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress],
         egress: [{ to: [{ ipBlock: { cidr: 10.96.0.0/12 } }, { ipBlock: { cidr: 'fd00:96::/112' } }] }] }`,
    ),
    flows: [...deny('x/a', 'y/a:80/TCP', 'x/b:80/TCP'), ...allow('x/b', 'y/a:80/TCP')],
  },
  {
    name: 'target-port-is-what-is-judged',
    source: 'J1',
    manifests:
      `---
apiVersion: v1
kind: Service
metadata: { namespace: x, name: d }
spec: { selector: { pod: d }, clusterIP: 10.96.0.14, clusterIPs: [10.96.0.14], ports: [{ port: 80, targetPort: 8080 }] }
` +
      policy(
        'x/p',
        `{ podSelector: { matchLabels: { pod: d } }, ingress: [
           { from: [{ namespaceSelector: { matchLabels: { ns: "y" } } }], ports: [{ port: 80 }] },
           { from: [{ namespaceSelector: { matchLabels: { ns: z } } }], ports: [{ port: 8080 }] }] }`,
      ),
    flows: [
      ...deny('y/a', 'x/d:8080/TCP'),
      ...allow('z/a', 'x/d:8080/TCP'),
      ...allow('y/a', 'x/d:80/TCP'),
      ...deny('z/a', 'x/d:80/TCP'),
    ],
  },
  {
    name: 'masqueraded-client-is-the-node-that-hides-it',
    source: 'J1',
    manifests: policy(
      'x/p',
      '{ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 203.0.113.0/24 } }], ports: [{ port: 80 }] }] }',
    ),
    flows: [
      ...allow('external/203.0.113.10', 'x/a:80/TCP', 'x/b:80/TCP'),
      ...deny('node/n1', 'x/b:80/TCP'),
      ...allow('node/n1', 'x/a:80/TCP'),
      ...deny('node/n2', 'x/a:80/TCP'),
    ],
  },
];
