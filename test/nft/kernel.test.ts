import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isNftError, type NftError } from '../../src/nft/errors.ts';
import { createNft, type Nft, type NftOptions } from '../../src/nft/nft.ts';
import type { Operation, Transaction } from '../../src/ruleset/operation.ts';
import { type Suite, nftOrSkip } from '../support/nft-versions.ts';
import { createNetns, type Netns } from './netns.ts';
import { chain, chains, key, nftSet, sampleChange, sampleTable, set, sets, table } from './sample.ts';

const suites: readonly Suite[] = ['bookworm', 'trixie'];

describe.each(suites)('nft of Debian %s', (suite) => {
  it('is probed without a trace', async ({ skip }) => {
    const { nft, netns } = await start(suite, skip);
    expect(await nft.probe()).toMatchObject(
      suite === 'bookworm' ? { major: 1, minor: 0, patch: 6 } : { major: 1, minor: 1 },
    );
    expect((await netns.sh('nft list tables')).output).toBe('');
  });

  it('applies every kind of object and lists it', async ({ skip }) => {
    const { nft } = await start(suite, skip);
    await nft.apply(sampleTable());
    expect(await names(nft)).toEqual(
      [
        `table ${table}`,
        ...sets.map(({ kind, name }) => `${kind} ${name}`),
        ...chains.map(({ name }) => `chain ${name}`),
        ...chains.flatMap(({ name, rules }) => rules.map(() => `rule ${name}`)),
      ].sort(),
    );
    expect(await elementsOf(nft, 'ports')).toHaveLength(2);
    // Again over itself: a repair replaces the table.
    await nft.apply(sampleTable());
    await nft.apply(sampleChange());
    const after = await names(nft);
    expect(after).toContain('set more4');
    expect(after).not.toContain('set blocks6');
    expect(after.filter((name) => name === 'rule body')).toHaveLength(1);
    expect(await elementsOf(nft, 'peers4')).toEqual(['10.0.0.2']);
  });

  it('lists without elements when asked to', async ({ skip }) => {
    const { nft } = await start(suite, skip);
    await nft.apply(sampleTable());
    const listed = await nft.list(table, { terse: true });
    expect(listed?.filter(({ body }) => 'elem' in body)).toEqual([]);
    expect(listed?.filter(({ kind }) => kind === 'set' || kind === 'map')).toHaveLength(sets.length);
  });

  it('tells a table that is not there from one without objects', async ({ skip }) => {
    const { nft } = await start(suite, skip);
    expect(await nft.list(table)).toBeUndefined();
    await nft.apply({ table, operations: [{ op: 'add-table' }] });
    expect(await nft.list(table)).toHaveLength(1);
  });

  it('checks without applying', async ({ skip }) => {
    const { nft } = await start(suite, skip);
    await nft.check(sampleTable());
    expect(await nft.list(table)).toBeUndefined();
    await expect(nft.check(sampleChange())).rejects.toMatchObject({
      code: 'NFT_NOT_FOUND',
      outcome: 'unchanged',
    });
  });

  it.for<readonly [string, readonly Operation[], Partial<NftError>, string]>([
    [
      'a missing set',
      [{ op: 'add-elements', set: set('nowhere'), elements: [[key('10.0.0.1'), null]] }],
      { code: 'NFT_NOT_FOUND' },
      'element nowhere of nowhere',
    ],
    [
      'a rule that jumps to a missing chain',
      [
        {
          op: 'add-rule',
          chain: chain('body'),
          rule: {
            matches: [],
            statements: [{ kind: 'verdict', verdict: { kind: 'jump', chain: chain('nowhere') } }],
            comment: 'shop/db',
          },
        },
      ],
      { code: 'NFT_NOT_FOUND' },
      'rule of chain body (shop/db)',
    ],
    ['a chain in use', [{ op: 'delete-chain', chain: chain('body') }], { code: 'NFT_BUSY' }, 'chain body'],
    [
      'a set in use',
      [{ op: 'delete-set', set: { name: set('peers4'), kind: 'set' } }],
      { code: 'NFT_BUSY' },
      'set peers4',
    ],
    [
      'another type of key',
      [{ op: 'add-set', set: nftSet('peers4', 'ipv6_addr') }],
      { code: 'NFT_EXISTS' },
      'set peers4',
    ],
    [
      'another verdict of an element',
      [{ op: 'add-elements', set: set('pods4'), elements: [[key('10.0.0.2'), { kind: 'accept' }]] }],
      { code: 'NFT_EXISTS' },
      'element 10.0.0.2 of pods4',
    ],
    [
      'an overlapping block',
      [{ op: 'add-elements', set: set('blocks4'), elements: [[key('10.1.2.0/24'), null]] }],
      { code: 'NFT_EXISTS' },
      'element 10.1.2.0/24 of blocks4',
    ],
    [
      'an element that is not there',
      [{ op: 'delete-elements', set: set('peers4'), elements: [[key('10.9.9.9'), null]] }],
      { code: 'NFT_NOT_FOUND' },
      'element 10.9.9.9 of peers4',
    ],
    [
      'a circle of jumps',
      [
        {
          op: 'add-rule',
          chain: chain('body'),
          rule: {
            matches: [],
            statements: [{ kind: 'verdict', verdict: { kind: 'jump', chain: chain('pod') } }],
          },
        },
      ],
      { code: 'NFT_REFUSED' },
      'rule of chain body',
    ],
    [
      'a family that does not fit',
      [
        {
          op: 'add-rule',
          chain: chain('body'),
          rule: {
            matches: [{ kind: 'address-set', side: 'saddr', family: 'IPv6', set: set('peers4') }],
            statements: [],
          },
        },
      ],
      { code: 'NFT_SYNTAX' },
      'rule of chain body',
    ],
  ])('refuses %s, names it, and changes nothing', async ([, operations, expected, object], { skip }) => {
    const { nft } = await start(suite, skip);
    await nft.apply(sampleTable());
    const before = await nft.list(table);
    const harmless: Operation = { op: 'add-chain', chain: { name: chain('harmless'), rules: [] } };
    const error = await failure(nft.apply({ table, operations: [harmless, ...operations] }));
    expect(error).toMatchObject({ ...expected, outcome: 'unchanged', location: { line: 2, object } });
    expect(error.message).toContain(object);
    expect(await nft.list(table)).toEqual(before);
  });

  it('names what a person lacks', async ({ skip }) => {
    const binary = await nftOrSkip(suite, skip);
    const netns = await createNetns();
    const drop = ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin'];
    const nft = createNft({ command: [...netns.enter, ...drop, binary] });
    await expect(nft.probe()).rejects.toMatchObject({ code: 'NFT_NO_PERMISSION', outcome: 'unchanged' });
    await expect(nft.apply(sampleTable())).rejects.toMatchObject({ code: 'NFT_NO_PERMISSION' });
    await expect(nft.list(table)).rejects.toMatchObject({ code: 'NFT_NO_PERMISSION' });
  });

  it.for([0, 10, 40, 100])(
    'killed after %i ms, has applied all or nothing',
    async (milliseconds, { skip }) => {
      const folder = await temporaryFolder();
      const binary = await nftOrSkip(suite, skip);
      const pidFile = path.join(folder, 'pid');
      const script = `case " $* " in *' -f '*) echo $$ >${pidFile}.new; mv ${pidFile}.new ${pidFile};; esac; exec ${binary} "$@"`;
      const netns = await createNetns();
      const nft = createNft({ command: [...netns.enter, 'sh', '-c', script, 'nft'] });
      const applied = failureOrSuccess(nft.apply(manyElements(40_000)));
      await killNft(await pidIn(pidFile, milliseconds));
      const error = await applied;
      if (milliseconds === 0) expect(error).toBeDefined();
      if (error !== undefined)
        expect(error).toMatchObject({ code: 'NFT_KILLED', outcome: 'unknown', signal: 'SIGKILL' });
      const plain = createNft({ command: [...netns.enter, binary] });
      const elements = (await plain.list(table)) === undefined ? 0 : (await elementsOf(plain, 'many')).length;
      expect([0, 40_000]).toContain(elements);
      if (error === undefined) expect(elements).toBe(40_000);
      // And nothing stands in the way of the next one.
      await plain.apply(sampleTable());
    },
  );

  it('is stopped by the signal of its caller', async ({ skip }) => {
    const { nft } = await start(suite, skip);
    const stop = new AbortController();
    await nft.probe();
    const applied = failure(nft.apply(manyElements(40_000), { signal: stop.signal }));
    await delay(20);
    stop.abort(new Error('the node goes down'));
    expect(await applied).toMatchObject({
      code: 'NFT_ABORTED',
      outcome: 'unknown',
      cause: { message: 'the node goes down' },
    });
    const late = await failure(nft.apply(sampleTable(), { signal: stop.signal }));
    expect(late).toMatchObject({ code: 'NFT_ABORTED', outcome: 'unchanged' });
  });
});

