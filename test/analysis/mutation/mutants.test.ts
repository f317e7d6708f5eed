import { expect, test } from 'vitest';
import { mutantsOf } from '../../../src/analysis/mutation/mutants.ts';
import { loadInput } from '../../../src/cli/input/load-input.ts';
import { memoryIo } from '../../cli/input/memory-io.ts';

test('one mistake at a time, each place once', async () => {
  const policy = await policyWith(`
    podSelector: { matchLabels: { app: db, tier: data } }
    policyTypes: [Ingress, Egress]
    ingress:
    - from:
      - podSelector: { matchLabels: { app: web } }
      - namespaceSelector: { matchLabels: { team: a } }
      - ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16] }
      ports: [{ port: 5432 }, { port: http }, { protocol: UDP }]
    egress:
    - {}
`);
  const said = mutantsOf(policy).map(({ kind, path = '', text }) => `${kind} ${path}: ${text}`);
  expect(said).toEqual([
    'delete-policy : delete this policy',
    'delete-policy-type policyTypes: take Ingress and its rules out of policyTypes',
    'delete-policy-type policyTypes: take Egress and its rules out of policyTypes',
    'widen-pod-selector podSelector: drop app=db from podSelector',
    'widen-pod-selector podSelector: drop tier=data from podSelector',
    'delete-rule ingress[0]: delete this rule',
    'any-peer ingress[0].from: delete from as a whole',
    'delete-peer ingress[0].from[0]: delete this peer',
    'delete-peer ingress[0].from[1]: delete this peer',
    'delete-peer ingress[0].from[2]: delete this peer',
    'any-namespace ingress[0].from[0]: add namespaceSelector: {}, so that it is of every namespace',
    'widen-peer ingress[0].from[0].podSelector: drop app=web',
    'widen-peer ingress[0].from[1].namespaceSelector: drop team=a',
    'any-address ingress[0].from[2].ipBlock.cidr: widen 10.0.0.0/8 to 0.0.0.0/0',
    'delete-except ingress[0].from[2].ipBlock.except[0]: delete 10.1.0.0/16',
    'delete-except ingress[0].from[2].ipBlock.except[1]: delete 10.2.0.0/16',
    'delete-port ingress[0].ports[0]: delete port 5432/tcp',
    'delete-port ingress[0].ports[1]: delete port http/tcp',
    'delete-port ingress[0].ports[2]: delete port */udp',
    'any-port ingress[0].ports[0]: widen 5432/tcp to every port of it',
    'any-port ingress[0].ports[1]: widen http/tcp to every port of it',
    'delete-rule egress[0]: delete this rule',
  ]);
  const changed = mutantsOf(policy).map((one) => JSON.stringify(one.changed));
  expect(new Set([...changed, JSON.stringify(policy)]).size).toBe(said.length + 1);
});

async function policyWith(spec: string) {
  const head = 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: db }\nspec:';
  const { cluster } = await loadInput({ files: ['a.yaml'] }, memoryIo({ 'a.yaml': `${head}${spec}` }));
  const [policy] = cluster.policies;
  if (policy === undefined) throw new Error('no policy');
  return policy;
}
