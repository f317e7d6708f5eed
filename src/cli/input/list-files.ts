import type { Diagnostic } from '../../model/diagnostic.ts';
import { quote } from '../../model/read/quote.ts';
import type { InputIo } from './input-io.ts';

/** The configuration of the linter, which lies beside manifests and is none. */
const lintConfigFile = '.ringfence-lint.yaml';

/** What `-f` and `-R` asked for. */
export interface FileRequest {
  readonly files: readonly string[];
  readonly recursive: boolean;
}

export interface FileList {
  /** Files in the order of the request, those of a directory by name, each once. `-` is standard input. */
  readonly files: readonly string[];
  /** Policy tests that lie beside the manifests. */
  readonly policyTests: number;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The files that a request means, by kubectl's habit: of a directory those that end in .yaml, .yml or .json, not of
 * directories below unless asked; a file that is named itself may end in anything.
 */
export async function listFiles(request: FileRequest, io: InputIo): Promise<FileList> {
  const found: Found = { files: new Set(), policyTests: 0, diagnostics: [] };
  for (const path of request.files) await addPath(tidy(path), request.recursive, io, found);
  return { ...found, files: [...found.files] };
}

interface Found {
  readonly files: Set<string>;
  policyTests: number;
  readonly diagnostics: Diagnostic[];
}

async function addPath(path: string, recursive: boolean, io: InputIo, found: Found): Promise<void> {
  if (path === '-') {
    found.files.add(path);
    return;
  }
  if (/^https?:\/\//.test(path)) {
    const hint = `download it first, for example: curl -sSfL URL | ringfence ... -f -`;
    found.diagnostics.push(unreadable(`cannot read from a URL: ${quote(path)}`, hint));
    return;
  }
  const kind = await worldly(found, path, () => io.kindOf(path));
  if (kind === 'file') found.files.add(path);
  if (kind === 'directory') {
    const before = found.files.size + found.policyTests + found.diagnostics.length;
    const unread = await addDirectory(path, recursive, io, found);
    const isEmpty = found.files.size + found.policyTests + found.diagnostics.length === before;
    if (isEmpty) found.diagnostics.push(noManifest(path, unread));
    else if (unread.length > 0) found.diagnostics.push(directoriesNotRead(path, unread));
  }
}

/** The names of the directories in it that were not read. */
async function addDirectory(
  path: string,
  recursive: boolean,
  io: InputIo,
  found: Found,
): Promise<readonly string[]> {
  const entries = (await worldly(found, path, () => io.readDirectory(path))) ?? [];
  const unread: string[] = [];
  for (const { name, kind } of [...entries].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const child = childOf(path, name);
    if (kind === 'directory' && recursive) unread.push(...(await addDirectory(child, recursive, io, found)));
    else if (kind !== 'file') unread.push(child);
    else if (/\.policy-test\.ya?ml$/.test(name)) found.policyTests += 1;
    else if (name === lintConfigFile) continue;
    else if (/\.(?:ya?ml|json)$/.test(name)) found.files.add(child);
  }
  return unread;
}

/** The folder one stands in, and the top of a commit (`main:.`), are not part of the names of what they hold. */
function childOf(path: string, name: string): string {
  if (path === '.' || path.endsWith(':.')) return `${path.slice(0, -1)}${name}`;
  return `${path === '/' ? '' : path}/${name}`;
}

function noManifest(path: string, unread: readonly string[]): Diagnostic {
  const hint =
    unread.length === 0
      ? 'recognized file extensions are .json, .yaml and .yml'
      : `add -R to read the directories in it: ${someOf(unread)}`;
  return unreadable(`no manifest in directory ${quote(path)}`, hint);
}

function directoriesNotRead(path: string, unread: readonly string[]): Diagnostic {
  return {
    code: 'directories-not-read',
    severity: 'warning',
    message: `${quote(path)} has directories that were not read: ${someOf(unread)}`,
    hint: 'add -R to read them; links to directories are never followed',
  };
}

function someOf(paths: readonly string[]): string {
  const some = paths.slice(0, 3).map(quote).join(', ');
  return paths.length > 3 ? `${some}, ...` : some;
}

/** A path that cannot be read is the user's business: it is said, and the other paths are read all the same. */
async function worldly<T>(found: Found, path: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    found.diagnostics.push(unreadableFile(path, error));
    return undefined;
  }
}

/** Says that a file cannot be read, by the operating system's code. Anything without such a code is thrown on. */
export function unreadableFile(path: string, error: unknown): Diagnostic {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code === undefined) throw error;
  if (code === 'ENOENT') return unreadable(`the path ${quote(path)} does not exist`);
  return unreadable(`cannot read ${quote(path)}: ${code === 'EACCES' ? 'permission denied' : code}`);
}

function unreadable(message: string, hint?: string): Diagnostic {
  return { code: 'unreadable-file', severity: 'error', message, ...(hint === undefined ? {} : { hint }) };
}

/** `./a//b/` and `a/b` are one file, and are named the same. */
function tidy(path: string): string {
  if (path.includes('://')) return path;
  const plain = path.replace(/\/+/g, '/').replace(/^(?:\.\/)+(?=.)/, '');
  return plain.length > 1 ? plain.replace(/\/$/, '') : plain;
}
