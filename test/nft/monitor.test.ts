import { describe, expect, it, onTestFinished } from 'vitest';
import type { ProcessResult } from '../../src/nft/exec.ts';
import {
  createMonitorReader,
  monitorTable,
  type MonitorEvent,
  type StartMonitor,
} from '../../src/nft/monitor.ts';
import { createNft } from '../../src/nft/nft.ts';
import { nftOrSkip, type Suite } from '../support/nft-versions.ts';
import { createNetns } from './netns.ts';
import { sampleChange, sampleTable, table } from './sample.ts';

const read = (...lines: readonly string[]): readonly MonitorEvent[] => {
  const reader = createMonitorReader('ringfence');
  return lines.flatMap((line) => reader.read(line));
};
const generation = '# new generation 12 by process 6340 (nft)';

it.each<readonly [string, readonly string[], readonly string[]]>([
  ['a table', ['add table inet ringfence'], ['add table ringfence']],
  [
    'everything that a transaction touches, each once',
    [
      'add set inet ringfence s { type ipv4_addr; flags interval; } ',
      'add element inet ringfence s { 10.0.0.0/24 }',
      'add element inet ringfence s { 10.0.1.0/24 }',
      'delete rule inet ringfence c handle 4',
    ],
    ['add set s', 'add element s', 'delete rule c'],
  ],
  [
    'no more than the first few',
    Array.from({ length: 9 }, (_, index) => `add chain inet ringfence c${String(index)}`),
    ['add chain c0', 'add chain c1', 'add chain c2', 'add chain c3', 'add chain c4'],
  ],
])('reads %s', (_, lines, changes) => {
  expect(read(...lines, generation)).toEqual([
    { kind: 'transaction', by: 'process 6340 (nft)', changes, gone: false },
  ]);
});

it.each([
  ['another table', 'add table inet other'],
  ['a table of a longer name', 'add chain inet ringfence2 c'],
  ['a table of another family', 'delete table ip ringfence'],
  ['a table that merely speaks of ours', 'add rule inet other c accept comment "add table inet ringfence"'],
  ['an empty line', ''],
])('says nothing of %s', (_, line) => {
  expect(read(line, generation)).toEqual([]);
});

it('knows whether the table is there afterwards', () => {
  const [added, deleted] = ['add table inet ringfence', 'delete table inet ringfence'];
  expect(read(deleted, generation)).toMatchObject([{ gone: true }]);
  expect(read(deleted, added, generation)).toMatchObject([{ gone: false }]);
  expect(read(deleted, added, deleted, generation, 'add chain inet ringfence c', generation)).toMatchObject([
    { gone: true },
    { gone: false },
  ]);
});

it('makes the name of a process safe to print', () => {
  const line = '# new generation 3 by process 5 (\u001b[31mx)';
  expect(read('add table inet ringfence', line)).toMatchObject([{ by: 'process 5 (?[31mx)' }]);
});

it('says when the kernel dropped events', () => {
  const events = read('add table inet ringfence', '# ERROR: We lost some netlink events!');
  expect(events.map(({ kind }) => kind)).toEqual(['transaction', 'lost', 'listening']);
});

it('starts nft again, says that something may be missing, and ends with the signal', async () => {
  const stop = new AbortController();
  const starts: number[] = [];
  const start: StartMonitor = (_, signal) => {
    starts.push(performance.now());
    const last = starts.length === 3;
    const ended: ProcessResult = {
      end: 'signal',
      signal: 'SIGSEGV',
      stdout: '',
      stderr: '',
      milliseconds: 1,
    };
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
    return {
      subscribed: Promise.resolve(),
      ended: Promise.resolve(ended),
      lines: (async function* () {
        await Promise.resolve();
        yield `delete table inet ${table}`;
        yield generation;
        if (last) await aborted;
      })(),
    };
  };
  const kinds: string[] = [];
  for await (const event of monitorTable({ command: ['nft'], table, signal: stop.signal, start })) {
    kinds.push(event.kind === 'lost' ? `lost ${event.error.code}` : event.kind);
    if (kinds.length === 8) stop.abort();
  }
  const round = ['listening', 'transaction', 'lost NFT_KILLED'];
  expect(kinds).toEqual([...round, ...round, 'listening', 'transaction']);
  expect(starts[2]! - starts[1]!).toBeGreaterThan((starts[1]! - starts[0]!) * 1.3);
});

