import { expect, it, onTestFinished } from 'vitest';
import { NftError } from '../../src/nft/errors.ts';
import { createFakeNft } from '../../src/nft/fake.ts';
import type { MonitorEvent } from '../../src/nft/monitor.ts';
import { chain, chains, sampleChange, sampleTable, set, sets, table } from './sample.ts';

it('holds what it was given', async () => {
  const nft = createFakeNft();
  await nft.apply(sampleTable());
  expect([...(nft.ruleset(table)?.sets.values() ?? [])]).toEqual(sets);
  expect([...(nft.ruleset(table)?.chains.values() ?? [])]).toEqual(chains);
  await nft.apply(sampleChange());
  expect(nft.ruleset(table)?.sets.has(set('blocks6'))).toBe(false);
  expect(nft.ruleset(table)?.chains.get(chain('body'))?.rules).toHaveLength(1);
  expect(nft.transactions).toEqual([sampleTable(), sampleChange()]);
});

it('changes nothing where it refuses', async () => {
  const nft = createFakeNft();
  await nft.apply(sampleTable());
  const before = nft.ruleset(table);
  const broken = {
    table,
    operations: [...sampleChange().operations, { op: 'delete-chain', chain: chain('pod') }],
  } as const;
  await expect(nft.apply(broken)).rejects.toMatchObject({
    code: 'NFT_BUSY',
    outcome: 'unchanged',
    location: { line: broken.operations.length, object: 'chain pod' },
  });
  expect(nft.ruleset(table)).toEqual(before);
  await nft.check(sampleChange());
  expect(nft.ruleset(table)).toEqual(before);
});

it('does not share its state with its readers', async () => {
  const nft = createFakeNft();
  await nft.apply(sampleTable());
  const seen = nft.ruleset(table);
  await nft.apply(sampleChange());
  expect(seen?.chains.get(chain('body'))).toEqual(chains[0]);
  expect(seen?.sets.get(set('peers4'))?.elements.size).toBe(2);
});

it('fails on demand, before or after the kernel took it', async () => {
  const nft = createFakeNft();
  const killed = new NftError('NFT_KILLED', 'killed', { outcome: 'unknown' });
  nft.failNext(killed);
  nft.failNext(killed, { applied: true });
  await expect(nft.apply(sampleTable())).rejects.toBe(killed);
  expect(nft.ruleset(table)).toBeUndefined();
  await expect(nft.apply(sampleTable())).rejects.toBe(killed);
  expect(nft.ruleset(table)).toBeDefined();
  await nft.apply(sampleChange());
});

it('tells its listeners, also of a flush', async () => {
  const nft = createFakeNft();
  const stop = new AbortController();
  onTestFinished(() => {
    stop.abort();
  });
  const events = nft.monitor(table, { signal: stop.signal })[Symbol.asyncIterator]();
  const next = async () => (await events.next()).value as MonitorEvent;
  expect(await next()).toEqual({ kind: 'listening' });
  await nft.apply({ table: 'other', operations: [{ op: 'add-table' }] });
  await nft.apply({ table, operations: [{ op: 'add-table' }] });
  expect(await next()).toEqual({
    kind: 'transaction',
    by: 'process 1 (nft)',
    changes: [`add table ${table}`],
    gone: false,
  });
  nft.flushRuleset();
  expect(await next()).toMatchObject({ changes: [`delete table ${table}`], gone: true });
  expect(await nft.list(table)).toBeUndefined();
  nft.interruptMonitors();
  expect(await next()).toMatchObject({ kind: 'lost', error: { code: 'NFT_KILLED' } });
  expect(await next()).toEqual({ kind: 'listening' });
  const waiting = events.next();
  stop.abort();
  expect(await waiting).toEqual({ done: true, value: undefined });
});

it('does nothing for a caller that has given up', async () => {
  const nft = createFakeNft();
  const signal = AbortSignal.abort();
  await expect(nft.apply(sampleTable(), { signal })).rejects.toMatchObject({
    code: 'NFT_ABORTED',
    outcome: 'unchanged',
  });
  expect(nft.ruleset(table)).toBeUndefined();
});
