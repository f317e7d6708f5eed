import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { namedCounters } from '../../src/ruleset/named-counters.ts';
import type { KeyType } from '../../src/ruleset/objects.ts';
import type { Operation, Transaction } from '../../src/ruleset/operation.ts';
import { renderJson } from '../../src/ruleset/render-json.ts';
import { renderRuleset } from '../../src/ruleset/render-ruleset.ts';
import { renderText, ruleText } from '../../src/ruleset/render-text.ts';
import { checkWellFormed } from '../../src/ruleset/well-formed.ts';
import { nftOrSkip } from '../support/nft-versions.ts';
import { everyKind } from './every-kind.ts';

// One object of every kind, loaded into the nft of this machine and into a second version, in network namespaces.

const everything = everyKind();
const counters = [...namedCounters(everything.chains.values())];
const loading: Transaction = {
  table: everything.table,
  operations: [
    { op: 'add-table' },
    { op: 'delete-table' },
    { op: 'add-table' },
    ...counters.map((counter): Operation => ({ op: 'add-counter', counter })),
    ...[...everything.sets.values()].map((set): Operation => ({ op: 'add-set', set })),
    ...[...everything.chains.values()].map((chain): Operation => ({ op: 'add-chain', chain })),
    ...[...everything.sets.values()].map((set): Operation => ({
      op: 'add-elements',
      set: set.name,
      elements: [...set.elements],
    })),
    ...[...everything.chains.values()].flatMap((chain) =>
      chain.rules.map((rule): Operation => ({ op: 'add-rule', chain: chain.name, rule })),
    ),
  ],
};

const directory = mkdtempSync(join(tmpdir(), 'ringfence-render-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const versions = [
  { suite: 'bookworm', declares: ['type'] },
  { suite: 'trixie', declares: ['type', 'typeof'] },
] as const;

test('the example is well-formed', () => {
  expect(checkWellFormed(everything)).toEqual([]);
});

describe.each(versions)('nft of Debian $suite', ({ suite, declares }) => {
  test('takes every object as text and lists it as it was written', async ({ skip }) => {
    const nft = await nftOrSkip(suite, skip);
    expect(listed(run([nft, '-f', file('text.nft', renderText(loading))], list(nft)))).toEqual(
      expectedListing(),
    );
  });

  test.for<'type' | 'typeof'>(declares)(
    'takes every object as JSON with %s, and lists it as it was written',
    async (declare, { skip }) => {
      const nft = await nftOrSkip(suite, skip);

      const path = file(`${declare}.json`, renderJson(loading, { declare }));
      const withoutComments = expectedListing().filter(
        (line) => line !== 'comment "all local pods: see the docs"',
      );
      expect(listed(run([nft, '-j', '-f', path], list(nft)))).toEqual(
        declare === 'typeof' ? withoutComments : withoutComments.map(declaredByType).sort(),
      );
    },
  );

  test('takes the ruleset for people into an empty ruleset and over an earlier table', async ({ skip }) => {
    const nft = await nftOrSkip(suite, skip);
    const path = file('ruleset.nft', renderRuleset(everything));
    const other = file(
      'other.nft',
      'table inet ringfence { set gone { type ipv6_addr; }\nchain gone { drop; }\n}\n',
    );
    const once = run([nft, '-f', path], list(nft));
    expect(listed(once)).toEqual(expectedListing());
    expect(run([nft, '-f', path], [nft, '-f', path], list(nft))).toBe(once);
    expect(run([nft, '-f', other], [nft, '-f', path], list(nft))).toBe(once);
  });

  test.for<'text' | 'type' | 'typeof'>(['text', ...declares])(
    'empties everything again: deletions as %s',
    async (form, { skip }) => {
      const nft = await nftOrSkip(suite, skip);

      const { table, chains, sets } = everything;
      const operations: Operation[] = [
        ...[...sets.values()].map((set): Operation => ({
          op: 'delete-elements',
          set: set.name,
          elements: [...set.elements],
        })),
        ...[...chains.keys()].map((chain): Operation => ({ op: 'flush-chain', chain })),
        ...[...chains.keys()].map((chain): Operation => ({ op: 'delete-chain', chain })),
        ...[...sets.values()].map((set): Operation => ({ op: 'delete-set', set })),
        ...counters.map((counter): Operation => ({ op: 'delete-counter', counter })),
      ];
      const deletion =
        form === 'text'
          ? [nft, '-f', file('delete.nft', renderText({ table, operations }))]
          : [nft, '-j', '-f', file('delete.json', renderJson({ table, operations }, { declare: form }))];
      expect(run([nft, '-f', file('text.nft', renderText(loading))], deletion, list(nft))).toBe(
        'table inet ringfence {\n}\n',
      );
    },
  );
});

test('what nft 1.1 writes as text and as JSON with typeof does not make nft 1.0.6 crash beside it', async ({
  skip,
}) => {
  const [older, newer] = [await nftOrSkip('bookworm', skip), await nftOrSkip('trixie', skip)];
  const own = file(
    'own.nft',
    'table ip other { set s { type ipv4_addr; }\nchain c { ip saddr @s accept; }\n}\n',
  );
  for (const load of [
    [newer, '-f', file('text.nft', renderText(loading))],
    [newer, '-j', '-f', file('typeof.json', renderJson(loading, { declare: 'typeof' }))],
  ]) {
    const listing = run(load, [older, '-f', own], [older, 'list', 'ruleset']);
    expect(listing).toContain('table ip other');
    expect(listing).toContain('map dispatch');
  }
});

function list(nft: string): string[] {
  return [nft, 'list', 'table', 'inet', 'ringfence'];
}

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

/** Runs the commands in one new network namespace; what they print. A failing command fails the test. */
function run(...commands: string[][]): string {
  const script = commands.map((words) => words.map((word) => `'${word}'`).join(' ')).join(' && ');
  return execFileSync('unshare', ['-n', 'sh', '-c', script], { encoding: 'utf8' });
}

/** The lines of a listing without indentation, in one order: versions differ in it. Elements are joined and sorted. */
function listed(listing: string): string[] {
  const joined = listing.replaceAll(/,\n\s+/g, ', ').replaceAll(' packets 0 bytes 0', '');
  return joined
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && line !== 'packets 0 bytes 0')
    .map((line) => /^elements = \{ (.*) \}$/.exec(line)?.[1]?.split(', ').sort().join(', ') ?? line)
    .map((line) => rewritten.get(line) ?? line)
    .sort();
}

