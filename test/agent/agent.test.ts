import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { runAgent } from '../../src/agent/agent.ts';
import { readAgentConfig } from '../../src/agent/config.ts';
import type { ApiRequest } from '../../src/lab/api-server/request.ts';
import type { ApiServer } from '../../src/lab/api-server/server.ts';
import { createFakeNft, type FakeNft } from '../../src/nft/fake.ts';
import { NftError } from '../../src/nft/errors.ts';
import type { ChainName, ElementKey, Ruleset, SetName } from '../../src/ruleset/objects.ts';
import { rulesetEpoch } from '../../src/agent/kernel-epoch.ts';
import { defaultCompilerOptions } from '../../src/ruleset/compiler.ts';
import { desiredRuleset } from './desired-ruleset.ts';
import { allow, namespace, nodeName, pod, policy } from './objects.ts';
import { eventually, startAgent, startTestServer } from './run-agent.ts';

const table = 'ringfence';

async function setUp(server?: ApiServer, nft: FakeNft = createFakeNft()) {
  const api = server ?? (await startTestServer());
  const agent = await startAgent(api, nft);
  const asDesired = async () => isDeepStrictEqual(nft.ruleset(table), await desiredRuleset(api, nft));
  return {
    api,
    nft,
    agent,
    asDesired,
    enforcing: () => eventually(() => agent.said('enforcing').length === 1),
  };
}

function shop(api: ApiServer): void {
  api.apply(namespace('shop', { team: 'a' }));
  api.apply(pod('shop/web', '10.244.1.10', { app: 'web' }));
  api.apply(pod('shop/db', '10.244.1.11', { app: 'db' }));
  api.apply(pod('shop/far', '10.244.2.12', { app: 'web' }, 'node-2'));
  api.apply(policy('shop/db-from-web', allow('db', 'web')));
}

function isFor(request: ApiRequest, plural: string): boolean {
  return 'resource' in request && request.resource.plural === plural;
}

function elements(ruleset: Ruleset | undefined, set: string): readonly ElementKey[] {
  return [...(ruleset?.sets.get(set as SetName)?.elements.keys() ?? [])].sort();
}

describe('from the API server to the kernel', () => {
  test('the first complete ruleset is what a compiler fed once makes', async () => {
    const api = await startTestServer();
    shop(api);
    const { nft, asDesired, enforcing, agent } = await setUp(api);
    await enforcing();
    expect(await asDesired()).toBe(true);
    expect(elements(nft.ruleset(table), 'known-ipv4')).toEqual(['10.244.1.10', '10.244.1.11']);
    expect(nft.transactions.filter(({ operations }) => operations[0]?.op === 'add-table').length).toBe(
      nft.transactions.length,
    );
    expect((await agent.get('/readyz?verbose')).text).toBe(
      '[+]stores-synced ok\n[+]rules-applied ok\n[+]host ok\nreadyz check passed\n',
    );
    expect((await agent.get('/livez')).text).toBe('ok');
  });

  test('every change follows as a delta', async () => {
    const { api, nft, agent, asDesired, enforcing } = await setUp();
    await enforcing();
    const before = nft.transactions.length;
    shop(api);
    await eventually(asDesired);
    api.apply(policy('shop/db-from-web', allow('db', 'other')));
    await eventually(asDesired);
    api.apply(pod('shop/other', '10.244.1.12', { app: 'other' }));
    await eventually(asDesired);
    api.apply(namespace('shop', { team: 'b' }));
    api.delete('Pod', 'shop', 'web');
    api.delete('NetworkPolicy', 'shop', 'db-from-web');
    await eventually(asDesired);
    expect(elements(nft.ruleset(table), 'known-ipv4')).toEqual(['10.244.1.11', '10.244.1.12']);
    const deltas = nft.transactions.slice(before);
    expect(deltas.length).toBeGreaterThan(2);
    expect(deltas.flatMap(({ operations }) => operations).filter(({ op }) => op === 'add-table')).toEqual([]);
    expect(agent.said('sync failed')).toEqual([]);
  });

  test('a thousand events lose nothing and need few transactions', async () => {
    const { api, nft, asDesired, enforcing } = await setUp();
    await enforcing();
    api.apply(policy('shop/db-from-web', allow('db', 'web')));
    const before = nft.transactions.length;
    for (let index = 0; index < 1000; index += 1) {
      const ip = `10.244.1.${String(2 + (index % 250))}`;
      api.apply(pod(`shop/p${String(index % 250)}`, ip, { app: index % 2 === 0 ? 'db' : 'web' }));
    }
    await eventually(asDesired);
    expect(nft.transactions.length - before).toBeLessThan(500);
  });

  test('status and metrics say what is enforced', async () => {
    const api = await startTestServer();
    shop(api);
    const { agent, enforcing } = await setUp(api);
    await enforcing();
    expect(await agent.status()).toMatchObject({
      kind: 'AgentStatus',
      node: 'node-1',
      phase: 'enforcing',
      counts: { pods: 3, localPods: 2, isolatedLocalPods: 1, policies: 1, activePolicies: 1 },
      policies: [
        {
          namespace: 'shop',
          name: 'db-from-web',
          generation: 1,
          appliedGeneration: 1,
          selectedPods: ['shop/db'],
          diagnostics: [],
        },
      ],
    });
    api.apply(policy('shop/db-from-web', allow('db', 'nobody')));
    await eventually(async () => (await agent.status()).policies[0]?.appliedGeneration === 2);
    const metrics = (await agent.get('/metrics')).text;
    expect(metrics).toMatch(/^ringfence_event_to_kernel_seconds_count 1$/m);
    expect(metrics).toMatch(/^ringfence_objects\{kind="local_pods"\} 2$/m);
    expect(metrics).toMatch(/^ringfence_watch_synced\{resource="pods"\} 1$/m);
  });
});

