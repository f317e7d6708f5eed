import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** One request as the API server saw it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers one request. The response may be left open. */
export type Answer = (response: ServerResponse, seen: Seen) => void | Promise<void>;

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  readonly seen: Seen[];
  /** Answers given in turn, one a request; a request beyond them gets 503. */
  readonly script: Answer[];
  /** Open connections. */
  connections(): number;
  close(): Promise<void>;
}

/** A real HTTP server that answers by script. With `tls` (PEM) it speaks TLS. */
export async function startScriptedServer(tls?: {
  readonly key: string;
  readonly cert: string;
}): Promise<ScriptedServer> {
  const seen: Seen[] = [];
  const script: Answer[] = [];
  const sockets = new Set<Socket>();
  const listener: RequestListener = (request, response) => {
    void serve(request, response);
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://server');
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const entry: Seen = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body,
    };
    seen.push(entry);
    const answer = script.shift() ?? status(503);
    await answer(response, entry);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer({ ...tls }, listener);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    seen,
    script,
    connections: () => sockets.size,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A pod as the API sends it, as far as these tests need one. */
export function pod(name: string, version: string, labels: Readonly<Record<string, string>> = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'team', name, resourceVersion: version, labels },
    status: { podIP: '10.0.0.1' },
  };
}

/** A line of a watch. */
export function event(type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR', object: object): string {
  return `${JSON.stringify({ type, object })}\n`;
}

export function bookmark(version: string): string {
  const annotations = { 'example.org/unrelated': 'true' };
  return event('BOOKMARK', { kind: 'Pod', metadata: { resourceVersion: version, annotations } });
}

/** The bookmark that ends the list in a watch. */
export function initialEventsEnd(version: string): string {
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  return event('BOOKMARK', { kind: 'Pod', metadata: { resourceVersion: version, annotations } });
}

export function statusObject(code: number, reason: string, extra: object = {}): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: reason, ...extra };
}

/** An error status with a Status body. */
export function status(code: number, reason = '', headers: Record<string, string> = {}, extra = {}): Answer {
  return (response) => {
    response.writeHead(code, { 'Content-Type': 'application/json', ...headers });
    response.end(JSON.stringify(statusObject(code, reason, extra)));
  };
}

/** A whole answer in one piece. */
export function list(version: string, items: readonly object[], continueToken = ''): Answer {
  return (response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(
      JSON.stringify({
        kind: 'PodList',
        apiVersion: 'v1',
        metadata: {
          resourceVersion: version,
          ...(continueToken === '' ? {} : { continue: continueToken }),
        },
        items,
      }),
    );
  };
}

/** A watch that sends these lines and stays open; what is done with the response later is up to the test. */
export function watching(lines: readonly string[], opened?: (response: ServerResponse) => void): Answer {
  return (response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    for (const line of lines) response.write(line);
    opened?.(response);
  };
}

/** The same, ended in order by the server. */
export function ended(lines: readonly string[]): Answer {
  return watching(lines, (response) => {
    response.end();
  });
}
