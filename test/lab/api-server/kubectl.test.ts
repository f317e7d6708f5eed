import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type ApiServer, kubeconfigFor, startApiServer } from '../../../src/lab/api-server/server.ts';
import { pod } from './client.ts';

const kubectl = process.env['KUBECTL'] ?? 'kubectl';
const found = !execaSync(kubectl, ['version', '--client'], { reject: false }).failed;
const missing = `no ${kubectl} here; install it with: apt-get install -y --no-install-recommends kubernetes-client (or name one in KUBECTL)`;

test.runIf(!found && process.env['CI'] === 'true')('kubectl is there', () => {
  expect.fail(missing);
});
if (!found) console.warn(`the tests with kubectl are left out: ${missing}`);

let server: ApiServer;
let home: string;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'ringfence-kubectl-'));
  server = await startApiServer();
  writeFileSync(join(home, 'config'), kubeconfigFor(server.url));
});
afterAll(async () => {
  await server.close();
  rmSync(home, { recursive: true, force: true });
});

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(args: readonly string[], input?: string, config = 'config'): Promise<Outcome> {
  const result = await execa(kubectl, args, {
    reject: false,
    env: { HOME: home, KUBECONFIG: join(home, config) },
    timeout: 20_000,
    ...(input === undefined ? {} : { input }),
  });
  return { code: result.exitCode ?? -1, out: result.stdout, err: result.stderr };
}

async function ok(args: readonly string[], input?: string): Promise<string> {
  const { code, out, err } = await run(args, input);
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  return out;
}

const manifest = (port: number): string => `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { containers: [{ name: main, image: "registry.example/web:1", ports: [{ name: http, containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: http }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web, namespace: shop }
spec:
  podSelector: { matchLabels: { app: web } }
  ingress:
  - from: [{ podSelector: { matchLabels: { app: api } } }]
    ports: [{ port: ${String(port)} }]
`;

