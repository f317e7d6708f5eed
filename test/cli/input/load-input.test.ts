import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileSystemIo } from '../../../src/cli/input/input-io.ts';
import { loadInput } from '../../../src/cli/input/load-input.ts';
import { load, memoryIo, said } from './memory-io.ts';

const pod = (name: string, more = ''): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\n${more}`;
const podNames = (input: { readonly cluster: { readonly pods: readonly { readonly name: string }[] } }) =>
  input.cluster.pods.map(({ name }) => name);

describe('files', () => {
  const io = memoryIo(
    {
      'a/one.yaml': pod('one'),
      'a/two.yml': pod('two'),
      'a/three.json': '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "three"}}',
      'a/four.txt': pod('four'),
      'a/web.policy-test.yaml': 'allow: []',
      'a/below/five.yaml': pod('five'),
      'b/below/six.yaml': pod('six'),
      'c/readme.md': '',
      'list.txt': pod('list'),
    },
    pod('stdin'),
  );

  test('of a directory, those that kubectl would read', async () => {
    const input = await loadInput({ files: ['a'] }, io);
    expect(podNames(input)).toEqual(['one', 'three', 'two']);
    expect(said(input)).toEqual(['warning: "a" has directories that were not read: "a/below"']);
    expect(input.ignored).toEqual([{ kind: 'policy test file', count: 1 }]);
  });

  test('with -R those below, too', async () => {
    const input = await loadInput({ files: ['a', './b//'], recursive: true }, io);
    expect(podNames(input)).toEqual(['five', 'one', 'six', 'three', 'two']);
    expect(input.diagnostics).toEqual([]);
  });

  test('a file that is named may end in anything, and is read once', async () => {
    const input = await loadInput({ files: ['a/four.txt', './a/four.txt', 'a/one.yaml', '-', '-'] }, io);
    expect(podNames(input)).toEqual(['four', 'one', 'stdin']);
    expect(input.diagnostics).toEqual([]);
    expect(input.cluster.pods[2]?.source).toEqual({ file: '<stdin>', line: 1, column: 1 });
  });

  test.each([
    ['nothing', 'error: the path "nothing" does not exist'],
    ['https://example.com/a.yaml', 'error: cannot read from a URL: "https://example.com/a.yaml"'],
    ['b', 'error: no manifest in directory "b"'],
    ['c', 'error: no manifest in directory "c"'],
  ])('%s is an error', async (path, message) => {
    const input = await loadInput({ files: [path] }, io);
    expect(said(input)).toEqual([message]);
  });

  test('a bad namespace is an error', async () => {
    const input = await load(pod('a'), { namespace: 'Shop' });
    expect(said(input)[0]).toContain('error: invalid namespace "Shop": a lowercase RFC 1123 label must');
  });

  test('an error without a code is no answer', async () => {
    const broken = { ...io, readFile: () => Promise.reject(new Error('the disk is on fire')) };
    await expect(loadInput({ files: ['list.txt'] }, broken)).rejects.toThrow('on fire');
  });
});

describe('the file system', () => {
  const root = mkdtempSync(`${tmpdir()}/ringfence-input-`);
  beforeAll(() => {
    mkdirSync(`${root}/d/below`, { recursive: true });
    writeFileSync(`${root}/d/a.yaml`, pod('a'));
    writeFileSync(`${root}/d/below/b.yaml`, pod('b'));
    symlinkSync(`${root}/d/a.yaml`, `${root}/d/link.yaml`);
    symlinkSync('..', `${root}/d/circle`);
    symlinkSync('nowhere', `${root}/d/dangling.yaml`);
  });
  afterAll(() => {
    rmSync(root, { recursive: true });
  });

  test('links to files are read, links to directories are not followed, links to nowhere are errors', async () => {
    const input = await loadInput(
      { files: [`${root}/d`], recursive: true },
      fileSystemIo(() => Promise.reject(new Error())),
    );
    expect(podNames(input)).toEqual(['a', 'b']);
    expect(input.diagnostics.map(({ code }) => code).sort()).toEqual([
      'directories-not-read',
      'duplicate-object',
      'unreadable-file',
    ]);
  });
});

describe('the cluster', () => {
  test('is sorted by namespace and name, and has every namespace that is used', async () => {
    const { cluster, diagnostics } = await load(`
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Pod, metadata: {name: b, namespace: shop}}
- {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}}
- {apiVersion: v1, kind: Pod, metadata: {name: z}}
- {apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: a, kubernetes.io/metadata.name: bank}}}
- {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: bank}}
- {apiVersion: v1, kind: Service, metadata: {name: s, namespace: svc}}
- {apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i, namespace: web}}
- {apiVersion: v1, kind: Node, metadata: {name: n2}}
- {apiVersion: v1, kind: Node, metadata: {name: n1}}
`);
    expect(diagnostics).toEqual([]);
    expect(cluster.pods.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual([
      'default/z',
      'shop/a',
      'shop/b',
    ]);
    expect(cluster.nodes.map(({ name }) => name)).toEqual(['n1', 'n2']);
    const name = 'kubernetes.io/metadata.name';
    expect(cluster.namespaces.map((one) => [one.name, one.labels])).toEqual([
      ['bank', { [name]: 'bank' }],
      ['default', { [name]: 'default' }],
      ['shop', { team: 'a', [name]: 'shop' }],
      ['svc', { [name]: 'svc' }],
      ['web', { [name]: 'web' }],
    ]);
  });

  test('objects without a namespace belong to that of -n', async () => {
    const { cluster } = await load(
      `${pod('a')}---\n${pod('b').replace('{name: b', '{name: b, namespace: bank')}`,
      {
        namespace: 'shop',
      },
    );
    expect(cluster.pods.map(({ namespace }) => namespace)).toEqual(['bank', 'shop']);
  });

  test('typed lists say what their items are', async () => {
    const { cluster, diagnostics } = await load(
      'apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n',
    );
    expect(diagnostics).toEqual([]);
    expect(cluster.pods.map(({ name, source }) => `${name}:${source?.line}`)).toEqual(['a:4', 'b:5']);
  });

  test('two pods keep an address that both claim', async () => {
    const status = 'status: {podIP: 10.0.0.1}\n';
    const { cluster } = await load(`${pod('a', status)}---\n${pod('b', status)}`);
    expect(cluster.pods.map(({ addresses }) => addresses)).toEqual([['10.0.0.1'], ['10.0.0.1']]);
  });

  test('other kinds are counted', async () => {
    const input = await load(
      [
        'ConfigMap v1',
        'Secret v1',
        'ConfigMap v1',
        'Certificate cert-manager.io/v1',
        'Service serving.knative.dev/v1',
        'IngressClass networking.k8s.io/v1',
        'StagedNetworkPolicy projectcalico.org/v3',
      ]
        .map((one) => one.split(' '))
        .map(([kind, apiVersion]) => `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\n`)
        .join('---\n'),
    );
    expect(input.diagnostics).toEqual([]);
    expect(input.ignored).toEqual([
      { kind: 'Certificate.cert-manager.io', count: 1 },
      { kind: 'ConfigMap', count: 2 },
      { kind: 'IngressClass', count: 1 },
      { kind: 'Secret', count: 1 },
      { kind: 'Service.serving.knative.dev', count: 1 },
      { kind: 'StagedNetworkPolicy.projectcalico.org', count: 1 },
    ]);
  });

  test('a policy of extensions/v1beta1 is read the same, with a warning', async () => {
    const input = await load(
      'apiVersion: extensions/v1beta1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {}\n',
    );
    expect(input.cluster.policies).toHaveLength(1);
    expect(said(input)).toEqual([
      'in.yaml:1:13 warning: extensions/v1beta1 NetworkPolicy is no longer served: use networking.k8s.io/v1',
    ]);
  });

  test('odd CIDRs are warnings, with --strict errors', async () => {
    const text = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a}
spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.1/8}}]}]}
`;
    const severities = (input: Awaited<ReturnType<typeof load>>) =>
      input.diagnostics.map(({ severity }) => severity);
    expect(severities(await load(text))).toEqual(['warning']);
    expect(severities(await load(text, { strictCidrs: true }))).toEqual(['error']);
  });
});

