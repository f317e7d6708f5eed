import process from 'node:process';
import { expect, test } from 'vitest';
import { foundText } from './found-text.ts';
import { runTargets } from './run-targets.ts';

// A short run of `npm run fuzz`, which takes another seed each time. This one has to be the same on two runs of one commit.
const seed = Number(process.env['RINGFENCE_SEED'] ?? 1);

test('damaged input breaks no promise', async () => {
  const endings = await runTargets([], {
    module: new URL('targets.ts', import.meta.url).href,
    limits: { seed, runs: 300, milliseconds: 3000 },
    patience: 30_000,
    memory: 1024,
    ends: (name, { tried }) =>
      process.stdout.write(`${name.padEnd(32)}${String(tried).padStart(9)} inputs, seed ${String(seed)}\n`),
  });
  const found = [...endings].map(([name, ending]) =>
    ending.kind === 'kept' ? '' : `${name}\n${foundText(name, ending, seed)}`,
  );
  expect(found.join('')).toBe('');
  expect(Math.min(...[...endings.values()].map(({ tried }) => tried))).toBeGreaterThan(0);
});

test('what breaks a promise, hangs or swallows memory is found, with the input and its path', async () => {
  const endings = await runTargets([], {
    module: new URL('broken-targets.ts', import.meta.url).href,
    limits: { seed: 7, runs: 50, milliseconds: 10_000 },
    patience: 500,
    memory: 64,
  });
  const found = Object.fromEntries(endings);
  expect(found).toMatchObject({
    keeps: { kind: 'kept', tried: 50 },
    throws: { kind: 'broken', input: '51', why: expect.stringContaining('above 50') as string },
    hangs: { kind: 'hung' },
    'swallows memory': { kind: 'died' },
    'is tried after the others': { kind: 'kept', tried: 50 },
  });
  for (const name of ['hangs', 'swallows memory']) {
    const { input, path } = found[name] as { readonly input: string; readonly path: string };
    expect(Number(input)).toBeGreaterThan(50);
    expect(path).toMatch(/^\d+$/);
  }
});