describe.runIf(found)('a stock kubectl', () => {
  test('applies: creates, leaves alone, updates', async () => {
    const created = await ok(['apply', '-f', '-'], manifest(8080));
    expect(created.split('\n')).toEqual([
      'namespace/shop created',
      'pod/web created',
      'service/web created',
      'networkpolicy.networking.k8s.io/web created',
    ]);
    const before = server.resourceVersion();
    expect(await ok(['apply', '-f', '-'], manifest(8080))).toContain('pod/web unchanged');
    expect(server.resourceVersion()).toBe(before);
    expect(await ok(['apply', '-f', '-'], manifest(8081))).toContain(
      'networkpolicy.networking.k8s.io/web configured',
    );
    expect(server.get('NetworkPolicy', 'shop', 'web')).toMatchObject({
      metadata: { generation: 2 },
      spec: { ingress: [{ ports: [{ port: 8081, protocol: 'TCP' }] }] },
    });
  });

  test('gets as a table, as YAML and as JSON, of all namespaces', async () => {
    const table = (await ok(['get', 'pods', '-n', 'shop', '-o', 'wide'])).split('\n');
    expect(table[0]).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE/);
    expect(table[1]).toMatch(/^web +0\/1 +Pending +0 +\d+s/);
    const policies = (await ok(['get', 'netpol', '-A'])).split('\n');
    expect(policies[0]).toMatch(/^NAMESPACE +NAME +POD-SELECTOR +AGE$/);
    expect(policies[1]).toMatch(/^shop +web +app=web +\d+s$/);
    const yaml = parseAllDocuments(await ok(['get', 'netpol', '-n', 'shop', 'web', '-o', 'yaml']));
    expect(yaml.map((document) => document.toJS() as unknown)).toMatchObject([
      { kind: 'NetworkPolicy', spec: { policyTypes: ['Ingress'] } },
    ]);
    const json = JSON.parse(await ok(['get', 'pods', '-A', '-o', 'json'])) as {
      kind: string;
      items: unknown[];
    };
    expect(json).toMatchObject({ kind: 'List', items: [{ kind: 'Pod', metadata: { name: 'web' } }] });
    expect(await ok(['get', 'pods', '-n', 'shop', '-l', 'app=db', '-o', 'name'])).toBe('');
    expect(await ok(['get', 'all', '-n', 'shop', '-o', 'name'])).toBe('pod/web\nservice/web');
  });

  test('pages through long lists', async () => {
    for (let index = 0; index < 620; index += 1) server.apply(pod(`many-${String(index)}`, {}, 'many'));
    const before = server.requests()['list pods'] ?? 0;
    expect((await ok(['get', 'pods', '-n', 'many', '--no-headers'])).split('\n')).toHaveLength(620);
    expect((server.requests()['list pods'] ?? 0) - before).toBe(2);
    server.delete('Namespace', '', 'many');
  });

  test('labels, annotates, patches and describes', async () => {
    await ok(['label', 'pod', '-n', 'shop', 'web', 'tier=front', 'app-']);
    await ok(['annotate', 'netpol', '-n', 'shop', 'web', 'example.com/why=test']);
    await ok([
      'patch',
      'svc',
      '-n',
      'shop',
      'web',
      '--type=json',
      '-p',
      '[{"op":"add","path":"/spec/selector/x","value":"y"}]',
    ]);
    expect(server.get('Pod', 'shop', 'web')?.metadata.labels).toEqual({ tier: 'front' });
    expect(server.get('NetworkPolicy', 'shop', 'web')?.metadata['annotations']).toMatchObject({
      'example.com/why': 'test',
    });
    expect(server.get('Service', 'shop', 'web')?.['spec']).toMatchObject({
      selector: { app: 'web', x: 'y' },
    });
    expect(await ok(['describe', 'netpol', '-n', 'shop', 'web'])).toContain('To Port: 8081/TCP');
    expect(await ok(['describe', 'pod', '-n', 'shop', 'web'])).toContain('registry.example/web:1');
  });

  test('watches', async () => {
    const watching = execa(kubectl, ['get', 'pods', '-n', 'shop', '-w', '--no-headers'], {
      env: { HOME: home, KUBECONFIG: join(home, 'config') },
      reject: false,
      buffer: false,
    });
    const lines: string[] = [];
    const reading = (async () => {
      for await (const line of watching) lines.push(line);
    })();
    await expect.poll(() => server.watches()['pods'], { timeout: 10_000 }).toBe(1);
    server.apply({ ...pod('late', {}, 'shop'), status: { phase: 'Running' } });
    server.apply({ ...pod('late', {}, 'shop'), status: { phase: 'Succeeded' } });
    await expect.poll(() => lines.length, { timeout: 5000 }).toBe(3);
    watching.kill('SIGINT');
    await reading.catch(() => undefined);
    await watching;
    expect(lines.map((line) => line.split(/ +/).slice(0, 3).join(' '))).toEqual([
      'web 0/1 Pending',
      'late 0/1 Running',
      'late 0/1 Completed',
    ]);
  });

  test('is told what is wrong in the words of the server', async () => {
    const bad = manifest(8081).replace('{ podSelector: { matchLabels: { app: api } } }', '{}');
    const { code, err } = await run(['apply', '-f', '-'], bad);
    expect(code).toBe(1);
    expect(err).toContain('spec.ingress[0].from[0]: Required value: must specify a peer');
    const twice = await run(['create', '-f', '-'], manifest(8081).split('---')[0]);
    expect(twice.err).toContain('namespaces "shop" already exists');
    expect((await run(['get', 'pod', 'nobody'])).err).toContain(
      'Error from server (NotFound): pods "nobody" not found',
    );
  });

  test('deletes, and waits until it is gone', async () => {
    expect(await ok(['delete', 'pod', '-n', 'shop', 'web'])).toContain('pod "web" deleted');
    expect(await ok(['delete', '-f', '-'], manifest(8081).split('---').slice(2).join('---'))).toContain(
      'deleted',
    );
    expect(await ok(['delete', 'namespace', 'shop'])).toContain('namespace "shop" deleted');
    expect(server.list('NetworkPolicy')).toEqual([]);
    expect(server.get('Namespace', '', 'shop')).toBeUndefined();
  });

  test('comes in over TLS with a token, and may do what its rules say', async () => {
    const key = join(home, 'key.pem');
    const cert = join(home, 'cert.pem');
    const subject = ['-subj', '/CN=lab', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
    await execa('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert]);
    const tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    const rules = [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['namespaces'] }];
    const secured = await startApiServer({
      tls,
      accounts: [{ token: 'reader-token', user: 'reader', rules }],
    });
    try {
      const authority = { certificateAuthority: tls.cert };
      writeFileSync(join(home, 'reader'), kubeconfigFor(secured.url, 'reader-token', authority));
      writeFileSync(join(home, 'nobody'), kubeconfigFor(secured.url, 'other-token', authority));
      const namespaces = await run(['get', 'namespaces', '-o', 'name'], undefined, 'reader');
      expect(namespaces.out).toBe('namespace/default\nnamespace/kube-system');
      const refused = await run(['get', 'pods'], undefined, 'reader');
      expect(refused.err).toContain('pods is forbidden: User "reader" cannot list resource "pods"');
      expect((await run(['get', 'namespaces'], undefined, 'nobody')).err).toMatch(
        /must be logged in|Unauthorized/,
      );
    } finally {
      await secured.close();
    }
  });
});
