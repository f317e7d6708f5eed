import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { forwardToApi } from '../../../src/lab/session/forward-api.ts';
import { openSocketTable, userOfPeer } from '../../../src/lab/session/peer-user.ts';

let api: HttpServer;
let listener: Server;
beforeEach(async () => {
  api = createHttpServer((request, response) => {
    if (request.url === '/cut') request.socket.destroy();
    else response.end('x'.repeat(4_000_000));
  });
  listener = createServer();
  for (const server of [api, listener]) await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => {
  api.closeAllConnections();
  for (const server of [api, listener]) server.close();
});

const urlOf = (server: Server | HttpServer): string =>
  `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;

it('hands everything through, to the last byte', async () => {
  forwardToApi(listener, urlOf(api), () => Promise.resolve(true));
  const bodies = await Promise.all(
    Array.from({ length: 10 }, async () =>
      (await fetch(urlOf(listener), { headers: { connection: 'close' } })).text(),
    ),
  );
  expect(bodies.map(({ length }) => length)).toEqual(Array.from({ length: 10 }, () => 4_000_000));
});

it('ends a client whose server ends, and a server whose client ends', async () => {
  forwardToApi(listener, urlOf(api), () => Promise.resolve(true));
  await expect(fetch(`${urlOf(listener)}/cut`)).rejects.toThrow();
  const client = connect((listener.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(api, 'connection')) as [Socket];
  client.destroy();
  await once(accepted, 'close');
});

it('lets nobody in whom it is told not to, nor where that cannot be told', async () => {
  let asked = 0;
  forwardToApi(listener, urlOf(api), () =>
    asked++ === 0 ? Promise.resolve(false) : Promise.reject(new Error('unknown')),
  );
  api.on('connection', () => expect.fail('nobody may come this far'));
  await expect(fetch(urlOf(listener))).rejects.toThrow();
  await expect(fetch(urlOf(listener))).rejects.toThrow();
  expect(asked).toBe(2);
});

it('knows whose the other end is', async () => {
  const table = await openSocketTable();
  const client = connect((listener.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(listener, 'connection')) as [Socket];
  expect(await userOfPeer(table.fd, accepted)).toBe(process.geteuid?.());
  // Of a socket that nobody has any more, the table would say it is root's.
  client.destroy();
  await once(client, 'close');
  expect(await userOfPeer(table.fd, accepted)).toBeUndefined();
  accepted.destroy();
  await table.close();
});

it.runIf(process.geteuid?.() === 0)('tells other users apart', async () => {
  const table = await openSocketTable();
  const program = `require('net').connect(${String((listener.address() as AddressInfo).port)}, '127.0.0.1')`;
  const child = spawn('setpriv', [
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    process.execPath,
    '-e',
    program,
  ]);
  const [accepted] = (await once(listener, 'connection')) as [Socket];
  expect(await userOfPeer(table.fd, accepted)).toBe(65534);
  child.kill('SIGKILL');
  accepted.destroy();
  await table.close();
});