it('gives up after the time allowed, and kills', async () => {
  const script = 'case "$*" in --version) echo "nftables v1.0.6 (x)";; *) exec sleep 60;; esac';
  const nft = createNft({ command: ['sh', '-c', script, 'nft'], timeout: 150 });
  const started = performance.now();
  expect(await failure(nft.apply(sampleTable()))).toMatchObject({ code: 'NFT_TIMEOUT', outcome: 'unknown' });
  expect(await failure(nft.list(table))).toMatchObject({ code: 'NFT_TIMEOUT', outcome: 'unchanged' });
  expect(performance.now() - started).toBeLessThan(5000);
});

it('stops reading an output without end', async () => {
  const script = 'case "$*" in --version) echo "nftables v1.0.6 (x)";; *) exec yes;; esac';
  const nft = createNft({ command: ['sh', '-c', script, 'nft'], maxBuffer: 100_000 });
  expect(await failure(nft.list(table))).toMatchObject({
    code: 'NFT_OUTPUT_TOO_LARGE',
    outcome: 'unchanged',
  });
});

it('says that there is no nft', async () => {
  for (const command of [['/nowhere/nft'], ['nsenter', '--net=/proc/self/ns/net', '/nowhere/nft']] as const) {
    const nft = createNft({ command });
    expect(await failure(nft.probe())).toMatchObject({ code: 'NFT_MISSING_BINARY', outcome: 'unchanged' });
    expect(await failure(nft.list(table))).toMatchObject({ code: 'NFT_MISSING_BINARY' });
  }
});

