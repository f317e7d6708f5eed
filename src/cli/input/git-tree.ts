import path from 'node:path';
import { execa } from 'execa';
import { quote } from '../../model/read/quote.ts';
import { UsageError } from '../usage-error.ts';
import type { DirectoryEntry, InputIo } from './input-io.ts';

/** The files of a commit, read as if they lay on the disk. Names begin with the commit as git has it: `main:deploy/db.yaml`. */
export interface GitTree {
  readonly io: InputIo;
  /** The path in the commit, with its name; `undefined` where nothing is there. */
  readonly at: (path: string) => string | undefined;
}

type Entry = { readonly kind: 'file' | 'link'; readonly object: string } | { readonly kind: 'directory' };

/** Longer than any listing of a repository. */
const mostBytes = 256 * 1024 * 1024;

/**
 * Reads what a commit holds. Nothing of the work tree is changed or looked at. Throws UsageError where there is no repository
 * or no such commit.
 * @param folder the one that paths are relative to
 */
export async function readGitTree(ref: string, folder: string): Promise<GitTree> {
  const commit = await commitOf(ref, folder);
  const [top = '', prefix = ''] = (
    await git(folder, ['rev-parse', '--show-toplevel', '--show-prefix'])
  ).split('\n');
  const entries = entriesOf(await git(folder, ['ls-tree', '-r', '-z', '--full-tree', commit]));
  const placeOf = (file: string): string => {
    const inTree = path.posix.normalize(
      path.isAbsolute(file) ? path.relative(top, file) : path.join(prefix, file),
    );
    if (inTree === '..' || inTree.startsWith('../') || path.isAbsolute(inTree)) {
      throw new UsageError(`${quote(file)} is outside of the repository ${quote(top)}`);
    }
    return inTree === './' ? '.' : inTree.replace(/\/$/, '');
  };
  const start = `${ref}:`;
  const entryAt = (name: string): Entry => {
    const entry = name.startsWith(start) ? entries.get(name.slice(start.length)) : undefined;
    if (entry === undefined) throw Object.assign(new Error('not in the commit'), { code: 'ENOENT' });
    return entry;
  };
  return {
    at(file) {
      const place = placeOf(file);
      return entries.has(place) ? `${start}${place}` : undefined;
    },
    io: {
      kindOf: (name) => later(() => (entryAt(name).kind === 'directory' ? 'directory' : 'file')),
      readDirectory: (name) => later(() => listOf(entries, name.slice(start.length))),
      async readFile(name) {
        const { object } = await linkedFile(entries, name.slice(start.length), folder);
        return blobOf(object, folder);
      },
      readStdin: () => Promise.reject(new UsageError('standard input is in no commit')),
    },
  };
}

function later<T>(make: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(make());
  });
}

async function commitOf(ref: string, folder: string): Promise<string> {
  await git(folder, ['rev-parse', '--git-dir']);
  try {
    // What begins with a dash is no option of git.
    return (
      await git(folder, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`])
    ).trim();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const isShallow = (await git(folder, ['rev-parse', '--is-shallow-repository'])).trim() === 'true';
    throw new UsageError(
      `git knows no commit ${quote(ref)}`,
      isShallow
        ? 'this clone is shallow: fetch the base too, with "git fetch origin BRANCH" or "fetch-depth: 0" of actions/checkout'
        : 'name a branch, a tag or a commit; a branch of the remote is called origin/BRANCH',
    );
  }
}

function entriesOf(listing: string): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>([['.', { kind: 'directory' }]]);
  for (const line of listing.split('\0')) {
    const [, mode, type, object, file] = /^(\d+) (\w+) ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
    if (file === undefined || object === undefined || type !== 'blob') continue;
    entries.set(file, { kind: mode === '120000' ? 'link' : 'file', object });
    for (let folder = path.posix.dirname(file); folder !== '.'; folder = path.posix.dirname(folder)) {
      if (entries.has(folder)) break;
      entries.set(folder, { kind: 'directory' });
    }
  }
  return entries;
}

function listOf(entries: ReadonlyMap<string, Entry>, folder: string): readonly DirectoryEntry[] {
  return [...entries].flatMap(([file, { kind }]): readonly DirectoryEntry[] =>
    file === '.' || path.posix.dirname(file) !== folder
      ? []
      : [{ name: path.posix.basename(file), kind: kind === 'directory' ? 'directory' : 'file' }],
  );
}

/** A link leads to a file of the same commit, or nowhere. */
async function linkedFile(
  entries: ReadonlyMap<string, Entry>,
  start: string,
  folder: string,
): Promise<{ readonly object: string }> {
  let file = start;
  for (let steps = 0; steps < 10; steps += 1) {
    const entry = entries.get(file);
    if (entry?.kind === 'file') return entry;
    if (entry?.kind !== 'link') break;
    const target = new TextDecoder().decode(await blobOf(entry.object, folder));
    file = path.posix.normalize(path.posix.join(path.posix.dirname(file), target));
  }
  throw Object.assign(new Error('the link leads nowhere in the commit'), { code: 'ENOENT' });
}

async function blobOf(object: string, folder: string): Promise<Uint8Array> {
  const { stdout } = await execa('git', [...quiet, 'cat-file', 'blob', object], {
    cwd: folder,
    encoding: 'buffer',
    maxBuffer: mostBytes,
    stripFinalNewline: false,
  });
  return stdout;
}

/** What a repository configures runs no program of its own. */
const quiet = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'core.quotePath=false'];

async function git(folder: string, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr, code } = await execa('git', [...quiet, ...args], {
    cwd: folder,
    reject: false,
    maxBuffer: mostBytes,
    env: { LC_ALL: 'C' },
  });
  if (exitCode === 0) return stdout;
  if (code === 'ENOENT') throw new UsageError('--base needs git, and there is none', 'install git');
  const [reason = ''] = stderr.split('\n');
  throw new UsageError(
    `git ${args[0] ?? ''}: ${quote(reason)}`,
    reason.includes('dubious ownership') ? 'git config --global --add safe.directory DIRECTORY' : undefined,
  );
}
