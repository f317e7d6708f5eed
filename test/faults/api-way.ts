import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** The way between agent and API server, as far as it can fail without either of them noticing. */
export interface ApiWay {
  readonly url: string;
  /** Bytes vanish, in both directions, on connections that are open and on new ones; nobody is told. For connections of
   * that time for ever: half-open. */
  swallow(on: boolean): void;
  /** Adds bytes that are no HTTP to every open connection, on their way to the agent. */
  garble(): number;
  close(): Promise<void>;
}

export async function openApiWay(target: string): Promise<ApiWay> {
  const { hostname, port } = new URL(target);
  const pairs = new Map<Socket, { lost: boolean }>();
  let swallowing = false;
  const server = createServer((client) => {
    const state = { lost: swallowing };
    pairs.set(client, state);
    const upstream = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', (bytes) => {
        if (!state.lost) to.write(bytes);
      });
      from.on('close', () => {
        // A half-open connection hears of the end no more than of anything else.
        if (!state.lost || from === client) to.destroy();
      });
      // An error is an end, which `close` tells.
      from.on('error', () => from.destroy());
    }
    client.on('close', () => pairs.delete(client));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('listens on no TCP port');
  return {
    url: `http://127.0.0.1:${String(address.port)}`,
    swallow(on) {
      swallowing = on;
      if (on) for (const state of pairs.values()) state.lost = true;
    },
    garble() {
      for (const client of pairs.keys())
        client.write('\r\n\u0000ffff\r\n{"type":\u0007"ADDED","object":{]\r\nHTTP/9.9 999\r\n');
      return pairs.size;
    },
    async close() {
      for (const client of pairs.keys()) client.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
