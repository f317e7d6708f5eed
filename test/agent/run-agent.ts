import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { runAgent } from '../../src/agent/agent.ts';
import { readAgentConfig } from '../../src/agent/config.ts';
import type { Log, LogMessage } from '../../src/agent/log.ts';
import type { AgentStatus } from '../../src/agent/status.ts';
import { createKubeClient } from '../../src/kube/client.ts';
import { type ApiServer, kubeconfigFor, startApiServer } from '../../src/lab/api-server/server.ts';
import type { Nft } from '../../src/nft/nft.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { nodeName } from './objects.ts';

export interface LogLine {
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** An agent in this process, against an API server over HTTP. */
export interface TestAgent {
  readonly lines: readonly LogLine[];
  said(message: LogMessage): readonly LogLine[];
  get(path: string): Promise<{ readonly status: number; readonly text: string }>;
  status(): Promise<AgentStatus>;
  stop(): Promise<void>;
}

export async function startTestServer(): Promise<ApiServer> {
  const server = await startApiServer();
  onTestFinished(() => server.close());
  server.apply({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: nodeName },
    spec: { podCIDRs: ['10.244.1.0/24', 'fd00:1::/64'] },
  });
  return server;
}

export async function writeKubeconfig(server: ApiServer, token?: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ringfence-agent-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'kubeconfig');
  await writeFile(file, kubeconfigFor(server.url, token));
  return file;
}

export async function startAgent(server: ApiServer, nft: Nft, token?: string): Promise<TestAgent> {
  const lines: LogLine[] = [];
  const write = (level: keyof Log) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    lines.push({ level, message, fields });
  };
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const config = readAgentConfig(
    {
      nodeName,
      healthAddress: '127.0.0.1:0',
      metricsAddress: '127.0.0.1:0',
      kubeconfig: await writeKubeconfig(server, token),
    },
    {},
  );
  const client = await createKubeClient(config.kube);
  const controller = new AbortController();
  const run = runAgent(config, { signal: controller.signal, log, nft, client });
  const stop = async (): Promise<void> => {
    controller.abort();
    await run;
    client.close();
  };
  onTestFinished(stop);
  const get = async (where: string) => {
    const response = await fetch(`http://127.0.0.1:${portOf(lines)}${where}`);
    return { status: response.status, text: await response.text() };
  };
  await Promise.race([eventually(() => portOf(lines) !== 0), run]);
  return {
    lines,
    said: (message) => lines.filter((line) => line.message === message),
    get,
    status: async () => JSON.parse((await get('/status')).text) as AgentStatus,
    stop,
  };
}

function portOf(lines: readonly LogLine[]): number {
  return Number(lines.find(({ message }) => message === 'listening')?.fields['port'] ?? 0);
}

/** Waits until it holds, at most ten seconds. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`did not come to hold: ${holds.toString()}`);
    await delay(2);
  }
}
