import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isNftError } from '../../src/nft/errors.ts';
import { createFakeNft } from '../../src/nft/fake.ts';
import type { ListedObject } from '../../src/nft/listing.ts';
import { createNft, type Nft } from '../../src/nft/nft.ts';
import type { KeyType, NftSet, Rule, Statement, Verdict } from '../../src/ruleset/objects.ts';
import type { Element, Operation, Transaction } from '../../src/ruleset/operation.ts';
import { nftOrSkip } from '../support/nft-versions.ts';
import { createNetns } from './netns.ts';
import { chain, key, nftSet, sampleChange, sampleTable, set, table } from './sample.ts';

// The fake is worth what it shares with the kernel. Random transactions over few names, so that most of them hit
// something: whatever the kernel refuses the fake refuses with the same code, and what both take looks the same after.

/** Where the fake is stricter on purpose; see applyToTables. */
const laxInTheKernel = ['NFT_EXISTS', 'NFT_NOT_FOUND', 'NFT_SYNTAX', 'NFT_REFUSED'];

it('refuses what the kernel refuses, and holds what the kernel holds', async ({ skip }) => {
  const binary = await nftOrSkip('bookworm', skip);
  const { enter } = await createNetns();
  const kernel = createNft({ command: [...enter, binary] });
  let [agreed, refused, stricter] = [0, 0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(transactions, { minLength: 1, maxLength: 6 }), async (steps) => {
      const fake = createFakeNft();
      const fresh: Transaction = {
        table,
        operations: [{ op: 'add-table' }, { op: 'delete-table' }, { op: 'add-table' }, ...skeleton],
      };
      for (const step of [fresh, ...steps]) {
        const before = await fake.list(table);
        const expected = await codeOf(fake, step);
        const actual = expected === undefined ? await codeOf(kernel, step) : await checked(kernel, step);
        if (expected !== undefined && actual === undefined) {
          // Stricter: allowed, but not for a missing object or one in use, which the kernel knows exactly.
          expect(laxInTheKernel).toContain(expected);
          stricter += 1;
        } else if (hasOneFault(step)) expect([actual, step]).toEqual([expected, step]);
        else expect([actual === undefined, step]).toEqual([expected === undefined, step]);
        if (expected === undefined) agreed += 1;
        else {
          refused += 1;
          expect(await fake.list(table)).toEqual(before);
        }
        expect(shape(await kernel.list(table))).toEqual(shape(await fake.list(table)));
      }
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 40), seed: Number(process.env['FUZZ_SEED'] ?? 1) },
  );
  // Otherwise the transactions would show nothing.
  expect(agreed).toBeGreaterThan(40);
  expect(refused).toBeGreaterThan(20);
  expect(stricter).toBeLessThan(refused / 3);
});

it('lists a table as the kernel does', async ({ skip }) => {
  const binary = await nftOrSkip('bookworm', skip);
  const { enter } = await createNetns();
  const kernel = createNft({ command: [...enter, binary] });
  const fake = createFakeNft();
  for (const transaction of [sampleTable(), sampleChange()]) {
    await kernel.apply(transaction);
    await fake.apply(transaction);
    for (const terse of [false, true]) {
      const [one, other] = [await fake.list(table, { terse }), await kernel.list(table, { terse })];
      expect(shape(one?.map(withoutSpelling))).toEqual(shape(other?.map(withoutSpelling)));
    }
  }
});

const keyTypes: Readonly<Record<string, KeyType>> = {
  s: 'ipv4_addr',
  i: 'ipv4_addr',
  m: 'ipv4_addr',
  p: 'inet_proto . inet_service',
};
const kinds: Readonly<Record<string, NftSet['kind']>> = { s: 'set', i: 'set', m: 'map', p: 'map' };
const intervals = new Set(['i', 'p']);

const declared = (name: string): NftSet => {
  return nftSet(name, keyTypes[name] ?? 'ipv4_addr', [], {
    kind: kinds[name] ?? 'set',
    interval: intervals.has(name),
  });
};

const skeleton: readonly Operation[] = [
  ...['a', 'b', 'c'].map((name) => ({ op: 'add-chain', chain: { name: chain(name), rules: [] } }) as const),
  { op: 'add-chain', chain: { name: chain('f'), base: { hook: 'forward', priority: 0 }, rules: [] } },
  ...['s', 'i', 'm', 'p'].map((name) => ({ op: 'add-set', set: declared(name) }) as const),
];

