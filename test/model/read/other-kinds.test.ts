import { describe, expect, test } from 'vitest';
import { readIngress } from '../../../src/model/read/ingress.ts';
import { readNamespace, undeclaredNamespace } from '../../../src/model/read/namespace.ts';
import { readNode } from '../../../src/model/read/node.ts';
import { readService } from '../../../src/model/read/service.ts';
import { readWorkload } from '../../../src/model/read/workload.ts';
import { said, strict, tolerant } from './support.ts';

describe('Namespace', () => {
  const name = 'kubernetes.io/metadata.name';
  test.each([
    [undefined, { [name]: 'shop' }],
    [{ team: 'a' }, { team: 'a', [name]: 'shop' }],
    [{ [name]: 'bank' }, { [name]: 'shop' }],
  ])('labels %j', (labels, expected) => {
    expect(readNamespace({ metadata: { name: 'shop', labels } }, tolerant).object).toEqual({
      name: 'shop',
      labels: expected,
    });
  });

  test('undeclared, it has its name', () => {
    expect(undeclaredNamespace('shop')).toEqual({ name: 'shop', labels: { [name]: 'shop' } });
  });

  test('with very many labels is read', () => {
    const labels = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`l${index}`, '']));
    expect(readNamespace({ metadata: { name: 'shop', labels } }, tolerant).diagnostics).toEqual([]);
  });

  test('with broken labels there is none', () => {
    const { object, diagnostics } = readNamespace({ metadata: { name: 'shop', labels: { a: 1 } } }, tolerant);
    expect(object).toBeUndefined();
    expect(said(diagnostics)).toEqual(['metadata.labels: Invalid value: 1: must be a string, not a number']);
  });

  test('belongs to no namespace', () => {
    const value = { metadata: { name: 'shop', namespace: 'bank' } };
    expect(readNamespace(value, tolerant).diagnostics).toEqual([]);
    expect(said(readNamespace(value, strict).diagnostics)).toEqual([
      'metadata.namespace: Forbidden: not allowed on this type',
    ]);
  });
});

describe('Node', () => {
  test('internal addresses come first, names are none', () => {
    const status = {
      addresses: [
        { type: 'ExternalIP', address: '203.0.113.1' },
        { type: 'Hostname', address: 'n1' },
        { type: 'InternalIP', address: '10.0.0.1' },
        { type: 'InternalIP', address: 'FD00::1' },
        { type: 'InternalIP', address: '10.0.0.1' },
      ],
    };
    const spec = { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24', 'fd00:1::/64'] };
    expect(readNode({ metadata: { name: 'n1', labels: { a: 'b' } }, spec, status }, tolerant)).toEqual({
      object: {
        name: 'n1',
        labels: { a: 'b' },
        addresses: ['10.0.0.1', 'fd00::1', '203.0.113.1'],
        podCIDRs: ['10.244.0.0/24', 'fd00:1::/64'],
      },
      diagnostics: [],
    });
  });

  test('podCIDR alone', () => {
    const value = { metadata: { name: 'n1' }, spec: { podCIDR: '10.244.0.0/24' } };
    expect(readNode(value, tolerant).object?.podCIDRs).toEqual(['10.244.0.0/24']);
    expect(readNode({ metadata: { name: 'n1' }, spec: {} }, tolerant).object?.podCIDRs).toEqual([]);
  });
});

describe('Service', () => {
  const service = (spec: unknown) =>
    readService({ metadata: { name: 'web', namespace: 'shop' }, spec }, tolerant);

  test('defaults', () => {
    expect(service({ selector: { app: 'web' }, clusterIP: '10.96.0.1', ports: [{ port: 80 }] })).toEqual({
      object: {
        namespace: 'shop',
        name: 'web',
        type: 'ClusterIP',
        selector: { app: 'web' },
        clusterIPs: ['10.96.0.1'],
        ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 80 }],
        externalTrafficPolicy: 'Cluster',
      },
      diagnostics: [],
    });
  });

  test.each([
    ['None', []],
    ['', []],
    ['10.96.0.1', ['10.96.0.1']],
  ])('clusterIP %j', (clusterIP, clusterIPs) => {
    expect(service({ clusterIP }).object?.clusterIPs).toEqual(clusterIPs);
  });

  test('clusterIPs win, a missing or empty selector is none', () => {
    const { object } = service({
      clusterIP: '10.96.0.1',
      clusterIPs: ['10.96.0.1', 'fd00::1'],
      selector: {},
    });
    expect(object?.clusterIPs).toEqual(['10.96.0.1', 'fd00::1']);
    expect(object).not.toHaveProperty('selector');
  });

  test('ports by number and by name, with a node port', () => {
    const ports = [
      { name: 'http', port: 80, targetPort: 'web', nodePort: 30080 },
      { port: 53, targetPort: 5353, protocol: 'UDP', nodePort: 0 },
    ];
    expect(service({ type: 'NodePort', externalTrafficPolicy: 'Local', ports }).object).toMatchObject({
      type: 'NodePort',
      externalTrafficPolicy: 'Local',
      ports: [
        { name: 'http', protocol: 'TCP', port: 80, targetPort: 'web', nodePort: 30080 },
        { name: '', protocol: 'UDP', port: 53, targetPort: 5353 },
      ],
    });
  });

  test.each([
    [{ type: 'Clusterip' }],
    [{ selector: { app: 1 } }],
    [{ externalTrafficPolicy: 'local' }],
    ['web'],
  ])('with spec %j there is none', (spec) => {
    expect(service(spec).object).toBeUndefined();
    expect(service(spec).diagnostics).toHaveLength(1);
  });
});

