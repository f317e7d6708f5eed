import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execa } from 'execa';

/** A network namespace that lives until it is closed, and no longer than this process. */
export interface Netns {
  /** What runs a program inside. */
  readonly enter: readonly [string, ...string[]];
  /** Runs a shell script inside, as a person on the node would; its output, whatever its exit code. */
  sh(
    script: string,
    input?: string,
  ): Promise<{ readonly exitCode: number | undefined; readonly output: string }>;
  close(): void;
}

export async function openNetns(): Promise<Netns> {
  const root = process.getuid?.() === 0;
  // Not root: then root of a user namespace, which suffices for nft.
  const holder = spawn('unshare', [...(root ? [] : ['-r']), '-n', 'sh', '-c', 'echo ready; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit').then(failed)]);
  const pid = String(holder.pid);
  const enter = [
    'nsenter',
    ...(root ? [] : [`--user=/proc/${pid}/ns/user`, '--preserve-credentials']),
    `--net=/proc/${pid}/ns/net`,
  ] as [string, ...string[]];
  return {
    enter,
    async sh(script, input = '') {
      const [file, ...args] = enter;
      const result = await execa(file, [...args, 'sh', '-c', script], { input, reject: false, all: true });
      return { exitCode: result.exitCode, output: result.all };
    },
    close() {
      holder.kill('SIGKILL');
    },
  };
}

function failed(): never {
  throw new Error('unshare -n failed: these tests need root, or user namespaces');
}
