import { describe, expect, it, onTestFinished } from 'vitest';
import type { ProcessResult } from '../../src/nft/exec.ts';
import { eventsOf, monitorTable, type MonitorEvent, type StartMonitor } from '../../src/nft/monitor.ts';
import { createNft } from '../../src/nft/nft.ts';
import { nftOrSkip, type Suite } from '../support/nft-versions.ts';
import { createNetns } from './netns.ts';
import { sampleChange, sampleTable, table } from './sample.ts';

const line = (verb: string, object: string, body: object) => JSON.stringify({ [verb]: { [object]: body } });

it.each<readonly [string, string, readonly object[]]>([
  [
    'a table',
    line('delete', 'table', { family: 'inet', name: table, handle: 1 }),
    [{ verb: 'delete', object: 'table', name: table }],
  ],
  [
    'a rule',
    line('add', 'rule', { family: 'inet', table, chain: 'a', handle: 3, expr: [] }),
    [{ verb: 'add', object: 'rule', name: 'a' }],
  ],
  [
    'an element',
    line('add', 'element', { family: 'inet', table, name: 's', elem: { set: ['10.0.0.1'] } }),
    [{ verb: 'add', object: 'element', name: 's' }],
  ],
  [
    'a verb of later days',
    line('rename', 'chain', { family: 'inet', table, name: 'a' }),
    [{ verb: 'other', object: 'chain', name: 'a' }],
  ],
  ['another table', line('add', 'chain', { family: 'inet', table: 'other', name: table }), []],
  ['the table of another family', line('delete', 'table', { family: 'ip', name: table }), []],
  [
    'a table that merely speaks of ours',
    line('add', 'rule', { family: 'inet', table: 'other', chain: 'a', comment: table }),
    [],
  ],
  ['metainfo', '{"metainfo": {"version": "1.0.6"}}', []],
  ['an empty line', '', []],
])('reads an event of %s', (_, text, changes) => {
  expect(eventsOf(text, table)).toEqual(changes.map((change) => ({ kind: 'change', ...change })));
});

it('says when the kernel dropped events', () => {
  const events = eventsOf('# ERROR: We lost some netlink events!', table);
  expect(events.map(({ kind }) => kind)).toEqual(['lost', 'listening']);
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
        yield line('delete', 'table', { family: 'inet', name: table });
        if (last) await aborted;
      })(),
    };
  };
  const kinds: string[] = [];
  for await (const event of monitorTable({ command: ['nft'], table, signal: stop.signal, start })) {
    kinds.push(event.kind === 'lost' ? `lost ${event.error.code}` : event.kind);
    if (kinds.length === 8) stop.abort();
  }
  const round = ['listening', 'change', 'lost NFT_KILLED'];
  expect(kinds).toEqual([...round, ...round, 'listening', 'change']);
  expect(starts[2]! - starts[1]!).toBeGreaterThan((starts[1]! - starts[0]!) * 1.3);
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
    expect(await events.next()).toEqual({ kind: 'change', verb: 'add', object: 'table', name: table });
    await events.until(
      (event) => event.kind === 'change' && event.object === 'rule' && event.name === 'forward',
    );
    await nft.apply(sampleChange());
    await events.until(
      (event) => event.kind === 'change' && event.verb === 'delete' && event.object === 'set',
    );
    await netns.sh('nft flush ruleset');
    await events.until(
      (event) => event.kind === 'change' && event.verb === 'delete' && event.object === 'table',
    );
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
    expect(await events.next()).toEqual({ kind: 'change', verb: 'add', object: 'table', name: table });
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
    async until(wanted: (event: MonitorEvent) => boolean): Promise<void> {
      while (!wanted(await next()));
    },
  };
}
