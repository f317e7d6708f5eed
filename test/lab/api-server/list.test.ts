/* eslint-disable @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access --
   answers are read as whatever the server sent: the expectation is their type */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../../../src/lab/api-server/server.ts';
import { call, pod, policy } from './client.ts';

let server: ApiServer;
beforeEach(async () => {
  server = await startApiServer();
});
afterEach(async () => {
  await server.close();
});

const names = (body: { items: { metadata: { name: string } }[] }): string[] =>
  body.items.map(({ metadata }) => metadata.name);

test('lists all namespaces or one, in the order of keys, with the revision of the store', async () => {
  for (const [name, namespace] of [
    ['b', 'shop'],
    ['a', 'shop'],
    ['c', 'default'],
  ] as const) {
    server.apply(pod(name, {}, namespace));
  }
  const all = await call(`${server.url}/api/v1/pods`);
  expect(names(all.body)).toEqual(['c', 'a', 'b']);
  expect(all.body).toMatchObject({ kind: 'PodList', apiVersion: 'v1' });
  expect(all.body.metadata.resourceVersion).toBe(server.resourceVersion());
  expect(names((await call(`${server.url}/api/v1/namespaces/shop/pods`)).body)).toEqual(['a', 'b']);
  expect(names((await call(`${server.url}/api/v1/namespaces`)).body)).toEqual([
    'default',
    'kube-system',
    'shop',
  ]);
});

test('selects by labels in the syntax of kubectl', async () => {
  server.apply(pod('web', { app: 'web', tier: 'front' }));
  server.apply(pod('db', { app: 'db' }));
  server.apply(pod('bare'));
  const table: readonly (readonly [string, readonly string[]])[] = [
    ['app=web', ['web']],
    ['app==web', ['web']],
    ['app!=web', ['bare', 'db']],
    ['app in (web, db)', ['db', 'web']],
    ['app notin (web)', ['bare', 'db']],
    ['app', ['db', 'web']],
    ['!app', ['bare']],
    ['app,tier=front', ['web']],
    ['', ['bare', 'db', 'web']],
  ];
  for (const [selector, expected] of table) {
    const { body } = await call(`${server.url}/api/v1/pods?labelSelector=${encodeURIComponent(selector)}`);
    expect(names(body), selector).toEqual(expected);
  }
  const bad = await call(`${server.url}/api/v1/pods?labelSelector=${encodeURIComponent('a=b=c')}`);
  expect(bad.code).toBe(400);
});

test('selects by fields, and refuses fields that it does not offer', async () => {
  server.apply({
    ...pod('here'),
    spec: { ...pod('here').spec, nodeName: 'node-1' },
    status: { phase: 'Running' },
  });
  server.apply(pod('there'));
  const select = (selector: string) =>
    call(`${server.url}/api/v1/pods?fieldSelector=${encodeURIComponent(selector)}`);
  expect(names((await select('spec.nodeName=node-1')).body)).toEqual(['here']);
  expect(names((await select('spec.nodeName!=node-1')).body)).toEqual(['there']);
  expect(names((await select('status.phase=Running,metadata.namespace=default')).body)).toEqual(['here']);
  expect(names((await select('metadata.name=there')).body)).toEqual(['there']);
  const refused = await select('spec.containers=x');
  expect(refused).toMatchObject({
    code: 400,
    body: { message: 'field label not supported: spec.containers' },
  });
});

test('pages over one snapshot, whatever changes between the pages', async () => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) server.apply(pod(name));
  const first = await call(`${server.url}/api/v1/pods?limit=2`);
  expect(names(first.body)).toEqual(['a', 'b']);
  expect(first.body.metadata.remainingItemCount).toBe(3);
  server.delete('Pod', 'default', 'c');
  server.apply(pod('bb'));
  server.apply(pod('d', { changed: 'yes' }));
  const second = await call(`${server.url}/api/v1/pods?limit=2&continue=${first.body.metadata.continue}`);
  expect(names(second.body)).toEqual(['c', 'd']);
  expect(second.body.items[1].metadata.labels).toBeUndefined();
  expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
  const third = await call(`${server.url}/api/v1/pods?limit=2&continue=${second.body.metadata.continue}`);
  expect(names(third.body)).toEqual(['e']);
  expect(third.body.metadata.continue).toBeUndefined();
});

