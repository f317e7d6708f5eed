import { among, basePolicy, withPeers, withPorts } from './base-policy.ts';
import { podManifest } from './base-world.ts';
import { type CaseDraft, createPolicy, step } from './case.ts';
import { namespaceManifest } from './manifests.ts';

/** What changes after a policy is there: the policy, namespaces, pods, labels. */
export function actionCases(): readonly CaseDraft[] {
  const base = basePolicy();
  return [
    {
      tags: ['create-policy', 'delete-policy'],
      description: 'policy created, then deleted',
      steps: [step(createPolicy(base)), step({ kind: 'delete-policy', ...base.metadata })],
    },
    {
      tags: ['create-policy', 'update-policy'],
      description: 'policy created, then given other ports',
      steps: [
        step(createPolicy(base)),
        step({
          kind: 'update-policy',
          policy: withPorts('ingress', [{ protocol: 'UDP', port: 'serve-81-udp' }]),
        }),
      ],
    },
    {
      tags: ['create-namespace', 'delete-namespace'],
      description: 'namespace that the policy allows created, then deleted',
      steps: [
        step(createPolicy(base)),
        step(
          { kind: 'create-namespace', namespace: namespaceManifest('y-2', { ns: 'y' }) },
          { kind: 'create-pod', pod: podManifest('y-2', 'a', { pod: 'a' }) },
          { kind: 'create-pod', pod: podManifest('y-2', 'b', { pod: 'b' }) },
        ),
        step({ kind: 'delete-namespace', namespace: 'y-2' }),
      ],
    },
    {
      tags: ['set-namespace-labels'],
      description: 'namespace given the label that the policy allows, then stripped of it',
      steps: [
        step(
          createPolicy(withPeers('ingress', [{ namespaceSelector: { matchLabels: { 'new-ns': 'qrs' } } }])),
        ),
        step({ kind: 'set-namespace-labels', namespace: 'y', labels: { ns: 'y', 'new-ns': 'qrs' } }),
        step({ kind: 'set-namespace-labels', namespace: 'y', labels: { ns: 'y' } }),
      ],
    },
    {
      tags: ['create-pod', 'delete-pod'],
      description: 'pod beside the isolated one created, then deleted',
      steps: [
        step(createPolicy(base)),
        step({ kind: 'create-pod', pod: podManifest('x', 'd', { pod: 'd' }) }),
        step({ kind: 'delete-pod', namespace: 'x', name: 'd' }),
      ],
    },
    {
      tags: ['set-pod-labels'],
      description: 'pod given the label that the policy allows, then stripped of it',
      steps: [
        step(
          createPolicy(
            withPeers('ingress', [
              {
                podSelector: { matchLabels: { 'new-label': 'abc' } },
                namespaceSelector: among('ns', 'y', 'z'),
              },
            ]),
          ),
        ),
        step({
          kind: 'set-pod-labels',
          namespace: 'y',
          name: 'b',
          labels: { pod: 'b', 'new-label': 'abc' },
        }),
        step({ kind: 'set-pod-labels', namespace: 'y', name: 'b', labels: { pod: 'b' } }),
      ],
    },
  ];
}
