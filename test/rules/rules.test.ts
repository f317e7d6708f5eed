import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

// Every recipe and every case of docs/semantics.md that is published, as users run them.
test('ringfence test rules/', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['src/cli/main.ts', 'test', 'rules/'], {
    cwd: root,
  });
  expect(stdout.split('\n').filter((line) => !line.startsWith('PASS '))).toEqual([
    '',
    expect.stringMatching(/^1\d\d\d passed$/),
    '',
  ]);
});

test('every mistake in a recipe or an example is noticed by its test', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['src/cli/main.ts', 'test', 'rules/recipes', 'rules/examples', '--mutate'],
    { cwd: root },
  );
  expect(stdout).toMatch(/^mutants: 1\d\d tried, 1\d\d killed, 0 survived, \d+ without effect$/m);
});
