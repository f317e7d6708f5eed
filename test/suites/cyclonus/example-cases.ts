import { podManifest } from './base-world.ts';
import { type CaseDraft, createPolicy, step } from './case.ts';
import { namespaceManifest, policyManifest } from './manifests.ts';

/** One long case: a named port, beside which a namespace comes and goes. */
export function exampleCases(): readonly CaseDraft[] {
  const policy = policyManifest('x/allow-all', {
    podSelector: { matchLabels: {} },
    policyTypes: ['Ingress'],
    ingress: [{ ports: [{ port: 'serve-81-tcp' }] }],
  });
  return [
    {
      tags: ['example'],
      description: 'ingress on one named port',
      steps: [
        step(createPolicy(policy)),
        step(
          { kind: 'create-namespace', namespace: namespaceManifest('w', { ns: 'w' }) },
          { kind: 'create-pod', pod: podManifest('w', 'a', { pod: 'a' }) },
        ),
        step({ kind: 'delete-pod', namespace: 'w', name: 'a' }),
        step({ kind: 'delete-namespace', namespace: 'w' }),
        step(),
        { actions: [], probe: { port: 81, protocol: 'TCP' } },
        { actions: [], probe: { port: 'serve-81-tcp', protocol: 'TCP' } },
      ],
    },
  ];
}
