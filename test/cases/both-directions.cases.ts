import { policy } from './manifests.ts';
import { allow, deny, type PolicyCase } from './policy-case.ts';

const denyEgressOfXA = policy(
  'x/no-egress',
  '{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress] }',
);
const denyIngressOfYC = policy('y/no-ingress', '{ podSelector: { matchLabels: { pod: c } } }');

export const bothDirectionsCases: readonly PolicyCase[] = [
  {
    name: 'egress-allows-ingress-denies',
    source: 'I8',
    manifests:
      policy('x/out', '{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress], egress: [{}] }') +
      denyIngressOfYC,
    flows: [...deny('x/a', 'y/c:80/TCP', 'y/c:ICMP'), ...allow('x/a', 'y/a:80/TCP')],
  },
  {
    name: 'ingress-allows-egress-denies',
    source: 'I8',
    manifests: denyEgressOfXA + policy('y/in', '{ podSelector: { matchLabels: { pod: c } }, ingress: [{}] }'),
    flows: [...deny('x/a', 'y/c:80/TCP', 'y/a:80/TCP'), ...allow('x/b', 'y/c:80/TCP')],
  },
  {
    name: 'both-sides-allow',
    source: 'I8',
    manifests:
      policy(
        'x/out',
        `{ podSelector: {}, policyTypes: [Egress],
           egress: [{ to: [{ namespaceSelector: { matchLabels: { ns: "y" } } }], ports: [{ port: 80 }] }] }`,
      ) +
      policy(
        'y/in',
        `{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns: x } } }], ports: [{ port: 80 }] }] }`,
      ),
    flows: [
      ...allow(['x/a', 'x/b', 'x/bare'], 'y/a:80/TCP', 'y/b:80/TCP', 'y/bare:80/TCP'),
      ...deny('x/a', 'y/a:81/TCP', 'z/a:80/TCP', 'x/b:80/TCP'),
      ...deny('z/a', 'y/a:80/TCP'),
      ...deny('y/b', 'y/a:80/TCP'),
    ],
  },
  {
    name: 'ports-that-do-not-meet',
    source: 'I8',
    manifests:
      policy(
        'x/out',
        '{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress], egress: [{ ports: [{ port: 80 }] }] }',
      ) +
      policy('y/in', '{ podSelector: { matchLabels: { pod: c } }, ingress: [{ ports: [{ port: 81 }] }] }'),
    flows: [
      ...deny('x/a', 'y/c:80/TCP', 'y/c:81/TCP'),
      ...allow('x/a', 'y/a:80/TCP'),
      ...allow('x/b', 'y/c:81/TCP'),
    ],
  },
  {
    name: 'ports-that-meet-in-part',
    source: 'I8',
    manifests:
      policy(
        'x/out',
        `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress],
           egress: [{ ports: [{ port: 80, endPort: 90 }] }] }`,
      ) +
      policy(
        'y/in',
        '{ podSelector: { matchLabels: { pod: c } }, ingress: [{ ports: [{ port: 85, endPort: 95 }] }] }',
      ),
    flows: [...allow('x/a', 'y/c:85/TCP', 'y/c:90/TCP'), ...deny('x/a', 'y/c:84/TCP', 'y/c:91/TCP')],
  },
  {
    name: 'ingress-rule-does-not-satisfy-egress',
    source: 'I9',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress, Egress],
         ingress: [{ from: [{ podSelector: { matchLabels: { pod: b } } }] }] }`,
    ),
    flows: [...allow('x/b', 'x/a:80/TCP'), ...deny('x/a', 'x/b:80/TCP'), ...deny('x/c', 'x/a:80/TCP')],
  },
  {
    name: 'egress-rule-does-not-satisfy-ingress',
    source: 'I9',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress, Egress],
         egress: [{ to: [{ podSelector: { matchLabels: { pod: b } } }] }] }`,
    ),
    flows: [...allow('x/a', 'x/b:80/TCP'), ...deny('x/b', 'x/a:80/TCP'), ...deny('x/a', 'x/c:80/TCP')],
  },
  {
    name: 'ingress-rule-of-the-receiver-does-not-open-the-sender',
    source: 'I9',
    manifests: policy(
      'x/p',
      `{ podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{ from: [{ podSelector: {} }] }] }`,
    ),
    flows: [
      ...deny('x/a', 'x/b:80/TCP', 'x/c:80/TCP'),
      ...deny('x/c', 'x/a:80/TCP'),
      ...deny('y/a', 'x/a:80/TCP'),
    ],
  },
  {
    name: 'same-pods-and-both-directions',
    source: 'I9',
    manifests: policy(
      'x/p',
      `{ podSelector: {}, policyTypes: [Ingress, Egress],
         ingress: [{ from: [{ podSelector: {} }] }], egress: [{ to: [{ podSelector: {} }] }] }`,
    ),
    flows: [
      ...allow('x/a', 'x/b:80/TCP', 'x/c:81/UDP', 'x/bare:80/SCTP', 'x/b:ICMP'),
      ...allow('x/c', 'x/a:80/TCP'),
      ...deny('x/a', 'y/a:80/TCP', 'external/203.0.113.10:80/TCP'),
      ...deny('y/a', 'x/a:80/TCP'),
    ],
  },
  {
    name: 'reply-passes-though-the-server-may-not-send',
    source: 'I10',
    manifests: policy(
      'y/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress, Egress], ingress: [{}] }`,
    ),
    flows: [
      ...allow(['x/a', 'x/b', 'external/203.0.113.10'], 'y/a:80/TCP', 'y/a:80/UDP', 'y/a:ICMP'),
      ...deny('y/a', 'x/a:80/TCP', 'x/b:80/UDP', 'external/203.0.113.10:80/TCP', 'x/a:ICMP'),
    ],
  },
  {
    name: 'reply-passes-though-the-client-accepts-nothing',
    source: 'I10',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress, Egress], egress: [{}] }`,
    ),
    flows: [
      ...allow('x/a', 'y/a:80/TCP', 'x/c:80/UDP', 'external/203.0.113.10:80/TCP', 'y/a:ICMP'),
      ...deny(['y/a', 'x/c', 'external/203.0.113.10'], 'x/a:80/TCP', 'x/a:80/UDP', 'x/a:ICMP'),
    ],
  },
  {
    name: 'one-way-street-on-one-node',
    source: 'I10',
    manifests: denyEgressOfXA + policy('x/in', '{ podSelector: { matchLabels: { pod: a } }, ingress: [{}] }'),
    flows: [
      ...allow(['x/c', 'y/b', 'z/a'], 'x/a:80/TCP'),
      ...deny('x/a', 'x/c:80/TCP', 'y/b:80/TCP', 'z/a:80/TCP'),
    ],
  },
  {
    name: 'one-way-street-across-nodes',
    source: 'I10',
    manifests: denyEgressOfXA + policy('x/in', '{ podSelector: { matchLabels: { pod: a } }, ingress: [{}] }'),
    flows: [
      ...allow(['x/b', 'y/a', 'z/b'], 'x/a:80/TCP'),
      ...deny('x/a', 'x/b:80/TCP', 'y/a:80/TCP', 'z/b:80/TCP'),
    ],
  },
];
