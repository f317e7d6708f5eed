import { expect, it } from 'vitest';
import { isNftError, NftError, type NftErrorCode } from '../../src/nft/errors.ts';
import type { Exec, ProcessCall, ProcessResult } from '../../src/nft/exec.ts';
import { createNft } from '../../src/nft/nft.ts';
import type { Transaction } from '../../src/ruleset/operation.ts';
import { renderJson } from '../../src/ruleset/render-json.ts';
import { renderText } from '../../src/ruleset/render-text.ts';
import { chain, key, nftSet, set, table } from './sample.ts';

type Answer = Partial<ProcessResult>;

/** Answers one call after the other, and keeps what was asked. */
function scripted(...answers: readonly Answer[]): { readonly exec: Exec; readonly calls: ProcessCall[] } {
  const calls: ProcessCall[] = [];
  const exec: Exec = (call) => {
    const answer = answers[calls.length];
    calls.push(call);
    if (answer === undefined) return Promise.reject(new Error(`nobody expected ${call.command.join(' ')}`));
    return Promise.resolve({ end: 'exit', exitCode: 0, stdout: '', stderr: '', milliseconds: 1, ...answer });
  };
  return { exec, calls };
}

const old: Answer = { stdout: 'nftables v1.0.6 (Lester Gooch #5)\n' };
const recent: Answer = { stdout: 'nftables v1.1.3 (Commodore Bullmoose #4)\n' };

const newSet: Transaction = { table, operations: [{ op: 'add-set', set: nftSet('s', 'ipv4_addr') }] };
const newMap: Transaction = {
  table,
  operations: [{ op: 'add-set', set: nftSet('m', 'ipv4_addr', [], { kind: 'map' }) }],
};
const newElement: Transaction = {
  table,
  operations: [{ op: 'add-elements', set: set('s'), elements: [[key('10.0.0.1'), null]] }],
};

it.each<readonly [string, Answer, Transaction, readonly string[], string]>([
  ['a set for 1.0', old, newSet, ['-j', '-f', '-'], renderJson(newSet, { declare: 'type' })],
  ['a set for 1.1', recent, newSet, ['-j', '-f', '-'], renderJson(newSet, { declare: 'typeof' })],
  ['a map for 1.0', old, newMap, ['-j', '-f', '-'], renderJson(newMap, { declare: 'type' })],
  ['a map for 1.1', recent, newMap, ['-j', '-f', '-'], renderJson(newMap, { declare: 'typeof' })],
  [
    'an element for 1.1',
    recent,
    newElement,
    ['-j', '-f', '-'],
    renderJson(newElement, { declare: 'typeof' }),
  ],
])('writes %s, with one child', async (_, version, transaction, args, input) => {
  const { exec, calls } = scripted(version, {});
  await createNft({ exec, command: ['nft'] }).apply(transaction);
  expect(calls.map(({ command }) => command)).toEqual([
    ['nft', '--version'],
    ['nft', ...args],
  ]);
  expect(calls[1]?.input).toBe(input);
});

it('starts no child for nothing, and asks for the version once', async () => {
  const { exec, calls } = scripted(old, {}, {});
  const nft = createNft({ exec });
  await nft.apply({ table, operations: [] });
  expect(calls).toEqual([]);
  await nft.apply(newElement);
  await nft.apply(newElement);
  expect(calls).toHaveLength(3);
});

it.each<readonly [string, Answer, NftErrorCode]>([
  ['an old nft', { stdout: 'nftables v1.0.0 (Fearless Fosdick #2)\n' }, 'NFT_TOO_OLD'],
  ['an older one', { stdout: 'nftables v0.9.8 (E.D.S.)\n' }, 'NFT_TOO_OLD'],
  ['something else', { stdout: 'iptables v1.8.9\n' }, 'NFT_UNREADABLE_OUTPUT'],
  ['a missing one', { end: 'not-started', exitCode: undefined, reason: 'ENOENT' }, 'NFT_MISSING_BINARY'],
  [
    'one without its libraries',
    {
      exitCode: 127,
      stderr:
        'nft: error while loading shared libraries: libnftables.so.1: cannot open shared object file: No such file or directory\n',
    },
    'NFT_MISSING_BINARY',
  ],
])('refuses %s', async (_, answer, code) => {
  const { exec } = scripted(answer, answer);
  await expect(createNft({ exec }).probe()).rejects.toMatchObject({ code, outcome: 'unchanged' });
  await expect(createNft({ exec }).apply(newSet)).rejects.toMatchObject({ code, outcome: 'unchanged' });
});

