import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { isGone, isRunning, type ProcessRecord, processRecordSchema, recordOf } from './process-record.ts';

// A lab that stays up has a folder: its owner's process, its kubeconfig, its control socket, its log. The folder is claimed
// by one rename, complete, so that of two claims one wins. Names of labs do not begin with a dot; what does is on its way
// in or out.

export interface SessionPaths {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly control: string;
  readonly log: string;
}

/** A lab that runs, or what is left of one. */
export interface Session {
  readonly name: string;
  readonly paths: SessionPaths;
  /** The process on which the lab hangs. */
  readonly owner: ProcessRecord | undefined;
  readonly running: boolean;
}

/** The folder of all labs of this user: `$XDG_RUNTIME_DIR`, or /tmp, and the user's number. */
export function sessionRoot(env: Readonly<Record<string, string | undefined>>): string {
  const runtime = env['XDG_RUNTIME_DIR'] ?? '';
  return `${runtime.startsWith('/') ? runtime : '/tmp'}/ringfence-lab-${String(process.geteuid?.() ?? 0)}`;
}

export function sessionPaths(root: string, name: string): SessionPaths {
  const folder = `${root}/${name}`;
  return {
    folder,
    kubeconfig: `${folder}/kubeconfig`,
    control: `${folder}/control.sock`,
    log: `${folder}/log`,
  };
}

/** What is wrong with the name of a lab; `undefined` where nothing is. */
export function sessionNameError(name: string): string | undefined {
  if (/^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$/.test(name)) return undefined;
  return 'up to 30 lower case letters, digits and hyphens, a letter or digit first and last';
}

/**
 * Makes the folder of a lab, for this process until `setOwner`. What a dead owner has left is removed.
 *
 * @throws Error with code `LAB_RUNS` where a lab of that name runs, `LAB_FOLDER_UNSAFE` where somebody else could have a
 * hand in the folder.
 */
export async function claimSession(root: string, name: string): Promise<SessionPaths> {
  await makeRoot(root);
  const paths = sessionPaths(root, name);
  // A control socket's path has to fit into a sockaddr_un.
  if (Buffer.byteLength(paths.control) > 107) {
    throw folderError(
      'LAB_FOLDER_UNSAFE',
      `${paths.control} is too long for a socket: choose a shorter XDG_RUNTIME_DIR`,
    );
  }
  await removeStrays(root);
  const aside = await mkdtemp(`${root}/.new-`);
  await writeFile(`${aside}/process.json`, JSON.stringify(await recordOf(process.pid)), { mode: 0o600 });
  for (;;) {
    try {
      await rename(aside, paths.folder);
      return paths;
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    const standing = await readSession(root, name);
    if (standing?.running) {
      await rm(aside, { recursive: true });
      const pid = standing.owner === undefined ? '' : ` (process ${String(standing.owner.pid)})`;
      throw folderError('LAB_RUNS', `a lab called "${name}" runs already${pid}`);
    }
    await removeSession(root, name);
  }
}

/** Says on which process the lab hangs from now on. */
export async function setOwner({ folder }: SessionPaths, pid: number): Promise<void> {
  const aside = `${folder}/process.json.new`;
  await writeFile(aside, JSON.stringify(await recordOf(pid)), { mode: 0o600 });
  await rename(aside, `${folder}/process.json`);
}

/** `undefined` where there is nothing of that name. */
export async function readSession(root: string, name: string): Promise<Session | undefined> {
  if (!(await rootExists(root))) return undefined;
  const paths = sessionPaths(root, name);
  if (!(await exists(paths.folder))) return undefined;
  const owner = await readOwner(paths.folder);
  return { name, paths, owner, running: owner !== undefined && (await isRunning(owner)) };
}

/** Everything of this user, by name. */
export async function readSessions(root: string): Promise<readonly Session[]> {
  if (!(await rootExists(root))) return [];
  const names = (await readdir(root)).filter((name) => !name.startsWith('.')).sort();
  const sessions = await Promise.all(names.map((name) => readSession(root, name)));
  return sessions.filter((session) => session !== undefined);
}

/** Removes the folder of a lab that has ended, or that this process has claimed; does nothing while another runs. */
export async function removeSession(root: string, name: string): Promise<void> {
  const { folder } = sessionPaths(root, name);
  const grave = await mkdtemp(`${root}/.old-`);
  try {
    await rename(folder, `${grave}/${name}`);
  } catch (error) {
    await rm(grave, { recursive: true, force: true });
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  // Somebody may have claimed the name since it was found dead.
  const owner = await readOwner(`${grave}/${name}`);
  const isForeign = owner !== undefined && owner.pid !== process.pid;
  if (isForeign && (await isRunning(owner))) await rename(`${grave}/${name}`, folder);
  await rm(grave, { recursive: true, force: true });
}

/** Whoever can write here decides what the user's kubectl talks to. */
async function makeRoot(root: string): Promise<void> {
  try {
    await mkdir(root, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  await rootExists(root);
}

async function rootExists(root: string): Promise<boolean> {
  if (!(await exists(root))) return false;
  const stats = await lstat(root);
  if (stats.isDirectory() && stats.uid === process.geteuid?.() && (stats.mode & 0o077) === 0) return true;
  throw folderError(
    'LAB_FOLDER_UNSAFE',
    `${root} must be a folder of yours alone (mode 0700): remove it and try again`,
  );
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** `undefined` where the folder is on its way out, or no lab ever wrote it. */
async function readOwner(folder: string): Promise<ProcessRecord | undefined> {
  try {
    return processRecordSchema.parse(JSON.parse(await readFile(`${folder}/process.json`, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw Object.assign(
      new Error(`${folder}/process.json cannot be read: remove the folder`, { cause: error }),
      {
        code: 'LAB_FOLDER_DAMAGED',
      },
    );
  }
}

/** Folders that somebody was killed over while they came or went. */
async function removeStrays(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!name.startsWith('.')) continue;
    const folder = `${root}/${name}`;
    if (!(await exists(folder))) continue;
    const owner = await readOwner(folder);
    const busy = owner === undefined ? await isYoung(folder) : await isRunning(owner);
    if (!busy) await rm(folder, { recursive: true, force: true });
  }
}

async function isYoung(folder: string): Promise<boolean> {
  const stats = await stat(folder).catch((error: unknown) => {
    if (isGone(error)) return undefined;
    throw error;
  });
  return stats !== undefined && Date.now() - stats.mtimeMs < 60_000;
}

function folderError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
