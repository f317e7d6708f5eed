import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { globSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The releases of Debian whose nft the tests run: 1.0.6 and 1.1.3. */
export type Suite = 'bookworm' | 'trixie';

export type NftBinary =
  | { readonly available: true; readonly path: string }
  | { readonly available: false; readonly reason: string };

/** How a test says that it cannot run here: the `skip` of its context. */
type Skip = (reason: string) => void;

/**
 * The nft of a release of Debian. Where it cannot be had the test is skipped with the reason; in CI it fails, because
 * nobody reads skipped tests there.
 */
export async function nftOrSkip(suite: Suite, skip: Skip): Promise<string> {
  const binary = await findNft(suite);
  if (binary.available) return binary.path;
  if (process.env['CI'] === 'true') throw new Error(`nft of Debian ${suite}: ${binary.reason}`);
  skip(`nft of Debian ${suite}: ${binary.reason}`);
  throw new Error('a skipped test went on');
}

const found = new Map<Suite, Promise<NftBinary>>();

/**
 * The machine's own nft where it is that release's; otherwise the packages of the release, unpacked beside it into
 * node_modules/.cache. Nothing is installed, and apt's own state is not touched.
 */
export function findNft(suite: Suite): Promise<NftBinary> {
  const known = found.get(suite) ?? locate(suite);
  found.set(suite, known);
  return known;
}

const versions: Readonly<Record<Suite, RegExp>> = {
  bookworm: /^nftables v1\.0\.6 /,
  trixie: /^nftables v1\.1\.\d+ /,
};

const packages = [
  'nftables',
  'libnftables1',
  'libnftnl11',
  'libmnl0',
  'libjansson4',
  'libxtables12',
  'libedit2',
  'libgmp10',
  'libc6',
  'libtinfo6',
  'libbsd0',
  'libmd0',
];

async function locate(suite: Suite): Promise<NftBinary> {
  for (const system of ['/usr/sbin/nft', '/sbin/nft']) {
    if (await isVersion(system, suite)) return { available: true, path: system };
  }
  try {
    return { available: true, path: await unpacked(suite) };
  } catch (error) {
    return { available: false, reason: reasonOf(error) };
  }
}

async function isVersion(binary: string, suite: Suite): Promise<boolean> {
  try {
    return versions[suite].test((await run(binary, ['--version'])).stdout);
  } catch {
    // Not there or not able to run: then it is not this version.
    return false;
  }
}

async function unpacked(suite: Suite): Promise<string> {
  const architecture = (await command('dpkg', ['--print-architecture'])).trim();
  const cache = path.resolve(import.meta.dirname, '../../node_modules/.cache/ringfence');
  const folder = path.join(cache, `nft-${suite}-${architecture}`);
  const binary = path.join(folder, 'nft');
  if (await isVersion(binary, suite)) return binary;
  // Aside first: tests in other processes may be looking for the same.
  const aside = `${folder}.${randomUUID()}`;
  try {
    await download(suite, aside);
    await unpack(aside);
    if (!(await isVersion(path.join(aside, 'nft'), suite)))
      throw new Error('what was unpacked does not run here');
    await rm(path.join(aside, 'apt'), { recursive: true });
    await moveInto(aside, folder, binary, suite);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return binary;
}

async function moveInto(aside: string, folder: string, binary: string, suite: Suite): Promise<void> {
  try {
    await rename(aside, folder);
  } catch (error) {
    if (await isVersion(binary, suite)) return;
    // A broken leftover of an earlier run.
    await rm(folder, { recursive: true, force: true });
    await rename(aside, folder).catch(() => {
      throw error;
    });
  }
}

/** With a configuration and a state of its own, and the proxies and credentials of the system's. */
async function download(suite: Suite, folder: string): Promise<void> {
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

async function unpack(folder: string): Promise<void> {
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
    path.join(folder, 'nft'),
    `#!/bin/sh\nR=\${0%/*}/root\nexec "$R/${loader}" --library-path "${libraryPath.join(':')}" "$R/usr/sbin/nft" "$@"\n`,
    { mode: 0o755 },
  );
}

interface Source {
  readonly uri: string;
  readonly signedBy: string;
}

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The mirror of Debian that this machine's own sources name; on relatives of Debian, Debian's. */
async function debianSource(): Promise<Source> {
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

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
