import { setTimeout as delay } from 'node:timers/promises';
import { callControl } from './control-client.ts';
import { pidNamespaceOf, processesInLab } from './lab-processes.ts';
import { isRunning, type ProcessRecord, signalProcess } from './process-record.ts';
import { removeSession, type Session } from './session-folder.ts';

/** How long a lab may take to end before it is made to, in milliseconds. */
const patience = 10_000;

/**
 * Ends a lab, or clears away what a dead one has left. When it resolves, its processes are gone and its folder with them.
 *
 * @throws Error with code `LAB_WILL_NOT_END`
 */
export async function endSession(root: string, { name, paths, owner }: Session): Promise<void> {
  if (owner !== undefined && (await isRunning(owner))) {
    const namespace = await pidNamespaceOf(owner.pid);
    if (!(await asked(paths.control))) await signalProcess(owner, 'SIGTERM');
    if (!(await isOver(owner, namespace))) {
      await signalProcess(owner, 'SIGKILL');
      if (!(await isOver(owner, namespace))) {
        throw Object.assign(new Error(`the lab "${name}" does not end (process ${String(owner.pid)})`), {
          code: 'LAB_WILL_NOT_END',
        });
      }
    }
  }
  await removeSession(root, name);
}

/** Whether the lab was there to be asked. */
async function asked(control: string): Promise<boolean> {
  try {
    await callControl(control, 'down', {}, AbortSignal.timeout(patience));
    return true;
  } catch {
    // Whatever went wrong, the lab has to end: by force then.
    return false;
  }
}

async function isOver(owner: ProcessRecord, namespace: string | undefined): Promise<boolean> {
  const deadline = Date.now() + patience;
  for (;;) {
    const rest = namespace === undefined ? 0 : (await processesInLab(namespace)).size;
    if (rest === 0 && !(await isRunning(owner))) return true;
    if (Date.now() > deadline) return false;
    await delay(20);
  }
}
