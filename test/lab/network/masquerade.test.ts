import { expect, it } from 'vitest';
import { runInLab } from './in-lab.ts';

const script = `${import.meta.dirname}/masquerade.lab.ts`;
const own = ['ip x/a', 'ip6 x/a'];

it('shows pod addresses to everybody', async () => {
  expect(await runInLab(script, 'plain')).toEqual({ outside: own, sameNode: own, otherNode: own });
});

it('hides pod addresses from the outside only, where it masquerades', async () => {
  expect(await runInLab(script, 'masquerade')).toEqual({
    outside: ['ip n1', 'ip6 n1'],
    sameNode: own,
    otherNode: own,
  });
});
