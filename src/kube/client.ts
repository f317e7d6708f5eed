import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import type { Cluster, KubeConfig } from '@kubernetes/client-node';
import { KubeError } from './errors.ts';

// The only user of @kubernetes/client-node, and only for kubeconfig files and credentials. Its informer dies on a
// server error and its transport has no limit on silence, so requests go over node:https here.

/**
 * Where to find the API server and who we are. Nothing given: the files that `KUBECONFIG` names; where it is unset, in a pod
 * its service account, elsewhere `~/.kube/config`.
 */
export interface KubeConfigSource {
  /** Path of a kubeconfig file. */
  readonly kubeconfig?: string;
  /** A context of the kubeconfig; its current context by default. */
  readonly context?: string;
  /** Where `/var/run/secrets/kubernetes.io/serviceaccount` is looked for; the root directory by default. */
  readonly serviceAccountPrefix?: string;
}

/** Query parameters. Those that are undefined or empty are not sent. */
export type Query = Readonly<Record<string, string | undefined>>;

export interface RequestFacts {
  readonly signal: AbortSignal;
  readonly method?: 'GET' | 'POST';
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface KubeClient {
  /** The URL of the API server. */
  readonly server: string;
  /**
   * Sends a request and resolves with the answer, whatever its status, as soon as the headers are there; the body is to
   * be read or destroyed. Rejects with a KubeError, or with the signal's reason. Aborting ends the body too.
   */
  request(path: string, query: Query, facts: RequestFacts): Promise<IncomingMessage>;
  /** Closes idle connections. */
  close(): void;
}

/** Milliseconds of silence on a connection before the kernel asks whether the other side is still there. */
const keepAliveDelay = 30_000;

/** Loads credentials and returns a client. Throws `kubeconfig-invalid`. Nothing is sent yet. */
export async function createKubeClient(source: KubeConfigSource = {}): Promise<KubeClient> {
  // Imported late: it costs 80 ms of processor time, which commands that need no cluster should not pay.
  const { KubeConfig } = await import('./credentials.ts');
  const load = (): LoadedConfig => loadConfig(new KubeConfig(), source);
  let loaded = load();
  let outdated = false;
  const agents = {
    'http:': new HttpAgent({ keepAlive: true }),
    'https:': new HttpsAgent({ keepAlive: true }),
  };

  const request = async (path: string, query: Query, facts: RequestFacts): Promise<IncomingMessage> => {
    if (outdated) {
      loaded = load();
      outdated = false;
    }
    const url = requestUrl(loaded.server, path, query);
    const { config, proxied } = loaded;
    const credentials = await credentialsFor(config, facts.signal);
    // client-node's own agent only where it speaks to a proxy: it keeps the certificates of its first day.
    const agent = proxied ? credentials.agent : agents[url.protocol as keyof typeof agents];
    const response = await send(url, { ...credentials, agent }, facts);
    // Tokens in files are read again each minute, certificates and tokens inside a kubeconfig never: on refusal, load anew.
    if (response.statusCode === 401) outdated = true;
    return response;
  };

  return {
    server: loaded.server.href,
    request,
    close: () => {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

interface LoadedConfig {
  readonly config: KubeConfig;
  readonly server: URL;
  readonly proxied: boolean;
}

function loadConfig(config: KubeConfig, source: KubeConfigSource): LoadedConfig {
  try {
    readInto(config, source);
    if (source.context !== undefined) config.setCurrentContext(source.context);
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new Error(`no cluster for context "${config.getCurrentContext()}"`);
    const server = new URL(cluster.server);
    if (server.protocol === 'http:') allowPlainHttp(config, cluster);
    else if (server.protocol !== 'https:')
      throw new Error(`server "${cluster.server}" is not an http(s) URL`);
    return { config, server, proxied: (cluster.proxyUrl ?? '') !== '' };
  } catch (cause) {
    const where = source.kubeconfig ?? 'the default kubeconfig';
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KubeError('kubeconfig-invalid', `cannot use ${where}: ${why}`, { cause });
  }
}

function readInto(config: KubeConfig, source: KubeConfigSource): void {
  if (source.kubeconfig !== undefined) {
    config.loadFromFile(source.kubeconfig);
    return;
  }
  if ((process.env['KUBERNETES_SERVICE_HOST'] ?? '') !== '' && (process.env['KUBECONFIG'] ?? '') === '') {
    config.loadFromCluster(source.serviceAccountPrefix);
    return;
  }
  config.loadFromDefault();
  // When it finds nothing, client-node invents http://localhost:8080 under this name.
  if (config.getCurrentContext() === 'loaded-context') {
    throw new Error('there is no kubeconfig, and this is not a pod');
  }
}

/** client-node refuses http:// unless verification is off; there is nothing to verify without TLS. */
function allowPlainHttp(config: KubeConfig, cluster: Cluster): void {
  config.clusters = config.clusters.map((other) =>
    other.name === cluster.name ? { ...other, skipTLSVerify: true } : other,
  );
}

/** `server` may have a path of its own (API servers behind Rancher and the like), which stays in front. */
function requestUrl(server: URL, path: string, query: Query): URL {
  const url = new URL(server);
  url.pathname = `${server.pathname.replace(/\/+$/, '')}${path}`;
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') url.searchParams.set(name, value);
  }
  return url;
}

/** Asked for before each request, so that a service account token that was rotated on disk is picked up. */
async function credentialsFor(config: KubeConfig, signal: AbortSignal): Promise<RequestOptions> {
  const options: RequestOptions = { headers: { Accept: 'application/json', 'User-Agent': 'ringfence' } };
  try {
    // A kubeconfig may name a program to run, which may hang.
    await untilAborted(config.applyToHTTPSOptions(options), signal);
  } catch (cause) {
    signal.throwIfAborted();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KubeError('kubeconfig-invalid', `cannot get credentials: ${why}`, { cause });
  }
  const headers = options.headers as Record<string, string>;
  // Token files often end in a newline, which is illegal in a header.
  if (headers['Authorization'] !== undefined) headers['Authorization'] = headers['Authorization'].trim();
  return options;
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });
}

function send(
  url: URL,
  options: RequestOptions,
  facts: RequestFacts,
  again = false,
): Promise<IncomingMessage> {
  const { signal, method = 'GET', body } = facts;
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const open = url.protocol === 'http:' ? httpRequest : httpsRequest;
  const headers = {
    ...(options.headers as Record<string, string>),
    ...(payload === undefined
      ? {}
      : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(payload)) }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = open({ ...urlToHttpOptions(url), ...options, headers, method, signal }, resolve);
    outgoing.on('socket', (socket) => {
      socket.setKeepAlive(true, keepAliveDelay);
    });
    outgoing.on('error', (cause: NodeJS.ErrnoException) => {
      if (signal.aborted) {
        reject(signal.reason as Error);
      } else if (outgoing.reusedSocket && cause.code === 'ECONNRESET' && method === 'GET' && !again) {
        // The server closed the idle connection just as we used it again.
        send(url, options, facts, true).then(resolve, reject);
      } else {
        reject(new KubeError('unreachable', `cannot reach ${url.host}: ${cause.message}`, { cause }));
      }
    });
    outgoing.end(payload);
  });
}
