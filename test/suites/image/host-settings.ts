import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

// How this machine reaches packages. The build takes it from here, so that it works behind the same proxies and mirrors, and
// nothing of it gets into the Dockerfile or the image.

const run = promisify(execFile);

/** The options of apt that say how to fetch, in the form of apt.conf. Proxies of the environment go with the environment. */
export async function aptSettings(): Promise<string> {
  const { stdout } = await run('apt-config', ['dump']);
  const fetching = /^Acquire::(http|https|Check-|Force|Retries|AllowInsecure)/i;
  return stdout
    .split('\n')
    .filter((line) => fetching.test(line))
    .map((line) => `${line}\n`)
    .join('');
}

const authorities = '/etc/ssl/certs/ca-certificates.crt';

/**
 * The settings of npm and the certificates that it trusts, as volumes for the steps of a build.
 * @param folder where the file with the settings, possibly secret, is put
 */
export async function npmVolumes(folder: string): Promise<readonly string[]> {
  const ofFiles = await Promise.all(['globalconfig', 'userconfig'].map(npmSetting));
  const texts = ofFiles.filter((file) => existsSync(file)).map((file) => readFile(file, 'utf8'));
  const cafile = await npmSetting('cafile');
  const trusted = [cafile, process.env['NODE_EXTRA_CA_CERTS'] ?? '', authorities].find((file) =>
    existsSync(file),
  );
  const lines = [
    ...(await Promise.all(texts)),
    `registry=${await npmSetting('registry')}`,
    ...(trusted === undefined ? [] : [`cafile=${authorities}`]),
  ];
  const npmrc = path.join(folder, 'npmrc');
  await writeFile(npmrc, `${lines.join('\n')}\n`, { mode: 0o600 });
  return [`${npmrc}:/root/.npmrc:ro`, ...(trusted === undefined ? [] : [`${trusted}:${authorities}:ro`])];
}

async function npmSetting(name: string): Promise<string> {
  return (await run('npm', ['config', 'get', name])).stdout.trim();
}
