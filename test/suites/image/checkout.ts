import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';

const repository = path.resolve(import.meta.dirname, '../../..');

/** Not part of a checkout, or replaced by something that must not get into an image. */
const left = new Set(['.git', '.cache', 'node_modules', 'dist', 'coverage']);

/**
 * Copies the repository as a strict umask would have it (its files are for their owner alone), with leftovers of other work
 * in it that would break the build or show in the image.
 */
export async function layOutCheckout(folder: string): Promise<void> {
  await mkdir(folder);
  for (const name of await readdir(repository)) {
    if (!left.has(name)) await cp(path.join(repository, name), path.join(folder, name), { recursive: true });
  }
  for (const [name, text] of Object.entries(leftovers)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text, { mode: 0o755 });
  }
  await promisify(execFile)('chmod', ['-R', 'go=', folder]);
}

const leftovers = {
  'dist/leftover.js': '',
  'dist/cli/leftover.js': '',
  '.git/HEAD': 'ref: refs/heads/leftover\n',
  // npm puts this folder first on the PATH of its scripts.
  'node_modules/.bin/node': '#!/bin/sh\necho the checkout runs in the image >&2\nexit 1\n',
};
