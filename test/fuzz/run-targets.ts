import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Errand, inputBytes, lengthAt, type Report, sharedBytes, triedAt } from './errand.ts';
import type { Broken, FuzzLimits, Outcome } from './fuzz.ts';

export type Ending = Outcome | (Broken & { readonly kind: 'hung' | 'died' });

export interface RunOptions {
  /** URL of the module whose function `targets` gives the targets. */
  readonly module: string;
  readonly limits: FuzzLimits;
  /** Milliseconds that one input may take. */
  readonly patience: number;
  /** Megabytes of heap. Samples are small. */
  readonly memory: number;
  readonly begins?: (name: string) => void;
  readonly ends?: (name: string, ending: Ending) => void;
}

/** Milliseconds between two looks at what the thread does. */
const glance = 50;

/**
 * Tries the targets whose name holds one of these parts, each to its end; all where no part is given. A thread that hangs or
 * dies is replaced by one for the targets after that.
 */
export async function runTargets(
  parts: readonly string[],
  options: RunOptions,
): Promise<ReadonlyMap<string, Ending>> {
  const endings = new Map<string, Ending>();
  while (await hasMore(parts, options, endings));
  return endings;
}

async function hasMore(
  parts: readonly string[],
  { module, limits, patience, memory, begins, ends }: RunOptions,
  endings: Map<string, Ending>,
): Promise<boolean> {
  const shared = new SharedArrayBuffer(sharedBytes);
  const errand: Errand = { module, parts, done: [...endings.keys()], limits, shared };
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: errand,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: memory },
  });
  let names: readonly string[] | undefined;
  let current: string | undefined;
  let death: Error | undefined;
  const end = (name: string, ending: Ending): void => {
    endings.set(name, ending);
    ends?.(name, ending);
    current = undefined;
  };
  worker.on('error', (error: Error) => {
    death = error;
  });
  worker.on('message', (report: Report) => {
    if (report.kind === 'ready') names = report.names;
    if (report.kind === 'ends') end(report.name, report.outcome);
    if (report.kind !== 'begins') return;
    current = report.name;
    begins?.(current);
  });
  await exitOf(worker, shared, patience, () => current);
  if (current !== undefined) {
    const why = death?.message ?? `no end within ${String(patience)} ms`;
    end(current, { kind: death === undefined ? 'hung' : 'died', why, ...lastInput(shared) });
  } else if (death !== undefined || names === undefined) {
    throw new Error('the thread ended before its work', { cause: death });
  }
  return endings.size < (names?.length ?? 0);
}

/** Waits for the end of the thread, and brings it about where one target's input takes longer than patience. */
async function exitOf(
  worker: Worker,
  shared: SharedArrayBuffer,
  patience: number,
  current: () => string | undefined,
): Promise<void> {
  const exited = new Promise<true>((resolve) => {
    worker.on('exit', () => {
      resolve(true);
    });
  });
  let seen: string | undefined;
  let since = performance.now();
  while (!(await Promise.race([exited, delay(glance, false)]))) {
    const tried = Atomics.load(new Int32Array(shared, 0, 2), triedAt);
    const now = `${current() ?? ''} ${String(tried)}`;
    if (now !== seen || current() === undefined) since = performance.now();
    seen = now;
    if (performance.now() - since > patience) await worker.terminate();
  }
}

/** The path counts from 0; while a found input is made smaller, the number is beyond what a path can say. */
function lastInput(shared: SharedArrayBuffer): Pick<Broken, 'tried' | 'path' | 'input'> {
  const counters = new Int32Array(shared, 0, 2);
  const tried = Atomics.load(counters, triedAt);
  const input = Buffer.from(shared, inputBytes, Atomics.load(counters, lengthAt)).toString('utf8');
  return { tried, path: String(tried - 1), input };
}
