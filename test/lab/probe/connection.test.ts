import { expect, it } from 'vitest';
import { runInLab } from '../network/in-lab.ts';

it.each(['bridge', 'routed'])('sees what a rule does to connections that stand: %s', async (topology) => {
  const each = {
    open: ['x/b', 'answered', 'x/b', 'answered'],
    dropped: ['dropped', 'dropped', 'open'],
    back: ['answered', 'answered'],
    ended: ['reset', 'reset', 'reset'],
    refused: 'reset',
  };
  expect(await runInLab(`${import.meta.dirname}/connection.lab.ts`, topology)).toEqual([each, each]);
});
