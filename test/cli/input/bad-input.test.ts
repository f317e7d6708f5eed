import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { InputIo } from '../../../src/cli/input/input-io.ts';
import { loadInput } from '../../../src/cli/input/load-input.ts';
import { formatDiagnostics } from '../../../src/cli/output/diagnostics.ts';

// Each bad/NAME.yaml is wrong in one way; bad/NAME.txt is what the user reads about it, to the letter.
const folder = `${import.meta.dirname}/bad`;
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .sort();

const io: InputIo = {
  kindOf: () => Promise.resolve('file'),
  readFile: (path) => readFile(`${folder}/${path}`),
  readDirectory: () => Promise.reject(new Error('no directories here')),
  readStdin: () => Promise.reject(new Error('no standard input here')),
};

describe('bad input', () => {
  test('there is much of it', () => {
    expect(names.length).toBeGreaterThan(60);
  });

  test.each(names)('%s', async (name) => {
    const input = await loadInput({ files: [name] }, io);
    const text = formatDiagnostics(input.diagnostics, { sourceLine: input.sourceLine });
    await expect(text).toMatchFileSnapshot(`${folder}/${name.replace(/\.yaml$/, '.txt')}`);
    expect(input.diagnostics.some(({ severity }) => severity === 'error')).toBe(!onlyWarned.includes(name));
    for (const { source } of input.diagnostics) {
      expect(source?.file).toBe(name);
      expect(input.sourceLine(source!) === undefined).toBe(name === 'not-text.yaml');
    }
  });
});

/** Understood all the same, but worth a word. */
const onlyWarned = ['type-label-null.yaml', 'type-label-key-on.yaml'];
