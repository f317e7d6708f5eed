import { randomUUID } from 'node:crypto';
import { lstat, open, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** What writing files needs of the world; tests bring their own. */
export interface OutputIo {
  /**
   * Writes a file as a whole: there is the earlier one or the new one, never a part.
   *
   * @throws {WriteRefused} where the path is not a place to write to
   */
  readonly writeFile: (file: string, text: string, how: HowToWrite) => Promise<void>;
}

export interface HowToWrite {
  /** The directory that the file lies in or below, links followed. */
  readonly below: string;
  /** Whether a file that is there is replaced. */
  readonly replace: boolean;
}

/** The path leads somewhere that nothing is written to. */
export class WriteRefused extends Error {
  override readonly name = 'WriteRefused';
}

/** The file system. */
export const fileSystemOutput: OutputIo = { writeFile: writeWhole };

async function writeWhole(file: string, text: string, { below, replace }: HowToWrite): Promise<void> {
  const [directory, root] = await Promise.all([realpath(path.dirname(file)), realpath(below)]);
  const relative = path.relative(root, directory);
  if (relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative)) {
    throw new WriteRefused(`${file} leads out of ${below}`);
  }
  const target = path.join(directory, path.basename(file));
  const before = await lstat(target).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (before !== undefined && !before.isFile()) throw new WriteRefused(`${file} is not a regular file`);
  if (before !== undefined && !replace) throw new WriteRefused(`${file} exists`);
  const aside = path.join(directory, `.${path.basename(file)}.${randomUUID()}`);
  try {
    const handle = await open(aside, 'wx', before === undefined ? 0o666 : before.mode & 0o777);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(aside, target);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}
