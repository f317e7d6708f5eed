import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createKubeClient, type KubeClient, type KubeConfigSource } from '../../src/kube/client.ts';
import { createReflector } from '../../src/kube/reflector.ts';
import { hearInto, keepPod, kubeconfig, recordLog, until, writeKubeconfig } from './harness.ts';
import {
  event,
  initialEventsEnd,
  pod,
  type ScriptedServer,
  startScriptedServer,
  status,
  watching,
} from './scripted-server.ts';

const certFile = `${import.meta.dirname}/tls/cert.pem`;
const tls = {
  key: readFileSync(`${import.meta.dirname}/tls/key.pem`, 'utf8'),
  cert: readFileSync(certFile, 'utf8'),
};
const cleanups: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(withTls = false): Promise<ScriptedServer> {
  const server = await startScriptedServer(withTls ? tls : undefined);
  cleanups.push(() => server.close());
  return server;
}

async function connect(source: KubeConfigSource): Promise<KubeClient> {
  const client = await createKubeClient(source);
  cleanups.push(() => {
    client.close();
  });
  return client;
}

async function get(client: KubeClient, path = '/version', query = {}): Promise<number | undefined> {
  const response = await client.request(path, query, { signal: AbortSignal.timeout(5000) });
  await response.toArray();
  return response.statusCode;
}

describe('requests', () => {
  it('go over TLS with a token, checked against the cluster certificate, and carry a reflector', async () => {
    const server = await serve(true);
    server.script.push(watching([event('ADDED', pod('a', '7')), initialEventsEnd('10')]));
    const client = await connect({ kubeconfig: writeKubeconfig(server.url, { token: 'secret' }, certFile) });
    const heard: string[] = [];
    const reflector = createReflector({
      client,
      path: '/api/v1/pods',
      key: ({ name }) => name,
      project: keepPod,
      handler: hearInto(heard),
      log: recordLog(),
    });
    const stopper = new AbortController();
    const running = reflector.run(stopper.signal);
    await until(() => {
      expect(heard).toEqual(['replaced a gone']);
    });
    stopper.abort();
    await running;
    expect(server.seen[0]).toMatchObject({
      path: '/api/v1/pods',
      headers: { authorization: 'Bearer secret' },
    });
  });

  it('refuse a server whose certificate the cluster does not vouch for', async () => {
    const server = await serve(true);
    const client = await connect({ kubeconfig: writeKubeconfig(server.url, { token: 'secret' }) });
    await expect(get(client)).rejects.toMatchObject({ code: 'unreachable' });
    expect(server.seen).toEqual([]);
  });

  it('share one kept-alive connection', async () => {
    const server = await serve();
    server.script.push(status(200), status(200), status(200));
    const client = await connect({ kubeconfig: writeKubeconfig(server.url) });
    for (let i = 0; i < 3; i += 1) expect(await get(client)).toBe(200);
    expect(server.connections()).toBe(1);
  });

  it('keep the path of the server in front, and encode the query', async () => {
    const server = await serve();
    server.script.push(status(200));
    const client = await connect({ kubeconfig: writeKubeconfig(`${server.url}/k8s/clusters/c-1/`) });
    await get(client, '/api/v1/pods', { labelSelector: 'a=b,c!=d&e', empty: '', missing: undefined });
    expect(server.seen[0]).toMatchObject({
      path: '/k8s/clusters/c-1/api/v1/pods',
      query: { labelSelector: 'a=b,c!=d&e' },
    });
  });

  it('end with the reason of the signal, before the answer and in the body', async () => {
    const server = await serve();
    server.script.push(() => undefined, watching(['one\n']));
    const client = await connect({ kubeconfig: writeKubeconfig(server.url) });
    const first = new AbortController();
    const asked = client.request('/', {}, { signal: first.signal });
    await until(() => {
      expect(server.seen).toHaveLength(1);
    });
    first.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');

    const second = new AbortController();
    const response = await client.request('/', {}, { signal: second.signal });
    second.abort();
    await expect(response.toArray()).rejects.toThrow();
    await until(() => {
      expect(server.connections()).toBe(0);
    });
  });

  it('say which server cannot be reached', async () => {
    const server = await serve();
    const client = await connect({ kubeconfig: writeKubeconfig(server.url) });
    await server.close();
    cleanups.shift();
    await expect(get(client)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining(`127.0.0.1:${server.port}`) as string,
    });
  });
});

