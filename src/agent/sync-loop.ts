import type { Compiler, Step } from '../ruleset/compiler.ts';
import type { Ruleset } from '../ruleset/objects.ts';
import type { Transaction } from '../ruleset/operation.ts';
import { leastReplacement } from '../ruleset/transaction.ts';
import type { Clock } from './clock.ts';
import { defaultPace, type Pace, retryDelay, untilNextAttempt } from './pace.ts';

/** The one writer of the kernel: carries what the compiler knows to nft, one transaction after the other. */
export interface SyncLoop {
  /** Says that the compiler was fed. Cheap: may be called for every event. */
  mark(): void;
  /** From now on this compiler rules; the next transaction brings the kernel's table to its ruleset. */
  use(compiler: Compiler): void;
  /** The table is gone: the next transaction writes all of it, without a look at what is there. */
  replace(): void;
  /** The kernel may not be what the compiler believes: before anything else is written it is looked at. */
  look(): void;
  /**
   * Works until the signal aborts. A transaction on its way then has `grace` to end. Never rejects: failures are
   * reported and tried again. The rules stay in the kernel.
   */
  run(signal: AbortSignal): Promise<void>;
  state(): SyncState;
}

export interface SyncState {
  readonly phase: 'stopped' | 'idle' | 'look' | 'compile' | 'apply';
  /** When the phase began, in the clock's milliseconds. */
  readonly since: number;
  /** Attempts that failed in a row. */
  readonly failures: number;
  /** The mark of the oldest event that is not in the kernel yet, in the clock's milliseconds. */
  readonly pendingSince?: number;
}

/** `replacement`: of whatever the table held, be it all or but what differed. */
export type SyncMode = 'delta' | 'replacement';

/** One attempt that left the kernel as the compiler wants it. Durations in milliseconds. */
export interface SyncSuccess {
  readonly compiler: Compiler;
  readonly mode: SyncMode;
  /** 0 where the kernel had everything. */
  readonly operations: number;
  readonly narrows: boolean;
  readonly compileDuration: number;
  readonly applyDuration: number;
  /** For each marked event of a transaction with operations, the time from the mark to the kernel. */
  readonly latencies: readonly number[];
}

/** One attempt that did not. The old rules stand, or, where the outcome is unknown, the old or the new. */
export interface SyncFailure {
  readonly compiler: Compiler;
  readonly mode: SyncMode;
  readonly phase: 'compile' | 'apply';
  readonly error: unknown;
  readonly failures: number;
  readonly retryAfter: number;
}

export interface SyncLoopOptions {
  /** Applies as a whole or rejects. */
  readonly apply: (transaction: Transaction, options: { readonly signal: AbortSignal }) => Promise<void>;
  /** Whether, after this error of `apply`, the kernel may differ from the compiler's last committed ruleset. */
  readonly kernelInDoubt: (error: unknown) => boolean;
  /**
   * Whether the kernel has the compiler's last committed ruleset; asked while nothing is written. Never rejects: where there
   * is no answer, the kernel is in doubt, and the table is to be replaced.
   */
  readonly isAsCommitted?: (
    compiler: Compiler,
    options: { readonly signal: AbortSignal },
  ) => Promise<boolean>;
  /** All that the table holds; `undefined` where there is none or not everything can be told. Never rejects. */
  readonly readKernel?: (options: { readonly signal: AbortSignal }) => Promise<Ruleset | undefined>;
  readonly clock: Clock;
  readonly starting?: (compiler: Compiler) => void;
  readonly succeeded?: (success: SyncSuccess) => void;
  readonly failed?: (failure: SyncFailure) => void;
  readonly pace?: Pace;
  /** Milliseconds that a running transaction gets when the loop is told to stop. */
  readonly grace?: number;
}

/** Refused this often in a row, a delta is given up for a replacement of the table. */
const deltaAttempts = 2;

/** Latencies of one attempt; a flood beyond this is measured by its oldest events. */
const maxTimedEvents = 10_000;

const defaultGrace = 5000;

