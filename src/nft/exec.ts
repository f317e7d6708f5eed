import { closeSync, openSync, statfsSync, unlinkSync, writeSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa, ExecaError } from 'execa';

/** One run of a child process. */
export interface ProcessCall {
  readonly command: readonly [string, ...string[]];
  /** What the child reads on standard input; empty where absent. */
  readonly input?: string;
  /** After this many milliseconds the child is killed. */
  readonly timeout: number;
  /** Characters of standard output, and of standard error, beyond which the child is killed. */
  readonly maxBuffer: number;
  readonly signal?: AbortSignal | undefined;
}

/** How a child ended. Facts only: what they mean is `errorOf`'s matter. */
export interface ProcessResult {
  readonly end: 'exit' | 'signal' | 'timeout' | 'aborted' | 'output-too-large' | 'not-started' | 'not-tried';
  /** For `exit`. */
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
  /** For `not-started`: the code of the operating system, ENOENT for one. */
  readonly reason?: string | undefined;
  readonly cause?: unknown;
}

/** Runs a child to its end. Rejects only where this process itself is broken. The seam that unit tests replace. */
export type Exec = (call: ProcessCall) => Promise<ProcessResult>;

/** Runs a child with execa. */
export const execProcess: Exec = async (call) => {
  const started = performance.now();
  if (call.signal?.aborted === true) {
    return { end: 'not-tried', stdout: '', stderr: '', milliseconds: 0, cause: call.signal.reason };
  }
  const stdin = call.input === undefined ? undefined : openInput(call.input);
  try {
    const [file, ...args] = call.command;
    const result = await execa(file, args, {
      // Any descriptor will do; execa's types name the lowest ones only.
      stdin: (stdin as 3 | undefined) ?? 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      reject: false,
      stripFinalNewline: false,
      timeout: call.timeout,
      // Else execa catches signals while a child runs, and ends this process by SIGTERM before it could stop in order.
      cleanup: false,
      killSignal: 'SIGKILL',
      ...(call.signal === undefined ? {} : { cancelSignal: call.signal }),
      maxBuffer: call.maxBuffer,
      extendEnv: false,
      env: childEnvironment(),
    });
    const milliseconds = Math.round(performance.now() - started);
    const output = { stdout: result.stdout, stderr: result.stderr, milliseconds };
    if (result.isCanceled)
      return { ...output, end: 'aborted', signal: result.signal, cause: call.signal?.reason };
    if (result.timedOut) return { ...output, end: 'timeout', signal: result.signal };
    if (result.isMaxBuffer) return { ...output, end: 'output-too-large', signal: result.signal };
    if (result.signal !== undefined) return { ...output, end: 'signal', signal: result.signal };
    if (result.exitCode !== undefined) return { ...output, end: 'exit', exitCode: result.exitCode };
    return { ...output, end: 'not-started', reason: reasonOf(result), cause: result };
  } finally {
    if (stdin !== undefined) closeSync(stdin);
  }
};

function reasonOf(result: unknown): string {
  return result instanceof ExecaError ? (result.code ?? result.shortMessage) : 'unknown reason';
}

/** Nothing of the caller's environment changes what nft does or in which language it speaks. */
export function childEnvironment(): Readonly<Record<string, string>> {
  const usual = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  // Debian gives ordinary users a PATH without /usr/sbin, where nft lives.
  return { PATH: process.env['PATH'] === undefined ? usual : `${process.env['PATH']}:${usual}`, LC_ALL: 'C' };
}

/**
 * A file descriptor from which a child reads `text` as its standard input: a regular file without a name, on tmpfs where
 * there is one. Node.js gives children a socket in place of a pipe (nodejs/node#21941), and nft before 1.1.0 opens
 * /dev/stdin by path in JSON mode, which a socket refuses. Throws what the file system throws, when no folder takes it.
 */
function openInput(text: string): number {
  const bytes = Buffer.from(text);
  const failures: unknown[] = [];
  for (const folder of temporaryFolders()) {
    let descriptor: number | undefined;
    try {
      const name = path.join(folder, `.nft-${String(process.pid)}-${randomUUID()}`);
      descriptor = openSync(name, 'wx+', 0o600);
      unlinkSync(name);
      // With positions, so that the offset, which the child shares, stays at the start.
      for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at, bytes.length - at, at);
      return descriptor;
    } catch (error) {
      // Read-only or full: the next folder may do.
      if (descriptor !== undefined) closeSync(descriptor);
      failures.push(error);
    }
  }
  throw new AggregateError(failures, 'no folder takes the input file of nft');
}

const tmpfsMagic = 0x01021994;

/** Where to put what lives as long as a child. Memory before disk: the ruleset names every policy and need not be written. */
export function temporaryFolders(): readonly string[] {
  const inMemory = ['/run', '/dev/shm'].filter((folder) => {
    try {
      return statfsSync(folder).type === tmpfsMagic;
    } catch {
      // Not there: one folder fewer to choose from.
      return false;
    }
  });
  return [...inMemory, tmpdir()];
}
