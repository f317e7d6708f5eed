import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createNft } from '../../src/nft/nft.ts';
import { createNetns } from '../nft/netns.ts';
import { desiredRuleset } from './desired-ruleset.ts';
import { inspectTable } from '../../src/agent/inspection.ts';
import { allow, namespace, pod, policy } from './objects.ts';
import { eventually, startAgent, startTestServer } from './run-agent.ts';

// What others do to the table, in a kernel: seen by the nft monitor, repaired, and how long that takes.

/** More take more time. */
const flushes = 10 * Number(process.env['RINGFENCE_RUNS'] ?? 1);

async function setUp() {
  const netns = await createNetns();
  const nft = createNft({ command: [...netns.enter, 'nft'] });
  const api = await startTestServer();
  api.apply(namespace('shop'));
  for (let index = 10; index < 60; index += 1) {
    api.apply(
      pod(`shop/p${String(index)}`, `10.244.1.${String(index)}`, { app: index % 2 === 0 ? 'db' : 'web' }),
    );
  }
  api.apply(policy('shop/db-from-web', allow('db', 'web')));
  const agent = await startAgent(api, nft);
  await eventually(() => agent.said('enforcing').length === 1);
  await eventually(async () => (await agent.status()).drift.watching);
  await eventually(async () => !(await agent.status()).pending);
  return {
    netns,
    api,
    agent,
    /** As a person on the node. */
    meddle: async (commands: string) => {
      expect(await netns.sh('nft -f -', commands)).toMatchObject({ exitCode: 0 });
    },
    isAsDesired: async () =>
      inspectTable(await nft.list('ringfence'), await desiredRuleset(api, nft)).kind === 'equal',
    repairs: () => agent.said('drift repaired').map(({ fields }) => fields),
    nftMonitor: async () => {
      const { output } = await netns.sh(
        'awk \'$2 == 12 && $4 != "00000000" { print $3 }\' /proc/net/netlink',
      );
      return output === '' ? undefined : Number(output);
    },
  };
}

describe('damage by others', () => {
  test.each([
    ['a flushed ruleset', 'flush ruleset'],
    ['a deleted table', 'delete table inet ringfence'],
    ['an element more', 'add element inet ringfence known-ipv4 { 10.244.1.200 }'],
    ['an element less', 'delete element inet ringfence known-ipv4 { 10.244.1.10 }'],
    ['an emptied map', 'flush map inet ringfence ingress-ipv4'],
    ['a rule in front', 'insert rule inet ringfence forward accept'],
    ['a changed rule', 'flush chain inet ringfence denied; add rule inet ringfence denied accept'],
    ['a deleted chain', 'flush chain inet ringfence forward; delete chain inet ringfence forward'],
    ['a chain more', 'add chain inet ringfence mine { type filter hook input priority 0; policy drop; }'],
    [
      'a rule of words that are not ours',
      'add rule inet ringfence denied log prefix "x" limit rate 1/second',
    ],
    ['an element for all others', 'add element inet ringfence ingress-ipv4 { * : accept }'],
    ['a name that we do not write', 'add chain inet ringfence _mine'],
    ['a dormant table', 'add table inet ringfence { flags dormant; }'],
  ])('%s is repaired', async (what, commands) => {
    const { agent, meddle, repairs, isAsDesired } = await setUp();
    await meddle(commands);
    await eventually(() => repairs().length === 1);
    expect(await isAsDesired()).toBe(true);
    expect(agent.said('sync failed')).toEqual([]);
    console.log(`${what}: ${JSON.stringify(repairs()[0])}`);
  });

  test('a flush is repaired at once, again and again', { timeout: 120_000 }, async () => {
    const { netns, meddle, repairs, isAsDesired, agent } = await setUp();
    const gaps: number[] = [];
    for (let round = 0; round < flushes; round += 1) {
      const before = repairs().length;
      await meddle('flush ruleset');
      const flushed = performance.now();
      while (!(await netns.sh('nft list chains')).output.includes('chain judged'));
      gaps.push(performance.now() - flushed);
      await eventually(() => repairs().length > before);
      await delay(300);
    }
    expect(await isAsDesired()).toBe(true);
    expect(agent.said('sync failed')).toEqual([]);
    gaps.sort((a, b) => a - b);
    const seconds = repairs()
      .map((fields) => Number(fields['seconds']) * 1000)
      .sort((a, b) => a - b);
    const words = (list: readonly number[]): string =>
      `p50 ${list[Math.floor(list.length / 2)]!.toFixed(0)} ms, max ${list.at(-1)!.toFixed(0)} ms`;
    console.log(
      `${String(flushes)} flushes, flush to rules: ${words(gaps)}; seen to repaired: ${words(seconds)}`,
    );
  });

  test(
    'who deletes the table in a loop is outlasted, and the policies are in force in the end',
    { timeout: 60_000 },
    async () => {
      const { netns, api, repairs, isAsDesired, agent } = await setUp();
      const attack = netns.sh(
        'end=$(($(date +%s) + 5)); while [ $(date +%s) -lt $end ]; do nft delete table inet ringfence 2>/dev/null; done',
      );
      for (let round = 0; round < 20; round += 1) {
        api.apply(pod(`shop/new${String(round)}`, `10.244.1.${String(100 + round)}`, { app: 'db' }));
        await delay(200);
      }
      await attack;
      await eventually(async () => (await isAsDesired()) && !(await agent.status()).pending);
      console.log(`table deleted in a loop for 5 s: ${String(repairs().length)} repairs`);
      expect(repairs().length).toBeGreaterThan(5);
      // Bounded: each costs a replacement of the table.
      expect(repairs().length).toBeLessThan(60);
      expect((await agent.get('/livez')).status).toBe(200);
    },
  );

  test('damage is found after the monitor was killed, and while it was dead', async () => {
    const { meddle, repairs, isAsDesired, agent, nftMonitor } = await setUp();
    const first = await nftMonitor();
    process.kill(first!, 'SIGKILL');
    await meddle('delete element inet ringfence known-ipv4 { 10.244.1.10 }');
    await eventually(() => repairs().length === 1);
    expect(repairs()).toMatchObject([{ cause: 'monitor-lost' }]);
    expect(await isAsDesired()).toBe(true);
    expect(await nftMonitor()).not.toBe(first);
    await meddle('flush ruleset');
    await eventually(() => repairs().length === 2);
    expect(repairs()[1]).toMatchObject({ cause: 'table-deleted' });
    expect(agent.said('monitor lost')).toMatchObject([{ fields: { err: { code: 'NFT_KILLED' } } }]);
  });
});

test(
  'own transactions and other tables are no reason to look, also at a hundred a second',
  { timeout: 30_000 },
  async () => {
    const { netns, api, agent } = await setUp();
    // The look after the start, where one is left to do.
    await delay(1500);
    const before = agent.said('kernel verified').length;
    const others = netns.sh('for i in $(seq 50); do nft add table ip other; nft delete table ip other; done');
    const applied = agent.said('sync applied').length;
    for (let round = 0; round < 200; round += 1) {
      api.apply(
        pod(`shop/new${String(round)}`, `10.244.1.${String(60 + (round % 100))}`, {
          app: 'web',
          round: String(round),
        }),
      );
      await delay(10);
    }
    await others;
    await eventually(async () => !(await agent.status()).pending);
    expect(agent.said('sync applied').length - applied).toBeGreaterThan(20);
    expect(agent.said('foreign change')).toEqual([]);
    expect(agent.said('kernel verified').length).toBe(before);
  },
);
