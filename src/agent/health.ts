import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { AgentError } from './errors.ts';

/** One thing that must hold for an endpoint to answer 200. */
export interface HealthCheck {
  /** Kebab-case, as shown by `?verbose`. */
  readonly name: string;
  /** The reason why it does not hold, or `undefined`. */
  readonly failure: () => string | undefined;
}

/** What is served. Everything is asked anew for every request. */
export interface HealthSources {
  readonly livez: readonly HealthCheck[];
  readonly readyz: readonly HealthCheck[];
  readonly status: () => Promise<unknown>;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

export type HealthRoute = '/livez' | '/readyz' | '/status' | '/metrics';

/** An address to listen on, and what is answered there. */
export interface HealthListener {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly routes: readonly HealthRoute[];
}

export interface ListeningServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves liveness, readiness, status and metrics over HTTP, GET and HEAD alone.
 *
 * @throws AgentError `listen-failed`
 */
export async function listenForHealth(
  listener: HealthListener,
  sources: HealthSources,
): Promise<ListeningServer> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5000, maxHeaderSize: 8192 });
  // On the host network anybody may knock: a crowd must not take the agent's file descriptors.
  server.maxConnections = 64;
  server.on('request', (request, response) => {
    void answer(request, response, listener.routes, sources);
  });
  server.listen({ host: listener.host, port: listener.port });
  try {
    await once(server, 'listening');
  } catch (cause) {
    const at = `${listener.host}:${String(listener.port)}`;
    throw new AgentError('listen-failed', `cannot listen on ${at}: choose another address or free it`, {
      cause,
    });
  }
  const { address, port } = server.address() as AddressInfo;
  return { host: address, port, close: () => closeServer(server) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: readonly HealthRoute[],
  sources: HealthSources,
): Promise<void> {
  try {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      send(response, 405, 'text/plain; charset=utf-8', 'method not allowed\n', { allow: 'GET, HEAD' });
      return;
    }
    const url = new URL(request.url ?? '/', 'http://agent');
    const route = routes.find((known) => known === url.pathname);
    switch (route) {
      case '/livez':
      case '/readyz': {
        const { healthy, text } = runChecks(route.slice(1), sources[route.slice(1) as 'livez' | 'readyz'], {
          verbose: url.searchParams.has('verbose'),
        });
        send(response, healthy ? 200 : 503, 'text/plain; charset=utf-8', text);
        return;
      }
      case '/status':
        send(response, 200, 'application/json', `${JSON.stringify(await sources.status(), null, 2)}\n`);
        return;
      case '/metrics': {
        const { contentType, text } = await sources.metrics();
        send(response, 200, contentType, text);
        return;
      }
      case undefined:
        send(response, 404, 'text/plain; charset=utf-8', 'not found\n');
    }
  } catch (error) {
    // The caller learns that it failed; a probe then counts it as unhealthy.
    send(response, 500, 'text/plain; charset=utf-8', `internal error: ${String(error)}\n`);
  }
}

/**
 * The answer of a Kubernetes component: `ok`, or with `verbose` and on failure one line for each check.
 * Format of k8s.io/apiserver `healthz`.
 */
export function runChecks(
  endpoint: string,
  checks: readonly HealthCheck[],
  options: { readonly verbose: boolean },
): { readonly healthy: boolean; readonly text: string } {
  const results = checks.map(({ name, failure }) => ({ name, reason: failure() }));
  const healthy = results.every(({ reason }) => reason === undefined);
  if (healthy && !options.verbose) return { healthy, text: 'ok' };
  const lines = results.map(({ name, reason }) =>
    reason === undefined ? `[+]${name} ok` : `[-]${name} failed: ${reason}`,
  );
  return { healthy, text: [...lines, `${endpoint} check ${healthy ? 'passed' : 'failed'}`, ''].join('\n') };
}

function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) return;
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  // For HEAD, node leaves the body out by itself.
  response.end(text);
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