it('finds out that nft has no JSON', async () => {
  const { exec, calls } = scripted(old, { exitCode: 1, stderr: 'Error: JSON support not compiled-in\n' });
  await expect(createNft({ exec }).probe()).rejects.toMatchObject({ code: 'NFT_NO_JSON' });
  expect(calls[1]?.command).toContain('-c');
});

const kernel = (what: string) => `internal:0:0-0: Error: Could not process rule: ${what}\n`;

it.each<readonly [string, NftErrorCode]>([
  [kernel('No such file or directory'), 'NFT_NOT_FOUND'],
  [kernel('File exists'), 'NFT_EXISTS'],
  ['internal:0:0-0: Error: interval overlaps with an existing one\n', 'NFT_EXISTS'],
  [kernel('Device or resource busy'), 'NFT_BUSY'],
  [kernel('Operation not permitted'), 'NFT_NO_PERMISSION'],
  [kernel('Too many links'), 'NFT_REFUSED'],
  [kernel('Operation not supported'), 'NFT_REFUSED'],
  [kernel('Cannot allocate memory'), 'NFT_OUT_OF_MEMORY'],
  ['internal:0:0-0: Error: Invalid set datatype.\n', 'NFT_SYNTAX'],
  [`${kernel('File exists')}${kernel('No such file or directory')}`, 'NFT_EXISTS'],
  [
    'Operation not permitted (you must be root)\nnetlink: Error: cache initialization failed: Operation not permitted\n',
    'NFT_NO_PERMISSION',
  ],
  ['src/utils.c:23: Memory allocation failure\n', 'NFT_OUT_OF_MEMORY'],
  ['', 'NFT_MISSING_BINARY'],
])('takes %j for %s', async (stderr, code) => {
  const { exec } = scripted(old, { exitCode: 1, stderr }, { exitCode: 1, stderr: '' });
  await expect(createNft({ exec }).apply(newSet)).rejects.toMatchObject({
    code,
    outcome: 'unchanged',
    location: undefined,
  });
});

it.each<readonly [string, Answer, NftErrorCode]>([
  ['a crash', { end: 'signal', exitCode: undefined, signal: 'SIGSEGV' }, 'NFT_KILLED'],
  ['a timeout', { end: 'timeout', exitCode: undefined, signal: 'SIGKILL' }, 'NFT_TIMEOUT'],
  ['an abort', { end: 'aborted', exitCode: undefined, signal: 'SIGKILL' }, 'NFT_ABORTED'],
  ['too much output', { end: 'output-too-large', exitCode: undefined }, 'NFT_OUTPUT_TOO_LARGE'],
])('does not know what became of a transaction after %s', async (_, answer, code) => {
  const { exec, calls } = scripted(old, answer, answer);
  const nft = createNft({ exec });
  await expect(nft.apply(newSet)).rejects.toMatchObject({ code, outcome: 'unknown' });
  // Checking again would neither help nor be safe.
  expect(calls).toHaveLength(2);
  await expect(nft.check(newSet)).rejects.toMatchObject({ code, outcome: 'unchanged' });
});

it('looks for the place of a failure in the text form', async () => {
  const transaction: Transaction = {
    table,
    operations: [
      { op: 'add-chain', chain: { name: chain('a'), rules: [] } },
      {
        op: 'add-rule',
        chain: chain('a'),
        rule: { matches: [], statements: [{ kind: 'counter' }], comment: 'shop/web' },
      },
    ],
  };
  const { exec, calls } = scripted(
    old,
    { exitCode: 1, stderr: kernel('No such file or directory') },
    {
      exitCode: 1,
      stderr: '/dev/stdin:2:25-25: Error: Could not process rule: No such file or directory\nadd rule\n',
    },
  );
  const error = await createNft({ exec })
    .apply(transaction)
    .catch((reason: unknown) => reason);
  expect(calls[2]).toMatchObject({ command: ['nft', '-c', '-f', '-'], input: renderText(transaction) });
  expect(error).toMatchObject({
    code: 'NFT_NOT_FOUND',
    location: {
      line: 2,
      column: 25,
      object: 'rule of chain a (shop/web)',
      command: renderText(transaction).split('\n')[1],
    },
  });
});

