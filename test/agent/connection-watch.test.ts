import { expect, test } from 'vitest';
import { createConnectionWatch } from '../../src/agent/connection-watch.ts';
import type { Log } from '../../src/agent/log.ts';
import type { ConnectionTable } from '../../src/nft/connection-table.ts';
import { createFakeClock } from './fake-clock.ts';

/** `[entries, drops]` of a table with room for 1,000. */
type Look = readonly [number, number] | 'not told' | 'not read';

async function said(looks: readonly Look[]): Promise<readonly string[]> {
  const clock = createFakeClock();
  const lines: string[] = [];
  const say = (_: unknown, message: string): void => {
    lines.push(`${String(clock.now() / 1000)} s: ${message}`);
  };
  const left = [...looks];
  const stop = new AbortController();
  const watch = createConnectionWatch({
    read: () => {
      const look = left.shift();
      if (look === 'not read') return Promise.reject(new Error('EMFILE'));
      const table: ConnectionTable | undefined =
        look === undefined || look === 'not told'
          ? undefined
          : { entries: look[0], limit: 1000, drops: look[1] };
      return Promise.resolve(table);
    },
    log: { info: say, warn: say, error: say } as unknown as Log,
    clock,
  });
  const running = watch.run(stop.signal);
  await clock.advance(5000 * (looks.length - 1));
  stop.abort();
  await running;
  return lines;
}

const [full, again] = ['no room for new connections', 'room for new connections again'];

test.each<readonly [string, readonly Look[], readonly string[]]>([
  [
    'a table with room',
    [
      [10, 0],
      [900, 0],
    ],
    [],
  ],
  [
    'a full one, once for as long as it lasts',
    [
      [10, 0],
      [1000, 5],
      [1000, 90],
    ],
    [`5 s: ${full}`],
  ],
  [
    'full between two looks',
    [
      [990, 0],
      [990, 4],
    ],
    [`5 s: ${full}`],
  ],
  [
    'nearly full, and nothing dropped',
    [
      [990, 4],
      [999, 4],
    ],
    [],
  ],
  [
    'drops before the agent came',
    [
      [10, 7],
      [10, 7],
    ],
    [],
  ],
  [
    'drops for want of memory are another matter',
    [
      [10, 7],
      [10, 9],
    ],
    [],
  ],
  [
    'room again',
    [
      [1000, 5],
      [960, 5],
      [900, 6],
      [900, 6],
    ],
    [`0 s: ${full}`, `15 s: ${again}`],
  ],
  [
    'what cannot be read, once',
    ['not read', 'not read', [10, 0], 'not read'],
    ['0 s: connections not counted', '15 s: connections not counted'],
  ],
  ['a kernel that does not tell', ['not told', 'not told'], []],
])('%s', async (_, looks, lines) => {
  expect(await said(looks)).toEqual(lines);
});
