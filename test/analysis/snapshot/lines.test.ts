import { describe, expect, test } from 'vitest';
import { createReach } from '../../../src/analysis/reach/reach.ts';
import { snapshotLines } from '../../../src/analysis/snapshot/lines.ts';
import { compareLines } from '../../../src/analysis/snapshot/lock-file.ts';
import type { Cluster } from '../../../src/model/cluster.ts';
import { loadInput } from '../../../src/cli/input/load-input.ts';
import { memoryIo } from '../../cli/input/memory-io.ts';

const workloads = (count: number, namespace = 'shop'): string =>
  Array.from({ length: count }, (_, index) => workload(namespace, `app-${String(index)}`)).join('---\n');

function workload(namespace: string, name: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { namespace: ${namespace}, name: ${name} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: main, ports: [{ name: http, containerPort: 8080 }] }] }
`;
}

function policy(name: string, spec: string, namespace = 'shop'): string {
  return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: ${namespace}, name: ${name} }
spec: ${spec}
`;
}

async function linesOf(...manifests: readonly string[]): Promise<readonly string[]> {
  const cluster = await clusterFrom(manifests.join('---\n'));
  return snapshotLines(createReach(cluster), scopeOf(cluster));
}

async function clusterFrom(text: string): Promise<Cluster> {
  const request = { files: ['all.yaml'], recursive: false, strictCidrs: false };
  const { cluster, diagnostics } = await loadInput(request, memoryIo({ 'all.yaml': text }));
  expect(diagnostics).toEqual([]);
  return cluster;
}

function scopeOf({ pods }: Cluster): ReadonlySet<string> {
  return new Set(pods.map(({ namespace }) => namespace));
}

describe('what a line says', () => {
  const own = workload('shop', 'db');
  test.for<[string, string, readonly string[]]>([
    ['closed', '{ podSelector: {} }', []],
    ['everybody, by a policy', '{ podSelector: {}, ingress: [{}] }', ['any -> shop/db']],
    [
      'everybody at a port',
      '{ podSelector: {}, ingress: [{ ports: [{ port: http }] }] }',
      ['any -> shop/db:8080/tcp'],
    ],
    [
      'a namespace that has no pods yet',
      '{ podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }',
      ['ns:shop -> shop/db'],
    ],
    [
      'every pod',
      '{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: {} }], ports: [{ port: 80 }] }] }',
      ['ns:* -> shop/db:80/tcp'],
    ],
    [
      'addresses, both families',
      "{ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 0.0.0.0/0, except: [10.0.0.0/8] } }, { ipBlock: { cidr: '::/0' } }] }] }",
      ['0.0.0.0/0 except 10.0.0.0/8 -> shop/db', '::/0 -> shop/db'],
    ],
  ])('%s', async ([, spec, lines]) => {
    expect(await linesOf(own, policy('p', spec))).toEqual([...lines, 'shop/db -> any  # open'].sort());
  });

  test('two isolated ends are both named', async () => {
    const spec =
      '{ podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 80 }] }], egress: [{}] }';
    const one = policy(
      'p',
      spec.replace('egress: [{}]', 'egress: [{ ports: [{ port: 80 }, { port: 81 }] }]'),
    );
    expect(await linesOf(own, workload('shop', 'web'), one)).toEqual([
      'ns:shop -> shop/db:80/tcp',
      'ns:shop -> shop/web:80/tcp',
      'shop/db -> any:80-81/tcp',
      'shop/db -> shop/db:80/tcp',
      'shop/db -> shop/web:80/tcp',
      'shop/web -> any:80-81/tcp',
      'shop/web -> shop/db:80/tcp',
      'shop/web -> shop/web:80/tcp',
    ]);
  });

  test('an address in brackets, where ports follow', async () => {
    const spec = `{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ ipBlock: { cidr: '::/0' } }], ports: [{ port: 443 }] }] }`;
    expect(await linesOf(own, policy('p', spec))).toContain('shop/db -> [::/0]:443/tcp');
  });

  test('what holds for some pods of a workload', async () => {
    const pod = (name: string, more: string): string => `apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: ${name}, labels: { app: db, ${more} }, ownerReferences: [{ apiVersion: apps/v1, kind: StatefulSet, name: db, uid: u, controller: true }] }
spec: { containers: [{ name: main }] }
`;
    const lines = await linesOf(
      pod('db-0', 'first: here'),
      pod('db-1', 'second: here'),
      policy('p', '{ podSelector: { matchLabels: { first: here } } }'),
    );
    expect(lines).toEqual(['any -> shop/db  # open, some pods', 'shop/db -> any  # open']);
  });
});

describe('a small change is a small difference', () => {
  const count = 30;
  const inside = policy(
    'inside',
    '{ podSelector: {}, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 8080 }] }] }',
  );
  const before = linesOf(workloads(count), workloads(count, 'mon'), inside);

  test.for<[string, readonly string[], number]>([
    ['a workload more', [workload('shop', 'one-more')], 2],
    ['a namespace more', [workload('late', 'one')], 2],
    [
      'one is isolated for egress',
      [policy('p', '{ podSelector: { matchLabels: { app: app-3 } }, policyTypes: [Egress] }')],
      1,
    ],
    [
      'one is isolated for egress, and reaches one other',
      [
        policy(
          'p',
          '{ podSelector: { matchLabels: { app: app-3 } }, policyTypes: [Egress], egress: [{ to: [{ podSelector: { matchLabels: { app: app-4 } } }] }] }',
        ),
      ],
      2,
    ],
    [
      'one gets a source',
      [
        policy(
          'p',
          '{ podSelector: { matchLabels: { app: app-3 } }, ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: app-4 } } }], ports: [{ port: 1 }] }] }',
        ),
      ],
      2,
    ],
    [
      'another namespace is closed to one',
      [policy('p', '{ podSelector: { matchLabels: { app: app-3 } } }', 'mon')],
      1,
    ],
  ])('%s', async ([, more, most]) => {
    const now = await linesOf(workloads(count), workloads(count, 'mon'), inside, ...more);
    const { added, removed } = compareLines(await before, now);
    expect([...added, ...removed].length).toBeGreaterThan(0);
    expect([...added, ...removed].length, [...added, ...removed].join('\n')).toBeLessThanOrEqual(most);
  });

  test('policies that say the same in other words change nothing', async () => {
    const twice = ['a', 'b'].map((name) =>
      policy(
        name,
        '{ podSelector: {}, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 8080 }] }] }',
      ),
    );
    expect(await linesOf(workloads(count), workloads(count, 'mon'), ...twice)).toEqual(await before);
  });
});

test('scope: one end at least is of these namespaces', async () => {
  const manifests = [
    workload('shop', 'db'),
    workload('mon', 'scraper'),
    policy(
      'p',
      '{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: scraper } } }] }] }',
    ),
  ];
  const reach = createReach(await clusterFrom(manifests.join('---\n')));
  expect(snapshotLines(reach, new Set(['shop']))).toEqual([
    'mon/scraper -> shop/db',
    'shop/db -> any  # open',
  ]);
  expect(snapshotLines(reach, new Set(['mon']))).toEqual([
    'any -> mon/scraper  # open',
    'mon/scraper -> any  # open',
    'mon/scraper -> shop/db',
  ]);
});
