import { readdir, readFile, stat } from 'node:fs/promises';

/** What reading input needs of the world; tests bring their own. */
export interface InputIo {
  /** Whether there is a file or a directory at the path; rejects with a `code` (ENOENT, EACCES) where nothing is. */
  readonly kindOf: (path: string) => Promise<'file' | 'directory'>;
  readonly readFile: (path: string) => Promise<Uint8Array>;
  /** Names in a directory, in any order. */
  readonly readDirectory: (path: string) => Promise<readonly DirectoryEntry[]>;
  readonly readStdin: () => Promise<Uint8Array>;
}

export interface DirectoryEntry {
  readonly name: string;
  /** A link to a directory is not followed, for it may lead in a circle; kubectl does not either. */
  readonly kind: 'file' | 'directory' | 'link to directory';
}

/** The file system; standard input is the caller's, for it can be read only once. */
export function fileSystemIo(readStdin: () => Promise<Uint8Array>): InputIo {
  return { kindOf, readFile: (path) => readFile(path), readDirectory, readStdin };
}

async function kindOf(path: string): Promise<'file' | 'directory'> {
  return (await stat(path)).isDirectory() ? 'directory' : 'file';
}

async function readDirectory(path: string): Promise<readonly DirectoryEntry[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return Promise.all(
    entries.map(async (entry): Promise<DirectoryEntry> => {
      const { name } = entry;
      if (entry.isDirectory()) return { name, kind: 'directory' };
      const leadsToDirectory = entry.isSymbolicLink() && (await isDirectory(`${path}/${name}`));
      return { name, kind: leadsToDirectory ? 'link to directory' : 'file' };
    }),
  );
}

/** A link to nowhere counts as a file: reading it will say what is wrong. */
async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
