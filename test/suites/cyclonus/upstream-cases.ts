import { allowDns, among, namespaceIs, podIs } from './base-policy.ts';
import { type CaseDraft, createPolicy, policyCase, step } from './case.ts';
import {
  type EgressRuleManifest,
  type IngressRuleManifest,
  policyManifest,
  type PolicyManifest,
  type SelectorManifest,
} from './manifests.ts';
import { type Tag, tagSet } from './tags.ts';

/** What the end-to-end tests of Kubernetes looked at (test/e2e/network/netpol, older form). */
export function upstreamCases(): readonly CaseDraft[] {
  return [
    policyCase(
      upstream('ingress', 'deny-all'),
      [ingressPolicy('x/deny-ingress', {}, [])],
      'default deny of ingress',
    ),
    policyCase(
      upstream('deny-all'),
      [bothPolicy('x/deny-all-allow-dns', {}, [], [allowDns])],
      'default deny of everything but DNS',
    ),
    policyCase(
      upstream(),
      [
        ingressPolicy('x/allow-ns-y-z-pod-b-c', podIs('a'), [
          {
            from: [
              {
                namespaceSelector: { matchExpressions: [{ key: 'ns', operator: 'NotIn', values: ['x'] }] },
                podSelector: among('pod', 'b', 'c'),
              },
            ],
          },
        ]),
      ],
      'pods and namespaces selected together',
    ),
    {
      tags: upstream(),
      description: 'stacked policies of the same pods',
      steps: [step(createPolicy(fromY(81))), step(), step(createPolicy(fromY(80)))],
    },
    {
      tags: upstream('allow-all'),
      description: 'allow everything',
      steps: [step(createPolicy(ingressPolicy('x/allow-all', {}, [{}]))), step()],
    },
    {
      tags: upstream('ingress', 'named-port'),
      description: 'ingress on one named port',
      steps: [
        {
          actions: [createPolicy(ingressPolicy('x/allow-all', {}, [{ ports: [{ port: 'serve-81-tcp' }] }]))],
          probe: { port: 'serve-81-tcp', protocol: 'TCP' },
        },
        step(),
      ],
    },
    {
      tags: upstream(),
      description: 'policy changed from allow to deny',
      steps: [
        step(createPolicy(ingressPolicy('x/allow-all-mutate-to-deny-all', {}, [{}]))),
        step({ kind: 'update-policy', policy: ingressPolicy('x/allow-all-mutate-to-deny-all', {}, []) }),
      ],
    },
    {
      tags: upstream(),
      description: 'ingress from a namespace that gets the label',
      steps: [
        step(
          createPolicy(
            ingressPolicy('x/allow-client-a-via-ns-selector', podIs('a'), [
              { from: [{ namespaceSelector: { matchLabels: { ns2: 'updated' } } }] },
            ]),
          ),
        ),
        step({ kind: 'set-namespace-labels', namespace: 'y', labels: { ns: 'y', ns2: 'updated' } }),
      ],
    },
    {
      tags: upstream(),
      description: 'ingress from a pod that gets the label',
      steps: [
        step(
          createPolicy(
            ingressPolicy('x/allow-client-a-via-pod-selector', podIs('a'), [
              { from: [{ podSelector: { matchLabels: { pod: 'b', pod2: 'updated' } } }] },
            ]),
          ),
        ),
        step({
          kind: 'set-pod-labels',
          namespace: 'x',
          name: 'b',
          labels: { pod: 'b', pod2: 'updated' },
        }),
      ],
    },
    {
      tags: upstream(),
      description: 'no ingress to a pod that gets the label',
      steps: [
        step(
          createPolicy(
            ingressPolicy('x/deny-ingress-via-label-selector', { matchLabels: { target: 'isolated' } }, []),
          ),
        ),
        // In place of its label pod=a.
        step({ kind: 'set-pod-labels', namespace: 'x', name: 'a', labels: { target: 'isolated' } }),
      ],
    },
    {
      tags: upstream(),
      description: 'ingress and egress in one policy',
      steps: [
        step(
          createPolicy(
            bothPolicy(
              'x/allow-client-a-via-pod-selector',
              podIs('a'),
              [{ from: [{ podSelector: podIs('b') }] }],
              [{ ports: [{ port: 80 }, { protocol: 'UDP', port: 53 }] }],
            ),
          ),
        ),
        step(),
      ],
    },
    policyCase(
      upstream('conflict'),
      [
        egressPolicy('x/allow-to-ns-y-pod-a', podIs('a'), [
          { to: [{ namespaceSelector: namespaceIs('y'), podSelector: podIs('a') }] },
          { ports: [{ protocol: 'UDP', port: 53 }] },
        ]),
        fromXA('a'),
        fromXA('b'),
      ],
      'egress denied to the client though the server allows it',
    ),
    {
      tags: upstream('deny-all', 'delete-policy'),
      description: 'no enforcement after the policy is deleted',
      steps: [
        step(createPolicy(bothPolicy('x/deny-all', {}, [], []))),
        step({ kind: 'delete-policy', namespace: 'x', name: 'deny-all' }),
      ],
    },
  ];
}

function upstream(...tags: readonly Tag[]): readonly Tag[] {
  return tagSet('upstream-e2e', ...tags);
}

function fromY(port: number): PolicyManifest {
  return ingressPolicy(`x/allow-client-a-via-ns-selector-${port}`, podIs('a'), [
    { from: [{ namespaceSelector: namespaceIs('y') }], ports: [{ protocol: 'TCP', port }] },
  ]);
}

function fromXA(pod: string): PolicyManifest {
  return ingressPolicy(`y/allow-from-xa-on-y${pod}-match-selector`, podIs(pod), [
    { from: [{ namespaceSelector: namespaceIs('x'), podSelector: podIs('a') }] },
  ]);
}

function ingressPolicy(
  key: string,
  podSelector: SelectorManifest,
  ingress: readonly IngressRuleManifest[],
): PolicyManifest {
  return policyManifest(key, { podSelector, policyTypes: ['Ingress'], ingress });
}

function egressPolicy(
  key: string,
  podSelector: SelectorManifest,
  egress: readonly EgressRuleManifest[],
): PolicyManifest {
  return policyManifest(key, { podSelector, policyTypes: ['Egress'], egress });
}

function bothPolicy(
  key: string,
  podSelector: SelectorManifest,
  ingress: readonly IngressRuleManifest[],
  egress: readonly EgressRuleManifest[],
): PolicyManifest {
  return policyManifest(key, { podSelector, policyTypes: ['Ingress', 'Egress'], ingress, egress });
}
