/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access --
   answers are read as whatever the server sent: the expectation is their type */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../../../src/lab/api-server/server.ts';
import { call, pod, policy } from './client.ts';

let server: ApiServer;
let pods: string;
let policies: string;
beforeEach(async () => {
  server = await startApiServer({ serviceCidrs: ['10.96.0.0/16', 'fd00:96::/112'] });
  pods = `${server.url}/api/v1/namespaces/default/pods`;
  policies = `${server.url}/apis/networking.k8s.io/v1/namespaces/default/networkpolicies`;
});
afterEach(async () => {
  await server.close();
});

test('creates with uid, time and revision, and refuses a second one', async () => {
  const created = await call(pods, 'POST', pod('web'));
  expect(created.code).toBe(201);
  expect(created.body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
  expect(created.body.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect(created.body.metadata.resourceVersion).toBe(server.resourceVersion());
  expect(created.body.status.phase).toBe('Pending');
  const again = await call(pods, 'POST', pod('web'));
  expect(again).toMatchObject({
    code: 409,
    body: { reason: 'AlreadyExists', message: 'pods "web" already exists' },
  });
  const generated = await call(pods, 'POST', { ...pod(''), metadata: { generateName: 'web-' } });
  expect(generated.body.metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
  const stamped = { ...pod('late'), metadata: { name: 'late', resourceVersion: '7' } };
  expect((await call(pods, 'POST', stamped)).body.message).toBe(
    'resourceVersion should not be set on objects to be created',
  );
});

test('a namespace must exist, and names must fit', async () => {
  const nowhere = await call(
    `${server.url}/api/v1/namespaces/nowhere/pods`,
    'POST',
    pod('web', {}, 'nowhere'),
  );
  expect(nowhere).toMatchObject({ code: 404, body: { message: 'namespaces "nowhere" not found' } });
  const elsewhere = await call(pods, 'POST', pod('web', {}, 'kube-system'));
  expect(elsewhere.body.message).toBe(
    'the namespace of the provided object does not match the namespace sent on the request',
  );
  const wrongKind = await call(pods, 'POST', policy('web', {}));
  expect(wrongKind.code).toBe(400);
});

test('an update with a stale resourceVersion is a conflict, without one it is not', async () => {
  const first = (await call(pods, 'POST', pod('web'))).body;
  server.apply(pod('web', { touched: 'yes' }));
  const stale = await call(`${pods}/web`, 'PUT', first);
  expect(stale).toMatchObject({ code: 409, body: { reason: 'Conflict' } });
  expect(stale.body.message).toBe(
    'Operation cannot be fulfilled on pods "web": the object has been modified; please apply your changes to the latest version and try again',
  );
  const { resourceVersion: _version, ...metadata } = first.metadata;
  expect((await call(`${pods}/web`, 'PUT', { ...first, metadata })).code).toBe(200);
  const other = await call(`${pods}/web`, 'PUT', pod('other'));
  expect(other.body.message).toBe('the name of the object (other) does not match the name on the URL (web)');
  expect((await call(`${pods}/nobody`, 'PUT', pod('nobody'))).code).toBe(404);
});

test('generation rises with the spec alone; an update that changes nothing is no event', async () => {
  const first = (await call(policies, 'POST', policy('web', { podSelector: {} }))).body;
  expect(first.metadata.generation).toBe(1);
  const labelled = { ...first, metadata: { ...first.metadata, labels: { a: 'b' } } };
  const second = (await call(`${policies}/web`, 'PUT', labelled)).body;
  expect(second.metadata).toMatchObject({ generation: 1, labels: { a: 'b' }, uid: first.metadata.uid });
  const third = (await call(`${policies}/web`, 'PUT', { ...second, spec: { ...second.spec, ingress: [{}] } }))
    .body;
  expect(third.metadata.generation).toBe(2);
  const same = (await call(`${policies}/web`, 'PUT', third)).body;
  expect(same.metadata.resourceVersion).toBe(third.metadata.resourceVersion);
});

test('status belongs to its subresource', async () => {
  const created = (await call(pods, 'POST', { ...pod('web'), status: { phase: 'Running' } })).body;
  expect(created.status.phase).toBe('Pending');
  const running = {
    ...created,
    metadata: { ...created.metadata, labels: { no: 'no' } },
    status: { phase: 'Running' },
  };
  expect((await call(`${pods}/web`, 'PUT', running)).body.status.phase).toBe('Pending');
  const { resourceVersion: _version, ...metadata } = running.metadata;
  const updated = await call(`${pods}/web/status`, 'PUT', {
    ...running,
    metadata,
    spec: { containers: [{ name: 'x', image: 'y' }] },
  });
  expect(updated.body.status).toEqual({ phase: 'Running' });
  expect(updated.body.spec.containers[0].name).toBe('main');
  const patched = await call(`${pods}/web/status`, 'PATCH', '{"status":{"podIP":"10.0.0.9"}}', {
    'content-type': 'application/merge-patch+json',
  });
  expect(patched.body.status).toEqual({ phase: 'Running', podIP: '10.0.0.9' });
  expect((await call(`${policies}/web/status`)).code).toBe(404);
});

test('deletes one, with preconditions, and all that a selector matches', async () => {
  const { uid } = (await call(pods, 'POST', pod('web'))).body.metadata;
  const wrong = await call(`${pods}/web`, 'DELETE', { preconditions: { uid: 'somebody-else' } });
  expect(wrong.code).toBe(409);
  expect(wrong.body.message).toContain('the UID in the precondition (somebody-else) does not match');
  const gone = await call(`${pods}/web`, 'DELETE', { preconditions: { uid } });
  expect(gone.body).toMatchObject({
    kind: 'Status',
    status: 'Success',
    details: { name: 'web', kind: 'pods', uid },
  });
  expect((await call(`${pods}/web`, 'DELETE')).code).toBe(404);
  for (const name of ['a', 'b', 'c']) server.apply(pod(name, { group: name === 'c' ? 'two' : 'one' }));
  const many = await call(`${pods}?labelSelector=group=one`, 'DELETE');
  expect(many.body.items).toHaveLength(2);
  expect(server.list('Pod').map(({ metadata }) => metadata.name)).toEqual(['c']);
});

test('a namespace takes its objects along, and some cannot go', async () => {
  server.apply(pod('web', {}, 'shop'));
  server.apply(policy('deny', {}, 'shop'));
  expect((await call(`${server.url}/api/v1/namespaces/shop`, 'DELETE')).code).toBe(200);
  expect(server.list('Pod', 'shop')).toEqual([]);
  expect(server.list('NetworkPolicy', 'shop')).toEqual([]);
  expect(server.get('Namespace', '', 'shop')).toBeUndefined();
  const refused = await call(`${server.url}/api/v1/namespaces/default`, 'DELETE');
  expect(refused.body.message).toBe('namespaces "default" is forbidden: this namespace may not be deleted');
});

test('the label with the name of a namespace is forced', async () => {
  const namespaces = `${server.url}/api/v1/namespaces`;
  const metadata = { name: 'shop', labels: { 'kubernetes.io/metadata.name': 'lie', team: 'a' } };
  const created = await call(namespaces, 'POST', { apiVersion: 'v1', kind: 'Namespace', metadata });
  expect(created.body.metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'shop', team: 'a' });
  expect(created.body.status.phase).toBe('Active');
  const patched = await call(
    `${namespaces}/shop`,
    'PATCH',
    '{"metadata":{"labels":{"kubernetes.io/metadata.name":null}}}',
    { 'content-type': 'application/merge-patch+json' },
  );
  expect(patched.body.metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'shop', team: 'a' });
});

test('an object with finalizers stays until they are gone', async () => {
  const held = { ...pod('web'), metadata: { name: 'web', finalizers: ['example.com/hold'] } };
  await call(pods, 'POST', held);
  const marked = await call(`${pods}/web`, 'DELETE');
  expect(marked.body.metadata.deletionTimestamp).toBeTypeOf('string');
  expect(server.get('Pod', 'default', 'web')).toBeDefined();
  await call(`${pods}/web`, 'PATCH', '{"metadata":{"finalizers":null}}', {
    'content-type': 'application/merge-patch+json',
  });
  expect(server.get('Pod', 'default', 'web')).toBeUndefined();
});

test('with a grace period a pod on a node terminates first', async () => {
  const graceful = await startApiServer({ podTermination: 'grace' });
  try {
    graceful.apply({
      ...pod('web'),
      spec: { ...pod('web').spec, nodeName: 'node-1' },
      status: { phase: 'Running' },
    });
    graceful.apply(pod('waiting'));
    const url = `${graceful.url}/api/v1/namespaces/default/pods`;
    const marked = await call(`${url}/web`, 'DELETE', { gracePeriodSeconds: 1 });
    expect(marked.body.metadata.deletionGracePeriodSeconds).toBe(1);
    expect(graceful.get('Pod', 'default', 'web')).toBeDefined();
    expect((await call(`${url}/waiting`, 'DELETE')).body.status).toBe('Success');
    await expect.poll(() => graceful.get('Pod', 'default', 'web'), { timeout: 3000 }).toBeUndefined();
  } finally {
    await graceful.close();
  }
});

test('dry run answers and stores nothing', async () => {
  const before = server.resourceVersion();
  expect((await call(`${pods}?dryRun=All`, 'POST', pod('web'))).code).toBe(201);
  expect(server.get('Pod', 'default', 'web')).toBeUndefined();
  expect(server.resourceVersion()).toBe(before);
});

test('services get addresses of the wanted families and node ports', async () => {
  const services = `${server.url}/api/v1/namespaces/default/services`;
  const service = (name: string, spec: unknown) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec,
  });
  const ports = [{ port: 80 }];
  const first = (await call(services, 'POST', service('one', { ports }))).body.spec;
  expect(first).toMatchObject({
    type: 'ClusterIP',
    clusterIP: '10.96.0.10',
    clusterIPs: ['10.96.0.10'],
    ipFamilies: ['IPv4'],
    ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }],
  });
  const dual = (
    await call(
      services,
      'POST',
      service('two', { ports, type: 'NodePort', ipFamilyPolicy: 'PreferDualStack' }),
    )
  ).body.spec;
  expect(dual.clusterIPs).toEqual(['10.96.0.11', 'fd00:96::a']);
  expect(dual.ports[0].nodePort).toBe(30000);
  expect(dual.externalTrafficPolicy).toBe('Cluster');
  const headless = (await call(services, 'POST', service('three', { ports, clusterIP: 'None' }))).body.spec;
  expect(headless.clusterIPs).toEqual(['None']);
  const again = await call(
    `${services}/two`,
    'PUT',
    service('two', { ports: [{ port: 80 }], type: 'NodePort' }),
  );
  expect(again.body.spec).toMatchObject({ clusterIP: '10.96.0.11', ports: [{ nodePort: 30000 }] });
});

test('a body of YAML is a body', async () => {
  const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n';
  const url = `${server.url}/api/v1/namespaces/default/configmaps`;
  expect((await call(url, 'POST', yaml, { 'content-type': 'application/yaml' })).body.data).toEqual({
    a: 'b',
  });
  expect((await call(url, 'POST', yaml, { 'content-type': 'text/plain' })).code).toBe(415);
  expect((await call(url, 'POST', '{')).code).toBe(400);
});