describe('Ingress', () => {
  const ingress = (spec: unknown, metadata = {}) =>
    readIngress({ metadata: { name: 'web', namespace: 'shop', ...metadata }, spec }, tolerant);
  const backend = { service: { name: 'web', port: { number: 80 } } };

  test('rules, a default and a class', () => {
    const spec = {
      ingressClassName: 'nginx',
      defaultBackend: { service: { name: 'fallback', port: { name: 'http' } } },
      rules: [
        { host: 'a.example', http: { paths: [{ path: '/', pathType: 'Prefix', backend }, { backend }] } },
        { http: null },
        {
          http: {
            paths: [{ path: '/b', pathType: 'Exact', backend: { resource: { kind: 'Bucket', name: 'b' } } }],
          },
        },
      ],
    };
    expect(ingress(spec)).toEqual({
      object: {
        namespace: 'shop',
        name: 'web',
        ingressClassName: 'nginx',
        backends: [
          { host: '', path: '', service: 'fallback', port: 'http' },
          { host: 'a.example', path: '/', pathType: 'Prefix', service: 'web', port: 80 },
          { host: 'a.example', path: '', pathType: 'ImplementationSpecific', service: 'web', port: 80 },
        ],
        resources: [{ host: '', path: '/b', pathType: 'Exact', resource: 'Bucket/b' }],
      },
      diagnostics: [],
    });
  });

  test('the old form and the class annotation', () => {
    const spec = { backend: { serviceName: 'web', servicePort: 'http' } };
    const annotations = { 'kubernetes.io/ingress.class': 'nginx' };
    expect(ingress(spec, { annotations }).object).toMatchObject({
      ingressClassName: 'nginx',
      backends: [{ host: '', path: '', service: 'web', port: 'http' }],
    });
  });

  test('an unknown way to compare a path is reported and left out', () => {
    const spec = { rules: [{ http: { paths: [{ path: '/', pathType: 'Regex', backend }] } }] };
    expect(ingress(spec).object?.backends).toEqual([]);
    expect(said(ingress(spec).diagnostics)).toEqual([
      'spec.rules[0].http.paths[0].pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"',
    ]);
  });

  test('a backend without a port is reported and left out', () => {
    const spec = { defaultBackend: { service: { name: 'web' } } };
    expect(ingress(spec).object?.backends).toEqual([]);
    expect(said(ingress(spec).diagnostics)).toEqual([
      'spec.defaultBackend.service.port: Required value: port name or number is required',
    ]);
  });
});

