import { namespace, pod, policy } from './manifests.ts';
import { allow, deny, type PolicyCase } from './policy-case.ts';

/** Isolates the pods of x that the selector matches. */
function isolate(selector: string): string {
  return policy('x/p', `{ podSelector: ${selector} }`);
}

/** Lets x/a be reached by these peers. */
function from(peers: string): string {
  return policy('x/p', `{ podSelector: { matchLabels: { pod: a } }, ingress: [{ from: ${peers} }] }`);
}

const tiers =
  pod('x/front', { labels: '{ app: web, tier: front }', node: 'n1', host: 51 }) +
  pod('x/back', { labels: "{ app: web, tier: '' }", node: 'n2', host: 52 }) +
  pod('x/job', { labels: '{ app: job }', node: 'n1', host: 53 });

export const selectorsCases: readonly PolicyCase[] = [
  {
    name: 'in',
    source: 'S1',
    manifests: isolate('{ matchExpressions: [{ key: pod, operator: In, values: [a, b] }] }'),
    flows: [...deny('y/a', 'x/a:80/TCP', 'x/b:80/TCP'), ...allow('y/a', 'x/c:80/TCP', 'x/bare:80/TCP')],
  },
  {
    name: 'not-in-matches-where-the-key-is-missing',
    source: 'S2',
    manifests: isolate('{ matchExpressions: [{ key: pod, operator: NotIn, values: [a, b] }] }'),
    flows: [
      ...deny('y/a', 'x/c:80/TCP', 'x/d:8080/TCP', 'x/bare:80/TCP'),
      ...allow('y/a', 'x/a:80/TCP', 'x/b:80/TCP'),
    ],
  },
  {
    name: 'exists',
    source: 'S1',
    manifests: isolate('{ matchExpressions: [{ key: pod, operator: Exists }] }'),
    flows: [...deny('y/a', 'x/a:80/TCP', 'x/d:8080/TCP'), ...allow('y/a', 'x/bare:80/TCP')],
  },
  {
    name: 'does-not-exist-matches-where-the-key-is-missing',
    source: 'S2',
    manifests: isolate('{ matchExpressions: [{ key: pod, operator: DoesNotExist }] }'),
    flows: [...deny('y/a', 'x/bare:80/TCP'), ...allow('y/a', 'x/a:80/TCP', 'x/d:8080/TCP')],
  },
  {
    name: 'requirements-are-all-needed',
    source: 'S1',
    manifests:
      tiers +
      isolate(
        `{ matchLabels: { app: web }, matchExpressions: [{ key: tier, operator: Exists },
           { key: tier, operator: NotIn, values: [back, ''] }] }`,
      ),
    flows: [
      ...deny('y/a', 'x/front:80/TCP'),
      ...allow('y/a', 'x/back:80/TCP', 'x/job:80/TCP', 'x/bare:80/TCP'),
    ],
  },
  {
    name: 'match-labels-are-all-needed',
    source: 'S1',
    manifests: tiers + isolate('{ matchLabels: { app: web, tier: front } }'),
    flows: [...deny('y/a', 'x/front:80/TCP'), ...allow('y/a', 'x/back:80/TCP', 'x/job:80/TCP')],
  },
  {
    name: 'requirements-that-contradict-match-nothing',
    source: 'S1',
    manifests: isolate(
      '{ matchLabels: { pod: a }, matchExpressions: [{ key: pod, operator: In, values: [b] }] }',
    ),
    flows: [...allow('y/a', 'x/a:80/TCP', 'x/b:80/TCP', 'x/bare:80/TCP')],
  },
  {
    name: 'not-in-beside-exists',
    source: 'S2',
    manifests: isolate(
      `{ matchExpressions: [{ key: pod, operator: Exists }, { key: pod, operator: NotIn, values: [a] }] }`,
    ),
    flows: [...deny('y/a', 'x/b:80/TCP', 'x/c:80/TCP'), ...allow('y/a', 'x/a:80/TCP', 'x/bare:80/TCP')],
  },
  {
    name: 'empty-value-needs-the-key',
    source: 'S3',
    manifests: tiers + isolate("{ matchLabels: { tier: '' } }"),
    flows: [
      ...deny('y/a', 'x/back:80/TCP'),
      ...allow('y/a', 'x/front:80/TCP', 'x/job:80/TCP', 'x/bare:80/TCP', 'x/a:80/TCP'),
    ],
  },
  {
    name: 'empty-value-in-a-list-needs-the-key',
    source: 'S3',
    manifests: tiers + isolate("{ matchExpressions: [{ key: tier, operator: In, values: ['', front] }] }"),
    flows: [
      ...deny('y/a', 'x/back:80/TCP', 'x/front:80/TCP'),
      ...allow('y/a', 'x/job:80/TCP', 'x/bare:80/TCP'),
    ],
  },
  {
    name: 'not-in-as-a-peer',
    source: 'S2',
    manifests: from(
      '[{ podSelector: { matchExpressions: [{ key: pod, operator: NotIn, values: [b, a] }] } }]',
    ),
    flows: [
      ...allow(['x/c', 'x/d', 'x/bare'], 'x/a:80/TCP'),
      ...deny(['x/b', 'y/c', 'y/bare'], 'x/a:80/TCP'),
    ],
  },
  {
    name: 'does-not-exist-as-a-peer',
    source: 'S2',
    manifests: from(
      '[{ namespaceSelector: {}, podSelector: { matchExpressions: [{ key: pod, operator: DoesNotExist }] } }]',
    ),
    flows: [...allow(['x/bare', 'y/bare'], 'x/a:80/TCP'), ...deny(['x/b', 'y/a', 'z/c'], 'x/a:80/TCP')],
  },
  {
    name: 'not-in-on-namespaces',
    source: 'S2',
    manifests:
      namespace('w', '{}') +
      pod('w/a', { labels: '{ pod: a }', node: 'n2', host: 61 }) +
      from('[{ namespaceSelector: { matchExpressions: [{ key: ns, operator: NotIn, values: [x, "y"] }] } }]'),
    flows: [...allow(['z/a', 'z/b', 'w/a'], 'x/a:80/TCP'), ...deny(['x/b', 'y/a', 'y/bare'], 'x/a:80/TCP')],
  },
  {
    name: 'does-not-exist-on-namespaces',
    source: 'S2',
    manifests:
      namespace('w', '{}') +
      pod('w/a', { labels: '{ pod: a }', node: 'n2', host: 61 }) +
      from('[{ namespaceSelector: { matchExpressions: [{ key: ns, operator: DoesNotExist }] } }]'),
    flows: [...allow('w/a', 'x/a:80/TCP'), ...deny(['x/b', 'y/a', 'z/a'], 'x/a:80/TCP')],
  },
  {
    name: 'exists-on-namespaces',
    source: 'S1',
    manifests:
      namespace('w', '{}') +
      pod('w/a', { labels: '{ pod: a }', node: 'n2', host: 61 }) +
      from('[{ namespaceSelector: { matchExpressions: [{ key: ns, operator: Exists }] } }]'),
    flows: [...allow(['x/b', 'y/a', 'z/a'], 'x/a:80/TCP'), ...deny('w/a', 'x/a:80/TCP')],
  },
  {
    name: 'pod-selector-peer-is-in-the-own-namespace',
    source: 'S4',
    manifests: from('[{ podSelector: { matchLabels: { pod: b } } }]'),
    flows: [...allow('x/b', 'x/a:80/TCP'), ...deny(['y/b', 'z/b', 'x/c'], 'x/a:80/TCP')],
  },
  {
    name: 'both-selectors-in-one-item-are-both-needed',
    source: 'S5',
    manifests: from(
      '[{ namespaceSelector: { matchLabels: { ns: "y" } }, podSelector: { matchLabels: { pod: b } } }]',
    ),
    flows: [...allow('y/b', 'x/a:80/TCP'), ...deny(['y/a', 'y/c', 'x/b', 'z/b', 'y/bare'], 'x/a:80/TCP')],
  },
  {
    name: 'selectors-in-two-items-are-alternatives',
    source: 'S5',
    manifests: from(
      '[{ namespaceSelector: { matchLabels: { ns: "y" } } }, { podSelector: { matchLabels: { pod: b } } }]',
    ),
    flows: [
      ...allow(['y/a', 'y/b', 'y/bare', 'x/b'], 'x/a:80/TCP'),
      ...deny(['z/b', 'x/c', 'z/a'], 'x/a:80/TCP'),
    ],
  },
  {
    name: 'both-selectors-in-egress',
    source: 'S5',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress],
         egress: [{ to: [{ namespaceSelector: { matchExpressions: [{ key: ns, operator: In, values: ["y", z] }] },
                           podSelector: { matchExpressions: [{ key: pod, operator: In, values: [b, c] }] } }] }] }`,
    ),
    flows: [
      ...allow('x/a', 'y/b:80/TCP', 'y/c:80/TCP', 'z/b:80/TCP', 'z/c:80/TCP'),
      ...deny('x/a', 'y/a:80/TCP', 'x/b:80/TCP', 'x/c:80/TCP', 'y/bare:80/TCP'),
    ],
  },
  {
    name: 'own-namespace-is-not-selected-by-itself',
    source: 'S5',
    manifests: from('[{ namespaceSelector: { matchLabels: { ns: "y" } }, podSelector: {} }]'),
    flows: [...deny(['x/b', 'x/c'], 'x/a:80/TCP'), ...allow('y/a', 'x/a:80/TCP')],
  },
  {
    name: 'namespace-selector-that-matches-nothing',
    source: 'S5',
    manifests: from('[{ namespaceSelector: { matchLabels: { ns: nowhere } } }]'),
    flows: [...deny(['x/b', 'y/a', 'external/203.0.113.10'], 'x/a:80/TCP')],
  },
  {
    name: 'namespace-by-its-name-label',
    source: 'S6',
    manifests: from('[{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: "y" } } }]'),
    flows: [...allow(['y/a', 'y/bare'], 'x/a:80/TCP'), ...deny(['x/b', 'z/a'], 'x/a:80/TCP')],
  },
  {
    name: 'name-label-cannot-be-claimed',
    source: 'S6',
    manifests:
      namespace('z', '{ ns: z, kubernetes.io/metadata.name: "y" }') +
      from('[{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: "y" } } }]'),
    flows: [...allow('y/a', 'x/a:80/TCP'), ...deny(['z/a', 'z/b'], 'x/a:80/TCP')],
  },
  {
    name: 'undeclared-namespace-has-its-name-label',
    source: 'S7',
    manifests:
      pod('w/a', { labels: '{ pod: a }', node: 'n2', host: 61 }) +
      from('[{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: w } } }]'),
    flows: [...allow('w/a', 'x/a:80/TCP'), ...deny(['y/a', 'x/b'], 'x/a:80/TCP')],
  },
  {
    name: 'undeclared-namespace-has-no-other-label',
    source: 'S7',
    manifests:
      pod('w/a', { labels: '{ pod: a }', node: 'n2', host: 61 }) +
      policy('w/p', '{ podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }') +
      from('[{ namespaceSelector: { matchLabels: { ns: w } } }]'),
    flows: [...deny(['w/a', 'y/a'], 'x/a:80/TCP'), ...deny(['x/a', 'y/a'], 'w/a:80/TCP')],
  },
  {
    name: 'namespace-labels-are-not-pod-labels',
    source: 'S4',
    manifests: from(
      '[{ podSelector: { matchLabels: { ns: x } } }, { namespaceSelector: { matchLabels: { pod: b } } }]',
    ),
    flows: [...deny(['x/b', 'x/c', 'y/b'], 'x/a:80/TCP')],
  },
];
