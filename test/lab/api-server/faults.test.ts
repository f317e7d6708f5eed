/* eslint-disable @typescript-eslint/no-unsafe-member-access --
   answers are read as whatever the server sent: the expectation is their type */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type ApiServer, type ApiServerOptions, startApiServer } from '../../../src/lab/api-server/server.ts';
import { call, pod, policy, watch, type WatchReader } from './client.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});
async function start(options: ApiServerOptions = {}): Promise<ApiServer> {
  const server = await startApiServer(options);
  open.push(server);
  return server;
}
async function follow(server: ApiServer, path = '/api/v1/pods'): Promise<WatchReader> {
  const reader = await watch(`${server.url}${path}?watch=1&resourceVersion=${server.resourceVersion()}`);
  open.push(reader);
  return reader;
}
const errorCode = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error as { cause?: { code?: string } }).cause?.code,
  );

test('drops every connection; new ones are welcome', async () => {
  const server = await start();
  const reader = await follow(server);
  expect(server.faults.dropConnections()).toBeGreaterThan(0);
  expect(await reader.line()).toBeUndefined();
  expect((await call(`${server.url}/api/v1/pods`)).code).toBe(200);
});

test('refuses connections, and comes back on the same port', async () => {
  const server = await start();
  await server.faults.refuse(true);
  expect(await errorCode(fetch(`${server.url}/readyz`))).toBe('ECONNREFUSED');
  await server.faults.refuse(false);
  expect((await call(`${server.url}/readyz`)).body).toBe('ok');
});

test('on an inherited descriptor it resets instead', async () => {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { fd } = (listener as unknown as { _handle: { fd: number } })._handle;
  const child = spawn(process.execPath, [`${import.meta.dirname}/inherited-server.ts`], {
    stdio: ['ignore', 'ignore', 'inherit', fd, 'ipc'],
  });
  const exited = once(child, 'exit');
  const told = async (): Promise<unknown> => ((await once(child, 'message')) as [unknown])[0];
  try {
    const url = await told();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    listener.close();
    const readyz = `${String(url)}/readyz`;
    expect((await call(readyz)).code).toBe(200);
    child.send(true);
    await told();
    expect(['ECONNRESET', 'UND_ERR_SOCKET']).toContain(await errorCode(fetch(readyz)));
    child.send(false);
    await told();
    expect((await call(readyz)).code).toBe(200);
  } finally {
    child.disconnect();
    await exited;
  }
});

test('stalls matching requests and watches; nothing is lost', async () => {
  const server = await start();
  const reader = await follow(server);
  const release = server.faults.stall((request) => request.kind === 'resource');
  const list = call(`${server.url}/api/v1/pods`);
  server.apply(pod('a'));
  expect(await reader.quiet(150)).toBe(true);
  expect(await Promise.race([list, new Promise((resolve) => setTimeout(resolve, 50, 'late'))])).toBe('late');
  expect((await call(`${server.url}/readyz`)).code).toBe(200);
  release();
  expect((await list).body.items).toHaveLength(1);
  server.apply(pod('b'));
  expect(await reader.names(2)).toEqual(['ADDED a', 'ADDED b']);
});

test('answers the next matching requests with an error, and says when to come again', async () => {
  const server = await start();
  server.faults.answer({ code: 503, times: 2, when: (request) => request.verb === 'list' });
  server.faults.answer({ code: 429, retryAfter: 7, when: (request) => request.verb === 'watch' });
  expect((await call(`${server.url}/readyz`)).code).toBe(200);
  const codes = [];
  for (let count = 0; count < 3; count += 1) codes.push((await call(`${server.url}/api/v1/pods`)).code);
  expect(codes).toEqual([503, 503, 200]);
  const limited = await call(`${server.url}/api/v1/pods?watch=1`);
  expect(limited).toMatchObject({
    code: 429,
    body: { reason: 'TooManyRequests', details: { retryAfterSeconds: 7 } },
  });
  expect(limited.headers.get('retry-after')).toBe('7');
});

test('delays requests until released', async () => {
  const server = await start();
  const release = server.faults.delay(200);
  const began = performance.now();
  await call(`${server.url}/readyz`);
  expect(performance.now() - began).toBeGreaterThan(190);
  release();
  const again = performance.now();
  await call(`${server.url}/readyz`);
  expect(performance.now() - again).toBeLessThan(190);
});

test('an expired history sends old watches away and leaves open ones alone', async () => {
  const server = await start();
  const reader = await follow(server);
  const from = server.resourceVersion();
  server.apply(pod('a'));
  server.faults.expireHistory();
  server.apply(pod('b'));
  expect(await reader.names(2)).toEqual(['ADDED a', 'ADDED b']);
  const late = await watch(`${server.url}/api/v1/pods?watch=1&resourceVersion=${from}`);
  open.push(late);
  expect(await late.next()).toMatchObject({ type: 'ERROR', object: { code: 410 } });
});

test('a watch can get a line of garbage, or half a line and the end', async () => {
  const server = await start();
  const garbled = await follow(server);
  expect(server.faults.corruptWatch('garbage')).toBe(1);
  server.apply(pod('a'));
  const text = await garbled.line();
  expect(() => JSON.parse(text ?? '') as unknown).toThrow(SyntaxError);
  expect(await garbled.names(1)).toEqual(['ADDED a']);
  garbled.close();
  await expect.poll(() => server.watches()).toEqual({});
  const cut = await follow(server);
  expect(server.faults.corruptWatch('truncated')).toBe(1);
  server.apply(pod('b'));
  expect(await cut.line()).toBeUndefined();
  expect(cut.rest()).toContain('"ADDED"');
});

test('kinds overtake each other when one is late, in order within the kind', async () => {
  const server = await start();
  const pods = await follow(server);
  const policies = await follow(server, '/apis/networking.k8s.io/v1/networkpolicies');
  const release = server.faults.delayWatch('networkpolicies', 300);
  server.apply(policy('p', {}));
  server.apply(policy('q', {}));
  server.apply(pod('a'));
  expect(await pods.names(1)).toEqual(['ADDED a']);
  expect(await policies.quiet(100)).toBe(true);
  release();
  server.apply(policy('r', {}));
  expect(await policies.names(3)).toEqual(['ADDED p', 'ADDED q', 'ADDED r']);
});

test('events can come twice, and watches can be ended politely', async () => {
  const server = await start();
  const reader = await follow(server);
  const release = server.faults.duplicate();
  server.apply(pod('a'));
  expect(await reader.names(2)).toEqual(['ADDED a', 'ADDED a']);
  release();
  server.apply(pod('b'));
  expect(server.faults.endWatches()).toBe(1);
  expect(await reader.names(1)).toEqual(['ADDED b']);
  expect(await reader.line()).toBeUndefined();
});

test('clear ends all of it, and close does not wait for what hangs', async () => {
  const server = await start();
  server.faults.stall();
  server.faults.delay(60_000, (request) => request.verb === 'list');
  const stalled = fetch(`${server.url}/readyz`);
  server.faults.clear();
  expect((await stalled).status).toBe(200);
  server.faults.stall();
  const hanging = errorCode(fetch(`${server.url}/readyz`));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await server.close();
  expect(await hanging).not.toBe('none');
});
