import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { debianProgram, type Suite } from './debian-packages.ts';

export type { Suite };

const run = promisify(execFile);

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

/** The releases of Debian whose nft the tests run: 1.0.6 and 1.1.3. */
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
    const works = (binary: string) => isVersion(binary, suite);
    return {
      available: true,
      path: await debianProgram({ suite, packages, program: 'usr/sbin/nft', works }),
    };
  } catch (error) {
    return { available: false, reason: error instanceof Error ? error.message : String(error) };
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