test('an expired continue token is 410 with a token that goes on without consistency', async () => {
  for (const name of ['a', 'b', 'c']) server.apply(pod(name));
  const first = await call(`${server.url}/api/v1/pods?limit=1`);
  server.apply(pod('bb'));
  server.faults.expireHistory();
  const expired = await call(`${server.url}/api/v1/pods?limit=5&continue=${first.body.metadata.continue}`);
  expect(expired).toMatchObject({ code: 410, body: { kind: 'Status', reason: 'Expired' } });
  const inconsistent = await call(
    `${server.url}/api/v1/pods?limit=5&continue=${expired.body.metadata.continue}`,
  );
  expect(names(inconsistent.body)).toEqual(['b', 'bb', 'c']);
  expect((await call(`${server.url}/api/v1/pods?continue=rubbish`)).code).toBe(400);
});

test('resourceVersion: 0 and old ones are fine, exact ones look back, future ones are 504', async () => {
  server.apply(pod('a'));
  const then = server.resourceVersion();
  server.apply(pod('b'));
  const list = (query: string) => call(`${server.url}/api/v1/pods?${query}`);
  expect(names((await list('resourceVersion=0')).body)).toEqual(['a', 'b']);
  expect(names((await list(`resourceVersion=${then}`)).body)).toEqual(['a', 'b']);
  const exact = await list(`resourceVersion=${then}&resourceVersionMatch=Exact`);
  expect(names(exact.body)).toEqual(['a']);
  expect(exact.body.metadata.resourceVersion).toBe(then);
  const future = await list('resourceVersion=99999');
  expect(future).toMatchObject({ code: 504, body: { reason: 'Timeout' } });
  expect(future.body.details.causes[0].reason).toBe('ResourceVersionTooLarge');
  expect((await list('resourceVersionMatch=Exact')).code).toBe(422);
  server.faults.expireHistory();
  expect((await list(`resourceVersion=${then}&resourceVersionMatch=Exact`)).code).toBe(410);
});

test('answers one object, or 404 in the words of the server', async () => {
  server.apply(policy('web', { podSelector: {} }));
  const base = `${server.url}/apis/networking.k8s.io/v1/namespaces/default/networkpolicies`;
  expect((await call(`${base}/web`)).body).toMatchObject({
    kind: 'NetworkPolicy',
    apiVersion: 'networking.k8s.io/v1',
    metadata: { name: 'web', namespace: 'default', generation: 1 },
    spec: { podSelector: {}, policyTypes: ['Ingress'] },
  });
  const missing = await call(`${base}/nobody`);
  expect(missing).toMatchObject({
    code: 404,
    body: {
      reason: 'NotFound',
      message: 'networkpolicies.networking.k8s.io "nobody" not found',
      details: { name: 'nobody', group: 'networking.k8s.io', kind: 'networkpolicies' },
    },
  });
  expect((await call(`${server.url}/api/v1/gadgets`)).code).toBe(404);
});

test('events have two faces', async () => {
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e1', namespace: 'shop' },
    involvedObject: { kind: 'Pod', namespace: 'shop', name: 'web' },
    reason: 'Denied',
    message: 'no',
    type: 'Warning',
  };
  server.apply(event);
  const grouped = await call(`${server.url}/apis/events.k8s.io/v1/namespaces/shop/events/e1`);
  expect(grouped.body).toMatchObject({
    apiVersion: 'events.k8s.io/v1',
    note: 'no',
    regarding: { name: 'web' },
  });
  const core = await call(`${server.url}/api/v1/events?fieldSelector=involvedObject.name=web`);
  expect(core.body.items[0]).toMatchObject({ message: 'no', involvedObject: { name: 'web' } });
});

test('a list of many objects stays one answer', async () => {
  for (let index = 0; index < 3000; index += 1) server.apply(pod(`pod-${String(index).padStart(5, '0')}`));
  const { body } = await call(`${server.url}/api/v1/pods`);
  expect(body.items).toHaveLength(3000);
  let pages = 0;
  let token = '';
  const seen: string[] = [];
  do {
    const page = await call(`${server.url}/api/v1/pods?limit=700${token === '' ? '' : `&continue=${token}`}`);
    seen.push(...names(page.body));
    token = page.body.metadata.continue ?? '';
    pages += 1;
  } while (token !== '');
  expect(pages).toBe(5);
  expect(seen).toEqual(names(body));
});
