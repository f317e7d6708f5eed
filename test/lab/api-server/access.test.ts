/* eslint-disable @typescript-eslint/no-unsafe-member-access --
   answers are read as whatever the server sent: the expectation is their type */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../../../src/lab/api-server/server.ts';
import { call, pod } from './client.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer({
    accounts: [
      { token: 'admin', user: 'admin' },
      {
        token: 'agent',
        user: 'system:serviceaccount:ringfence:agent',
        rules: [
          { verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['pods'] },
          { verbs: ['get', 'watch'], apiGroups: [''], resources: ['nodes'], resourceNames: ['node-1'] },
          { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['own'] },
        ],
      },
    ],
  });
  server.apply(pod('web'));
});
afterAll(async () => {
  await server.close();
});

const as = (token: string, path: string, method = 'GET', body?: unknown) =>
  call(`${server.url}${path}`, method, body, { authorization: `Bearer ${token}` });

test('without a token, or with a wrong one, 401; health and version are open', async () => {
  const anonymous = await call(`${server.url}/api/v1/pods`);
  expect(anonymous).toMatchObject({ code: 401, body: { reason: 'Unauthorized', message: 'Unauthorized' } });
  expect((await as('nobody', '/api/v1/pods')).code).toBe(401);
  for (const path of ['/healthz', '/livez', '/readyz', '/version']) {
    expect((await call(`${server.url}${path}`)).code).toBe(200);
  }
  expect((await call(`${server.url}/apis`)).code).toBe(401);
});

test('rules allow what they name and nothing else, in the words of the authorizer', async () => {
  expect((await as('admin', '/api/v1/secrets')).code).toBe(404);
  expect((await as('agent', '/api/v1/pods')).code).toBe(200);
  expect((await as('agent', '/apis')).code).toBe(200);
  const refused = await as('agent', '/api/v1/namespaces/default/pods/web', 'DELETE');
  expect(refused.code).toBe(403);
  expect(refused.body.message).toBe(
    'pods "web" is forbidden: User "system:serviceaccount:ringfence:agent" cannot delete resource "pods" in API group "" in the namespace "default"',
  );
  expect((await as('agent', '/apis/networking.k8s.io/v1/networkpolicies')).body.message).toBe(
    'networkpolicies.networking.k8s.io is forbidden: User "system:serviceaccount:ringfence:agent" cannot list resource "networkpolicies" in API group "networking.k8s.io" at the cluster scope',
  );
  expect((await as('agent', '/api/v1/namespaces/default/pods/web/status')).code).toBe(403);
  expect(server.get('Pod', 'default', 'web')).toBeDefined();
});

test('rules of one namespace and of one name', async () => {
  server.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'own' } });
  expect((await as('agent', '/api/v1/namespaces/own/pods', 'POST', pod('mine', {}, 'own'))).code).toBe(201);
  expect((await as('agent', '/api/v1/configmaps')).code).toBe(403);
  server.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } });
  expect((await as('agent', '/api/v1/nodes/node-1')).code).toBe(200);
  expect((await as('agent', '/api/v1/nodes/node-2')).code).toBe(403);
  const query = 'watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3D';
  expect((await as('agent', `/api/v1/nodes?${query}node-1`)).code).toBe(200);
  expect((await as('agent', `/api/v1/nodes?${query}node-2`)).code).toBe(403);
});
