import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measuredConnectivitySchema } from '../../src/cli/schema/measured-connectivity.ts';
import type { ProbedConnection, SessionStatus } from '../../src/lab/session/control-calls.ts';
import { type LabUser, labUser, type Outcome, pidNamespace, processesIn } from './lab-command-line.ts';

const hasKubectl = !execaSync(process.env['KUBECTL'] ?? 'kubectl', ['version', '--client'], { reject: false })
  .failed;
if (!hasKubectl)
  console.warn('tests with kubectl are left out: apt-get install kubernetes-client, or name one in KUBECTL');
const isRoot = process.geteuid?.() === 0;

const pod = (name: string, port: number, more = ''): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: { app: ${name} } }
spec: { ${more} containers: [{ name: main, image: example, ports: [{ name: main, containerPort: ${String(port)} }] }] }
---`;

const policy = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: db, namespace: shop }
spec:
  podSelector: { matchLabels: { app: db } }
  ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }] }]
`;

let user: LabUser;
let manifests: string;
let up: Outcome;
beforeAll(async () => {
  user = labUser();
  manifests = join(user.home, 'shop.yaml');
  writeFileSync(manifests, pod('web', 80) + pod('db', 5432));
  up = await user.ringfence('lab', 'up', '-f', manifests, '--topology', 'routed');
});
afterAll(() => user.leave());

describe('lab up', () => {
  it('leaves one line for the shell and says the rest to the user', () => {
    expect(up).toMatchObject({ code: 0, out: `export KUBECONFIG=${join(user.root, 'lab/kubeconfig')}` });
    expect(up.err).toContain('lab "lab": 2 nodes, 2 pods, 0 policies (routed, vxlan, IPv4)');
    expect(up.err).toMatch(/^node-1 +172\.18\.0\.1 +10\.244\.1\.0\/24 +enforcing$/m);
    expect(up.err).toMatch(/^shop\/db +node-1 +10\.244\.1\.2$/m);
  });

  it('keeps what it needs in a folder of the user alone', () => {
    expect(statSync(user.root).mode & 0o777).toBe(0o700);
    expect(statSync(join(user.root, 'lab')).mode & 0o777).toBe(0o700);
    expect(statSync(join(user.root, 'lab/kubeconfig')).mode & 0o777).toBe(0o600);
  });

  it('refuses a second lab of the name', async () => {
    const second = await user.ringfence('lab', 'up', '-f', manifests);
    expect(second).toMatchObject({ code: 2, out: '' });
    expect(second.err).toContain(`a lab called "lab" runs already (process ${String(user.owner('lab'))})`);
  });

  it('refuses a name that is no plain word', async () => {
    expect(await user.ringfence('lab', 'up', '-f', manifests, '--name', '../x')).toMatchObject({ code: 2 });
  });
});

