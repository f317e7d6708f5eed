import { connect, type Server, type Socket } from 'node:net';

/**
 * Leads every connection that the listener accepts, and `admits` lets in, to the API server. The listener may stand in
 * another network namespace than this process: a socket stays in the one in which it was opened.
 */
export function forwardToApi(
  listener: Server,
  apiUrl: string,
  admits: (client: Socket) => Promise<boolean>,
): void {
  const { hostname, port } = new URL(apiUrl);
  const lead = async (client: Socket): Promise<void> => {
    client.once('error', () => client.destroy());
    if (!(await admits(client)) || client.destroyed) {
      client.destroy();
      return;
    }
    const server = connect({ host: hostname, port: Number(port) });
    for (const socket of [client, server]) socket.setNoDelay(true);
    join(client, server);
    join(server, client);
  };
  listener.on('connection', (client: Socket) => {
    lead(client).catch((error: unknown) => {
      console.error('cannot lead a client to the API server', error);
      client.destroy();
    });
  });
}

/** Bytes of the one go to the other, and its end, good or bad, is the other's end. */
function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.once('error', () => to.destroy());
  // Not destroyed: what came last may still be on its way to the other.
  from.once('close', () => to.end());
}
