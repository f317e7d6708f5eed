import { expect, test } from 'vitest';
import { createLog } from '../../src/agent/log.ts';

test('lines are JSON with a constant message, fields and the error in full', () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line: string) => lines.push(line) });
  log.debug({}, 'sync applied');
  log.warn({ kind: 'nft-timeout', err: new Error('slow', { cause: new Error('why') }) }, 'sync failed');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
    kind: 'nft-timeout',
    err: { type: 'Error', message: 'slow: why' },
    message: 'sync failed',
  });
});

test('errors from the edge to the API server keep their message', () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line: string) => lines.push(line) });
  log.warn({ resource: 'pods', error: new Error('forbidden') }, 'host finding');
  log.warn({ resource: 'pods', error: 'in words' }, 'host finding');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { error: { message: 'forbidden' } },
    { error: 'in words' },
  ]);
});
