import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { globSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Suite = 'bookworm' | 'trixie';

/** A program of a release of Debian. */
export interface DebianProgram {
  readonly suite: Suite;
  /** Those that the program and its libraries come from, libc6 among them. */
  readonly packages: readonly string[];
  /** Where it lies in them: `usr/sbin/nft`. */
  readonly program: string;
  /** Whether what stands at the path is that program, and runs here. */
  readonly works: (binary: string) => Promise<boolean>;
}

/**
 * The path of a program, unpacked from the packages of a release of Debian into node_modules/.cache. Nothing is installed,
 * and apt's own state is not touched.
 *
 * @throws Error where it cannot be had: no relative of Debian, no network
 */
export async function debianProgram(wanted: DebianProgram): Promise<string> {
  const { suite, program, works } = wanted;
  const name = path.basename(program);
  const architecture = (await command('dpkg', ['--print-architecture'])).trim();
  const cache = path.resolve(import.meta.dirname, '../../node_modules/.cache/ringfence');
  const folder = path.join(cache, `${name}-${suite}-${architecture}`);
  const binary = path.join(folder, name);
  if (await works(binary)) return binary;
  // Aside first: tests in other processes may be looking for the same.
  const aside = `${folder}.${randomUUID()}`;
  try {
    await download(wanted, aside);
    await unpack(program, aside);
    if (!(await works(path.join(aside, name)))) throw new Error('what was unpacked does not run here');
    await rm(path.join(aside, 'apt'), { recursive: true });
    await moveInto(aside, folder, () => works(binary));
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return binary;
}

async function moveInto(aside: string, folder: string, isThere: () => Promise<boolean>): Promise<void> {
  try {
    await rename(aside, folder);
  } catch (error) {
    if (await isThere()) return;
    // A broken leftover of an earlier run.
    await rm(folder, { recursive: true, force: true });
    await rename(aside, folder).catch(() => {
      throw error;
    });
  }
}

/** With a configuration and a state of its own, and the proxies and credentials of the system's. */
async function download({ suite, packages }: DebianProgram, folder: string): Promise<void> {
  const apt = path.join(folder, 'apt');
  await mkdir(path.join(apt, 'lists/partial'), { recursive: true });
  await mkdir(path.join(apt, 'cache/archives/partial'), { recursive: true });
  const { uri, signedBy } = await debianSource();
  await writeFile(path.join(apt, 'sources.list'), `deb [signed-by=${signedBy}] ${uri} ${suite} main\n`);
  await writeFile(path.join(apt, 'status'), '');
  const config = path.join(apt, 'apt.conf');
  await writeFile(
    config,
    [
      `Dir::Etc::SourceList "${apt}/sources.list";`,
      'Dir::Etc::SourceParts "-";',
      'Dir::Etc::Preferences "-";',
      'Dir::Etc::PreferencesParts "-";',
      `Dir::State::Lists "${apt}/lists";`,
      // Nothing is installed, as far as this apt knows: so the release's version is the candidate, newer or older.
      `Dir::State::Status "${apt}/status";`,
      `Dir::Cache "${apt}/cache";`,
      'APT::Sandbox::User "root";',
      'Acquire::Languages "none";',
      'Acquire::Retries "1";',
      'Acquire::http::Timeout "20";',
      'Acquire::https::Timeout "20";',
    ].join('\n'),
  );
  const env = { ...process.env, APT_CONFIG: config, LC_ALL: 'C' };
  await command('apt-get', ['-q', 'update'], { env, cwd: apt });
  await command('apt-get', ['-q', 'download', ...packages], { env, cwd: apt });
}

async function unpack(program: string, folder: string): Promise<void> {
  const apt = path.join(folder, 'apt');
  const root = path.join(folder, 'root');
  for (const name of await readdir(apt)) {
    if (name.endsWith('.deb')) await command('dpkg', ['-x', path.join(apt, name), root]);
  }
  const loaders = globSync('{usr/,}lib{32,64,}/{*-linux-*/,}ld-linux*.so.*', { cwd: root });
  const libraries = globSync('{usr/,}lib/*-linux-*', { cwd: root });
  const loader = loaders.sort()[0];
  if (loader === undefined) throw new Error('libc6 has no ld.so where it is looked for');
  // Through its own loader, because this libc may be newer than the system's.
  const libraryPath = libraries.sort().map((library) => `$R/${library}`);
  await writeFile(
    path.join(folder, path.basename(program)),
    `#!/bin/sh\nR=\${0%/*}/root\nexec "$R/${loader}" --library-path "${libraryPath.join(':')}" "$R/${program}" "$@"\n`,
    { mode: 0o755 },
  );
}

export interface Source {
  readonly uri: string;
  readonly signedBy: string;
}

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The mirror of Debian that this machine's own sources name; on relatives of Debian, Debian's. */
export async function debianSource(): Promise<Source> {
  const files = globSync('/etc/apt/{sources.list,sources.list.d/*.{list,sources}}');
  const sources: Source[] = [];
  for (const file of files.sort()) {
    const text = await readFile(file, 'utf8');
    sources.push(...(file.endsWith('.sources') ? stanzas(text) : lines(text)));
  }
  const source = sources.find(({ uri }) => /\/debian\/?$/.test(uri)) ?? {
    uri: 'http://deb.debian.org/debian',
    signedBy: keyring,
  };
  try {
    await readFile(source.signedBy);
  } catch (error) {
    throw new Error(`no ${source.signedBy}; the package debian-archive-keyring has it`, { cause: error });
  }
  return source;
}

function stanzas(text: string): readonly Source[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'im').exec(stanza)?.[1];
    const [uri, signedBy] = [field('URIs'), field('Signed-By')];
    return uri === undefined
      ? []
      : [{ uri, signedBy: signedBy?.startsWith('/') === true ? signedBy : keyring }];
  });
}

function lines(text: string): readonly Source[] {
  return text.split('\n').flatMap((line) => {
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s/.exec(line);
    if (match?.[2] === undefined) return [];
    return [{ uri: match[2], signedBy: /signed-by=(\/[^\s,]+)/.exec(match[1] ?? '')?.[1] ?? keyring }];
  });
}

async function command(
  file: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): Promise<string> {
  try {
    return (await run(file, [...args], { timeout: 120_000, maxBuffer: 64 * 1024 * 1024, ...options })).stdout;
  } catch (error) {
    const { code, stderr = '' } = error as { readonly code?: unknown; readonly stderr?: string };
    if (code === 'ENOENT') throw new Error(`no ${file}: not a relative of Debian`, { cause: error });
    throw new Error(
      `${file} ${args.slice(0, 2).join(' ')}: ${stderr.trim().split('\n').slice(-3).join('; ')}`,
      {
        cause: error,
      },
    );
  }
}
