/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access --
   answers are read as whatever the server sent: the expectation is their type */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { resources } from '../../../src/lab/api-server/resources.ts';
import { type ApiServer, kubeconfigFor, startApiServer } from '../../../src/lab/api-server/server.ts';
import { call, pod, policy, watch } from './client.ts';

const asTable = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
  server.apply({ ...pod('web'), status: { phase: 'Running', podIP: '10.0.0.1' } });
  const expressions = [
    { key: 'tier', operator: 'In', values: ['b', 'a'] },
    { key: 'old', operator: 'DoesNotExist' },
  ];
  server.apply(
    policy('deny', { podSelector: { matchLabels: { app: 'web' }, matchExpressions: expressions } }),
  );
});
afterAll(async () => {
  await server.close();
});

test('a list as a Table has columns, cells and the metadata of its objects', async () => {
  const { body } = await call(`${server.url}/api/v1/pods`, 'GET', undefined, asTable);
  expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
  expect(body.metadata.resourceVersion).toBe(server.resourceVersion());
  expect(body.columnDefinitions.map(({ name }: { name: string }) => name).slice(0, 6)).toEqual([
    ...['Name', 'Ready', 'Status', 'Restarts', 'Age', 'IP'],
  ]);
  expect(body.rows[0].cells.slice(0, 4)).toEqual(['web', '0/1', 'Running', '0']);
  expect(body.rows[0].cells[5]).toBe('10.0.0.1');
  expect(body.rows[0].object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'web' } });
  const bare = await call(`${server.url}/api/v1/pods?includeObject=None`, 'GET', undefined, asTable);
  expect(bare.body.rows[0].object).toBeUndefined();
});

test('selectors are printed as the printers do', async () => {
  const { body } = await call(
    `${server.url}/apis/networking.k8s.io/v1/networkpolicies`,
    'GET',
    undefined,
    asTable,
  );
  expect(body.rows[0].cells[1]).toBe('app=web,!old,tier in (a,b)');
});

test('a watch as Tables has the columns once', async () => {
  const reader = await watch(`${server.url}/api/v1/pods?watch=1`, asTable);
  const first = await reader.next();
  expect(first.object.kind).toBe('Table');
  expect(first.object.columnDefinitions.length).toBeGreaterThan(4);
  server.apply({ ...pod('web', { a: 'b' }), status: { phase: 'Failed' } });
  const second = await reader.next();
  expect([second.type, second.object.columnDefinitions, second.object.rows[0].cells[2]]).toEqual([
    'MODIFIED',
    [],
    'Error',
  ]);
  reader.close();
});

test('metadata alone, YAML, and what it cannot do', async () => {
  const partial = { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' };
  const { body } = await call(`${server.url}/api/v1/pods`, 'GET', undefined, partial);
  expect(body.kind).toBe('PartialObjectMetadataList');
  expect(body.items[0].spec).toBeUndefined();
  const yaml = await call(`${server.url}/api/v1/namespaces/default`, 'GET', undefined, {
    accept: 'application/yaml',
  });
  expect(parse(yaml.body as string)).toMatchObject({ kind: 'Namespace', metadata: { name: 'default' } });
  const protobuf = { accept: 'application/vnd.kubernetes.protobuf' };
  expect((await call(`${server.url}/api/v1/pods`, 'GET', undefined, protobuf)).code).toBe(406);
});

test('discovery names every resource that is served, and each of them answers', async () => {
  const { body: groups } = await call(`${server.url}/apis`);
  const versions = ['/api/v1', ...groups.groups.map((group: { name: string }) => `/apis/${group.name}/v1`)];
  const found: string[] = [];
  for (const version of versions) {
    const { body } = await call(`${server.url}${version}`);
    expect(body.kind).toBe('APIResourceList');
    for (const { name } of body.resources as { name: string }[]) {
      if (name.includes('/')) continue;
      found.push(`${version}/${name}`);
      expect((await call(`${server.url}${version}/${name}`)).code).toBe(200);
    }
  }
  expect(found).toHaveLength(resources.length);
  expect((await call(`${server.url}/api`)).body.versions).toEqual(['v1']);
  expect((await call(`${server.url}/apis/apps`)).body.preferredVersion.groupVersion).toBe('apps/v1');
  expect((await call(`${server.url}/version`)).body.major).toBe('1');
  expect((await call(`${server.url}/openapi/v3`)).body).toEqual({ paths: {} });
  expect((await call(`${server.url}/apis/example.com/v1`)).code).toBe(404);
  for (const path of ['/healthz', '/livez', '/readyz'])
    expect((await call(`${server.url}${path}`)).body).toBe('ok');
});

test('the kubeconfig names the server and the token', () => {
  expect(
    parse(kubeconfigFor('https://10.0.0.1:6443', 'secret', { certificateAuthority: 'PEM' })),
  ).toMatchObject({
    clusters: [{ cluster: { server: 'https://10.0.0.1:6443', 'certificate-authority-data': 'UEVN' } }],
    users: [{ user: { token: 'secret' } }],
    'current-context': 'ringfence-lab',
  });
});
