import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** A process, told apart from every other that ever has its number. */
export interface ProcessRecord {
  readonly pid: number;
  /** Clock ticks from the machine's start to the process'. */
  readonly startTime: string;
  /** Which start of the machine that was. */
  readonly bootId: string;
}

export const processRecordSchema = z.object({
  pid: z.int().positive(),
  startTime: z.string(),
  bootId: z.string(),
});

/** @throws Error with code `ENOENT` where there is no such process. */
export async function recordOf(pid: number): Promise<ProcessRecord> {
  return { pid, startTime: (await statOf(pid)).startTime, bootId: await bootId() };
}

/** Whether the process still runs. A zombie does not: all that is left of it is an exit status. */
export async function isRunning(record: ProcessRecord): Promise<boolean> {
  if (record.bootId !== (await bootId())) return false;
  try {
    const { state, startTime } = await statOf(record.pid);
    return startTime === record.startTime && state !== 'Z' && state !== 'X';
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

/** Sends the signal unless the process is gone. */
export async function signalProcess(record: ProcessRecord, signal: NodeJS.Signals): Promise<void> {
  if (!(await isRunning(record))) return;
  try {
    process.kill(record.pid, signal);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Of a read below `/proc` or a signal: the process has ended. */
export function isGone(error: unknown): boolean {
  return ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '');
}

interface ProcessStat {
  readonly state: string;
  readonly startTime: string;
}

/** See proc_pid_stat(5). The second field is the command in parentheses, and may hold anything. */
async function statOf(pid: number): Promise<ProcessStat> {
  const text = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', startTime: fields[19] ?? '' };
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}
