import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

// Labs that stay up, driven by the command line as a user does, in a runtime folder of the test's own.

export const main = join(import.meta.dirname, '../../src/cli/main.ts');

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A command that still runs. */
export interface Running {
  readonly pid: number | undefined;
  kill(signal: NodeJS.Signals): void;
  readonly outcome: Promise<Outcome>;
}

/** A user with a runtime folder of his own. */
export interface LabUser {
  readonly home: string;
  /** The folder of all his labs. */
  readonly root: string;
  ringfence(...args: readonly string[]): Promise<Outcome>;
  /** `ringfence` that still runs. */
  start(...args: readonly string[]): Running;
  /** `lab exec` with something on its standard input. */
  feed(input: string, ...args: readonly string[]): Promise<Outcome>;
  kubectl(lab: string, args: readonly string[], input?: string): Promise<Outcome>;
  /** The process on which the lab hangs. */
  owner(lab: string): number;
  /** Ends what is left and removes the folder. */
  leave(): Promise<void>;
}

/** @param before in front of every command, to be somebody else */
export function labUser(before: readonly string[] = [], uid = process.geteuid?.() ?? 0): LabUser {
  const home = mkdtempSync(join(tmpdir(), 'ringfence-lab-test-'));
  const root = join(home, `ringfence-lab-${String(uid)}`);
  const env = { XDG_RUNTIME_DIR: home, HOME: home, NO_COLOR: '1' };
  const run = (argv: readonly string[], more: Readonly<Record<string, string>>, input?: string): Running => {
    const [file = '', ...args] = [...before, ...argv];
    const child = execa(file, args, {
      reject: false,
      timeout: 60_000,
      env: { ...env, ...more },
      ...(input === undefined ? { stdin: 'ignore' } : { input }),
    });
    return {
      pid: child.pid,
      kill: (signal) => child.kill(signal),
      outcome: child.then(({ exitCode, stdout, stderr }) => ({
        code: exitCode ?? -1,
        out: stdout,
        err: stderr,
      })),
    };
  };
  const start = (args: readonly string[], input?: string): Running =>
    run([process.execPath, main, ...args], {}, input);
  return {
    home,
    root,
    start: (...args) => start(args),
    ringfence: (...args) => start(args).outcome,
    feed: (input, ...args) => start(args, input).outcome,
    kubectl: (lab, args, input) =>
      run(
        [process.env['KUBECTL'] ?? 'kubectl', ...args],
        { KUBECONFIG: join(root, lab, 'kubeconfig') },
        input,
      ).outcome,
    owner: (lab) =>
      (JSON.parse(readFileSync(join(root, lab, 'process.json'), 'utf8')) as { readonly pid: number }).pid,
    async leave() {
      await start(['lab', 'down', '--all']).outcome;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The PID namespace that the process has made. */
export function pidNamespace(owner: number): string {
  return readlinkSync(`/proc/${String(owner)}/ns/pid_for_children`);
}

/** Processes that stand in the PID namespace, in the order of their start. */
export function processesIn(namespace: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        if (/^State:\s*Z/m.test(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))) return false;
        return readlinkSync(`/proc/${String(pid)}/ns/pid`) === namespace;
      } catch (error) {
        // Gone meanwhile.
        if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
        throw error;
      }
    })
    .sort((a, b) => a - b);
}
