import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** buildah with a storage of its own: this machine's other images are neither seen nor touched. */
export interface Buildah {
  build(build: ImageBuild): Promise<void>;
  inspect(image: string): Promise<ImageConfig>;
  /** Copies the root file system of an image, with owners and modes. */
  unpack(image: string, into: string): Promise<void>;
}

export interface ImageBuild {
  readonly file: string;
  readonly context: string;
  readonly tag: string;
  /** Files that the steps see while they run, as `FROM:TO:ro`; in the image an empty file stays at TO. */
  readonly volumes: readonly string[];
}

/** What the image says of itself, in the words of the OCI image specification. */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
  readonly Labels: Readonly<Record<string, string>>;
}

/** Milliseconds; on a busy machine the steps take minutes. */
const timeout = 30 * 60_000;

/** @param folder where it keeps what it needs; to be removed afterwards */
export async function openBuildah(folder: string): Promise<Buildah> {
  await mkdir(folder);
  const [policy, registries] = [path.join(folder, 'policy.json'), path.join(folder, 'registries.conf')];
  await writeFile(policy, '{"default":[{"type":"insecureAcceptAnything"}]}\n');
  // None: images come from the storage.
  await writeFile(registries, '');
  const storage = [`--root=${folder}/storage`, `--runroot=${folder}/run`, `--registries-conf=${registries}`];
  const local = ['--pull-never', `--signature-policy=${policy}`];

  /** In a mount namespace of its own: however it ends, no mount stays behind. */
  async function inOwnMounts(script: string, ...args: readonly string[]): Promise<string> {
    const command = ['--mount', '--propagation', 'private', 'sh', '-euc', script, 'sh', ...args];
    const env = { ...process.env, TMPDIR: folder };
    try {
      return (await run('unshare', command, { env, timeout, maxBuffer: 64 * 1024 * 1024 })).stdout;
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
      const end = `${stdout}${stderr}`.trim().split('\n').slice(-40).join('\n');
      throw new Error(`buildah ${args.join(' ')}\n${end}`, { cause: error });
    }
  }
  const buildah = (...args: readonly string[]) => inOwnMounts('exec buildah "$@"', ...storage, ...args);

  return {
    async build({ file, context, tag, volumes }) {
      const seen = volumes.map((volume) => `--volume=${volume}`);
      // The isolation that needs no daemon, no runtime and no cgroups, only root.
      const how = ['--isolation=chroot', ...local, ...seen];
      await buildah('bud', ...how, `--file=${file}`, `--tag=${tag}`, context);
    },
    async inspect(image) {
      const inspected: unknown = JSON.parse(await buildah('inspect', '--type=image', image));
      return (inspected as { readonly OCIv1: { readonly config: ImageConfig } }).OCIv1.config;
    },
    async unpack(image, into) {
      const container = (await buildah('from', ...local, image)).trim();
      await mkdir(into);
      const script = 'container=$1 into=$2; shift 2; cp -a "$(buildah "$@" mount "$container")/." "$into"';
      await inOwnMounts(script, container, into, ...storage);
    },
  };
}
