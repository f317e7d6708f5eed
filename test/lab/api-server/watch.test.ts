/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access --
   answers are read as whatever the server sent: the expectation is their type */
import { afterEach, expect, test } from 'vitest';
import { type ApiServer, type ApiServerOptions, startApiServer } from '../../../src/lab/api-server/server.ts';
import { call, pod, watch, type WatchReader } from './client.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});
async function start(options: ApiServerOptions = {}): Promise<ApiServer> {
  const server = await startApiServer(options);
  open.push(server);
  return server;
}
async function watchPods(server: ApiServer, query: string): Promise<WatchReader> {
  const reader = await watch(`${server.url}/api/v1/pods?watch=true&${query}`);
  open.push(reader);
  return reader;
}

test('tells what happened after a resourceVersion, and then what happens', async () => {
  const server = await start();
  server.apply(pod('before'));
  const from = server.resourceVersion();
  server.apply(pod('a'));
  server.apply(pod('a', { changed: 'yes' }));
  const reader = await watchPods(server, `resourceVersion=${from}`);
  expect(await reader.names(2)).toEqual(['ADDED a', 'MODIFIED a']);
  server.delete('Pod', 'default', 'a');
  const deleted = await reader.next();
  expect(deleted).toMatchObject({
    type: 'DELETED',
    object: { kind: 'Pod', metadata: { labels: { changed: 'yes' } } },
  });
  expect(deleted.object.metadata.resourceVersion).toBe(server.resourceVersion());
});

test('without a resourceVersion starts with what there is', async () => {
  const server = await start();
  server.apply(pod('a'));
  server.apply(pod('b'));
  expect(await (await watchPods(server, '')).names(2)).toEqual(['ADDED a', 'ADDED b']);
  expect(await (await watchPods(server, 'resourceVersion=0')).names(2)).toEqual(['ADDED a', 'ADDED b']);
});

test('sendInitialEvents ends with the annotated bookmark', async () => {
  const server = await start();
  server.apply(pod('a'));
  const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const reader = await watchPods(server, query);
  expect(await reader.names(1)).toEqual(['ADDED a']);
  const end = await reader.next();
  expect(end).toMatchObject({
    type: 'BOOKMARK',
    object: {
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: {
        resourceVersion: server.resourceVersion(),
        annotations: { 'k8s.io/initial-events-end': 'true' },
      },
    },
  });
  server.apply(pod('b'));
  expect(await reader.names(1)).toEqual(['ADDED b']);
});

