import { policy } from './manifests.ts';
import { allow, deny, type PolicyCase } from './policy-case.ts';

// Policies that today's API server refuses and that a cluster may have stored all the same.

const fromC = '{ from: [{ podSelector: { matchLabels: { pod: c } } }] }';

export const brokenPoliciesCases: readonly PolicyCase[] = [
  {
    name: 'broken-rule-leaves-the-others',
    source: 'J5',
    refused: 'not a CIDR',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, ingress: [{ from: [{ ipBlock: { cidr: nonsense } }] }, ${fromC}] }`,
    ),
    flows: [...allow('x/c', 'x/a:80/TCP'), ...deny(['x/b', 'external/203.0.113.10'], 'x/a:80/TCP')],
  },
  {
    name: 'broken-peer-closes-its-rule',
    source: 'J5',
    refused: 'not a CIDR',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } },
         ingress: [{ from: [{ ipBlock: { cidr: 300.0.0.0/8 } }, { podSelector: { matchLabels: { pod: b } } }] }] }`,
    ),
    flows: [...deny(['x/b', 'external/44.0.0.1', 'external/203.0.113.10'], 'x/a:80/TCP')],
  },
  {
    name: 'broken-except-closes-its-rule',
    source: 'J5',
    refused: 'not a CIDR',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress],
         egress: [{ to: [{ ipBlock: { cidr: 0.0.0.0/0, except: [10.0.0.0/33] } }] }] }`,
    ),
    flows: [...deny('x/a', 'external/203.0.113.10:80/TCP', 'x/b:80/TCP')],
  },
  {
    name: 'broken-port-closes-its-rule',
    source: 'J5',
    refused: 'not a port',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, ingress: [{ ports: [{ port: 80 }, { port: 65536 }] }, ${fromC}] }`,
    ),
    flows: [...deny(['x/b', 'y/a'], 'x/a:80/TCP'), ...allow('x/c', 'x/a:80/TCP')],
  },
  {
    name: 'broken-peer-selector-closes-its-rule',
    source: 'J5',
    refused: 'not an operator',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } },
         ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: pod, operator: Equals, values: [b] }] } }] }] }`,
    ),
    flows: [...deny(['x/b', 'x/c', 'y/b'], 'x/a:80/TCP'), ...allow('x/b', 'x/c:80/TCP')],
  },
  {
    name: 'broken-pod-selector-isolates-the-namespace',
    source: 'J5',
    refused: 'not an operator',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchExpressions: [{ key: pod, operator: Equals, values: [a] }] }, ingress: [] }`,
    ),
    flows: [...deny('y/a', 'x/a:80/TCP', 'x/b:80/TCP', 'x/bare:80/TCP'), ...allow('x/a', 'y/a:80/TCP')],
  },
  {
    name: 'in-without-values-is-broken',
    source: 'J5',
    refused: 'In needs values',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } },
         ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: pod, operator: NotIn, values: [] }] } }] }] }`,
    ),
    flows: [...deny(['x/b', 'x/bare'], 'x/a:80/TCP')],
  },
  {
    name: 'broken-policy-types-isolate-both-directions',
    source: 'J5',
    refused: 'not a policy type',
    manifests: policy(
      'x/p',
      '{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Inbound], ingress: [{}], egress: [{}] }',
    ),
    flows: [...deny('y/a', 'x/a:80/TCP'), ...deny('x/a', 'y/a:80/TCP'), ...allow('y/a', 'x/b:80/TCP')],
  },
  {
    name: 'unknown-field-of-a-port-closes-its-rule',
    source: 'J7',
    refused: 'an unknown field',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, ingress: [{ ports: [{ portSet: web }] }, ${fromC}] }`,
    ),
    flows: [...deny(['x/b', 'y/a'], 'x/a:80/TCP'), ...allow('x/c', 'x/a:80/TCP')],
  },
  {
    name: 'unknown-field-of-a-peer-closes-its-rule',
    source: 'J7',
    refused: 'an unknown field',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } },
         ingress: [{ from: [{ namespaceSelector: {}, serviceAccounts: [web] }] }, ${fromC}] }`,
    ),
    flows: [...deny(['x/b', 'y/a'], 'x/a:80/TCP'), ...allow('x/c', 'x/a:80/TCP')],
  },
  {
    name: 'unknown-field-of-a-peer-selector-closes-its-rule',
    source: 'J7',
    refused: 'an unknown field',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, ingress: [{ from: [{ podSelector: { matchNames: [b] } }] }, ${fromC}] }`,
    ),
    flows: [...deny(['x/b', 'x/bare'], 'x/a:80/TCP'), ...allow('x/c', 'x/a:80/TCP')],
  },
  {
    name: 'unknown-field-of-a-block-closes-its-rule',
    source: 'J7',
    refused: 'an unknown field',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress],
         egress: [{ to: [{ ipBlock: { cidr: 0.0.0.0/0, exceptSet: internal } }] }] }`,
    ),
    flows: [...deny('x/a', 'external/203.0.113.10:80/TCP', 'x/b:80/TCP')],
  },
  {
    name: 'unknown-field-of-a-rule-closes-it',
    source: 'J7',
    refused: 'an unknown field',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, ingress: [{ methods: [GET] }, ${fromC}] }`,
    ),
    flows: [...deny(['x/b', 'y/a'], 'x/a:80/TCP'), ...allow('x/c', 'x/a:80/TCP')],
  },
  {
    name: 'unknown-field-beside-the-rules-is-passed-over',
    source: 'J7',
    refused: 'an unknown field',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, description: text, ingress: [${fromC}] }`,
    ),
    flows: [
      ...deny('x/b', 'x/a:80/TCP'),
      ...allow('x/c', 'x/a:80/TCP'),
      ...allow('x/a', 'x/b:80/TCP', 'y/a:80/TCP'),
    ],
  },
];