describe('start', () => {
  test('a kernel without rules is closed as soon as the node is known', async () => {
    const api = await startTestServer();
    shop(api);
    const release = api.faults.stall((request) => isFor(request, 'networkpolicies'));
    const { nft, agent, asDesired, enforcing } = await setUp(api);
    await eventually(() => agent.said('start ruleset is closed').length === 1);
    const closed = nft.ruleset(table);
    expect(elements(closed, 'known-ipv4')).toEqual([]);
    const comments = [...(closed?.chains.values() ?? [])].flatMap(({ rules }) =>
      rules.map(({ comment }) => comment),
    );
    expect(comments.filter((comment) => comment?.includes('not in force yet'))).toHaveLength(4);
    expect((await agent.get('/readyz')).text).toContain(
      '[-]stores-synced failed: waiting for networkpolicies',
    );
    expect((await agent.get('/livez')).status).toBe(200);
    expect((await agent.status()).phase).toBe('starting');
    release();
    await enforcing();
    expect(await asDesired()).toBe(true);
    // Another epoch: what was let through under the start ruleset is judged again.
    const mask = defaultCompilerOptions.ctMarkMask;
    const [closedEpoch = 0, fullEpoch] = [closed, nft.ruleset(table)].map(
      (ruleset) => ruleset && rulesetEpoch(ruleset, mask),
    );
    expect(closedEpoch).toBeGreaterThan(0);
    expect(fullEpoch).toBe(closedEpoch + 1);
  });

  test('the full ruleset takes an epoch after every one of the start ruleset', async () => {
    const api = await startTestServer();
    shop(api);
    const release = api.faults.stall((request) => isFor(request, 'networkpolicies'));
    const { nft, agent, enforcing } = await setUp(api);
    const closings = () => agent.said('start ruleset is closed').length;
    await eventually(() => closings() === 1);
    for (const podCIDRs of [['10.244.1.0/24'], ['10.244.1.0/24', '10.244.7.0/24']]) {
      const before = closings();
      api.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName }, spec: { podCIDRs } });
      await eventually(() => closings() > before);
    }
    const mask = defaultCompilerOptions.ctMarkMask;
    const epoch = (): number => {
      const ruleset = nft.ruleset(table);
      return (ruleset && rulesetEpoch(ruleset, mask)) ?? 0;
    };
    const closed = epoch();
    release();
    await enforcing();
    expect(epoch()).toBe(closed + 1);
  });

  test('rules of an earlier run stay until everything is known, then one transaction replaces them', async () => {
    const first = await setUp();
    shop(first.api);
    await eventually(first.asDesired);
    await first.agent.stop();
    const left = first.nft.ruleset(table);
    const before = first.nft.transactions.length;

    const release = first.api.faults.stall((request) => isFor(request, 'pods'));
    const second = await setUp(first.api, first.nft);
    await eventually(() => second.agent.said('store synced').length === 3);
    expect(second.agent.said('kernel ruleset stays until synced')).toHaveLength(1);
    expect(first.nft.ruleset(table)).toEqual(left);
    expect(first.nft.transactions).toHaveLength(before);
    release();
    await second.enforcing();
    expect(await second.asDesired()).toBe(true);
    expect(first.nft.transactions).toHaveLength(before + 1);
    // Another epoch: what policies said meanwhile holds for old connections too.
    expect(first.nft.ruleset(table)).not.toEqual(left);
  });

  test('without its node in the API nothing is touched', async () => {
    const api = await startTestServer();
    api.delete('Node', '', 'node-1');
    const { nft, agent } = await setUp(api);
    await eventually(() => agent.said('node not found').length === 1);
    await eventually(() => agent.said('store synced').length === 4);
    expect(nft.transactions).toEqual([]);
    expect(await agent.get('/readyz')).toMatchObject({
      status: 503,
      text: expect.stringContaining('no node of this name') as string,
    });
  });
});

