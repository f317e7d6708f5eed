import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** What an agent process can be told. */
export type AgentOrder =
  | { readonly kind: 'use' }
  /** Turns the wall clock by so much. */
  | { readonly kind: 'jump'; readonly seconds: number };

/** What an agent process says of itself: bytes of the heap after garbage collection, open handles, requests and timers. */
export interface AgentUse {
  readonly heap: number;
  readonly resources: number;
}

/** What an agent process takes. */
export interface AgentMeasure extends AgentUse {
  /** Bytes. */
  readonly rss: number;
  readonly descriptors: number;
  readonly children: number;
}

/** An agent in a process of its own. */
export interface AgentHandle {
  readonly pid: number;
  /** How it ended; `undefined` while it runs. */
  readonly exited: string | undefined;
  /** Log messages with their number so far. */
  readonly said: ReadonlyMap<string, number>;
  lastLines(): string;
  measure(): Promise<AgentMeasure>;
  jump(seconds: number): void;
  /** The answer of `/metrics`. */
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

export interface AgentHandleOptions {
  readonly kubeconfig: string;
  readonly node: string;
  readonly nft: string;
  /** How many times faster waits pass. */
  readonly speed: number;
}

const keptLines = 30;

// Small file systems of its own, so that a test can fill them.
const ownMounts =
  'for folder in /run /dev/shm; do mount -t tmpfs -o size=4m ringfence-faults $folder || exit 125; done; exec "$@"';

export function spawnAgent({ kubeconfig, node, nft, speed }: AgentHandleOptions): AgentHandle {
  const script = `${import.meta.dirname}/agent-child.ts`;
  const command = [process.execPath, '--expose-gc', script, kubeconfig, node, nft, String(speed)];
  const child = spawn(
    'unshare',
    ['-m', '--propagation', 'private', 'sh', '-c', ownMounts, 'sh', ...command],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, TMPDIR: '/dev/shm' },
    },
  );
  const { pid } = child;
  if (pid === undefined) throw new Error('unshare did not start');
  const said = new Map<string, number>();
  const lines: string[] = [];
  const ports: number[] = [];
  let exited: string | undefined;
  child.once('exit', (code, signal) => {
    exited = signal ?? `exit code ${String(code)}`;
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream! }).on('line', (line) => {
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
      if (!line.startsWith('{')) return;
      const { message, port } = JSON.parse(line) as { readonly message: string; readonly port?: number };
      said.set(message, (said.get(message) ?? 0) + 1);
      if (message === 'listening' && port !== undefined) ports.push(port);
    });
  }
  return {
    pid,
    get exited() {
      return exited;
    },
    said,
    lastLines: () => lines.join('\n'),
    async measure() {
      const answer = once(child, 'message') as Promise<[AgentUse]>;
      send(child, { kind: 'use' });
      const [own] = await answer;
      return {
        ...own,
        rss:
          Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]) *
          1024,
        descriptors: readdirSync(`/proc/${String(pid)}/fd`).length,
        children: childrenOf(pid),
      };
    },
    jump(seconds) {
      send(child, { kind: 'jump', seconds });
    },
    async metrics() {
      const response = await fetch(`http://127.0.0.1:${String(ports.at(-1))}/metrics`);
      return response.text();
    },
    async stop() {
      if (exited !== undefined) return;
      const exit = once(child, 'exit');
      child.kill();
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await exit;
      clearTimeout(late);
    },
  };
}

function send(child: ChildProcess, order: AgentOrder): void {
  child.send(order);
}

function childrenOf(pid: number): number {
  const tasks = readdirSync(`/proc/${String(pid)}/task`);
  return tasks.flatMap((task) =>
    readFileSync(`/proc/${String(pid)}/task/${task}/children`, 'utf8')
      .split(' ')
      .filter((text) => text !== ''),
  ).length;
}
