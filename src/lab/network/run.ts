import { spawn } from 'node:child_process';

/** A child process that failed, with what it said. */
export interface CommandError extends Error {
  readonly code: 'COMMAND_FAILED';
  readonly argv: readonly string[];
  readonly status: number | null;
  readonly stderr: string;
}

/**
 * Runs a command to its end with `input` as its standard input, and returns its standard output.
 *
 * @throws CommandError where the exit status is not 0, or the command cannot be started (then with a cause).
 */
export function run(argv: readonly string[], input = ''): Promise<string> {
  const [file = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', (cause) => {
      reject(commandError(argv, null, stderr, cause));
    });
    child.once('close', (status) => {
      if (status === 0) resolve(stdout);
      else reject(commandError(argv, status, stderr));
    });
    // A command that fails before it has read everything closes its input: its exit status tells.
    child.stdin.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') reject(commandError(argv, null, stderr, error));
    });
    child.stdin.end(input);
  });
}

/** Runs `work` over `items`, `width` of them at once: enough to fill the processors, not enough to choke them. */
export async function runAll<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const lane = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: width }, lane));
}

function commandError(
  argv: readonly string[],
  status: number | null,
  stderr: string,
  cause?: Error,
): CommandError {
  const said = stderr.trim() || cause?.message || 'no message';
  const error = new Error(
    `${argv.slice(0, 4).join(' ')}: ${said}`,
    cause === undefined ? undefined : { cause },
  );
  return Object.assign(error, { code: 'COMMAND_FAILED' as const, argv, status, stderr });
}