describe('failure', () => {
  test('a refusal is tried again, an unknown outcome is followed by a replacement', async () => {
    const { api, nft, agent, asDesired, enforcing } = await setUp();
    await enforcing();
    nft.failNext(new NftError('NFT_REFUSED', 'no', { outcome: 'unchanged' }));
    shop(api);
    await eventually(asDesired);
    expect(agent.said('sync failed')).toMatchObject([{ fields: { kind: 'nft-refused', mode: 'delta' } }]);
    nft.failNext(new NftError('NFT_TIMEOUT', 'slow', { outcome: 'unknown' }), { applied: true });
    api.delete('Pod', 'shop', 'db');
    await eventually(() => agent.said('sync failed').length === 2);
    await eventually(async () => (await asDesired()) && (await agent.status()).phase === 'enforcing');
    expect(nft.transactions.at(-1)?.operations[0]?.op).toBe('add-table');
  });

  test('a ruleset that somebody took away is put back with the next change', async () => {
    const { api, nft, asDesired, enforcing } = await setUp();
    await enforcing();
    nft.flushRuleset();
    shop(api);
    await eventually(asDesired);
  });

  test('the API server goes away: rules stay, and the agent comes back by itself', async () => {
    const { api, nft, agent, asDesired } = await setUp();
    shop(api);
    await eventually(asDesired);
    const before = nft.ruleset(table);
    await api.faults.refuse(true);
    await eventually(() => agent.lines.some(({ message }) => message === 'watch failed'));
    expect(nft.ruleset(table)).toEqual(before);
    expect((await agent.get('/readyz')).status).toBe(200);
    api.apply(pod('shop/late', '10.244.1.77', { app: 'web' }));
    await api.faults.refuse(false);
    await eventually(asDesired);
    expect(elements(nft.ruleset(table), 'known-ipv4')).toContain('10.244.1.77');
  });
});

const notTeamA = { key: 'team', operator: 'NotIn', values: ['a'] };

/** Once among the pods of the node and, without its team label, once among the peers of `not-team-a`. */
function isWeb(key: ElementKey): boolean {
  return key === ('10.244.1.10' as ElementKey);
}

