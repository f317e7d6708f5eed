import { auditPolicy, policy } from './manifests.ts';
import { allow, audited, deny, type PolicyCase } from './policy-case.ts';

const podA = 'podSelector: { matchLabels: { pod: a } }';
const fromB = 'ingress: [{ from: [{ podSelector: { matchLabels: { pod: b } } }] }]';
const outsiders = ['x/c', 'y/a', 'external/203.0.113.10', 'node/n2'];

export const auditCases: readonly PolicyCase[] = [
  {
    name: 'audit-policy-does-not-isolate',
    source: 'A1',
    manifests: auditPolicy('x/p', `{ ${podA}, ${fromB} }`),
    flows: [
      ...allow('x/b', 'x/a:80/TCP', 'x/a:ICMP'),
      ...audited(outsiders, 'x/a:80/TCP', 'x/a:81/UDP', 'x/a:ICMP'),
      ...allow('x/a', 'x/b:80/TCP', 'x/a:80/TCP', 'external/203.0.113.10:80/TCP'),
      ...allow('node/n1', 'x/a:80/TCP'),
    ],
  },
  {
    name: 'broken-audit-policy-closes-nothing',
    source: 'A1',
    refused: 'not an operator',
    manifests: auditPolicy(
      'x/p',
      `{ podSelector: { matchExpressions: [{ key: pod, operator: Equals, values: [a] }] }, ingress: [] }`,
    ),
    flows: [...audited('y/a', 'x/a:80/TCP', 'x/b:80/TCP'), ...allow('x/a', 'y/a:80/TCP')],
  },
  {
    name: 'audit-of-egress',
    source: 'A1',
    manifests: auditPolicy(
      'x/p',
      `{ ${podA}, policyTypes: [Egress], egress: [{ ports: [{ protocol: TCP, port: 80 }] }] }`,
    ),
    flows: [
      ...allow('x/a', 'x/b:80/TCP', 'external/203.0.113.10:80/TCP'),
      ...audited('x/a', 'x/b:81/TCP', 'y/a:ICMP', 'external/203.0.113.10:80/UDP', 'node/n2:81/TCP'),
      ...allow(['x/b', 'y/a'], 'x/a:81/TCP'),
    ],
  },
  {
    name: 'audit-policies-add-up',
    source: 'A2',
    manifests: [
      auditPolicy('x/closed', `{ ${podA}, policyTypes: [Ingress] }`),
      auditPolicy('x/p', `{ ${podA}, ${fromB} }`),
    ].join(''),
    flows: [...allow('x/b', 'x/a:80/TCP'), ...audited(outsiders, 'x/a:80/TCP')],
  },
  {
    name: 'audit-policies-of-both-ends',
    source: 'A2',
    manifests: [
      auditPolicy('x/out', '{ podSelector: { matchLabels: { pod: b } }, policyTypes: [Egress] }'),
      auditPolicy('x/in', `{ ${podA}, ${fromB} }`),
    ].join(''),
    flows: [
      ...audited('x/b', 'x/a:80/TCP', 'x/c:80/TCP'),
      ...audited('x/c', 'x/a:80/TCP'),
      ...allow('x/c', 'x/b:80/TCP'),
    ],
  },
  {
    name: 'audit-policies-beyond-eight-rules-are-merged',
    source: 'A2',
    manifests: auditPolicy(
      'x/p',
      `{ ${podA}, ingress: [${[80, 2, 3, 4, 5, 6, 7, 8, 9, 10]
        .map((port) => `{ from: [{ podSelector: { matchLabels: { pod: b } } }], ports: [{ port: ${port} }] }`)
        .join(', ')}] }`,
    ),
    flows: [
      ...allow('x/b', 'x/a:80/TCP'),
      ...audited('x/b', 'x/a:81/TCP', 'x/a:80/UDP', 'x/a:ICMP'),
      ...audited('x/c', 'x/a:80/TCP', 'x/a:81/TCP'),
    ],
  },
  {
    name: 'audit-rules-open-nothing',
    source: 'A3',
    manifests: [
      policy('x/enforced', `{ ${podA}, ${fromB} }`),
      auditPolicy('x/p', `{ ${podA}, ingress: [{ from: [{ podSelector: { matchLabels: { pod: c } } }] }] }`),
    ].join(''),
    flows: [...allow('x/b', 'x/a:80/TCP'), ...deny(outsiders, 'x/a:80/TCP')],
  },
  {
    name: 'audit-of-one-direction-beside-enforcement-of-the-other',
    source: 'A3',
    manifests: [
      policy('x/enforced', `{ ${podA}, ${fromB} }`),
      auditPolicy('x/p', `{ ${podA}, policyTypes: [Ingress, Egress] }`),
    ].join(''),
    flows: [
      ...allow('x/b', 'x/a:80/TCP'),
      ...deny('x/c', 'x/a:80/TCP'),
      ...audited('x/a', 'x/b:80/TCP', 'y/a:80/TCP'),
    ],
  },
  {
    name: 'audit-says-nothing-of-what-is-denied',
    source: 'A3',
    manifests: [
      policy('y/closed', '{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress] }'),
      auditPolicy('x/p', `{ ${podA}, policyTypes: [Egress] }`),
    ].join(''),
    flows: [...deny('x/a', 'y/a:80/TCP'), ...audited('x/a', 'y/b:80/TCP')],
  },
  {
    name: 'mode-enforce-is-like-none',
    source: 'A4',
    manifests: auditPolicy('x/p', `{ ${podA}, ${fromB} }`, 'enforce'),
    flows: [...allow('x/b', 'x/a:80/TCP'), ...deny('x/c', 'x/a:80/TCP')],
  },
  {
    name: 'unknown-mode-is-enforced',
    source: 'A4',
    manifests: auditPolicy('x/p', `{ ${podA}, ${fromB} }`, 'Audit'),
    warned: 'a mode that is not known',
    flows: [...allow('x/b', 'x/a:80/TCP'), ...deny('x/c', 'x/a:80/TCP')],
  },
  {
    name: 'mode-that-is-no-text-is-enforced',
    source: 'A4',
    manifests: auditPolicy('x/p', `{ ${podA}, ${fromB} }`, 'true'),
    refused: 'an annotation is a string',
    flows: [...allow('x/b', 'x/a:80/TCP'), ...deny('x/c', 'x/a:80/TCP')],
  },
];