describe.runIf(hasKubectl)('kubectl on the host', () => {
  it('sees pods that run', async () => {
    expect((await ok('get', 'pods', '-A', '--no-headers')).split('\n').map(words)).toEqual([
      ['shop', 'db', '1/1', 'Running'],
      ['shop', 'web', '1/1', 'Running'],
    ]);
    expect(await ok('get', 'nodes', '--no-headers')).toMatch(/^node-1 +Ready/);
  });

  it('changes with a policy exactly what packets do', async () => {
    const before = await measured();
    await apply(policy);
    const after = await measured();
    expect(before.every(({ packets }) => packets === 'allowed')).toBe(true);
    expect(after.filter(({ packets }) => packets !== 'allowed').map(textOf)).toEqual([
      // From node-1, where the database runs, it stays open: the kubelet is there.
      'node-2 -> shop/db:5432 dropped denied',
      'outside -> shop/db:5432 dropped denied',
    ]);
    expect(after).toHaveLength(before.length);
    expect(after.every(({ agrees }) => agrees)).toBe(true);
  });

  it('creates pods that get a place and an address, and deletes them', async () => {
    await apply(pod('late', 8080));
    const probe = await user.ringfence('lab', 'probe', 'shop/late', 'shop/db:main');
    expect(probe).toMatchObject({ code: 1, err: '' });
    expect(probe.out).toMatch(
      /^shop\/late -> shop\/db:5432\/TCP \(10\.244\.1\.2\): dropped; the compiler says denied$/,
    );
    expect(await user.ringfence('lab', 'probe', 'shop/web', 'shop/late:8080')).toMatchObject({ code: 0 });
    expect(await ok('get', 'pod', '-n', 'shop', 'late', '--no-headers')).toMatch(/^late +1\/1 +Running/);
    await ok('label', 'pod', '-n', 'shop', 'late', 'app=web', '--overwrite');
    expect(await user.ringfence('lab', 'probe', 'shop/late', 'shop/db:main')).toMatchObject({ code: 0 });
    await ok('delete', 'pod', '-n', 'shop', 'late');
    const gone = await user.ringfence('lab', 'probe', 'shop/late', 'shop/db');
    expect(gone).toMatchObject({ code: 2, out: '' });
    expect(gone.err).toContain('nobody in the lab is called shop/late');
  });

  it('replaces a pod by another of the same name', async () => {
    await apply(pod('twice', 8080));
    const first = await ok('get', 'pod', '-n', 'shop', 'twice', '-o', 'jsonpath={.metadata.uid}');
    await ok('delete', 'pod', '-n', 'shop', 'twice');
    await apply(pod('twice', 8081));
    const probe = await user.ringfence('lab', 'probe', 'shop/web', 'shop/twice', '-o', 'json');
    expect(JSON.parse(probe.out)).toMatchObject({
      reachable: true,
      connections: [{ port: 8081, answeredBy: 'shop/twice' }],
    });
    expect(await ok('get', 'pod', '-n', 'shop', 'twice', '-o', 'jsonpath={.metadata.uid}')).not.toBe(first);
    await ok('delete', 'pod', '-n', 'shop', 'twice');
  });

  it('leaves a pod pending that no node can take, and says why', async () => {
    await apply(pod('lost', 8080, 'nodeName: nowhere,'));
    await user.ringfence('lab', 'probe', 'shop/web', 'shop/db');
    expect(await ok('get', 'pod', '-n', 'shop', 'lost', '--no-headers')).toMatch(/^lost +0\/1 +Pending/);
    expect(
      await ok('get', 'pod', '-n', 'shop', 'lost', '-o', 'jsonpath={.status.conditions[0].message}'),
    ).toBe('the lab has no node nowhere');
    await ok('delete', 'pod', '-n', 'shop', 'lost');
  });

  it('makes Services that lead to pods', async () => {
    await apply(`
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 8000, targetPort: main }] }
`);
    const probe = await user.ringfence('lab', 'probe', 'shop/db', 'svc/shop/web:8000', '-o', 'json');
    expect(JSON.parse(probe.out)).toMatchObject({
      agree: true,
      reachable: true,
      connections: [{ to: 'svc/shop/web', port: 8000, packets: 'allowed', answeredBy: 'shop/web' }],
    });
    await ok('patch', 'svc', '-n', 'shop', 'web', '-p', '{"spec":{"selector":{"app":"nobody"}}}');
    expect(await user.ringfence('lab', 'probe', 'shop/db', 'svc/shop/web')).toMatchObject({ code: 1 });
  });

  it.runIf(isRoot)('serves nobody but the user and root', async () => {
    const stranger = labUser(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'], 65534);
    const config = join(stranger.home, 'kubeconfig');
    copyFileSync(join(user.root, 'lab/kubeconfig'), config);
    for (const path of [stranger.home, config]) chownSync(path, 65534, 65534);
    chmodSync(config, 0o600);
    const url = /server: (\S+)/.exec(readFileSync(config, 'utf8'))?.[1] ?? '';
    const get = `fetch('${url}/version').then((r) => process.exit(r.ok ? 0 : 3), () => process.exit(4))`;
    const ask = (user: number): unknown =>
      execaSync('setpriv', [`--reuid=${String(user)}`, process.execPath, '-e', get], { reject: false })
        .exitCode;
    expect(ask(0)).toBe(0);
    expect(ask(65534)).toBe(4);
    expect(readFileSync(join(user.root, 'lab/log'), 'utf8')).toContain(
      'a connection of user 65534 was refused',
    );
    await stranger.leave();
  });
});

describe('lab exec', () => {
  it('runs a command with the network of a pod', async () => {
    const { code, out } = await user.ringfence('lab', 'exec', 'shop/web', '--', 'ip', '-o', '-4', 'address');
    expect({ code, addresses: out.match(/inet [\d.]+/g) }).toEqual({
      code: 0,
      addresses: ['inet 127.0.0.1', 'inet 10.244.2.2'],
    });
  });

  it('hands through input, output and the exit code', async () => {
    expect(
      await user.feed('hello', 'lab', 'exec', 'shop/web', '--', 'sh', '-c', 'cat; pwd; echo no >&2; exit 7'),
    ).toEqual({
      code: 7,
      out: `hello${process.cwd()}`,
      err: 'no',
    });
  });

  it('shows a node what its agent wrote', async () => {
    const { out } = await user.ringfence('lab', 'exec', 'node-1', '--', 'nft', 'list', 'tables');
    expect(out).toContain('table inet ringfence');
  });

  it('knows nobody of a wrong name, and says who may be meant', async () => {
    const wrong = await user.ringfence('lab', 'exec', 'shop/wep', '--', 'true');
    expect(wrong).toMatchObject({ code: 2, out: '' });
    expect(wrong.err).toContain('did you mean shop/web?');
  });
});

describe('lab status', () => {
  it('knows agents by their process on this machine, and policies by what is applied', async () => {
    const { code, out } = await user.ringfence('lab', 'status', '-o', 'json');
    const status = JSON.parse(out) as SessionStatus;
    expect(code).toBe(0);
    for (const { name, agent } of status.nodes) {
      expect(agent?.phase).toBe('enforcing');
      expect(readFileSync(`/proc/${String(agent?.pid)}/cmdline`, 'utf8').split('\0')).toContain(name);
    }
    if (!hasKubectl) return;
    expect(status.policies).toEqual([
      { namespace: 'shop', name: 'db', generation: 1, applied: { 'node-1': 1, 'node-2': 1 } },
    ]);
  });

  it('says that an agent has ended; its rules stand', async () => {
    const { out } = await user.ringfence('lab', 'status', '-o', 'json');
    process.kill((JSON.parse(out) as SessionStatus).nodes[0]?.agent?.pid ?? NaN, 'SIGKILL');
    await expect
      .poll(() => user.ringfence('lab', 'status'), { timeout: 5000 })
      .toMatchObject({ code: 1, out: expect.stringMatching(/^node-1 .* ended: SIGKILL$/m) as string });
    const probe = await user.ringfence('lab', 'probe', 'outside', 'shop/db:5432');
    expect(probe.err).toContain('warning: the agent on node-1 ended: SIGKILL');
    if (hasKubectl)
      expect(probe).toMatchObject({ code: 1, out: expect.stringContaining('dropped') as string });
  });
});

describe('lab down', () => {
  it('leaves nothing', async () => {
    const namespaces = (): string => execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
    const before = namespaces();
    const inside = pidNamespace(user.owner('lab'));
    expect(processesIn(inside).length).toBeGreaterThan(2);
    expect(await user.ringfence('lab', 'down')).toEqual({ code: 0, out: '', err: 'lab "lab" has ended' });
    expect(processesIn(inside)).toEqual([]);
    expect(readdirSync(user.root)).toEqual([]);
    expect(namespaces()).toBe(before);
  });

  it('says that there is no lab', async () => {
    expect(await user.ringfence('lab', 'down')).toMatchObject({
      code: 2,
      err: 'error: there is no lab called "lab"',
    });
    expect((await user.ringfence('lab', 'status')).err).toContain('start one: ringfence lab up');
    expect(await user.ringfence('lab', 'down', '--all')).toMatchObject({ code: 0 });
  });
});

describe('a lab that is killed', () => {
  it.each([
    { process: 'unshare', which: 0, flags: ['--no-agents'] },
    { process: 'the shell that is PID 1', which: 1, flags: ['--no-agents'] },
    { process: 'the holder', which: 2, flags: [] },
  ])('ends with $process', async ({ which, flags }) => {
    const name = `killed-${String(which)}`;
    const start = ['lab', 'up', '-f', manifests, '--name', name, '--topology', 'routed'];
    expect(await user.ringfence(...start, ...flags)).toMatchObject({ code: 0 });
    const owner = user.owner(name);
    const inside = pidNamespace(owner);
    process.kill([owner, ...processesIn(inside)][which] ?? NaN, 'SIGKILL');
    await expect.poll(() => processesIn(inside), { timeout: 5000 }).toEqual([]);
    expect(existsSync(join(user.root, name))).toBe(true);
    expect((await user.ringfence('lab', 'status', '--name', name)).code).toBe(2);
  });

  it('is cleared away by the next one of the name, or by lab down', async () => {
    const start = ['lab', 'up', '-f', manifests, '--topology', 'routed', '--no-agents'];
    const again = await user.ringfence(...start, '--name', 'killed-0');
    expect(again).toMatchObject({ code: 0 });
    expect(again.err).toMatch(/^node-1 .* none$/m);
    expect(await user.ringfence('lab', 'down', '--name', 'killed-1')).toMatchObject({
      code: 0,
      err: 'lab "killed-1" had ended; cleared away',
    });
    expect(await user.ringfence('lab', 'down', '--all')).toMatchObject({ code: 0 });
    expect(readdirSync(user.root)).toEqual([]);
  });

  it.each(['SIGINT', 'SIGKILL'] as const)('does not outlive a start that is ended by %s', async (signal) => {
    const starting = user.start('lab', 'up', '-f', manifests, '--name', 'never');
    await expect.poll(() => hasStarted('never', starting.pid), { timeout: 10_000 }).toBe(true);
    const inside = pidNamespace(user.owner('never'));
    starting.kill(signal);
    await starting.outcome;
    await expect.poll(() => processesIn(inside), { timeout: 5000 }).toEqual([]);
    expect(await user.ringfence('lab', 'down', '--all')).toMatchObject({ code: 0 });
    expect(readdirSync(user.root)).toEqual([]);
  });
});

it.runIf(isRoot)('needs no root where user namespaces are allowed', async () => {
  const ordinary = labUser(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'], 65534);
  const file = join(ordinary.home, 'shop.yaml');
  copyFileSync(manifests, file);
  for (const path of [ordinary.home, file]) chownSync(path, 65534, 65534);
  try {
    expect(await ordinary.ringfence('lab', 'up', '-f', file, '--topology', 'routed')).toMatchObject({
      code: 0,
    });
    const inside = pidNamespace(ordinary.owner('lab'));
    expect(await ordinary.ringfence('lab', 'probe')).toMatchObject({ code: 0 });
    expect(await ordinary.ringfence('lab', 'exec', 'shop/web', '--', 'ip', 'link')).toMatchObject({
      code: 0,
    });
    if (hasKubectl) expect(await ordinary.kubectl('lab', ['get', 'pods', '-A'])).toMatchObject({ code: 0 });
    expect(await ordinary.ringfence('lab', 'down')).toMatchObject({ code: 0 });
    expect(processesIn(inside)).toEqual([]);
  } finally {
    await ordinary.leave();
  }
});

async function ok(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await user.kubectl('lab', args);
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  return out;
}

async function apply(manifest: string): Promise<void> {
  expect(await user.kubectl('lab', ['apply', '-f', '-'], manifest)).toMatchObject({ code: 0 });
}

async function measured(): Promise<readonly ProbedConnection[]> {
  const { out } = await user.ringfence('lab', 'probe', '-o', 'json');
  const validate = new Ajv2020().compile(measuredConnectivitySchema());
  expect(validate(JSON.parse(out)), JSON.stringify(validate.errors)).toBe(true);
  return (JSON.parse(out) as { readonly connections: readonly ProbedConnection[] }).connections;
}

function textOf({ from, to, port, packets, compiled }: ProbedConnection): string {
  return `${from} -> ${to}:${String(port)} ${packets} ${compiled}`;
}

function words(line: string): readonly string[] {
  return line.split(/ +/).slice(0, 4);
}

/** Whether the lab hangs on a process of its own already. */
function hasStarted(name: string, starter: number | undefined): boolean {
  if (!existsSync(join(user.root, name, 'process.json'))) return false;
  return user.owner(name) !== starter;
}
