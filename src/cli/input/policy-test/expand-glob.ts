import type { InputIo } from '../input-io.ts';
import { policyTestName } from './find-tests.ts';
import { joined } from './paths.ts';

export function isGlob(path: string): boolean {
  return /[*?]/.test(path);
}

/**
 * The manifests and directories that a pattern matches, sorted: `*` and `?` stand for anything within a name, `**` for any
 * directories. They match nothing hidden and no node_modules. Each directory is looked at once for each part of the pattern.
 */
export async function expandGlob(pattern: string, io: InputIo): Promise<readonly string[]> {
  const isAbsolute = pattern.startsWith('/');
  const segments = pattern.split('/').filter((segment) => segment !== '' && segment !== '.');
  const found = new Set<string>();
  const seen = new Set<string>();
  const open = [{ path: isAbsolute ? '/' : '.', at: 0 }];
  for (const { path, at } of open) {
    const key = `${String(at)} ${path}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const segment = segments[at];
    if (segment === undefined) {
      found.add(path);
    } else if (segment === '**') {
      open.push({ path, at: at + 1 });
      for (const name of await directoriesIn(path, io)) open.push({ path: joined(path, name), at });
    } else if (!isGlob(segment)) {
      const child = joined(path, segment);
      if (await exists(child, io)) open.push({ path: child, at: at + 1 });
    } else {
      const isLast = at === segments.length - 1;
      for (const { name, kind } of await entriesOf(path, io)) {
        const isWanted = kind === 'directory' || (isLast && isManifest(name));
        if (isWanted && !isHidden(name) && matchesName(segment, name)) {
          open.push({ path: joined(path, name), at: at + 1 });
        }
      }
    }
  }
  return [...found].sort();
}

/** A directory that is named in a path that a pattern passes may be missing: then nothing matches there. */
async function entriesOf(path: string, io: InputIo): ReturnType<InputIo['readDirectory']> {
  return (await kindOf(path, io)) === 'directory' ? io.readDirectory(path) : [];
}

async function directoriesIn(path: string, io: InputIo): Promise<readonly string[]> {
  return (await entriesOf(path, io))
    .filter(({ name, kind }) => kind === 'directory' && !isHidden(name))
    .map(({ name }) => name);
}

async function exists(path: string, io: InputIo): Promise<boolean> {
  return (await kindOf(path, io)) !== undefined;
}

async function kindOf(path: string, io: InputIo): Promise<'file' | 'directory' | undefined> {
  try {
    return await io.kindOf(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code))) {
      return undefined;
    }
    throw error;
  }
}

function isManifest(name: string): boolean {
  return /\.(?:ya?ml|json)$/.test(name) && !policyTestName.test(name);
}

function isHidden(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules';
}

/** Whether a pattern of one name matches it. Takes a time that is at most the product of both lengths. */
export function matchesName(pattern: string, name: string): boolean {
  let [at, from, star, resume] = [0, 0, -1, 0];
  while (from < name.length) {
    if (at < pattern.length && (pattern[at] === '?' || (pattern[at] === name[from] && pattern[at] !== '*'))) {
      at += 1;
      from += 1;
    } else if (pattern[at] === '*') {
      star = at;
      resume = from;
      at += 1;
    } else if (star !== -1) {
      at = star + 1;
      resume += 1;
      from = resume;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
