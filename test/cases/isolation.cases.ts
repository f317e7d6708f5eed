import { policy } from './manifests.ts';
import { allow, deny, type PolicyCase } from './policy-case.ts';

const everyone = ['x/b', 'x/c', 'y/a', 'z/c', 'y/bare'];

export const isolationCases: readonly PolicyCase[] = [
  {
    name: 'no-policy',
    source: 'I1',
    manifests: '',
    flows: [
      ...allow(
        ['x/b', 'y/a', 'y/bare', 'node/n2'],
        'x/a:80/TCP',
        'x/a:81/UDP',
        'x/a:80/SCTP',
        'x/a:ICMP',
        'x/a:other',
      ),
      ...allow(['external/203.0.113.10', 'external/2001:db8:1::10'], 'x/a:80/TCP', 'x/a:ICMP'),
      ...allow('x/a', 'external/203.0.113.10:80/TCP', 'external/2001:db8:1::10:80/UDP', 'node/n2:80/TCP'),
    ],
  },
  {
    name: 'types-missing-is-ingress',
    source: 'I2',
    manifests: policy('x/p', '{ podSelector: { matchLabels: { pod: a } }, ingress: [] }'),
    flows: [
      ...deny(everyone, 'x/a:80/TCP'),
      ...deny(['external/198.51.100.7', 'external/2001:db8:1::20'], 'x/a:80/TCP'),
      ...allow('x/a', 'x/b:80/TCP', 'y/a:81/UDP', 'external/198.51.100.7:80/TCP'),
    ],
  },
  {
    name: 'types-empty-list-is-like-missing',
    source: 'I2',
    manifests: policy('x/p', '{ podSelector: { matchLabels: { pod: a } }, policyTypes: [] }'),
    flows: [...deny(everyone, 'x/a:80/TCP'), ...allow('x/a', 'x/b:80/TCP', 'y/a:81/UDP')],
  },
  {
    name: 'types-null-is-like-missing',
    source: 'I2',
    manifests: policy('x/p', '{ podSelector: { matchLabels: { pod: a } }, policyTypes: null }'),
    flows: [...deny(everyone, 'x/a:80/TCP'), ...allow('x/a', 'x/b:80/TCP', 'y/a:81/UDP')],
  },
  {
    name: 'types-missing-with-egress-rule-is-both',
    source: 'I2',
    manifests: policy(
      'x/p',
      '{ podSelector: { matchLabels: { pod: a } }, egress: [{ to: [{ podSelector: { matchLabels: { pod: b } } }] }] }',
    ),
    flows: [
      ...allow('x/a', 'x/b:80/TCP', 'x/b:ICMP'),
      ...deny('x/a', 'x/c:80/TCP', 'y/b:80/TCP', 'external/203.0.113.10:80/TCP'),
      ...deny(everyone, 'x/a:80/TCP'),
    ],
  },
  {
    name: 'types-empty-list-with-egress-rule-is-both',
    source: 'I2',
    manifests: policy(
      'x/p',
      '{ podSelector: { matchLabels: { pod: a } }, policyTypes: [], egress: [{ ports: [{ port: 80 }] }] }',
    ),
    flows: [...allow('x/a', 'x/b:80/TCP'), ...deny('x/a', 'x/b:81/TCP'), ...deny('x/b', 'x/a:80/TCP')],
  },
  {
    name: 'types-missing-with-open-egress-rule-isolates-ingress',
    source: 'I2',
    manifests: policy('x/p', '{ podSelector: { matchLabels: { pod: a } }, egress: [{}] }'),
    flows: [
      ...allow('x/a', 'x/b:80/TCP', 'y/a:ICMP', 'external/203.0.113.10:80/UDP'),
      ...deny(everyone, 'x/a:80/TCP'),
    ],
  },
  {
    name: 'egress-empty-list-alone-does-not-isolate-egress',
    source: 'I3',
    manifests: policy('x/p', '{ podSelector: { matchLabels: { pod: a } }, egress: [] }'),
    flows: [
      ...allow('x/a', 'x/b:80/TCP', 'y/a:81/UDP', 'external/203.0.113.10:80/TCP'),
      ...deny(everyone, 'x/a:80/TCP'),
    ],
  },
  {
    name: 'egress-null-alone-does-not-isolate-egress',
    source: 'I3',
    manifests: policy('x/p', '{ podSelector: { matchLabels: { pod: a } }, egress: null }'),
    flows: [...allow('x/a', 'x/b:80/TCP', 'y/a:81/UDP'), ...deny(everyone, 'x/a:80/TCP')],
  },
  {
    name: 'types-egress-leaves-ingress-alone',
    source: 'I4',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress],
         ingress: [{ from: [{ podSelector: { matchLabels: { pod: c } } }] }] }`,
    ),
    flows: [
      ...allow(everyone, 'x/a:80/TCP'),
      ...deny('x/a', 'x/b:80/TCP', 'x/c:80/TCP', 'external/203.0.113.10:80/TCP'),
    ],
  },
  {
    name: 'types-ingress-leaves-egress-alone',
    source: 'I4',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress],
         egress: [{ to: [{ podSelector: { matchLabels: { pod: b } } }] }] }`,
    ),
    flows: [...allow('x/a', 'x/b:80/TCP', 'x/c:80/TCP', 'y/a:80/TCP'), ...deny(everyone, 'x/a:80/TCP')],
  },
  {
    name: 'types-both-without-rules',
    source: 'I4',
    manifests: policy('x/p', '{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress, Egress] }'),
    flows: [
      ...deny(everyone, 'x/a:80/TCP'),
      ...deny('x/a', 'x/b:80/TCP', 'y/a:80/UDP', 'external/2001:db8:1::10:80/TCP'),
      ...allow('x/b', 'x/c:80/TCP'),
    ],
  },
  {
    name: 'types-in-any-order',
    source: 'I4',
    manifests: policy('x/p', '{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress, Ingress] }'),
    flows: [...deny(everyone, 'x/a:80/TCP'), ...deny('x/a', 'x/b:80/TCP', 'y/a:80/UDP')],
  },
  {
    name: 'pod-selector-empty-is-the-whole-namespace',
    source: 'I5',
    manifests: policy('x/p', '{ podSelector: {}, policyTypes: [Ingress] }'),
    flows: [
      ...deny('y/a', 'x/a:80/TCP', 'x/b:80/TCP', 'x/c:80/TCP', 'x/d:8080/TCP', 'x/bare:80/TCP'),
      ...deny('x/a', 'x/b:80/TCP'),
      ...allow(['x/a', 'z/b'], 'y/a:80/TCP', 'y/bare:80/TCP'),
    ],
  },
  {
    name: 'pod-selector-missing-is-the-whole-namespace',
    source: 'I5',
    manifests: policy('x/p', '{ policyTypes: [Ingress] }'),
    flows: [...deny('y/a', 'x/a:80/TCP', 'x/b:80/TCP', 'x/bare:80/TCP'), ...allow('x/a', 'y/a:80/TCP')],
  },
  {
    name: 'pod-selector-null-is-the-whole-namespace',
    source: 'I5',
    manifests: policy('x/p', '{ podSelector: null, policyTypes: [Egress] }'),
    flows: [...deny(['x/a', 'x/b', 'x/bare'], 'y/a:80/TCP'), ...allow('y/a', 'x/a:80/TCP', 'z/a:80/TCP')],
  },
  {
    name: 'pod-selector-with-null-inside-is-the-whole-namespace',
    source: 'I5',
    manifests: policy(
      'x/p',
      '{ podSelector: { matchLabels: null, matchExpressions: null }, policyTypes: [Ingress] }',
    ),
    flows: [...deny('y/a', 'x/a:80/TCP', 'x/bare:80/TCP'), ...allow('x/a', 'y/a:80/TCP')],
  },
  {
    name: 'spec-empty-is-default-deny-ingress',
    source: 'I5',
    manifests: policy('x/p', '{}'),
    flows: [...deny(['x/b', 'y/a'], 'x/a:80/TCP', 'x/bare:80/TCP'), ...allow('x/a', 'y/a:80/TCP')],
  },
  {
    name: 'spec-missing-is-default-deny-ingress',
    source: 'I5',
    manifests: `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: x, name: p }
`,
    flows: [...deny(['x/b', 'y/a'], 'x/a:80/TCP', 'x/bare:80/TCP'), ...allow('x/a', 'y/a:80/TCP')],
  },
  {
    name: 'policy-selects-in-its-own-namespace',
    source: 'I6',
    manifests: policy('y/p', '{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress, Egress] }'),
    flows: [
      ...deny(['x/a', 'z/a', 'y/b'], 'y/a:80/TCP'),
      ...deny('y/a', 'x/a:80/TCP', 'y/b:80/TCP'),
      ...allow('x/a', 'z/a:80/TCP', 'y/b:80/TCP'),
      ...allow('z/a', 'x/a:80/TCP'),
    ],
  },
  {
    name: 'policy-that-selects-nothing-changes-nothing',
    source: 'I6',
    manifests: policy(
      'x/p',
      '{ podSelector: { matchLabels: { pod: nobody } }, policyTypes: [Ingress, Egress] }',
    ),
    flows: [...allow('y/a', 'x/a:80/TCP', 'x/bare:80/TCP'), ...allow('x/a', 'y/a:80/TCP')],
  },
  {
    name: 'one-selecting-policy-is-enough-to-isolate',
    source: 'I6',
    manifests:
      policy('x/one', '{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress] }') +
      policy('x/two', '{ podSelector: { matchLabels: { pod: b } }, policyTypes: [Egress] }'),
    flows: [
      ...deny('y/a', 'x/a:80/TCP'),
      ...allow('y/a', 'x/b:80/TCP'),
      ...allow('x/a', 'y/a:80/TCP'),
      ...deny('x/b', 'y/a:80/TCP'),
    ],
  },
  {
    name: 'rules-of-one-policy-add-up',
    source: 'I7',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, ingress: [
         { from: [{ podSelector: { matchLabels: { pod: b } } }], ports: [{ port: 80 }] },
         { from: [{ podSelector: { matchLabels: { pod: c } } }], ports: [{ port: 81 }] }] }`,
    ),
    flows: [
      ...allow('x/b', 'x/a:80/TCP'),
      ...deny('x/b', 'x/a:81/TCP'),
      ...allow('x/c', 'x/a:81/TCP'),
      ...deny('x/c', 'x/a:80/TCP'),
      ...deny('y/a', 'x/a:80/TCP', 'x/a:81/TCP'),
    ],
  },
  {
    name: 'policies-add-up',
    source: 'I7',
    manifests:
      policy(
        'x/one',
        `{ podSelector: { matchLabels: { pod: a } },
           ingress: [{ from: [{ podSelector: { matchLabels: { pod: b } } }], ports: [{ port: 80 }] }] }`,
      ) +
      policy(
        'x/two',
        `{ podSelector: {},
           ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns: "y" } } }], ports: [{ port: 81 }] }] }`,
      ),
    flows: [
      ...allow('x/b', 'x/a:80/TCP'),
      ...deny('x/b', 'x/a:81/TCP'),
      ...allow('y/a', 'x/a:81/TCP', 'x/b:81/TCP'),
      ...deny('y/a', 'x/a:80/TCP', 'x/b:80/TCP'),
      ...deny('x/b', 'x/c:80/TCP'),
    ],
  },
  {
    name: 'allow-all-wins-over-deny-all',
    source: 'I7',
    manifests:
      policy('x/deny', '{ podSelector: {}, policyTypes: [Ingress, Egress] }') +
      policy(
        'x/allow',
        '{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress, Egress], ingress: [{}], egress: [{}] }',
      ),
    flows: [
      ...allow(['y/a', 'external/203.0.113.10'], 'x/a:80/TCP', 'x/a:ICMP'),
      ...allow('x/a', 'y/a:80/TCP', 'external/203.0.113.10:80/TCP'),
      ...deny('y/a', 'x/b:80/TCP'),
      ...deny('x/b', 'y/a:80/TCP', 'x/a:80/TCP'),
      ...deny('x/a', 'x/b:80/TCP'),
    ],
  },
  {
    name: 'order-does-not-matter-allow-first',
    source: 'I7',
    manifests:
      policy('x/a-allow', '{ podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }') +
      policy('x/z-deny', '{ podSelector: {}, ingress: [] }'),
    flows: [...allow('x/b', 'x/a:80/TCP'), ...deny('y/a', 'x/a:80/TCP')],
  },
  {
    name: 'order-does-not-matter-deny-first',
    source: 'I7',
    manifests:
      policy('x/a-deny', '{ podSelector: {}, ingress: [] }') +
      policy('x/z-allow', '{ podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }'),
    flows: [...allow('x/b', 'x/a:80/TCP'), ...deny('y/a', 'x/a:80/TCP')],
  },
  {
    name: 'useless-allow-beside-a-useful-one',
    source: 'I7',
    manifests:
      policy(
        'x/by-address',
        '{ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 0.0.0.0/31 } }] }] }',
      ) +
      policy(
        'x/by-pod',
        `{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { pod: a } } }] }] }`,
      ),
    flows: [
      ...allow(['y/a', 'z/a', 'x/a'], 'x/b:80/TCP'),
      ...deny(['y/b', 'external/203.0.113.10'], 'x/b:80/TCP'),
    ],
  },
  {
    name: 'three-policies-on-one-pod',
    source: 'I7',
    manifests:
      policy('x/deny', '{ podSelector: {} }') +
      policy(
        'x/from-y',
        `{ podSelector: { matchLabels: { pod: a } },
           ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns: "y" } } }], ports: [{ port: 80 }] }] }`,
      ) +
      policy(
        'x/from-z',
        `{ podSelector: { matchExpressions: [{ key: pod, operator: In, values: [a, b] }] },
           ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns: z } } }], ports: [{ protocol: UDP, port: 81 }] }] }`,
      ),
    flows: [
      ...allow('y/a', 'x/a:80/TCP'),
      ...deny('y/a', 'x/b:80/TCP', 'x/a:81/UDP', 'x/c:80/TCP'),
      ...allow('z/a', 'x/a:81/UDP', 'x/b:81/UDP'),
      ...deny('z/a', 'x/a:80/TCP', 'x/c:81/UDP'),
      ...deny('x/c', 'x/a:80/TCP', 'x/b:81/UDP'),
    ],
  },
];