it('cuts a line of many elements around the fault', async () => {
  const elements = Array.from(
    { length: 5000 },
    (_, n) => [key(`10.0.${String(n >> 8)}.${String(n & 255)}`), null] as const,
  );
  const transaction: Transaction = { table, operations: [{ op: 'add-elements', set: set('s'), elements }] };
  const at = renderText(transaction).indexOf('10.0.9.9,') + 1;
  const { exec } = scripted(
    old,
    { exitCode: 1, stderr: kernel('File exists') },
    {
      exitCode: 1,
      stderr: `/dev/stdin:1:${String(at)}-${String(at + 7)}: Error: Could not process rule: File exists\n`,
    },
  );
  const error = await createNft({ exec })
    .apply(transaction)
    .catch((reason: unknown) => reason);
  if (!isNftError(error, 'NFT_EXISTS')) throw error;
  expect(error.location?.object).toBe('element 10.0.9.9 of s');
  expect(error.location?.command.length).toBeLessThan(400);
  expect(error.location?.command).toContain('10.0.9.9,');
});

it('does not give nft what cannot be written down', async () => {
  const { exec, calls } = scripted(old);
  const hostile: Transaction = {
    table,
    operations: [{ op: 'add-chain', chain: { name: chain('a; flush ruleset'), rules: [] } }],
  };
  await expect(createNft({ exec }).apply(hostile)).rejects.toMatchObject({
    code: 'NFT_SYNTAX',
    outcome: 'unchanged',
    cause: { code: 'RENDER_UNSAFE_TEXT' },
  });
  expect(calls).toHaveLength(1);
});

const metainfo = { metainfo: { version: '1.0.6', json_schema_version: 1 } };
const own = { table: { family: 'inet', name: table, handle: 1 } };
const listing = (...entries: readonly unknown[]) => JSON.stringify({ nftables: entries });

it('reads a listing', async () => {
  const { exec, calls } = scripted({
    stdout: listing(metainfo, own, { chain: { family: 'inet', table, name: 'a' } }),
  });
  expect(await createNft({ exec }).list(table)).toEqual([
    { kind: 'table', body: own.table },
    { kind: 'chain', body: { family: 'inet', table, name: 'a' } },
  ]);
  expect(calls[0]?.command).toEqual(['nft', '-j', 'list', 'table', 'inet', table]);
});

it.each<readonly [string, string]>([
  ['nothing', ''],
  ['half of it', listing(metainfo, own).slice(0, -3)],
  ['no object', '[]'],
  ['no list', '{"nftables": {}}'],
  ['an empty list', listing()],
  ['no metainfo', listing(own)],
  ['another schema', listing({ metainfo: { json_schema_version: 2 } }, own)],
  ['no table', listing(metainfo)],
  ['an entry of two kinds', listing(metainfo, own, { chain: {}, rule: {} })],
  ['an entry of no kind', listing(metainfo, own, {})],
  ['an entry that is no object', listing(metainfo, own, 'chain')],
  ['a kind without content', listing(metainfo, own, { chain: null })],
  ['another table', listing(metainfo, { table: { family: 'inet', name: 'other' } })],
  ['another family', listing(metainfo, { table: { family: 'ip', name: table } })],
  [
    'an object of another table',
    listing(metainfo, own, { chain: { family: 'inet', table: 'other', name: 'a' } }),
  ],
])('does not take %s for a listing', async (_, stdout) => {
  const { exec } = scripted({ stdout });
  await expect(createNft({ exec }).list(table)).rejects.toMatchObject({ code: 'NFT_UNREADABLE_OUTPUT' });
});

it.each([
  `Error: No such file or directory\nlist table inet ${table}2\n`,
  'Error: Could not open file "x": No such file or directory\n',
  'nft: error while loading shared libraries: libjansson.so.4: No such file or directory\n',
])('does not take %j for "no such table"', async (stderr) => {
  const { exec } = scripted({ exitCode: 1, stderr });
  await expect(createNft({ exec }).list(table)).rejects.toBeInstanceOf(NftError);
});
