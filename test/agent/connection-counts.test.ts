import { expect, test } from 'vitest';
import { createConnectionCounts } from '../../src/agent/connection-counts.ts';
import { createLog } from '../../src/agent/log.ts';
import type { CounterValue } from '../../src/nft/listing.ts';
import type { Counted } from '../../src/ruleset/compiler.ts';
import type { CounterName } from '../../src/ruleset/objects.ts';
import { createFakeClock } from './fake-clock.ts';

type Listing = Readonly<Record<string, readonly [handle: number, packets: number]>>;

function setUp(counted: readonly Counted[], most: { mostPods?: number; mostRules?: number } = {}) {
  const listings: Listing[] = [];
  let looks = 0;
  const counts = createConnectionCounts({
    nft: {
      counters: () => {
        looks += 1;
        const listing = (listings.length > 1 ? listings.shift() : listings[0]) ?? {};
        return Promise.resolve(
          new Map(
            Object.entries(listing).map(([name, [handle, packets]]): [CounterName, CounterValue] => [
              name as CounterName,
              { handle, packets },
            ]),
          ),
        );
      },
    },
    table: 'ringfence',
    counted: () => counted,
    log: createLog('silent'),
    clock: createFakeClock(),
    ...most,
  });
  return {
    counts,
    looks: () => looks,
    read: async (...next: readonly Listing[]) => {
      listings.splice(0, listings.length, ...next);
      await counts.read(new AbortController().signal);
    },
  };
}

function podOf(name: string): Counted {
  return {
    kind: 'pod',
    pod: `x/${name}` as never,
    direction: 'ingress',
    judged: `judged-${name}` as CounterName,
    allowed: `allowed-${name}` as CounterName,
  };
}

test('what was counted stays when a counter begins anew under its name', async () => {
  const { counts, read } = setUp([podOf('a')]);
  await read({ 'judged-a': [1, 10], 'allowed-a': [2, 7] });
  await read({ 'judged-a': [1, 11], 'allowed-a': [2, 8] });
  // A replacement of the table: other handles, from 0 on, and already further than before.
  await read({ 'judged-a': [5, 30], 'allowed-a': [6, 20] });
  expect(counts.pods()).toEqual([{ pod: 'x/a', direction: 'ingress', allowed: 28, denied: 13 }]);
});

test('a connection on its way is not taken for a denied one', async () => {
  const { counts, read, looks } = setUp([podOf('a')]);
  await read(
    { 'judged-a': [1, 10], 'allowed-a': [2, 8] },
    { 'judged-a': [1, 12], 'allowed-a': [2, 11] },
    { 'judged-a': [1, 13], 'allowed-a': [2, 12] },
  );
  expect(looks()).toBe(3);
  expect(counts.pods()).toEqual([{ pod: 'x/a', direction: 'ingress', allowed: 12, denied: 1 }]);
  // Nothing more is denied: one look is enough. It never falls, whichever of the two was read later.
  await read({ 'judged-a': [1, 14], 'allowed-a': [2, 14] });
  expect(looks()).toBe(4);
  expect(counts.pods()).toEqual([{ pod: 'x/a', direction: 'ingress', allowed: 14, denied: 1 }]);
});

test('who resets one of two counters makes no denied connections, and hides none', async () => {
  const { counts, read } = setUp([podOf('a'), podOf('b')]);
  const both = (judged: number, allowed: number): Listing => ({
    ...{ 'judged-a': [1, judged], 'allowed-a': [2, 108] },
    ...{ 'judged-b': [3, 110], 'allowed-b': [4, allowed] },
  });
  await read({ 'judged-a': [1, 10], 'allowed-a': [2, 8], 'judged-b': [3, 10], 'allowed-b': [4, 8] });
  // A hundred more were allowed of each, then: nft reset counter.
  await read(both(0, 0));
  const denied = () => counts.pods().map((pod) => pod.denied);
  expect(denied()).toEqual([2, 2]);
  await read(both(3, 0));
  expect(denied()).toEqual([5, 2]);
});

test('beyond the bound pods share a series, which never falls', async () => {
  const counted = [podOf('a'), podOf('b'), podOf('c')];
  const { counts, read } = setUp(counted, { mostPods: 2 });
  const first = { 'judged-a': [1, 1], 'allowed-a': [2, 1], 'judged-b': [3, 2], 'allowed-b': [4, 2] } as const;
  await read({ ...first, 'judged-c': [5, 5], 'allowed-c': [6, 3] });
  const ownPods = () => counts.pods().map(({ pod }) => pod);
  expect(ownPods()).toEqual(['x/a', 'x/b']);
  expect(counts.others()).toMatchObject({ pods: { ingress: { allowed: 3, denied: 2 } }, cutPods: 1 });
  counted.splice(1, 2, podOf('d'));
  await read({ ...first, 'judged-d': [7, 4], 'allowed-d': [8, 4] });
  expect(ownPods()).toEqual(['x/a', 'x/d']);
  expect(counts.others()).toMatchObject({ pods: { ingress: { allowed: 3, denied: 2 } }, cutPods: 0 });
});

test('a rule that several pods share is one series', async () => {
  const rule: Counted = {
    kind: 'rule',
    policy: 'x/p' as never,
    direction: 'egress',
    index: 3,
    counter: 'rule' as CounterName,
  };
  const { counts, read } = setUp([rule]);
  await read({ rule: [1, 5] });
  await read({ rule: [1, 9] });
  expect(counts.rules()).toEqual([{ policy: 'x/p', direction: 'egress', rule: 3, allowed: 9 }]);
});

test('an nft that hangs holds up nobody who asks for metrics', async () => {
  const clock = createFakeClock();
  const counts = createConnectionCounts({
    nft: { counters: () => new Promise(() => undefined) },
    table: 'ringfence',
    counted: () => [],
    log: createLog('silent'),
    clock,
  });
  await clock.advance(10_000);
  let answered = 0;
  for (let round = 1; round <= 2; round += 1) {
    void counts.refresh(new AbortController().signal).then(() => (answered += 1));
    await clock.advance(3000);
    expect(answered).toBe(round);
  }
});
