import { describe, expect, test } from 'vitest';
import { NftError } from '../../src/nft/errors.ts';
import { createFakeNft } from '../../src/nft/fake.ts';
import type { ChainName, ElementKey, SetName } from '../../src/ruleset/objects.ts';
import type { Operation } from '../../src/ruleset/operation.ts';
import { allow, namespace, pod, policy } from './objects.ts';
import { eventually, startAgent, startTestServer } from './run-agent.ts';

// What others do to the table, in memory. test/agent/drift-kernel.test.ts does it to a kernel.

const table = 'ringfence';

async function setUp() {
  const api = await startTestServer();
  api.apply(namespace('shop'));
  api.apply(pod('shop/web', '10.244.1.10', { app: 'web' }));
  api.apply(pod('shop/db', '10.244.1.11', { app: 'db' }));
  api.apply(policy('shop/db-from-web', allow('db', 'web')));
  const nft = createFakeNft();
  const agent = await startAgent(api, nft);
  await eventually(() => agent.said('enforcing').length === 1);
  await eventually(async () => (await agent.status()).drift.watching);
  return {
    api,
    nft,
    agent,
    repaired: () => agent.said('drift repaired').map(({ fields }) => fields['cause']),
  };
}

const known = 'known-ipv4' as SetName;
const stranger: Operation = {
  op: 'add-elements',
  set: known,
  elements: [['10.244.1.99' as ElementKey, null]],
};

describe('damage by others', () => {
  test.each<readonly [string, Operation]>([
    ['an element more', stranger],
    [
      'an element less',
      { op: 'delete-elements', set: known, elements: [['10.244.1.10' as ElementKey, null]] },
    ],
    ['an emptied chain', { op: 'flush-chain', chain: 'denied' as ChainName }],
    [
      'a rule more',
      {
        op: 'add-rule',
        chain: 'denied' as ChainName,
        rule: { matches: [], statements: [{ kind: 'verdict', verdict: { kind: 'accept' } }] },
      },
    ],
    ['a chain more', { op: 'add-chain', chain: { name: 'mine' as ChainName, rules: [] } }],
  ])('%s is found and repaired, with a new epoch', async (_, operation) => {
    const { nft, agent, repaired, api } = await setUp();
    const before = nft.ruleset(table);
    nft.meddle({ table, operations: [operation] });
    await eventually(() => repaired().length === 1);
    expect(repaired()).toEqual(['foreign-change']);
    expect(agent.said('foreign change')).toMatchObject([{ fields: { by: 'process 1 (nft)' } }]);
    expect(agent.said('drift found')).toHaveLength(1);
    const after = nft.ruleset(table);
    expect(after?.sets).toEqual(before?.sets);
    expect([...(after?.chains.keys() ?? [])]).toEqual([...(before?.chains.keys() ?? [])]);
    expect(after?.chains.get('forward' as ChainName)).not.toEqual(before?.chains.get('forward' as ChainName));
    const { text } = await agent.get('/metrics');
    expect(text).toContain('ringfence_drift_repairs_total{cause="foreign-change"} 1');
    expect(text).toContain('ringfence_kernel_verifications_total{result="drift"} 1');
    expect((await agent.status()).drift).toMatchObject({ watching: true, repairs: 1 });
    await eventually(() => api.list('Event').length === 1);
    expect(api.list('Event')).toMatchObject([
      { reason: 'RulesetDrift', type: 'Warning', involvedObject: { kind: 'Node', name: 'node-1' } },
    ]);
  });

  test('a deleted table is put back without a look at what is not there', async () => {
    const { nft, agent, repaired } = await setUp();
    const before = nft.ruleset(table);
    nft.flushRuleset();
    await eventually(() => repaired().length === 1);
    expect(repaired()).toEqual(['table-deleted']);
    expect(agent.said('drift found')).toEqual([]);
    expect(nft.ruleset(table)?.sets).toEqual(before?.sets);
  });

  test('damage while the monitor is dead is found when it is back', async () => {
    const { nft, repaired, agent } = await setUp();
    nft.interruptMonitors(() => {
      nft.meddle({ table, operations: [stranger] });
    });
    await eventually(() => repaired().length === 1);
    expect(repaired()).toEqual(['monitor-lost']);
    expect(agent.said('monitor lost')).toHaveLength(1);
  });

  test('a table that cannot be listed is replaced', async () => {
    const { nft, agent } = await setUp();
    nft.failNextList(new NftError('NFT_KILLED', 'nft was ended by SIGSEGV', { outcome: 'unchanged' }));
    const before = nft.transactions.length;
    nft.meddle({ table, operations: [stranger] });
    await eventually(() => agent.said('drift repaired').length === 1);
    expect(agent.said('table not listed')).toHaveLength(1);
    expect(nft.transactions.length).toBe(before + 1);
  });

  test('a repair does not wait for counters that nobody can read', async () => {
    const { nft, agent } = await setUp();
    // Hangs, as nft does where others hold its lock.
    nft.counters = () => new Promise(() => undefined);
    nft.failNextList(new NftError('NFT_KILLED', 'nft was ended by SIGSEGV', { outcome: 'unchanged' }));
    nft.failNextList(new NftError('NFT_KILLED', 'nft was ended by SIGSEGV', { outcome: 'unchanged' }));
    nft.meddle({ table, operations: [stranger] });
    await eventually(() => agent.said('drift repaired').length === 1);
    expect(agent.said('drift repaired')[0]?.fields['seconds']).toBeLessThan(2);
  });
});

test('own transactions are no reason to look, however many there are', async () => {
  const { api, nft, agent } = await setUp();
  for (let round = 0; round < 200; round += 1) {
    api.apply(pod(`shop/p${String(round)}`, `10.244.1.${String(20 + (round % 100))}`, { app: 'web' }));
    if (round % 10 === 0) await eventually(async () => !(await agent.status()).pending);
  }
  await eventually(async () => !(await agent.status()).pending);
  expect(nft.transactions.length).toBeGreaterThan(10);
  expect(agent.said('kernel verified')).toEqual([]);
  expect(agent.said('foreign change')).toEqual([]);
});

test('other tables are no reason to look', async () => {
  const { nft, agent, api } = await setUp();
  nft.meddle({ table: 'other', operations: [{ op: 'add-table' }] });
  nft.meddle({ table: 'other', operations: [{ op: 'delete-table' }] });
  api.apply(pod('shop/late', '10.244.1.50', { app: 'web' }));
  await eventually(() => nft.ruleset(table)?.sets.get(known)?.elements.size === 3);
  expect([...agent.said('kernel verified'), ...agent.said('foreign change')]).toEqual([]);
});