describe('credentials', () => {
  it('in a file are read again after a minute, without the newline at the end', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const server = await serve();
    server.script.push(status(200), status(200), status(200));
    const tokenFile = join(mkdtempSync(join(tmpdir(), 'ringfence-kube-')), 'token');
    writeFileSync(tokenFile, 'first\n');
    const client = await connect({ kubeconfig: writeKubeconfig(server.url, { tokenFile }) });
    await get(client);
    writeFileSync(tokenFile, 'second\n');
    await get(client);
    vi.setSystemTime(Date.now() + 61_000);
    await get(client);
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer first',
      'Bearer first',
      'Bearer second',
    ]);
  });

  it('in a kubeconfig are loaded anew once they are refused', async () => {
    const server = await serve();
    server.script.push(status(401), status(200));
    const path = writeKubeconfig(server.url, { token: 'old' });
    const client = await connect({ kubeconfig: path });
    writeFileSync(path, kubeconfig(server.url, { token: 'new' }));
    expect([await get(client), await get(client)]).toEqual([401, 200]);
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
  });

  it('of a pod are its service account, whatever its home folder holds', async () => {
    const server = await serve(true);
    server.script.push(status(200));
    const prefix = mkdtempSync(join(tmpdir(), 'ringfence-kube-'));
    const directory = join(prefix, 'var/run/secrets/kubernetes.io/serviceaccount');
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'ca.crt'), tls.cert);
    writeFileSync(join(directory, 'token'), 'pod-token');
    vi.stubEnv('KUBECONFIG', '');
    const home = mkdtempSync(join(tmpdir(), 'ringfence-kube-'));
    mkdirSync(join(home, '.kube'));
    writeFileSync(join(home, '.kube/config'), kubeconfig('http://127.0.0.1:1', { token: 'home' }));
    vi.stubEnv('HOME', home);
    vi.stubEnv('KUBERNETES_SERVICE_HOST', '127.0.0.1');
    vi.stubEnv('KUBERNETES_SERVICE_PORT', String(server.port));
    const client = await connect({ serviceAccountPrefix: prefix });
    expect(await get(client)).toBe(200);
    expect(server.seen[0]?.headers.authorization).toBe('Bearer pod-token');
  });
});

describe('kubeconfig-invalid', () => {
  const empty = join(mkdtempSync(join(tmpdir(), 'ringfence-kube-')), 'empty');
  writeFileSync(empty, '');
  const rows: readonly [string, KubeConfigSource, string][] = [
    ['missing file', { kubeconfig: '/nonexistent/config' }, 'ENOENT'],
    ['empty file', { kubeconfig: empty }, empty],
    ['unknown context', { kubeconfig: writeKubeconfig('http://127.0.0.1:1'), context: 'there' }, '"there"'],
    ['no http server', { kubeconfig: writeKubeconfig('ftp://127.0.0.1') }, 'ftp://127.0.0.1'],
  ];
  it.each(rows)('%s', async (_what, source, mentions) => {
    await expect(createKubeClient(source)).rejects.toMatchObject({
      code: 'kubeconfig-invalid',
      message: expect.stringContaining(mentions) as string,
    });
  });

  it('nothing anywhere, rather than localhost', async () => {
    vi.stubEnv('KUBECONFIG', '');
    vi.stubEnv('KUBERNETES_SERVICE_HOST', '');
    vi.stubEnv('HOME', '/nonexistent');
    await expect(createKubeClient()).rejects.toMatchObject({ code: 'kubeconfig-invalid' });
  });
});