/** nft simplifies what it lists; both say the same. */
const rewritten = new Map([
  ['ct mark 0x00010000/16 accept', 'ct mark & 0xffff0000 == 0x00010000 accept'],
  ['ct mark set ct mark & 0x0001ffff | 0x00010000', 'ct mark set ct mark & 0x0000ffff | 0x00010000'],
  [
    'icmpv6 type { 133, 134, 143, 200 } accept',
    'icmpv6 type { nd-router-solicit, nd-router-advert, mld2-listener-report, 200 } accept',
  ],
  [
    'type filter hook input priority srcnat + 1; policy accept;',
    'type filter hook input priority 101; policy accept;',
  ],
]);

function expectedListing(): string[] {
  return [
    'table inet ringfence {',
    '}',
    ...counters.flatMap((counter) => [`counter ${counter} {`, '}']),
    ...[...everything.sets.values()].flatMap((set) => [
      `${set.kind} ${set.name} {`,
      `typeof ${typeofs[set.keyType]}${set.kind === 'map' ? ' : verdict' : ''}`,
      ...(set.interval ? ['flags interval'] : []),
      ...(set.comment === undefined ? [] : [`comment "${set.comment}"`]),
      [...set.elements]
        .map(([key, verdict]) => (verdict === null ? key : `${key} : ${Object.values(verdict).join(' ')}`))
        .sort()
        .join(', '),
      '}',
    ]),
    ...[...everything.chains.values()].flatMap((chain) => [
      `chain ${chain.name} {`,
      ...(chain.base === undefined
        ? []
        : [
            `type filter hook ${chain.base.hook} priority ${chain.base.priority === 0 ? 'filter' : String(chain.base.priority)}; policy accept;`,
          ]),
      ...chain.rules.map(ruleText),
      '}',
    ]),
  ].sort();
}

const typeofs: Readonly<Record<KeyType, string>> = {
  ipv4_addr: 'ip saddr',
  ipv6_addr: 'ip6 saddr',
  'ipv4_addr . inet_proto . inet_service': 'ip saddr . meta l4proto . th dport',
  'ipv6_addr . inet_proto . inet_service': 'ip6 saddr . meta l4proto . th dport',
  'inet_proto . inet_service': 'meta l4proto . th dport',
};

function declaredByType(line: string): string {
  for (const [type, expression] of Object.entries(typeofs)) {
    if (line === `typeof ${expression}` || line === `typeof ${expression} : verdict`) {
      return line.replace(`typeof ${expression}`, `type ${type}`);
    }
  }
  return line;
}
