import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createNft } from '../../src/nft/nft.ts';
import { allow, namespace, pod, policy } from '../agent/objects.ts';
import { eventually, startAgent, startTestServer, writeKubeconfig } from '../agent/run-agent.ts';
import { run } from '../golden/command-line.ts';
import { createNetns } from '../nft/netns.ts';

// `verify`, `status` and `cleanup` on a node: an agent that enforces in a network namespace, and what people do to its table.

async function setUp() {
  const netns = await createNetns();
  const folder = await mkdtemp(path.join(tmpdir(), 'ringfence-node-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const wrapper = path.join(folder, 'nft');
  await writeFile(wrapper, `#!/bin/sh\nexec ${netns.enter.join(' ')} nft "$@"\n`);
  await chmod(wrapper, 0o755);
  const api = await startTestServer();
  api.apply(namespace('shop'));
  api.apply(pod('shop/web', '10.244.1.10', { app: 'web' }));
  api.apply(pod('shop/db', '10.244.1.11', { app: 'db' }));
  api.apply(pod('shop/far', '10.244.2.10', { app: 'web' }, 'node-2'));
  api.apply(pod('shop/stranger', '10.244.2.11', { app: 'stranger' }, 'node-2'));
  api.apply(policy('shop/db-from-web', allow('db', 'web')));
  const agent = await startAgent(api, createNft({ command: [wrapper] }));
  await eventually(() => agent.said('enforcing').length === 1);
  await eventually(async () => (await agent.status()).drift.watching);
  const kubeconfig = await writeKubeconfig(api);
  const port = Number(agent.said('listening')[0]?.fields['port']);
  const verify = (...args: readonly string[]) =>
    run(['verify', '--node-name', 'node-1', '--nft', wrapper, '--kubeconfig', kubeconfig, ...args]);
  const onNode = (command: string, ...args: readonly string[]) =>
    run([command, '--nft', wrapper, '--health-address', `127.0.0.1:${String(port)}`, ...args]);
  return {
    ...{ api, agent, verify, onNode, netns, wrapper },
    meddle: async (commands: string) => {
      expect(await netns.sh('nft -f -', commands)).toMatchObject({ exitCode: 0 });
    },
  };
}

describe('verify', () => {
  test('a kernel that an agent keeps', async () => {
    const { verify, api } = await setUp();
    const equal = 'table inet ringfence on node-1: the kernel has what the policies say\n';
    expect(await verify()).toEqual({ code: 0, out: equal, err: '' });
    // A change is waited for, whatever epoch it brings.
    api.apply(policy('shop/db-from-web', allow('db', 'stranger')));
    expect(await verify()).toEqual({ code: 0, out: equal, err: '' });
    const { code, out } = await verify('-o', 'json');
    expect([code, JSON.parse(out)]).toMatchObject([
      0,
      { kind: 'Verification', equal: true, connections: [] },
    ]);
  });

  test('says what differs as connections, and the objects', async () => {
    const { verify, agent, meddle } = await setUp();
    await agent.stop();
    await meddle('insert rule inet ringfence ingress-shop/db tcp dport 80-90 accept');
    await meddle('delete element inet ringfence known-ipv4 { 10.244.1.10 }');
    const { code, out, err } = await verify();
    expect([code, err]).toEqual([1, '']);
    expect(out).toBe(`table inet ringfence on node-1: the kernel does not have what the policies say

allowed by the kernel, denied by the policies:
FROM                TO        PORTS       POLICIES
1.0.0.0 (outside)   shop/db   80-90/TCP   shop/db-from-web
shop/stranger       shop/db   80-90/TCP   shop/db-from-web

denied by the kernel, allowed by the policies:
FROM                TO                  PORTS        POLICIES
1.0.0.0 (outside)   shop/web            everything   <none>
shop/web            1.0.0.0 (outside)   everything   <none>
shop/web            shop/web            everything   <none>
shop/db             shop/web            everything   <none>
shop/far            shop/web            everything   <none>
shop/web            shop/far            everything   <none>
shop/stranger       shop/web            everything   <none>
shop/web            shop/stranger       everything   <none>
shop/web            shop/db             everything   shop/db-from-web

objects:
  changed chain ingress-shop/db: has 6 rules, not 5
  changed set known-ipv4: element 10.244.1.10 is missing
`);
  });

  test('a table that is gone denies nobody', async () => {
    const { verify, agent, meddle } = await setUp();
    await agent.stop();
    await meddle('flush ruleset');
    const { code, out } = await verify();
    expect(code).toBe(1);
    expect(out).toContain('there is none, so nothing is enforced');
    expect(out).toMatch(/shop\/stranger +shop\/db +everything +shop\/db-from-web/);
    expect(out).not.toMatch(/shop\/far +shop\/db /);
  });

  test('against manifests, which may say something else', async () => {
    const { wrapper } = await setUp();
    const objects = [
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'node-1' },
        spec: { podCIDRs: ['10.244.1.0/24', 'fd00:1::/64'] },
      },
      namespace('shop'),
      pod('shop/web', '10.244.1.10', { app: 'web' }),
      pod('shop/db', '10.244.1.11', { app: 'db' }),
      pod('shop/far', '10.244.2.10', { app: 'web' }, 'node-2'),
      pod('shop/stranger', '10.244.2.11', { app: 'stranger' }, 'node-2'),
    ];
    const offline = (...more: readonly unknown[]) => {
      const text = [...objects, ...more].map((each) => JSON.stringify(each)).join('\n---\n');
      const args = ['verify', '--node-name', 'node-1', '--nft', wrapper, '-f', 'all.yaml'];
      return run(args, { files: { 'all.yaml': text } });
    };
    expect(await offline(policy('shop/db-from-web', allow('db', 'web')))).toMatchObject({ code: 0, err: '' });
    const { code, out } = await offline(policy('shop/db-from-web', allow('db', 'stranger')));
    expect(code).toBe(1);
    expect(out).toMatch(/allowed by the kernel, denied by the policies:\nFROM.*\n.*shop\/web +shop\/db /);
    expect(out).toMatch(/denied by the kernel, allowed by the policies:\nFROM.*\nshop\/stranger +shop\/db /);
  });

  test('cannot answer without its node, its nft or its API server', async () => {
    const { verify } = await setUp();
    expect(await verify('--node-name', 'node-7')).toMatchObject({
      code: 2,
      out: '',
      err: 'error: there is no Node "node-7"\nhint: name the node with --node-name\n',
    });
    expect(await verify('--nft', '/nowhere/nft')).toMatchObject({ code: 2, out: '' });
    expect(await verify('--kubeconfig', '/nowhere/config')).toMatchObject({ code: 2, out: '' });
  });
});