describe('a namespace whose policies are too large together', () => {
  /** Of size 10,000 or so; neither selects a pod of the node. */
  const large = (key: string) =>
    policy(key, {
      podSelector: {
        matchExpressions: [
          { key: 'app', operator: 'In', values: Array.from({ length: 9_900 }, (_, at) => `v${String(at)}`) },
        ],
      },
      policyTypes: ['Ingress'],
    });
  const keys = Array.from({ length: 21 }, (_, at) => `big/p${String(at)}`);

  test('is closed, alone, told as such, not kept, and whole again once it fits', async () => {
    const { api, nft, agent, asDesired, enforcing } = await setUp();
    api.apply(namespace('big'));
    api.apply(pod('big/web', '10.244.1.20', { app: 'web' }));
    api.apply(policy('big/web-from-web', allow('web', 'web')));
    shop(api);
    await enforcing();
    await eventually(asDesired);
    for (const key of keys) api.apply(large(key));
    await eventually(() => agent.said('pod closed: its policies are too large').length === 1);
    expect(agent.said('pod closed: its policies are too large')[0]?.fields).toEqual({
      pod: 'big/web',
      direction: 'ingress',
      reason: 'the policies of its namespace come to more than 200000 in size',
    });
    await eventually(async () => (await agent.status()).counts.closedByLimit === 1);
    const closed = await agent.status();
    expect(closed.policies.find(({ name }) => name === 'p0')).toMatchObject({
      generation: 1,
      diagnostics: [{ code: 'namespace-too-large', severity: 'error' }],
    });
    expect(closed.policies.find(({ name }) => name === 'db-from-web')).toMatchObject({ diagnostics: [] });
    expect((await agent.get('/metrics')).text).toContain('ringfence_objects{kind="closed_by_limit"} 1');
    await eventually(() => api.list('Event', 'big').length === 1);
    expect(api.list('Event', 'big')[0]).toMatchObject({
      reason: 'PoliciesTooLarge',
      involvedObject: { kind: 'Pod', name: 'web' },
    });
    // Another start, another order: the same is closed.
    const later = await startAgent(api, nft);
    await eventually(() => later.said('enforcing').length === 1);
    expect((await later.status()).counts.closedByLimit).toBe(1);
    await later.stop();

    api.delete('NetworkPolicy', 'big', 'p0');
    api.delete('NetworkPolicy', 'big', 'p1');
    await eventually(async () => (await agent.status()).counts.closedByLimit === 0);
    await eventually(asDesired);
    expect((await agent.status()).policies.flatMap(({ diagnostics }) => diagnostics)).toEqual([]);
  });
});

