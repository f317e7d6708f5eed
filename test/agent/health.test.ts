import { afterEach, beforeEach, expect, test } from 'vitest';
import { listenForHealth, type ListeningServer } from '../../src/agent/health.ts';

let server: ListeningServer;
let stale: string | undefined;
let broken = false;

beforeEach(async () => {
  stale = undefined;
  broken = false;
  server = await listenForHealth(
    { host: '127.0.0.1', port: 0, routes: ['/livez', '/readyz', '/status', '/metrics'] },
    {
      livez: [{ name: 'sync-loop', failure: () => undefined }],
      readyz: [
        { name: 'stores-synced', failure: () => undefined },
        { name: 'rules-applied', failure: () => stale },
      ],
      status: () => {
        if (broken) throw new Error('no status');
        return Promise.resolve({ node: 'node-1' });
      },
      metrics: () => Promise.resolve({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }),
    },
  );
});
afterEach(() => server.close());

async function get(path: string, method = 'GET') {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  return { status: response.status, text: await response.text(), type: response.headers.get('content-type') };
}

test('healthy answers are short', async () => {
  expect(await get('/livez')).toMatchObject({ status: 200, text: 'ok' });
  expect(await get('/readyz')).toMatchObject({ status: 200, text: 'ok' });
});

test('verbose lists the checks', async () => {
  expect((await get('/readyz?verbose')).text).toBe(
    '[+]stores-synced ok\n[+]rules-applied ok\nreadyz check passed\n',
  );
});

test('a failed check is 503 and names its reason', async () => {
  stale = 'no transaction yet';
  expect(await get('/readyz')).toMatchObject({
    status: 503,
    text: '[+]stores-synced ok\n[-]rules-applied failed: no transaction yet\nreadyz check failed\n',
  });
  expect(await get('/livez')).toMatchObject({ status: 200 });
});

test('status is JSON, metrics are Prometheus text', async () => {
  expect(await get('/status')).toMatchObject({ status: 200, type: 'application/json' });
  expect(JSON.parse((await get('/status')).text)).toEqual({ node: 'node-1' });
  expect(await get('/metrics')).toMatchObject({ text: 'up 1\n', type: 'text/plain; version=0.0.4' });
});

test('anything else is refused, and nothing stops the server', async () => {
  expect(await get('/')).toMatchObject({ status: 404 });
  expect(await get('/livez/')).toMatchObject({ status: 404 });
  expect(await get('/status', 'POST')).toMatchObject({ status: 405 });
  expect(await get('/status', 'HEAD')).toMatchObject({ status: 200, text: '' });
  broken = true;
  expect(await get('/status')).toMatchObject({ status: 500 });
  expect(await get('/livez')).toMatchObject({ status: 200 });
});

test('an address in use is a clear error', async () => {
  await expect(
    listenForHealth(
      { host: '127.0.0.1', port: server.port, routes: [] },
      {
        livez: [],
        readyz: [],
        status: () => Promise.resolve({}),
        metrics: () => Promise.reject(new Error('unused')),
      },
    ),
  ).rejects.toMatchObject({ code: 'listen-failed', message: expect.stringContaining('127.0.0.1') as string });
});