const chainNames = fc.constantFrom('a', 'b', 'c', 'd').map(chain);
const verdicts: fc.Arbitrary<Verdict> = fc.oneof(
  fc.constantFrom<Verdict>({ kind: 'accept' }, { kind: 'return' }),
  fc.record({ kind: fc.constantFrom('jump' as const, 'goto' as const), chain: chainNames }),
);
const keys: Readonly<Record<string, fc.Arbitrary<string>>> = {
  s: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3'),
  i: fc.constantFrom('10.0.0.0/8', '10.1.0.0/16', '11.0.0.0/8', '10.1.2.3'),
  p: fc.constantFrom('tcp . 80', 'tcp . 80-90', 'udp . 80-90', 'tcp . 85-95', 'udp . 53'),
};
const elements = fc.constantFrom('s', 'i', 'm', 'p').chain((name) => {
  const one: fc.Arbitrary<Element> = fc.tuple(
    (keys[name] ?? keys['s']!).map(key),
    kinds[name] === 'map' ? verdicts : fc.constant(null),
  );
  return fc.record({
    op: fc.constantFrom('add-elements' as const, 'add-elements' as const, 'delete-elements' as const),
    set: fc.constant(set(name)),
    elements: fc.uniqueArray(one, { minLength: 1, maxLength: 3, selector: ([each]) => each }),
  });
});
const statements: fc.Arbitrary<Statement> = fc.oneof(
  verdicts.map((verdict): Statement => ({ kind: 'verdict', verdict })),
  fc.constantFrom<Statement>(
    { kind: 'address-vmap', side: 'saddr', family: 'IPv4', map: set('m') },
    { kind: 'port-vmap', map: set('p') },
  ),
);
const rules: fc.Arbitrary<Rule> = fc.record({
  matches: fc.constantFrom<Rule['matches']>(
    [],
    [{ kind: 'address-set', side: 'saddr', family: 'IPv4', set: set('s') }],
    [{ kind: 'address-set', side: 'daddr', family: 'IPv4', set: set('i') }],
  ),
  statements: statements.map((statement) => [statement]),
});
const operations: fc.Arbitrary<Operation> = fc.oneof(
  { arbitrary: elements, weight: 4 },
  {
    arbitrary: fc.record({
      op: fc.constant('add-rule' as const),
      chain: fc.constantFrom('a', 'b', 'c', 'd', 'f').map(chain),
      rule: rules,
    }),
    weight: 4,
  },
  fc.record({ op: fc.constantFrom('flush-chain' as const, 'delete-chain' as const), chain: chainNames }),
  chainNames.map((name): Operation => ({ op: 'add-chain', chain: { name, rules: [] } })),
  fc.constantFrom('s', 'i', 'm', 'p').map((name): Operation => ({ op: 'add-set', set: declared(name) })),
  fc.constantFrom('s', 'i', 'm', 'p').map((name): Operation => ({ op: 'delete-set', set: declared(name) })),
);
const transactions: fc.Arbitrary<Transaction> = fc
  .array(operations, { minLength: 1, maxLength: 4 })
  .map((list) => ({ table, operations: list }));

/** With several, nft reports those that it finds itself before those that the kernel finds. */
function hasOneFault({ operations: [first, ...more] }: Transaction): boolean {
  return first !== undefined && more.length === 0 && (!('elements' in first) || first.elements.length === 1);
}

function codeOf(nft: Nft, transaction: Transaction): Promise<string | undefined> {
  return caught(nft.apply(transaction));
}

function checked(nft: Nft, transaction: Transaction): Promise<string | undefined> {
  return caught(nft.check(transaction));
}

async function caught(call: Promise<void>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (isNftError(error)) return error.code;
    throw error;
  }
}

/** The number of expressions of a rule, for nft spells some of them in its own way. */
function withoutSpelling({ kind, body }: ListedObject): ListedObject {
  return { kind, body: { ...body, ...(Array.isArray(body['expr']) ? { expr: body['expr'].length } : {}) } };
}

/** What must be the same: not handles, nor the order that a hash gives to elements. */
function shape(listed: readonly ListedObject[] | undefined): readonly unknown[] {
  return (listed ?? [])
    .map(({ kind, body: { handle: _, elem, ...body } }) => {
      const sorted = Array.isArray(elem) ? elem.map((each) => JSON.stringify(each)).sort() : undefined;
      return JSON.stringify([kind, sortedKeys(body), sorted]);
    })
    .sort();
}

function sortedKeys(body: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(Object.entries(body).sort(([a], [b]) => (a < b ? -1 : 1)));
}
