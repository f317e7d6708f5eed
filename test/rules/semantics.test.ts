import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { allCases } from '../cases/all.ts';
import { run } from '../golden/command-line.ts';
import { semanticsFiles, untold } from './semantics-files.ts';

const folder = path.resolve(import.meta.dirname, '../../rules/semantics');
const files = semanticsFiles();

test.for([...files])('rules/semantics/%s is what the case tables say', async ([name, text]) => {
  await expect(text).toMatchFileSnapshot(path.join(folder, name));
});

test('nothing else is there', () => {
  const there = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  expect(there.sort()).toEqual([...files.keys()].sort());
});

test('every case that is not told is one', () => {
  const names = allCases.map(({ name }) => name);
  expect([...untold.keys()].filter((name) => !names.includes(name))).toEqual([]);
});

test.for([...files].filter(([name]) => name.startsWith('refused/')))('%s', async ([name, text]) => {
  const { code, err } = await run(['compile', '-f', name, '--node', 'n1'], { files: { [name]: text } });
  expect(err).toMatch(new RegExp(`^${name}:\\d+:\\d+: error: `, 'm'));
  expect(code).toBe(2);
});
