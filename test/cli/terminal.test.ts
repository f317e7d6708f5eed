import { expect, test } from 'vitest';
import { printPieces, type Terminal } from '../../src/cli/terminal.ts';

test('a long document is made no faster than it is read', async () => {
  const events: string[] = [];
  function* pieces(): Generator<string> {
    for (const piece of ['a', 'b']) {
      events.push(`make ${piece}`);
      yield piece;
    }
  }
  const terminal = {
    out: (text: string) => events.push(`out ${text}`),
    drained: async () => {
      await Promise.resolve();
      events.push('read');
    },
  };
  await printPieces(terminal as unknown as Terminal, pieces());
  expect(events).toEqual(['make a', 'out a', 'read', 'make b', 'out b', 'read']);
});
