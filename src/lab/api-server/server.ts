import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Account } from './access.ts';
import { deleteExactly } from './deletion.ts';
import { createServerObjects, type ServerObjects } from './server-objects.ts';
import { createFaultBook, type Faults, type RequestFilter } from './faults.ts';
import { handleRequest, type HandlerContext } from './handler.ts';
import { createStore } from './store.ts';
import type { OpenWatch } from './watch.ts';
import { seededNumbers } from './watch-stream.ts';

export { kubeconfigFor } from './kubeconfig.ts';

export interface ApiServerOptions {
  /** Where to listen; default 127.0.0.1 and any free port. `fd` is a socket that listens already. */
  readonly listen?: { readonly host?: string; readonly port?: number } | { readonly fd: number };
  /** PEM texts; without them the server speaks plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Who may come in; absent: everybody, for everything. */
  readonly accounts?: readonly Account[];
  /** How many past changes watches and continue tokens may reach back. Default 100,000. */
  readonly historyWindow?: number;
  /** Milliseconds between periodic bookmarks. Default a minute, as with the real server. */
  readonly bookmarkInterval?: number;
  /** The WatchList feature gate: whether `sendInitialEvents` is understood. Default true. */
  readonly streamingLists?: boolean;
  /** Cuts watch streams into pieces at positions that follow from this seed. */
  readonly splitSeed?: number;
  /** Where Services get their cluster addresses from; the first is the primary family. Default 10.96.0.0/12. */
  readonly serviceCidrs?: readonly string[];
  /** `grace`: deleted pods on a node stay for their grace period, marked as terminating. Default `immediate`. */
  readonly podTermination?: 'immediate' | 'grace';
}

export interface ApiServer extends ServerObjects {
  /** `http://127.0.0.1:41234`. */
  readonly url: string;
  readonly faults: Faults;
  /** Requests since the start, by `verb resource` (`watch networkpolicies.networking.k8s.io`, `get /version`). */
  requests(): Readonly<Record<string, number>>;
  /** Open watches by the plural name of their resource. */
  watches(): Readonly<Record<string, number>>;
  /** The resourceVersion of the last change. */
  resourceVersion(): string;
  /** Cuts every connection and stops. */
  close(): Promise<void>;
}

/**
 * Starts the embedded API server: an in-memory kube-apiserver that behaves like the real one where a client can tell.
 * Throws what `listen` throws.
 */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const store = createStore(options.historyWindow ?? 100_000);
  const book = createFaultBook();
  const counts = new Map<string, number>();
  const watches = new Set<OpenWatch>();
  const timers = new Set<NodeJS.Timeout>();
  const state = { goneAs: 'event' as Faults['goneAs'], refusing: false };
  const podTermination = options.podTermination ?? 'immediate';
  const serviceCidrs = options.serviceCidrs ?? ['10.96.0.0/12'];
  const objects = createServerObjects(store, { serviceCidrs });

  const context: HandlerContext = {
    store,
    accounts: options.accounts,
    faults: book,
    serviceCidrs,
    podTermination,
    split: options.splitSeed === undefined ? undefined : seededNumbers(options.splitSeed),
    watches,
    watchOptions: () => ({
      bookmarkInterval: options.bookmarkInterval ?? 60_000,
      streamingLists: options.streamingLists ?? true,
      goneAs: state.goneAs,
    }),
    count: (label) => counts.set(label, (counts.get(label) ?? 0) + 1),
    later: ({ object, after }) => {
      if (after === undefined) return;
      const timer = setTimeout(() => {
        timers.delete(timer);
        deleteExactly(store, object);
      }, after * 1000);
      timers.add(timer);
    },
  };

  const listener = (
    ...[message, response]: Parameters<Parameters<typeof createHttpServer>[1] & object>
  ): void => {
    void handleRequest(context, message, response);
  };
  const server: Server =
    options.tls === undefined ? createHttpServer(listener) : createHttpsServer(options.tls, listener);
  // Watches are long; the client decides when it has waited enough.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 90_000;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    if (state.refusing) {
      socket.resetAndDestroy();
      return;
    }
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  const place = options.listen ?? {};
  const inherited = 'fd' in place;
  const first = inherited ? { fd: place.fd } : { host: place.host ?? '127.0.0.1', port: place.port ?? 0 };
  await listen(server, first);
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('the API server listens on no TCP port');
  const again = { host: address.address, port: address.port };
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;

  const dropConnections = (): number => {
    const open = [...sockets];
    for (const socket of open) socket.destroy();
    return open.length;
  };
  const matching = (when: RequestFilter | undefined): readonly OpenWatch[] =>
    [...watches].filter((watch) => when?.(watch.request) ?? true);

  const faults: Faults = {
    ...book.standing,
    get goneAs() {
      return state.goneAs;
    },
    set goneAs(how) {
      state.goneAs = how;
    },
    dropConnections,
    refuse: async (on) => {
      if (on === state.refusing) return;
      state.refusing = on;
      if (!inherited && on) {
        const closed = stopListening(server);
        dropConnections();
        await closed;
      } else if (!inherited) await listen(server, again);
      else dropConnections();
    },
    expireHistory: () => {
      store.forget();
    },
    corruptWatch: (how, when) => {
      const hit = matching(when);
      for (const { stream } of hit) stream.corrupt(how);
      return hit.length;
    },
    endWatches: (when) => {
      const hit = matching(when);
      for (const watch of hit) watch.close();
      return hit.length;
    },
  };

  return {
    ...objects,
    url: `${options.tls === undefined ? 'http' : 'https'}://${host}:${String(address.port)}`,
    faults,
    requests: () => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
    watches: () => {
      const open = new Map<string, number>();
      for (const { request } of watches) {
        open.set(request.resource.plural, (open.get(request.resource.plural) ?? 0) + 1);
      }
      return Object.fromEntries([...open].sort(([a], [b]) => (a < b ? -1 : 1)));
    },
    resourceVersion: () => String(store.revision()),
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      for (const watch of [...watches]) watch.close();
      book.standing.clear();
      const closed = server.listening ? stopListening(server) : Promise.resolve();
      dropConnections();
      await closed;
    },
  };
}

function listen(server: Server, where: { host: string; port: number } | { fd: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function stopListening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => {
      if (error === undefined) resolve();
      else reject(error);
    });
  });
}