test('sendInitialEvents needs its options, and a server that knows it', async () => {
  const server = await start();
  const bare = await call(`${server.url}/api/v1/pods?watch=1&sendInitialEvents=true`);
  expect(bare.code).toBe(422);
  expect(bare.body.details.causes[0].message).toBe(
    'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
  );
  const old = await start({ streamingLists: false });
  const refused = await call(
    `${old.url}/api/v1/pods?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
  );
  expect(refused.code).toBe(422);
  expect(refused.body.details.causes[0].field).toBe('sendInitialEvents');
});

test('bookmarks carry the revision past changes of other kinds', async () => {
  const server = await start({ bookmarkInterval: 50 });
  const reader = await watchPods(
    server,
    `resourceVersion=${server.resourceVersion()}&allowWatchBookmarks=true`,
  );
  server.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } });
  const { type, object } = await reader.next();
  expect([type, object.metadata.resourceVersion]).toEqual(['BOOKMARK', server.resourceVersion()]);
  const silent = await watchPods(server, `resourceVersion=${server.resourceVersion()}`);
  expect(await silent.quiet(200)).toBe(true);
});

test('ends after timeoutSeconds, with a bookmark for those who take them', async () => {
  const server = await start();
  const began = performance.now();
  const from = server.resourceVersion();
  const reader = await watchPods(server, `resourceVersion=${from}&timeoutSeconds=1&allowWatchBookmarks=true`);
  expect((await reader.next()).type).toBe('BOOKMARK');
  expect(await reader.line()).toBeUndefined();
  expect(performance.now() - began).toBeGreaterThan(900);
  expect(server.watches()).toEqual({});
});

test('what enters the selection is ADDED, what leaves it is DELETED as it was inside', async () => {
  const server = await start();
  server.apply(pod('a', { app: 'web' }));
  server.apply(pod('b', { app: 'db' }));
  const reader = await watchPods(
    server,
    `resourceVersion=${server.resourceVersion()}&labelSelector=app%3Dweb`,
  );
  server.apply(pod('b', { app: 'web' }));
  server.apply(pod('b', { app: 'web', more: 'yes' }));
  server.apply(pod('a', { app: 'db' }));
  server.delete('Pod', 'default', 'a');
  server.delete('Pod', 'default', 'b');
  expect(await reader.names(2)).toEqual(['ADDED b', 'MODIFIED b']);
  const left = await reader.next();
  expect(left).toMatchObject({
    type: 'DELETED',
    object: { metadata: { name: 'a', labels: { app: 'web' } } },
  });
  expect(await reader.names(1)).toEqual(['DELETED b']);
});

test('field selectors translate as well: pods of one node', async () => {
  const server = await start();
  const on = (node: string) => ({ ...pod('a'), spec: { ...pod('a').spec, nodeName: node } });
  const reader = await watchPods(
    server,
    `resourceVersion=${server.resourceVersion()}&fieldSelector=spec.nodeName%3Dn1`,
  );
  server.apply(pod('a'));
  server.apply(on('n1'));
  server.apply(on('n2'));
  expect(await reader.names(2)).toEqual(['ADDED a', 'DELETED a']);
});

test('a watch of one namespace or one name sees nothing else', async () => {
  const server = await start();
  const from = server.resourceVersion();
  const namespaced = await watch(`${server.url}/api/v1/namespaces/shop/pods?watch=1&resourceVersion=${from}`);
  const named = await watch(`${server.url}/api/v1/namespaces/shop/pods/b?watch=1&resourceVersion=${from}`);
  open.push(namespaced, named);
  for (const [name, namespace] of [
    ['a', 'default'],
    ['a', 'shop'],
    ['b', 'shop'],
  ] as const) {
    server.apply(pod(name, {}, namespace));
  }
  expect(await namespaced.names(2)).toEqual(['ADDED a', 'ADDED b']);
  expect(await named.names(1)).toEqual(['ADDED b']);
});

test('too old a resourceVersion is an ERROR event or the HTTP status', async () => {
  const server = await start({ historyWindow: 3 });
  const from = server.resourceVersion();
  for (const name of ['a', 'b', 'c', 'd', 'e']) server.apply(pod(name));
  const reader = await watchPods(server, `resourceVersion=${from}`);
  expect(reader.code).toBe(200);
  expect(await reader.next()).toMatchObject({
    type: 'ERROR',
    object: { kind: 'Status', code: 410, reason: 'Expired' },
  });
  expect(await reader.line()).toBeUndefined();
  server.faults.goneAs = 'status';
  const status = await call(`${server.url}/api/v1/pods?watch=1&resourceVersion=${from}`);
  expect(status).toMatchObject({ code: 410, body: { reason: 'Expired' } });
  const within = Number(server.resourceVersion()) - 3;
  expect(await (await watchPods(server, `resourceVersion=${String(within)}`)).names(3)).toHaveLength(3);
});

test('the stream may be cut anywhere, also within a character', async () => {
  const server = await start({ splitSeed: 7 });
  const reader = await watchPods(server, `resourceVersion=${server.resourceVersion()}`);
  const text = 'grün 🚦'.repeat(40);
  for (let index = 0; index < 5; index += 1) {
    const object = pod(`p${String(index)}`);
    server.apply({ ...object, metadata: { ...object.metadata, annotations: { note: text } } });
  }
  for (let index = 0; index < 5; index += 1) {
    const { object } = await reader.next();
    expect(object.metadata.name).toBe(`p${String(index)}`);
    expect(object.metadata.annotations.note).toBe(text);
  }
  expect(reader.pieces.length).toBeGreaterThan(20);
});

test('counts requests and open watches', async () => {
  const server = await start();
  const reader = await watchPods(server, '');
  await call(`${server.url}/api/v1/pods`);
  await call(`${server.url}/version`);
  expect(server.watches()).toEqual({ pods: 1 });
  expect(server.requests()).toEqual({ 'get /version': 1, 'list pods': 1, 'watch pods': 1 });
  reader.close();
  await expect.poll(() => server.watches()).toEqual({});
});