test('status says what is enforced, and 1 where nothing is', async () => {
  const { onNode, agent, meddle } = await setUp();
  const { code, out, err } = await onNode('status');
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('agent: enforcing, version ');
  expect(out).toMatch(/kernel: table inet ringfence has \d+ chains, \d+ rules, \d+ sets and maps\n/);
  expect(out).toContain('pods here: 2, isolated 1; policies: 1, active here 1\n');
  // Counters are looked at once a second at most.
  await eventually(async () => (await onNode('status')).out.includes('DENIED'));
  const { out: counted } = await onNode('status');
  expect(counted).toMatch(
    /\nshop\/db-from-web +enforce +1 +1 +1\n\nPOD +DIRECTION +ALLOWED +DENIED\nshop\/db +ingress +0 +0\n$/,
  );
  await meddle('flush ruleset');
  await eventually(async () => (await agent.status()).drift.repairs === 1);
  const report = JSON.parse((await onNode('status', '-o', 'json')).out) as unknown;
  expect(report).toMatchObject({
    kind: 'NodeReport',
    agent: { drift: { repairs: 1 } },
    kernel: { table: 'present' },
  });
  await agent.stop();
  expect(await onNode('status')).toMatchObject({
    code: 1,
    out: expect.stringContaining('agent: none listens') as string,
  });
});

test('cleanup removes the table and nothing else, and not from under an agent', async () => {
  const { onNode, agent, netns, meddle } = await setUp();
  await meddle('add table inet other');
  const chains = async () => (await netns.sh('nft list tables')).output;
  const before = await chains();
  const dry = await onNode('cleanup', '--dry-run');
  expect(dry.code).toBe(0);
  expect(dry.out).toMatch(/^table inet ringfence deleted \(dry run\): \d+ chains, /);
  const refused = await onNode('cleanup');
  expect([refused.code, refused.out]).toEqual([2, '']);
  expect(refused.err).toContain('would put the table back');
  expect(await chains()).toBe(before);
  await agent.stop();
  const done = await onNode('cleanup', '--ct-mark-mask', '0xff000000');
  expect(done.code).toBe(0);
  // Nothing where this machine's connections can be counted: none has a mark of ours.
  expect(done.err).toMatch(/^$|connections may keep marks .*\n.* --mark 0x0\/0xff000000 clears them\n$/);
  expect(await chains()).toBe('table inet other');
  expect(await onNode('cleanup')).toMatchObject({
    code: 0,
    out: 'table inet ringfence is not there: nothing to remove\n',
  });
});
