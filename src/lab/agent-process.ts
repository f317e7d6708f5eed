import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { AgentStatus } from '../agent/status.ts';

/** A real agent in a process of its own, in a node's namespace. */
export interface AgentProcess {
  readonly pid: number | undefined;
  /** How it ended; `undefined` while it runs. */
  readonly exited: string | undefined;
  /** Why it has not applied everything up to the resource version; `undefined` once it has. */
  behind(resourceVersion: number): Promise<string | undefined>;
  status(): Promise<AgentStatus>;
  /** The end of its log, for error messages. */
  lastLines(): string;
  /** Sends a signal, `SIGTERM` unless given, and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const keptLines = 20;

/**
 * Starts an agent.
 * @param url where it serves `/status`
 */
export function startAgent(
  argv: readonly string[],
  url: string,
  onLine: (line: string) => void,
): AgentProcess {
  const [file = '', ...args] = argv;
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  let exited: string | undefined;
  child.on('exit', (code, signal) => {
    exited = signal ?? `exit code ${String(code)}`;
  });
  child.on('error', (error) => {
    exited = error.message;
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
      onLine(line);
    });
  }

  const status = async (): Promise<AgentStatus> => {
    const response = await fetch(`${url}/status`, { signal: AbortSignal.timeout(5000) });
    return (await response.json()) as AgentStatus;
  };

  return {
    pid: child.pid,
    get exited() {
      return exited;
    },
    status,
    async behind(resourceVersion) {
      let seen: AgentStatus;
      try {
        seen = await status();
      } catch (error) {
        return `no answer from ${url}: ${String(error)}`;
      }
      if (seen.phase !== 'enforcing') return `it is ${seen.phase}: ${seen.lastError ?? 'not synced yet'}`;
      const late = seen.watches.find(({ resourceVersion: own }) => Number(own) < resourceVersion);
      if (late !== undefined) return `it has seen ${late.resource} up to ${late.resourceVersion}`;
      return seen.pending ? 'a transaction is pending' : undefined;
    },
    lastLines: () => lines.join('\n'),
    async stop(signal = 'SIGTERM') {
      await end(child, signal, () => exited !== undefined);
    },
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals, hasEnded: () => boolean): Promise<void> {
  if (hasEnded()) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await exit;
  clearTimeout(late);
}