describe('policies that cannot be understood', () => {
  test('are closed, said once, counted, and told to their owner', async () => {
    const { api, agent, asDesired, enforcing } = await setUp();
    await enforcing();
    shop(api);
    const broken = policy('shop/broken', {
      podSelector: { matchLabels: { app: 'db' } },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/99' } }] }],
    });
    api.apply(broken, { asIs: true });
    await eventually(async () => (await agent.status()).policies.length === 2);
    await eventually(asDesired);
    expect((await agent.status()).policies[0]).toMatchObject({
      name: 'broken',
      selectedPods: ['shop/db'],
      diagnostics: [{ severity: 'error', path: 'spec.ingress[0].from[0].ipBlock.cidr' }],
    });
    await eventually(() => api.list('Event', 'shop').length === 1);
    expect(api.list('Event', 'shop')[0]).toMatchObject({
      reason: 'InvalidPolicy',
      involvedObject: { name: 'broken' },
    });
    // The same generation again: nothing new to say.
    api.apply({ ...broken, metadata: { ...broken.metadata, labels: { touched: 'yes' } } }, { asIs: true });
    api.apply(pod('shop/more', '10.244.1.13', { app: 'db' }));
    await eventually(asDesired);
    expect(agent.said('policy diagnostics')).toHaveLength(1);
    expect(agent.said('sync failed')).toEqual([]);
  });

  test('another mode raises no generation: it is in force, and an unknown one is said', async () => {
    const { api, nft, agent, asDesired, enforcing } = await setUp();
    await enforcing();
    shop(api);
    await eventually(asDesired);
    const own = policy('shop/db-from-web', allow('db', 'web'));
    const inMode = (mode: string) =>
      api.apply({ ...own, metadata: { ...own.metadata, annotations: { 'ringfence.dev/mode': mode } } });
    const comments = (): readonly (string | undefined)[] =>
      nft
        .ruleset(table)
        ?.chains.get('ingress-shop/db' as ChainName)
        ?.rules.map(({ comment }) => comment) ?? [];
    expect(comments()).toContain('isolated by shop/db-from-web');

    inMode('audit');
    await eventually(() => comments().includes('audited by shop/db-from-web'));
    await eventually(asDesired);
    expect(await agent.status()).toMatchObject({
      counts: { isolatedLocalPods: 0, activePolicies: 1 },
      policies: [{ mode: 'audit', generation: 1, diagnostics: [] }],
    });

    inMode('Audit');
    await eventually(() => comments().includes('isolated by shop/db-from-web'));
    expect(await agent.status()).toMatchObject({
      counts: { isolatedLocalPods: 1 },
      policies: [{ mode: 'enforce', generation: 1, diagnostics: [{ code: 'unknown-mode' }] }],
    });
    await eventually(() => api.list('Event', 'shop').length === 1);
    expect(api.list('Event', 'shop')[0]).toMatchObject({
      reason: 'UnknownMode',
      action: 'Enforce',
      message:
        'Annotation ringfence.dev/mode: unknown mode "Audit": the policy is enforced; write audit, or enforce.',
      involvedObject: { name: 'db-from-web' },
    });
    expect(agent.said('policy diagnostics')).toHaveLength(1);
  });

  test('an object that no reader understands does not stop the rest', async () => {
    const { api, agent, asDesired, enforcing } = await setUp();
    await enforcing();
    shop(api);
    api.apply({ ...pod('shop/odd', '10.244.1.66'), spec: { nodeName: 7 } }, { asIs: true });
    api.apply({ ...policy('shop/odd', null), spec: 'text' }, { asIs: true });
    api.apply(pod('shop/after', '10.244.1.67', { app: 'web' }));
    await eventually(asDesired);
    await eventually(() => agent.said('object not understood').length === 1);
    expect((await agent.status()).counts).toMatchObject({ localPods: 3, isolatedLocalPods: 3 });
  });

  test('a pod or a namespace that becomes unreadable stays what it was', async () => {
    const { api, nft, agent, asDesired, enforcing } = await setUp();
    await enforcing();
    shop(api);
    api.apply(pod('shop/outside', '192.0.2.7', { app: 'db' }));
    api.apply(
      policy('shop/not-team-a', {
        podSelector: {},
        ingress: [{ from: [{ namespaceSelector: { matchExpressions: [notTeamA] } }] }],
      }),
    );
    await eventually(asDesired);
    const before = nft.ruleset(table);
    api.apply({ ...pod('shop/outside', '192.0.2.7'), spec: { nodeName: 7 } }, { asIs: true });
    api.apply({ ...namespace('shop'), metadata: { name: 'shop', labels: { team: 7 } } }, { asIs: true });
    await eventually(() => agent.said('object not understood').length === 2);
    expect(agent.said('object not understood').map(({ level, fields }) => [level, fields['kept']])).toEqual([
      ['error', true],
      ['error', true],
    ]);
    // Something that does change shows that the rest has gone through.
    api.apply(namespace('other'));
    api.apply(pod('other/after', '10.244.1.67'));
    await eventually(() => elements(nft.ruleset(table), 'known-ipv4').includes('10.244.1.67' as ElementKey));
    expect(elements(nft.ruleset(table), 'known-ipv4')).toContain('192.0.2.7');
    expect((await agent.status()).counts).toMatchObject({ pods: 5, namespaces: 4, isolatedLocalPods: 3 });
    const peers = (ruleset: Ruleset | undefined) =>
      [...(ruleset?.sets.values() ?? [])].flatMap(({ elements: held }) => [...held.keys()]).filter(isWeb);
    expect(peers(nft.ruleset(table))).toEqual(peers(before));
    // Gone is gone.
    api.delete('Pod', 'shop', 'outside');
    await eventually(() => !elements(nft.ruleset(table), 'known-ipv4').includes('192.0.2.7' as ElementKey));
  });
});

test('told to stop during the start, it stops without an error and without a trace', async () => {
  const nft = createFakeNft();
  const config = readAgentConfig({ nodeName: 'node-1', kubeconfig: '/nowhere', logLevel: 'silent' }, {});
  await runAgent(config, { signal: AbortSignal.abort(), nft });
  expect(nft.transactions).toEqual([]);
  // Not told to stop, the same start fails.
  await expect(runAgent(config, { signal: new AbortController().signal, nft })).rejects.toMatchObject({
    code: 'kubeconfig-invalid',
    message: expect.stringContaining('/nowhere') as string,
  });
});