describe('workloads', () => {
  const workload = (kind: string, name: string, more = ''): string =>
    `apiVersion: ${kind === 'Job' ? 'batch/v1' : 'apps/v1'}
kind: ${kind}
metadata: {name: ${name}${more}}
spec: {template: {metadata: {labels: {app: ${name}}}}}
`;
  const owned = (name: string, kind: string, owner: string, more = ''): string =>
    `apiVersion: v1
kind: Pod
metadata: {name: ${name}, ownerReferences: [{kind: ${kind}, name: ${owner}, controller: true}]${more}}
`;
  const summary = async (...documents: readonly string[]): Promise<readonly string[]> => {
    const input = await load(documents.join('---\n'));
    expect(input.diagnostics).toEqual([]);
    return input.cluster.pods.map(({ name, workload: by }) =>
      by === undefined ? name : `${name} by ${by.kind} ${by.name}`,
    );
  };

  test('without pods stand for one of their template', async () => {
    expect(await summary(workload('Deployment', 'web'), workload('Job', 'once'))).toEqual([
      'once by Job once',
      'web by Deployment web',
    ]);
  });

  test('with pods in the input add none', async () => {
    expect(
      await summary(
        workload('Deployment', 'web'),
        owned('web-5d4f-aaaaa', 'ReplicaSet', 'web-5d4f', ', labels: {pod-template-hash: 5d4f}'),
        workload('StatefulSet', 'db'),
        owned('db-0', 'StatefulSet', 'db'),
      ),
    ).toEqual(['db-0 by StatefulSet db', 'web-5d4f-aaaaa by Deployment web']);
  });

  test('whose pods are all finished still stand for those to come', async () => {
    expect(
      await summary(workload('Job', 'once'), `${owned('once-x', 'Job', 'once')}status: {phase: Succeeded}\n`),
    ).toEqual(['once by Job once', 'once-x by Job once']);
  });

  test('that another one made are left to it, and lend it their pods', async () => {
    const made = ', ownerReferences: [{kind: Deployment, name: web, controller: true}]';
    expect(await summary(workload('Deployment', 'web'), workload('ReplicaSet', 'web-old', made))).toEqual([
      'web by Deployment web',
    ]);
    // No pod-template-hash: that the ReplicaSet is the Deployment's is known from its owner alone.
    expect(
      await summary(workload('ReplicaSet', 'web-old', made), owned('p', 'ReplicaSet', 'web-old')),
    ).toEqual(['p by Deployment web']);
  });

  test('without replicas are only a memory where another one made them', async () => {
    const made = ', ownerReferences: [{kind: Deployment, name: web, controller: true}]';
    const empty = workload('ReplicaSet', 'web-old', made).replace('spec: {', 'spec: {replicas: 0, ');
    expect(await summary(empty)).toEqual([]);
    expect(await summary(workload('ReplicaSet', 'rs').replace('spec: {', 'spec: {replicas: 0, '))).toEqual([
      'rs by ReplicaSet rs',
    ]);
  });

  test('of one name are told apart', async () => {
    expect(
      await summary(
        workload('StatefulSet', 'web'),
        workload('Deployment', 'web'),
        workload('DaemonSet', 'web'),
        pod('web-deployment'),
        pod('web'),
      ),
    ).toEqual([
      'web',
      'web-daemonset by DaemonSet web',
      'web-deployment',
      'web-deployment-2 by Deployment web',
      'web-statefulset by StatefulSet web',
    ]);
  });
});