it.skipIf(process.getuid?.() !== 0)('says that an ordinary user may not', async () => {
  const nft = createNft({ command: ['setpriv', '--reuid', '65534', '--clear-groups', 'nft'] });
  expect(await failure(nft.probe())).toMatchObject({ code: 'NFT_NO_PERMISSION', outcome: 'unchanged' });
});

async function start(
  suite: Suite,
  skip: (reason: string) => void,
  options: NftOptions = {},
): Promise<{ nft: Nft; netns: Netns }> {
  const binary = await nftOrSkip(suite, skip);
  const netns = await createNetns();
  return { netns, nft: createNft({ ...options, command: [...netns.enter, binary] }) };
}

async function names(nft: Nft): Promise<readonly string[]> {
  const listed = (await nft.list(table)) ?? [];
  return listed
    .map(({ kind, body }) => `${kind} ${String(kind === 'rule' ? body['chain'] : body['name'])}`)
    .sort();
}

async function elementsOf(nft: Nft, name: string): Promise<readonly unknown[]> {
  const listed = (await nft.list(table)) ?? [];
  const { body } = listed.find((object) => object.body['name'] === name) ?? { body: {} };
  return (body as { readonly elem?: readonly unknown[] }).elem ?? [];
}

function manyElements(count: number): Transaction {
  const elements = Array.from({ length: count }, (_, index) => {
    return [
      key(`10.${String(index >> 16)}.${String((index >> 8) & 255)}.${String(index & 255)}`),
      null,
    ] as const;
  });
  return {
    table,
    operations: [
      { op: 'add-table' },
      { op: 'add-set', set: nftSet('many', 'ipv4_addr') },
      { op: 'add-elements', set: set('many'), elements },
    ],
  };
}

async function failure(call: Promise<unknown>): Promise<NftError> {
  const error = await failureOrSuccess(call);
  if (error === undefined) throw new Error('did not fail');
  return error;
}

async function failureOrSuccess(call: Promise<unknown>): Promise<NftError | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (isNftError(error)) return error;
    throw error;
  }
}

/** Unless it has ended already, and the number may be someone else's. */
async function killNft(pid: number): Promise<void> {
  try {
    const commandLine = await readFile(`/proc/${String(pid)}/cmdline`, 'utf8');
    if (/nft/.test(commandLine)) process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ringfence-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function pidIn(file: string, milliseconds: number): Promise<number> {
  for (let tries = 0; tries < 2000; tries += 1) {
    try {
      const pid = Number(await readFile(file, 'utf8'));
      await delay(milliseconds);
      return pid;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await delay(2);
    }
  }
  throw new Error('nft was not started');
}
