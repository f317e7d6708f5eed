import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../src/model/pod.ts';
import { readPod } from '../../../src/model/read/pod.ts';
import { said, tolerant } from './support.ts';

interface Parts {
  readonly metadata?: object;
  readonly spec?: unknown;
  readonly status?: unknown;
}

function pod({ metadata, spec, status }: Parts) {
  return readPod({ metadata: { name: 'web-0', namespace: 'shop', ...metadata }, spec, status }, tolerant);
}

function read(parts: Parts): Pod {
  const { object } = pod(parts);
  if (object === undefined) throw new Error('no pod');
  return object;
}

test('a pod with nothing but a name', () => {
  expect(pod({})).toEqual({
    object: {
      namespace: 'shop',
      name: 'web-0',
      uid: '',
      labels: {},
      nodeName: '',
      addresses: [],
      hostNetwork: false,
      finished: false,
      created: '',
      ports: [],
      containerPorts: [],
    },
    diagnostics: [],
  });
});

describe('addresses', () => {
  const both = [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }];
  test.each([
    ['podIPs', { podIP: '10.0.0.1', podIPs: both }, ['10.0.0.1', 'fd00::1']],
    ['podIP alone', { podIP: '10.0.0.1' }, ['10.0.0.1']],
    ['empty podIPs', { podIP: '10.0.0.1', podIPs: [] }, ['10.0.0.1']],
    ['none yet', { podIP: '' }, []],
    ['null', { podIP: null, podIPs: null }, []],
    ['IPv6 first', { podIPs: [{ ip: 'FD00::1' }, { ip: '10.0.0.1' }] }, ['fd00::1', '10.0.0.1']],
    ['two of a family', { podIPs: [...both, { ip: '10.0.0.2' }] }, ['10.0.0.1', 'fd00::1']],
    ['Pending', { phase: 'Pending', podIPs: both }, ['10.0.0.1', 'fd00::1']],
    ['Unknown', { phase: 'Unknown', podIPs: both }, ['10.0.0.1', 'fd00::1']],
    ['Succeeded', { phase: 'Succeeded', podIPs: both }, []],
    ['Failed', { phase: 'Failed', podIP: '10.0.0.1' }, []],
  ])('%s', (_name, status, addresses) => {
    expect(read({ status }).addresses).toEqual(addresses);
    expect(pod({ status }).diagnostics).toEqual([]);
  });

  test('a broken one is left out and reported, the other stays', () => {
    const status = { podIPs: [{ ip: '10.0.0.256' }, { ip: 'fd00::1' }] };
    expect(read({ status }).addresses).toEqual(['fd00::1']);
    expect(said(pod({ status }).diagnostics)).toEqual([
      'status.podIPs[0].ip: Invalid value: "10.0.0.256": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ]);
  });
});

test.each([
  ['Running', false],
  ['Pending', false],
  ['', false],
  ['Succeeded', true],
  ['Failed', true],
])('phase %j: finished %s', (phase, finished) => {
  expect(read({ status: { phase } }).finished).toBe(finished);
});

test('a terminating pod keeps its address', () => {
  const metadata = { deletionTimestamp: '2024-05-01T08:30:00Z', deletionGracePeriodSeconds: 30 };
  const status = { phase: 'Running', podIP: '10.0.0.1' };
  expect(read({ metadata, status })).toMatchObject({ addresses: ['10.0.0.1'], finished: false });
});

test('a hostNetwork pod is marked and keeps what the API says of its address', () => {
  expect(read({ spec: { hostNetwork: true }, status: { podIP: '192.0.2.1' } })).toMatchObject({
    hostNetwork: true,
    addresses: ['192.0.2.1'],
  });
});

describe('ports', () => {
  const ports = [
    { name: 'http', containerPort: 8080 },
    { name: 'dns', containerPort: 53, protocol: 'UDP' },
    { containerPort: 9000 },
  ];
  test('named ones by name, all of them by number', () => {
    expect(read({ spec: { containers: [{ ports }, { ports: [ports[0]] }, {}] } })).toMatchObject({
      ports: [
        { name: 'dns', number: 53, protocol: 'UDP' },
        { name: 'http', number: 8080, protocol: 'TCP' },
      ],
      containerPorts: [
        { number: 8080, protocol: 'TCP' },
        { number: 9000, protocol: 'TCP' },
        { number: 53, protocol: 'UDP' },
      ],
    });
  });

  test('one name may be several numbers and protocols', () => {
    const containers = [
      { ports: [{ name: 'a', containerPort: 2 }] },
      {
        ports: [
          { name: 'a', containerPort: 1 },
          { name: 'a', containerPort: 1, protocol: 'UDP' },
        ],
      },
    ];
    expect(read({ spec: { containers } }).ports).toEqual([
      { name: 'a', number: 1, protocol: 'TCP' },
      { name: 'a', number: 2, protocol: 'TCP' },
      { name: 'a', number: 1, protocol: 'UDP' },
    ]);
  });

  test('of init containers only restartable ones count', () => {
    const initContainers = [
      { restartPolicy: 'Always', ports: [{ name: 'proxy', containerPort: 15001 }] },
      { ports: [{ name: 'setup', containerPort: 1 }] },
      { restartPolicy: null, ports: [{ name: 'setup', containerPort: 2 }] },
    ];
    expect(read({ spec: { initContainers } }).ports).toEqual([
      { name: 'proxy', number: 15001, protocol: 'TCP' },
    ]);
  });

  test.each([
    [{ containerPort: 0 }, 'containerPort: Invalid value: 0: must be between 1 and 65535, inclusive'],
    [{ name: 'x' }, 'containerPort: Required value'],
    [{ name: 'X', containerPort: 1 }, 'name: Invalid value: "X": must contain only'],
    [{ containerPort: 1, protocol: 'tcp' }, 'protocol: Unsupported value: "tcp"'],
  ])('%j is reported and left out', (port, message) => {
    const spec = { containers: [{ ports: [port, { containerPort: 80 }] }] };
    expect(read({ spec }).containerPorts).toEqual([{ number: 80, protocol: 'TCP' }]);
    expect(said(pod({ spec }).diagnostics)[0]).toContain(`spec.containers[0].ports[0].${message}`);
  });
});

describe('workload', () => {
  const owner = (kind: string, name: string) => ({ ownerReferences: [{ kind, name, controller: true }] });
  test.each([
    ['StatefulSet', owner('StatefulSet', 'db'), { kind: 'StatefulSet', name: 'db' }],
    ['Job', owner('Job', 'backup-28000000'), { kind: 'Job', name: 'backup-28000000' }],
    [
      'ReplicaSet of a Deployment',
      { ...owner('ReplicaSet', 'web-front-5d4f'), labels: { 'pod-template-hash': '5d4f' } },
      { kind: 'Deployment', name: 'web-front' },
    ],
    ['ReplicaSet alone', owner('ReplicaSet', 'web'), { kind: 'ReplicaSet', name: 'web' }],
    [
      'ReplicaSet with another hash',
      { ...owner('ReplicaSet', 'web-abc'), labels: { 'pod-template-hash': '5d4f' } },
      { kind: 'ReplicaSet', name: 'web-abc' },
    ],
    ['mirror of a static pod', owner('Node', 'n1'), undefined],
    ['nobody', {}, undefined],
    [
      'by name and hash alone',
      { name: 'web-front-5d4f-x7k2p', labels: { 'pod-template-hash': '5d4f' } },
      { kind: 'Deployment', name: 'web-front' },
    ],
    [
      'a hash that the name does not have',
      { name: 'web-x7k2p', labels: { 'pod-template-hash': '5d4f' } },
      undefined,
    ],
    [
      'the controller among owners',
      {
        ownerReferences: [
          { kind: 'Thing', name: 't' },
          { kind: 'DaemonSet', name: 'd', controller: true },
        ],
      },
      { kind: 'DaemonSet', name: 'd' },
    ],
  ])('%s', (_name, metadata, workload) => {
    expect(read({ metadata }).workload).toEqual(workload);
  });
});

describe('a pod that cannot be told is none', () => {
  test.each([
    ['labels', { metadata: { labels: { app: 1 } } }],
    ['label keys', { metadata: { labels: { 'a b': '' } } }],
    ['hostNetwork', { spec: { hostNetwork: 'yes' } }],
    ['its node', { spec: { nodeName: 'n1; drop' } }],
    ['its spec', { spec: [] }],
    ['its status', { status: 'Running' }],
    ['its phase', { status: { phase: 1 } }],
    ['its name', { metadata: { name: 'web/0' } }],
    ['its namespace', { metadata: { namespace: 'Shop' } }],
  ])('for %s', (_name, parts) => {
    const { object, diagnostics } = pod(parts);
    expect(object).toBeUndefined();
    expect(diagnostics.some(({ severity }) => severity === 'error')).toBe(true);
  });
});

test.each([
  ['2024-05-01T08:30:00Z', '2024-05-01T08:30:00Z', 0],
  [null, '', 0],
  ['yesterday', '', 1],
  [7, '', 1],
])('creationTimestamp %j', (creationTimestamp, created, errors) => {
  expect(read({ metadata: { creationTimestamp } }).created).toBe(created);
  expect(pod({ metadata: { creationTimestamp } }).diagnostics).toHaveLength(errors);
});

test('more labels than an object of the API server can hold are read', () => {
  // Stored as protobuf, a label with a key of three letters and no value takes nine bytes; objects have 1.5 MiB.
  const count = Math.ceil((1.5 * 1024 * 1024) / 9);
  const labels = Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, '']));
  expect(Object.keys(read({ metadata: { labels } }).labels)).toHaveLength(count);
});
