import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';

// A lab lives in namespaces that only its own processes hold, so the kernel is the one that cleans up: when the last
// process is gone, so are its interfaces, rules and mounts. The processes hang on each other by parent-death signals and
// by a PID namespace, so kill -9 of any of them ends them all.
//
//   caller -> unshare (dies with its caller) -> sh (PID 1 of the lab, dies with unshare) -> the lab process
//
// sh is PID 1 and not the lab process itself because PID 1 ignores signals by default and has to reap orphans.

const marker = 'RINGFENCE_LAB';

// ip(8) keeps named network namespaces below /run; the tmpfs hides the host's, and cannot be seen by it.
const prepare = `
mount -t tmpfs -o mode=755,size=64m ringfence-lab /run && ip link set lo up || exit 125
${marker}=$(readlink /proc/self/ns/net); export ${marker}
"$@"
exit $?`;

/** Whether this process is the root process of a lab: it stands in the network namespace that `enterLab` made. */
export function insideLab(): boolean {
  return (
    process.env[marker] !== undefined && process.env[marker] === readlinkSync('/proc/thread-self/ns/net')
  );
}

/**
 * Returns inside a lab. Outside of one, it runs this very command again inside a new lab, hands signals on, and exits
 * with that command's exit status; it does not return then.
 *
 * @throws Error with code `LAB_REFUSED` where the host allows neither root's nor a user's own namespaces.
 */
export async function enterLab(): Promise<void> {
  if (insideLab()) {
    // Covers the instant between the start of unshare and its parent-death signal.
    process.once('disconnect', () => process.exit(129));
    process.on('message', (message) => {
      if (isSignalMessage(message)) process.kill(process.pid, message.signal);
    });
    process.send?.({ entered: true });
    process.channel?.unref();
    return;
  }
  const child = spawnInLab([process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const state = { entered: false };
  child.once('message', () => {
    state.entered = true;
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (child.connected) child.send({ signal });
    });
  }
  const status = await exitStatus(child);
  if (!state.entered && status !== 0) throw refused(status);
  process.exit(status);
}

/**
 * Starts a command as the root process of a new lab: own network, mount, PID (and for an ordinary user, user) namespaces,
 * an empty /run, loopback up. Exit status 125 means that the world could not be prepared.
 *
 * @param lifetime `caller`: it ends when the calling process ends, however that ends. `own`: it lives on; still, when any
 * of its processes is killed (the child that is returned here is the outermost), all of them are gone.
 */
export function spawnInLab(
  argv: readonly string[],
  options: SpawnOptions = {},
  lifetime: 'caller' | 'own' = 'caller',
): ChildProcess {
  const user = ownsTheMachine() ? [] : ['--user', '--map-root-user'];
  const unshare = [
    '--net',
    '--mount',
    '--propagation',
    'private',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
  ];
  const leash = lifetime === 'caller' ? ['setpriv', '--pdeathsig', 'KILL'] : [];
  const [file = '', ...args] = [
    ...leash,
    ...['unshare', ...user, ...unshare],
    ...['sh', '-c', prepare, 'sh'],
    ...argv,
  ];
  return spawn(file, args, options);
}

/** Root in a container may lack what it takes; then it goes the way of an ordinary user. */
function ownsTheMachine(): boolean {
  if (process.geteuid?.() !== 0) return false;
  const [netAdmin, sysAdmin] = [1n << 12n, 1n << 21n];
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const needed = netAdmin | sysAdmin;
  return (BigInt(`0x${effective}`) & needed) === needed;
}

function exitStatus(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(
        Object.assign(new Error('cannot start setpriv and unshare (util-linux)', { cause }), {
          code: 'LAB_REFUSED',
        }),
      );
    });
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/** Why a lab did not come up whose root process never spoke. */
export function refused(status: number): Error {
  const message =
    `the lab's namespaces could not be made (exit status ${String(status)}): run as root, or allow user namespaces ` +
    '(user.max_user_namespaces, kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)';
  return Object.assign(new Error(message), { code: 'LAB_REFUSED' });
}

function isSignalMessage(message: unknown): message is { readonly signal: NodeJS.Signals } {
  return typeof message === 'object' && message !== null && 'signal' in message;
}