export function createSyncLoop(options: SyncLoopOptions): SyncLoop {
  const { clock, pace = defaultPace } = options;
  let compiler: Compiler | undefined;
  let marks: number[] = [];
  let carried: readonly number[] = [];
  let pending = false;
  /** `whole`: without a look at what the kernel holds. */
  let replaceNext: 'no' | 'least' | 'whole' = 'no';
  let lookNext = false;
  let failures = 0;
  let lastEnd = Number.NEGATIVE_INFINITY;
  let lastDuration = 0;
  let phase: SyncState['phase'] = 'stopped';
  let since = clock.now();
  let wake: () => void = ignore;

  return {
    mark() {
      if (marks.length < maxTimedEvents) marks.push(clock.now());
      setPending();
    },
    use(next) {
      compiler = next;
      replaceNext = 'least';
      pending = true;
      wake();
    },
    replace() {
      replaceNext = 'whole';
      setPending();
    },
    look() {
      lookNext = true;
      setPending();
    },
    async run(signal) {
      const stop = (): void => {
        wake();
      };
      signal.addEventListener('abort', stop);
      const kill = killAfter(signal, options.grace ?? defaultGrace, clock);
      enter('idle');
      try {
        await work(signal, kill.signal);
      } finally {
        signal.removeEventListener('abort', stop);
        kill.cancel();
        enter('stopped');
      }
    },
    state: () => {
      const pendingSince = carried[0] ?? marks[0];
      return { phase, since, failures, ...(pendingSince === undefined ? {} : { pendingSince }) };
    },
  };

  function setPending(): void {
    if (pending) return;
    pending = true;
    wake();
  }

  function enter(next: SyncState['phase']): void {
    phase = next;
    since = clock.now();
  }

  async function work(signal: AbortSignal, kill: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const wait =
        compiler === undefined
          ? undefined
          : untilNextAttempt(pace, { pending, lastEnd, lastDuration, failures }, clock.now());
      if (compiler === undefined || wait === undefined || wait > 0) {
        await rest(wait);
        continue;
      }
      // Events come in batches; whatever input has ready belongs to this attempt.
      await clock.turn();
      // What failed may be in the kernel or not, so a look waits until something succeeded.
      if (!isAborted(signal) && lookNext && replaceNext === 'no' && failures === 0)
        await inspect(compiler, signal);
      if (isAborted(signal) || (!pending && failures === 0)) continue;
      const kernel = replaceNext === 'least' && failures === 0 ? await kernelRuleset(signal) : undefined;
      if (isAborted(signal)) continue;
      // Another one may be in use by now.
      await attempt(compiler, kernel, kill);
    }
  }

  async function inspect(current: Compiler, signal: AbortSignal): Promise<void> {
    lookNext = false;
    pending = marks.length > 0;
    enter('look');
    const isAsCommitted = (await options.isAsCommitted?.(current, { signal })) ?? true;
    enter('idle');
    if (isAsCommitted) return;
    // While it was looked, somebody may have said that the table is gone.
    if (!isWhole()) replaceNext = 'least';
    pending = true;
  }

  async function kernelRuleset(signal: AbortSignal): Promise<Ruleset | undefined> {
    enter('look');
    lookNext = false;
    const kernel = await options.readKernel?.({ signal });
    return isWhole() ? undefined : kernel;
  }

  /** Read through a call: the compiler would otherwise take it for settled across an await. */
  function isWhole(): boolean {
    return replaceNext === 'whole';
  }

  function rest(milliseconds: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const cancel = milliseconds === undefined ? ignore : clock.after(milliseconds, done);
      wake = done;
      function done(): void {
        wake = ignore;
        cancel();
        resolve();
      }
    });
  }

  async function attempt(current: Compiler, kernel: Ruleset | undefined, kill: AbortSignal): Promise<void> {
    const started = clock.now();
    const mode: SyncMode = replaceNext !== 'no' || failures >= deltaAttempts ? 'replacement' : 'delta';
    const timed = marks;
    carried = timed;
    marks = [];
    // What is written whole needs no look, but what changed since the kernel was read does.
    if (mode === 'replacement' && kernel === undefined) lookNext = false;
    pending = lookNext;
    replaceNext = 'no';
    let step: Step;
    let transaction: Transaction;
    let compiled: number;
    try {
      enter('compile');
      options.starting?.(current);
      step = mode === 'delta' ? current.step() : current.replacement();
      transaction = kernel === undefined ? step.transaction : leastReplacement(kernel, current.ruleset());
      compiled = clock.now();
    } catch (error) {
      fail({ phase: 'compile', error });
      return;
    }
    const operations = transaction.operations.length;
    try {
      enter('apply');
      if (operations > 0) await options.apply(transaction, { signal: kill });
      step.commit();
    } catch (error) {
      fail({ phase: 'apply', error });
      return;
    }
    ended();
    failures = 0;
    options.succeeded?.({
      compiler: current,
      mode,
      operations,
      narrows: step.narrows,
      compileDuration: compiled - started,
      applyDuration: lastEnd - compiled,
      latencies: operations > 0 ? timed.map((at) => lastEnd - at) : [],
    });

    function fail(what: Pick<SyncFailure, 'phase' | 'error'>): void {
      ended();
      failures += 1;
      // A compiler that threw may hold half a step, and so may a kernel that did not answer.
      if (mode === 'replacement' || what.phase === 'compile' || options.kernelInDoubt(what.error)) {
        replaceNext = 'whole';
      }
      marks = [...timed, ...marks].slice(0, maxTimedEvents);
      options.failed?.({
        compiler: current,
        mode,
        failures,
        retryAfter: retryDelay(pace, failures),
        ...what,
      });
    }

    function ended(): void {
      lastEnd = clock.now();
      lastDuration = lastEnd - started;
      carried = [];
      enter('idle');
    }
  }
}

function ignore(): void {
  // Nobody waits.
}

/** Read through a call: the compiler would otherwise take the flag for settled across an await. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** A signal that follows another after a grace, so that a transaction on its way is seldom killed. */
function killAfter(
  signal: AbortSignal,
  grace: number,
  clock: Clock,
): { signal: AbortSignal; cancel: () => void } {
  const controller = new AbortController();
  let cancelTimer = ignore;
  const start = (): void => {
    cancelTimer = clock.after(grace, () => {
      controller.abort(signal.reason);
    });
  };
  if (signal.aborted) start();
  else signal.addEventListener('abort', start, { once: true });
  return {
    signal: controller.signal,
    cancel: () => {
      signal.removeEventListener('abort', start);
      cancelTimer();
    },
  };
}
