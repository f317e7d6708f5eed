import { execFile } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { expectConfinedAgentEnforces } from '../../deploy/confined.ts';
import { asNobody, inImage, type UnpackedImage } from '../../deploy/in-image.ts';
import { buildBaseImage } from './base-image.ts';
import { type ImageConfig, openBuildah } from './buildah.ts';
import { layOutCheckout } from './checkout.ts';
import { npmVolumes } from './host-settings.ts';

// deploy/image/Dockerfile, built as it is, and what comes out: looked at, run, and enforcing.

const run = promisify(execFile);
const repository = path.resolve(import.meta.dirname, '../../..');
const missing = missingHere();
if (missing !== undefined) {
  if (process.env['CI'] === 'true') throw new Error(missing);
  console.warn(missing);
}

describe.skipIf(missing !== undefined)(missing ?? 'the image', () => {
  let folder = '';
  let config: ImageConfig;
  let image: UnpackedImage;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ringfence-image-test-'));
    const dockerfile = path.join(repository, 'deploy/image/Dockerfile');
    const base = /^ARG NODE_IMAGE=(\S+)$/m.exec(readFileSync(dockerfile, 'utf8'))?.[1] ?? '';
    const buildah = await openBuildah(path.join(folder, 'buildah'));
    await buildBaseImage(buildah, folder, `docker.io/library/${base}`);
    const context = path.join(folder, 'checkout');
    await layOutCheckout(context);
    const tag = `ringfence:${packageJson.version}`;
    await buildah.build({ file: dockerfile, context, tag, volumes: await npmVolumes(folder) });
    config = await buildah.inspect(tag);
    const root = path.join(folder, 'root');
    await buildah.unpack(tag, root);
    image = { root, env: config.Env, entrypoint: config.Entrypoint };
  });

  afterAll(async () => {
    if (folder !== '') await rm(folder, { recursive: true });
  });

  test('says what it is and how it is run', () => {
    expect(config).toMatchObject({
      User: '65532:65532',
      WorkingDir: '/opt/ringfence',
      Entrypoint: ['/usr/local/bin/node', '/opt/ringfence/dist/ringfence.js'],
      Cmd: ['--help'],
    });
    expect(config.Labels).toMatchObject({
      'org.opencontainers.image.title': 'ringfence',
      'org.opencontainers.image.version': packageJson.version,
      'org.opencontainers.image.licenses': packageJson.license,
    });
    expect(config.Env).toContain('NODE_ENV=production');
  });

  test('has Debian, Node.js and Ringfence, and nothing else', async () => {
    const list = (name: string) => readdir(path.join(image.root, name));
    expect(await list('opt')).toEqual(['ringfence']);
    expect(await list('opt/ringfence')).toEqual(['LICENSE', 'dist', 'package.json', 'rules']);
    expect(await list('opt/ringfence/dist')).toEqual(['cli', 'page', 'ringfence.js']);
    expect(await list('opt/ringfence/dist/cli')).not.toContain('leftover.js');
    expect(await list('usr/local')).toEqual(['bin']);
    expect(await list('usr/local/bin')).toEqual(['node', 'ringfence']);
    expect(await list('var/cache/apt')).toEqual([]);
    expect(await list('var/lib/apt/lists')).toEqual([]);
    // Debian's own shell and essential tools: nothing that Ringfence runs.
    expect(await readlink(path.join(image.root, 'bin/sh'))).toBe('dash');
  });

  test('has no file that gives rights to who runs it', async () => {
    const { stdout } = await run('find', [image.root, '-xdev', '-type', 'f', '-perm', '/6000']);
    expect(stdout).toBe('');
  });

  test('takes less than 240 MB', async () => {
    const sizes = { all: image.root, node: 'usr/local/bin', ringfence: 'opt/ringfence' };
    const measured: Record<string, number> = {};
    for (const [name, below] of Object.entries(sizes)) {
      const { stdout } = await run('du', ['-sx', '--bytes', path.resolve(image.root, below)]);
      measured[name] = Math.round(Number.parseInt(stdout, 10) / 1e6);
    }
    console.log('size of the image in MB, unpacked:', measured);
    expect(measured['all']).toBeLessThan(240);
  });

  test('runs as nobody in particular, without rights', async () => {
    const ringfence = (...args: string[]) => asUser(image, [...image.entrypoint, ...args]);
    expect(await ringfence('--version')).toBe(`${packageJson.version}\n`);
    expect(await ringfence(...config.Cmd)).toContain('Usage: ringfence');
    const compile = ['compile', '-f', 'rules/examples/shop'];
    const here = await run(process.execPath, ['src/cli/main.ts', ...compile], { cwd: repository });
    expect(await ringfence(...compile)).toBe(here.stdout);
    expect(await asUser(image, ['ringfence', '--version'])).toBe(`${packageJson.version}\n`);
  });

  test('has the versions that its definition names', async () => {
    expect(await asUser(image, ['node', '--version'])).toBe(`${process.version}\n`);
    expect(await asUser(image, ['nft', '--version'])).toMatch(/^nftables v1\.1\.3 /);
    expect(await asUser(image, ['ulogd', '--version'])).toMatch(/^ulogd Version 2\./);
  });

  test('enforces as the DaemonSet runs it, and is verified beside the agent', async () => {
    await expectConfinedAgentEnforces(image);
  });
});

/** As the image has it run: its user and working directory, read-only, without a network. */
async function asUser(image: UnpackedImage, argv: readonly string[]): Promise<string> {
  const inWorkingDirectory = ['sh', '-c', 'cd /opt/ringfence && exec "$@"', 'sh', ...argv];
  const { stdout } = await run('unshare', [
    ...['--mount', '--net', '--propagation', 'private'],
    ...inImage(image, [...asNobody, ...inWorkingDirectory]),
  ]);
  return stdout;
}

/** What keeps the test from running, with the way out. */
function missingHere(): string | undefined {
  if (process.geteuid?.() !== 0) return 'the image is not built: only root can, in a change of root';
  const folders = (process.env['PATH'] ?? '').split(':');
  const wanted = ['buildah', 'mmdebstrap'].filter(
    (tool) => !folders.some((folder) => isTool(`${folder}/${tool}`)),
  );
  if (wanted.length === 0) return undefined;
  return `the image is not built: no ${wanted.join(', no ')} (apt-get install --no-install-recommends ${wanted.join(' ')})`;
}

function isTool(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Not there, or not for this user: then it is looked for in the next folder.
    return false;
  }
}