describe('workloads', () => {
  const template = {
    metadata: { labels: { app: 'web' } },
    spec: { hostNetwork: true, containers: [{ ports: [{ name: 'http', containerPort: 80 }] }] },
  };
  test.each(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'ReplicationController'])(
    '%s stands for a pod of its template',
    (kind) => {
      const value = {
        kind,
        metadata: { name: 'web', namespace: 'shop', labels: { not: 'this' } },
        spec: { template },
      };
      expect(readWorkload(value, tolerant)).toEqual({
        object: {
          namespace: 'shop',
          name: 'web',
          uid: '',
          labels: { app: 'web' },
          nodeName: '',
          addresses: [],
          hostNetwork: true,
          finished: false,
          created: '',
          ports: [{ name: 'http', number: 80, protocol: 'TCP' }],
          containerPorts: [{ number: 80, protocol: 'TCP' }],
          workload: { kind, name: 'web' },
        },
        diagnostics: [],
      });
    },
  );

  test("a CronJob's template is its Job's", () => {
    const value = {
      kind: 'CronJob',
      metadata: { name: 'backup', namespace: 'shop' },
      spec: { jobTemplate: { spec: { template } } },
    };
    expect(readWorkload(value, tolerant).object).toMatchObject({
      labels: { app: 'web' },
      workload: { kind: 'CronJob', name: 'backup' },
    });
  });

  test('what another workload made counts as that one', () => {
    const ownerReferences = [{ kind: 'Deployment', name: 'web', controller: true }];
    const value = {
      kind: 'ReplicaSet',
      metadata: { name: 'web-5d4f', namespace: 'shop', ownerReferences },
      spec: { template },
    };
    expect(readWorkload(value, tolerant).object?.workload).toEqual({ kind: 'Deployment', name: 'web' });
    const custom = {
      ...value,
      metadata: { ...value.metadata, ownerReferences: [{ kind: 'Rollout', name: 'web' }] },
    };
    expect(readWorkload(custom, tolerant).object?.workload).toEqual({ kind: 'ReplicaSet', name: 'web-5d4f' });
  });

  test.each([
    ['another kind', { kind: 'Pod' }],
    ['no kind', {}],
    ['broken labels', { kind: 'Job', spec: { template: { metadata: { labels: { a: 1 } } } } }],
    ['a template that is text', { kind: 'Job', spec: { template: 'x' } }],
    ['a broken pod spec', { kind: 'Job', spec: { template: { spec: { hostNetwork: 1 } } } }],
  ])('%s is none', (_name, value) => {
    const { object, diagnostics } = readWorkload(
      { metadata: { name: 'web', namespace: 'shop' }, ...value },
      tolerant,
    );
    expect(object).toBeUndefined();
    expect(diagnostics).toHaveLength(1);
  });
});

describe('namespaces of objects', () => {
  test('a missing one is the default, where there is one', () => {
    const value = { metadata: { name: 'web' }, spec: {} };
    expect(readService(value, strict).object?.namespace).toBe('default');
    expect(readService(value, { ...strict, defaultNamespace: 'shop' }).object?.namespace).toBe('shop');
    const { object, diagnostics } = readService(value, tolerant);
    expect(object).toBeUndefined();
    expect(said(diagnostics)).toEqual(['metadata.namespace: Required value']);
  });

  test('an empty one is missing', () => {
    expect(readService({ metadata: { name: 'web', namespace: '' } }, strict).object?.namespace).toBe(
      'default',
    );
  });
});
