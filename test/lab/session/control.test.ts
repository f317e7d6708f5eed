import { mkdtempSync, rmSync } from 'node:fs';
import { type Server, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { callControl } from '../../../src/lab/session/control-client.ts';
import { serveControl } from '../../../src/lab/session/control-server.ts';

let home: string;
let socket: string;
let server: Server;
const never = new AbortController().signal;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'ringfence-control-'));
  socket = join(home, 'control.sock');
  server = await serveControl(socket, {
    status: () => Promise.reject(new Error('no status')),
    probe: ({ from }) => Promise.resolve({ connections: [], warnings: [from ?? 'everybody'] }),
    place: ({ host }) =>
      Promise.reject(
        Object.assign(new Error(`nobody is called ${host}`), {
          code: 'LAB_UNKNOWN_HOST',
          hint: 'look again',
        }),
      ),
    down: () => new Promise(() => undefined),
  });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(home, { recursive: true });
});

it('answers a call', async () => {
  expect(await callControl(socket, 'probe', { from: 'a/b' }, never)).toEqual({
    connections: [],
    warnings: ['a/b'],
  });
});

it('brings an error over with code and hint', async () => {
  await expect(callControl(socket, 'place', { host: 'x' }, never)).rejects.toMatchObject({
    message: 'nobody is called x',
    code: 'LAB_UNKNOWN_HOST',
    hint: 'look again',
  });
  await expect(callControl(socket, 'status', {}, never)).rejects.toMatchObject({ message: 'no status' });
});

it('refuses what it does not know', async () => {
  await expect(callControl(socket, 'probe', { form: 'a/b' } as never, never)).rejects.toThrow('form');
  await expect(callControl(socket, 'toString' as never, {} as never, never)).rejects.toThrow('no such call');
  const status = await new Promise((resolve, reject) => {
    request({ socketPath: socket, path: '/down' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once('error', reject)
      .end();
  });
  expect(status).toBe(405);
});

it('gives up when it is told to', async () => {
  const controller = new AbortController();
  const call = callControl(socket, 'down', {}, controller.signal);
  controller.abort();
  await expect(call).rejects.toMatchObject({ name: 'AbortError' });
});

it('says that nobody is there', async () => {
  await expect(callControl(`${socket}.x`, 'status', {}, never)).rejects.toMatchObject({ code: 'ENOENT' });
});
