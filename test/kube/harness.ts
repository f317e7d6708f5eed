import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { createKubeClient, type KubeClient } from '../../src/kube/client.ts';
import type { Log } from '../../src/kube/log.ts';
import { createReflector, type Reflector, type ReflectorOptions } from '../../src/kube/reflector.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { type ScriptedServer, startScriptedServer } from './scripted-server.ts';

/** What the tests keep of a pod. */
export interface KeptPod {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface RecordedLog extends Log {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: object }[];
}

export interface Bench {
  readonly server: ScriptedServer;
  readonly client: KubeClient;
  readonly clock: FakeClock;
  readonly reflector: Reflector<string, KeptPod>;
  readonly log: RecordedLog;
  /** What the handler heard, one line each. */
  readonly heard: string[];
  /** Names of the live pods. */
  names(): readonly string[];
  /** Query of request number `index`. */
  query(index: number): Readonly<Record<string, string>>;
  /** Resolves once that many requests came. */
  requests(count: number): Promise<void>;
  /** Aborts the reflector and waits for it. */
  abort(): Promise<void>;
  /** Ends the reflector and closes everything. */
  stop(): Promise<void>;
}

/** A reflector at work against a scripted server, with a clock that stands still until it is turned. */
export async function startBench(
  answers: ScriptedServer['script'],
  options: Partial<ReflectorOptions<string, KeptPod>> = {},
): Promise<Bench> {
  const server = await startScriptedServer();
  server.script.push(...answers);
  const client = await createKubeClient({ kubeconfig: writeKubeconfig(server.url) });
  const clock = createFakeClock();
  const heard: string[] = [];
  const log = recordLog();
  const reflector = createReflector<string, KeptPod>({
    client,
    path: '/api/v1/pods',
    key: ({ namespace, name }) => `${namespace}/${name}`,
    project: keepPod,
    handler: hearInto(heard),
    log,
    clock,
    random: () => 0.5,
    ...options,
  });
  const stopper = new AbortController();
  const running = reflector.run(stopper.signal);
  const abort = (): Promise<void> => {
    stopper.abort();
    return running;
  };
  return {
    server,
    client,
    clock,
    reflector,
    log,
    heard,
    names: () => [...reflector.objects().keys()].sort(),
    query: (index) => server.seen[index]!.query,
    requests: (count) =>
      until(() => {
        if (server.seen.length < count) throw new Error(`${server.seen.length} requests, not ${count}`);
      }),
    abort,
    stop: async () => {
      await abort();
      client.close();
      await server.close();
    },
  };
}

export function keepPod(raw: unknown): KeptPod {
  const { metadata } = raw as { metadata: KeptPod };
  return { name: metadata.name, labels: metadata.labels };
}

export function hearInto(heard: string[]): ReflectorOptions<string, KeptPod>['handler'] {
  return {
    replaced: (objects, gone) => {
      heard.push(`replaced ${[...objects.keys()].join(' ')} gone ${[...gone.keys()].join(' ')}`.trim());
    },
    changed: (key, _object, previous) => {
      heard.push(`${previous === undefined ? 'new' : 'changed'} ${key}`);
    },
    deleted: (key) => {
      heard.push(`deleted ${key}`);
    },
  };
}

export function recordLog(): RecordedLog {
  const lines: RecordedLog['lines'] = [];
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields });
  };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export interface KubeconfigUser {
  readonly token?: string;
  readonly tokenFile?: string;
}

/** Writes a kubeconfig for the server and returns its path. */
export function writeKubeconfig(server: string, user: KubeconfigUser = {}, caFile?: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'ringfence-kube-')), 'config');
  writeFileSync(path, kubeconfig(server, user, caFile));
  return path;
}

export function kubeconfig(server: string, user: KubeconfigUser = {}, caFile?: string): string {
  const credentials = {
    ...(user.token === undefined ? {} : { token: user.token }),
    ...(user.tokenFile === undefined
      ? {}
      : { 'auth-provider': { name: 'tokenFile', config: { tokenFile: user.tokenFile } } }),
  };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, ...(caFile ? { 'certificate-authority': caFile } : {}) } }],
    users: [{ name: 'u', user: credentials }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'here',
  });
}

/** Waits in real time until the check passes. */
export function until(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 5000, interval: 2 });
}
