import { execFile } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { debianSource } from '../../support/debian-packages.ts';
import type { Buildah } from './buildah.ts';
import { aptSettings } from './host-settings.ts';

const run = promisify(execFile);

/**
 * Builds a stand-in for the official image of Node.js on Debian's slim image, from Debian's packages, the Node.js of
 * node_modules and npm: no registry of images is asked. Laid out as the official one is where the Dockerfile can tell.
 */
export async function buildBaseImage(buildah: Buildah, folder: string, tag: string): Promise<void> {
  const context = path.join(folder, 'base');
  await mkdir(path.join(context, 'usr/local/bin'), { recursive: true });
  await bootstrapDebian(folder, path.join(context, 'debian.tar'));
  await installNode(path.join(context, 'usr/local'));
  for (const [name, { text, mode }] of Object.entries(files)) {
    const file = path.join(context, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text, { mode });
  }
  const file = path.join(folder, 'base.Dockerfile');
  await writeFile(file, dockerfile);
  await buildah.build({ file, context, tag, volumes: [] });
}

/** Unpacks and configures the packages that every Debian has, and apt. Without manuals and the like, as the slim image. */
async function bootstrapDebian(folder: string, tar: string): Promise<void> {
  const { uri, signedBy } = await debianSource();
  const settings = path.join(folder, 'apt.conf');
  await writeFile(settings, await aptSettings());
  const left = ['doc', 'info', 'locale', 'man'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
  const source = `deb [signed-by=${signedBy}] ${uri} trixie main`;
  const options = ['--mode=root', '--variant=minbase', '--format=tar', `--aptopt=${settings}`, ...left];
  await run('unshare', [
    ...['--mount', '--propagation', 'private'],
    ...['mmdebstrap', '--quiet', ...options, 'trixie', tar, source],
  ]);
}

async function installNode(local: string): Promise<void> {
  await copyFile(process.execPath, path.join(local, 'bin/node'));
  // The major version that comes with Node.js 24.
  await run('npm', ['install', '--global', '--prefix', local, '--no-audit', '--no-fund', 'npm@11']);
}

const files: Readonly<Record<string, { readonly text: string; readonly mode: number }>> = {
  // No service starts while an image is built.
  'usr/sbin/policy-rc.d': { text: '#!/bin/sh\nexit 101\n', mode: 0o755 },
  'usr/local/bin/docker-entrypoint.sh': { text: '#!/bin/sh\nexec "$@"\n', mode: 0o755 },
  'usr/local/include/node/node.h': { text: '', mode: 0o644 },
  'opt/yarn-v1.22.22/bin/yarn': { text: '#!/bin/sh\n', mode: 0o755 },
};

const dockerfile = `FROM scratch
ADD debian.tar /
COPY usr /usr
COPY opt /opt
RUN ln -s /usr/local/bin/node /usr/local/bin/nodejs \\
 && ln -s /opt/yarn-v1.22.22/bin/yarn /usr/local/bin/yarn \\
 && useradd --uid 1000 --create-home --shell /bin/bash node
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
`;
