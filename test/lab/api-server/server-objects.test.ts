/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access --
   answers are read as whatever the server sent: the expectation is their type */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../../../src/lab/api-server/server.ts';
import { call, pod, policy, watch } from './client.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
});
afterAll(async () => {
  await server.close();
});

test('apply creates, replaces with the status, and makes the namespace', () => {
  const first = server.apply({ ...pod('web', {}, 'shop'), status: { phase: 'Running', podIP: '10.0.0.1' } });
  expect(first.status).toMatchObject({ phase: 'Running', podIP: '10.0.0.1' });
  expect(server.get('Namespace', '', 'shop')?.metadata.labels).toEqual({
    'kubernetes.io/metadata.name': 'shop',
  });
  const second = server.apply({ ...pod('web', { a: 'b' }, 'shop'), status: { phase: 'Succeeded' } });
  expect(second.metadata.uid).toBe(first.metadata.uid);
  expect(second.status).toEqual({ phase: 'Succeeded', qosClass: 'BestEffort' });
  const before = server.resourceVersion();
  server.apply({ ...pod('web', { a: 'b' }, 'shop'), status: { phase: 'Succeeded' } });
  expect(server.resourceVersion()).toBe(before);
});

test('keeps the creation time of a manifest, and a namespace of none', () => {
  const created = '2020-01-01T00:00:00Z';
  const { namespace: _namespace, ...metadata } = pod('old').metadata;
  const object = server.apply({ ...pod('old'), metadata: { ...metadata, creationTimestamp: created } });
  expect(object.metadata).toMatchObject({ namespace: 'default', creationTimestamp: created });
});

test('refuses what the server would refuse, and stores it on request as an older server did', async () => {
  const odd = policy('odd', { ingress: [{ from: [{}], unheard: true }] });
  expect(() => server.apply(odd)).toThrow('spec.ingress[0].from[0]: Required value: must specify a peer');
  const stored = server.apply(odd, { asIs: true });
  expect(stored.spec).toEqual({ ingress: [{ from: [{}], unheard: true }] });
  const { body } = await call(
    `${server.url}/apis/networking.k8s.io/v1/namespaces/default/networkpolicies/odd`,
  );
  expect(body.spec.ingress[0].unheard).toBe(true);
  expect(() => server.apply({ kind: 'Gadget', metadata: { name: 'x' } })).toThrow('no kind Gadget');
});

test('what happens inside is seen outside', async () => {
  const reader = await watch(`${server.url}/api/v1/pods?watch=1&resourceVersion=${server.resourceVersion()}`);
  server.apply(pod('seen'));
  expect(server.delete('Pod', 'default', 'seen')).toBe(true);
  expect(server.delete('Pod', 'default', 'seen')).toBe(false);
  expect(await reader.names(2)).toEqual(['ADDED seen', 'DELETED seen']);
  reader.close();
});

test('what a caller does to an object afterwards changes nothing', () => {
  const mine = { ...pod('mine'), metadata: { ...pod('mine').metadata, labels: { a: 'b' } } };
  server.apply(mine);
  mine.metadata.labels.a = 'c';
  expect(server.get('Pod', 'default', 'mine')?.metadata.labels).toEqual({ a: 'b' });
});

test('a field called __proto__ stays a field', async () => {
  const text =
    '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"proto"},"data":{"__proto__":"x","constructor":"y"}}';
  const { body } = await call(`${server.url}/api/v1/namespaces/default/configmaps`, 'POST', text);
  expect(Object.keys(body.data as object).sort()).toEqual(['__proto__', 'constructor']);
  expect(({} as { x?: string }).x).toBeUndefined();
});
