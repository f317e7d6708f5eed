import { expect, test } from 'vitest';
import type { NetworkPolicy } from '../../src/model/network-policy.ts';
import { mostNamespaceSize, sizeOfPolicy } from '../../src/model/policy-size.ts';
import { readNetworkPolicy } from '../../src/model/read/network-policy.ts';
import { cutLargeNamespaces, oversizeDiagnostics } from '../../src/policy/oversize.ts';
import type { Cluster } from '../../src/model/cluster.ts';

const values = Array.from({ length: 9_994 }, (_, index) => `v${String(index)}`);

/** Of size 10,000, whatever pods there are: itself 5, the requirement and its values 9,995. */
function large(key: string, annotations: object = {}): NetworkPolicy {
  const [namespace, name] = key.split('/');
  const podSelector = { matchExpressions: [{ key: 'app', operator: 'In', values }] };
  return readNetworkPolicy(
    { metadata: { namespace, name, annotations }, spec: { podSelector } },
    { mode: 'tolerant' },
  ).object!;
}

const policies = Array.from({ length: 20 }, (_, index) => large(`big/p${String(index)}`));
const cluster = (all: readonly NetworkPolicy[]): Cluster => ({
  namespaces: [],
  nodes: [],
  pods: [],
  services: [],
  ingresses: [],
  policies: all,
});

test('a namespace may hold as much as the bound and no more, whatever its policies select', () => {
  expect(sizeOfPolicy(policies[0]!) * 20).toBe(mostNamespaceSize);
  const others = [large('other/a'), large('other/b')];
  expect(cutLargeNamespaces([...policies, ...others])).toEqual([...policies, ...others]);
  expect(oversizeDiagnostics(cluster([...policies, ...others]))).toEqual([]);

  const more = [...policies, large('big/audited', { 'ringfence.dev/mode': 'audit' }), ...others];
  const cut = cutLargeNamespaces(more);
  expect(cut.slice(21)).toEqual(others);
  expect(cut[0]).toMatchObject({ isCut: true, podSelector: [], policyTypes: ['ingress'], ingress: [] });
  expect(cut[20]).toMatchObject({ isCut: true, audit: true });
  expect(oversizeDiagnostics(cluster(more))).toMatchObject([
    {
      code: 'namespace-too-large',
      severity: 'error',
      message:
        'Too large: nothing is allowed that these policies isolate: the 21 policies of namespace big come to 210000 in size, more than 200000',
    },
  ]);
});
