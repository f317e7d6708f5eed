import { readdir, readFile, readlink } from 'node:fs/promises';
import { isGone } from './process-record.ts';

/** What stands in front of a command so that it runs in the namespaces of the lab that hangs on the process. */
export async function enterArgv(owner: number): Promise<readonly string[]> {
  const of = (name: string): string => `/proc/${String(owner)}/ns/${name}`;
  const sameUser = (await readlink(of('user'))) === (await readlink('/proc/self/ns/user'));
  return [
    ...['nsenter', `--target=${String(owner)}`],
    // Who is root there only needs to stay who he is.
    ...(sameUser ? [] : ['--user', '--preserve-credentials']),
    // The owner stands outside of the PID namespace that it has made.
    ...['--net', '--mount', `--pid=${of('pid_for_children')}`],
    '--',
  ];
}

/** Processes of this machine by their number in the lab. Empty once the lab has ended. */
export async function processesInLab(pidNamespace: string): Promise<ReadonlyMap<number, number>> {
  const found = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if ((await readlink(`/proc/${name}/ns/pid`)) !== pidNamespace) continue;
      const numbers = /^NSpid:\s*(.*)$/m.exec(await readFile(`/proc/${name}/status`, 'utf8'))?.[1] ?? '';
      found.set(Number(numbers.split('\t').at(-1)), Number(name));
    } catch (error) {
      // Gone meanwhile, or somebody else's, and then not in a lab of ours.
      if (!isGone(error) && (error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    }
  }
  return found;
}

/** The PID namespace that hangs on the process; `undefined` where it has made none (yet), or is gone. */
export async function pidNamespaceOf(owner: number): Promise<string | undefined> {
  try {
    const namespace = await readlink(`/proc/${String(owner)}/ns/pid_for_children`);
    return namespace === (await readlink('/proc/self/ns/pid')) ? undefined : namespace;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}