it('listens on while nft warns and warns', async () => {
  const script = [
    'yes "W: Received event for an unknown set." | head -c 300000 >&2',
    `echo "delete table inet ${table}"; echo "${generation}"; exec sleep 60`,
  ].join('; ');
  const stop = new AbortController();
  for await (const event of monitorTable({ command: ['sh', '-c', script], table, signal: stop.signal })) {
    expect(event).toMatchObject({ kind: 'transaction', gone: true });
    stop.abort();
  }
});

describe.each<Suite>(['bookworm', 'trixie'])('nft monitor of Debian %s', (suite) => {
  it('reports what happens to the table, whoever does it', async ({ skip }) => {
    const binary = await nftOrSkip(suite, skip);
    const netns = await createNetns();
    const nft = createNft({ command: [...netns.enter, binary] });
    const events = listen((signal) => nft.monitor(table, { signal }));
    expect(await events.next()).toEqual({ kind: 'listening' });
    await nft.apply(sampleTable('other'));
    await nft.apply(sampleTable());
    expect(await events.next()).toMatchObject({
      changes: expect.arrayContaining([`add table ${table}`]) as unknown,
      gone: false,
    });
    await nft.apply(sampleChange());
    const { by } = (await events.next()) as Extract<MonitorEvent, { kind: 'transaction' }>;
    expect(by).toMatch(/^process \d+ \(.+\)$/);
    // Three tables go in one transaction, and only ours is told.
    await netns.sh('nft flush ruleset');
    expect(await events.next()).toMatchObject({ kind: 'transaction', gone: true });
    await nft.apply(sampleTable());
    expect(await events.next()).toMatchObject({ kind: 'transaction', gone: false });
  });

  it('hears again after its nft was killed', async ({ skip }) => {
    const binary = await nftOrSkip(suite, skip);
    const netns = await createNetns();
    const nft = createNft({ command: [...netns.enter, binary] });
    const events = listen((signal) => nft.monitor(table, { signal }));
    expect(await events.next()).toEqual({ kind: 'listening' });
    const { output } = await netns.sh('awk \'$2 == 12 && $4 != "00000000" { print $3 }\' /proc/net/netlink');
    expect(output).toMatch(/^\d+$/);
    process.kill(Number(output), 'SIGKILL');
    const lost = await events.next();
    expect(lost).toMatchObject({ kind: 'lost', error: { code: 'NFT_KILLED', signal: 'SIGKILL' } });
    expect(await events.next()).toEqual({ kind: 'listening' });
    await nft.apply(sampleTable());
    expect(await events.next()).toMatchObject({ kind: 'transaction', gone: false });
  });
});

it('goes on trying where there is no nft, and leaves when told', async () => {
  const stop = new AbortController();
  const codes: string[] = [];
  for await (const event of createNft({ command: ['/nowhere/nft'] }).monitor(table, {
    signal: stop.signal,
  })) {
    if (event.kind !== 'lost') throw new Error(event.kind);
    codes.push(event.error.code);
    if (codes.length === 2) stop.abort();
  }
  expect(codes).toEqual(['NFT_MISSING_BINARY', 'NFT_MISSING_BINARY']);
});

function listen(monitor: (signal: AbortSignal) => AsyncIterable<MonitorEvent>) {
  const stop = new AbortController();
  const events = monitor(stop.signal)[Symbol.asyncIterator]();
  onTestFinished(async () => {
    stop.abort();
    await events.return?.();
  });
  const next = async (): Promise<MonitorEvent> => {
    const result = await events.next();
    if (result.done === true) throw new Error('the monitor ended');
    return result.value;
  };
  return {
    next,
  };
}
