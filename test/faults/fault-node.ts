import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inspectTable } from '../../src/agent/inspection.ts';
import type { Account } from '../../src/lab/api-server/access.ts';
import { type ApiServer, kubeconfigFor, startApiServer } from '../../src/lab/api-server/server.ts';
import { createNft, type Nft } from '../../src/nft/nft.ts';
import { desiredRuleset } from '../agent/desired-ruleset.ts';
import { allow, namespace, nodeName, pod, policy } from '../agent/objects.ts';
import { type Netns, openNetns } from '../support/netns.ts';
import { type AgentHandle, spawnAgent } from './agent-handle.ts';
import { type ApiWay, openApiWay } from './api-way.ts';
import { type BrokenNft, createBrokenNft } from './broken-nft.ts';
import { createChurn, type Churn } from './churn.ts';

/** A node with a real agent process, a kernel of its own and an API server, all of which can be made to fail. */
export interface FaultNode {
  readonly api: ApiServer;
  readonly way: ApiWay;
  readonly agent: AgentHandle;
  readonly netns: Netns;
  /** The kernel past everything that is broken: what is really there. */
  readonly kernel: Nft;
  readonly broken: BrokenNft;
  readonly churn: Churn;
  /** From now on no other token is taken. Told to the agent only by `handOver`. */
  rotateToken(): { readonly handOver: () => Promise<void> };
  /** Milliseconds until the kernel is what a compile from scratch makes of the API server's objects. */
  converged(withinMs?: number): Promise<number>;
  close(): Promise<void>;
}

export interface FaultNodeOptions {
  readonly seed: number;
  /** How many times faster the agent's waits pass. */
  readonly speed?: number;
}

/** Starts one and waits until the agent enforces. */
export async function startFaultNode({ seed, speed = 1 }: FaultNodeOptions): Promise<FaultNode> {
  const netns = await openNetns();
  const accounts: Account[] = [{ token: 'token-0', user: 'ringfence' }];
  // Every stream of every test comes in pieces that end anywhere.
  const api = await startApiServer({ accounts, splitSeed: seed });
  const way = await openApiWay(api.url);
  const folder = await mkdtemp(path.join(tmpdir(), 'ringfence-faults-'));
  const kubeconfig = path.join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigFor(way.url, 'token-0'));
  const broken = createBrokenNft(folder, [...netns.enter, 'nft']);
  const kernel = createNft({ command: [...netns.enter, 'nft'] });
  for (const object of fixedObjects) api.apply(object);
  const churn = createChurn(api, { seed, node: nodeName, prefix: '10.244.1' });
  for (let round = 0; round < 200; round += 1) churn.step();
  const agent = spawnAgent({ kubeconfig, node: nodeName, nft: broken.path, speed });

  const node: FaultNode = {
    ...{ api, way, agent, netns, kernel, broken, churn },
    rotateToken() {
      const token = `token-${String(performance.now())}`;
      accounts.splice(0, accounts.length, { token, user: 'ringfence' });
      return { handOver: () => writeFile(kubeconfig, kubeconfigFor(way.url, token)) };
    },
    async converged(withinMs = 60_000) {
      const started = performance.now();
      for (;;) {
        const inspection = inspectTable(await kernel.list('ringfence'), await desiredRuleset(api, kernel));
        const took = performance.now() - started;
        if (inspection.kind === 'equal') return took;
        if (agent.exited !== undefined)
          throw new Error(`the agent ended: ${agent.exited}\n${agent.lastLines()}`);
        if (took > withinMs) {
          throw new Error(
            `the kernel is not what a compile from scratch makes: ${inspection.kind}\n${agent.lastLines()}`,
          );
        }
        await delay(25);
      }
    },
    async close() {
      await agent.stop();
      await way.close();
      await api.close();
      netns.close();
      await rm(folder, { recursive: true });
    },
  };
  try {
    await node.converged();
  } catch (error) {
    await node.close();
    throw error;
  }
  return node;
}

// What stands still while everything else moves: see `flows` in kernel-watch.ts.
const fixedObjects = [
  {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: nodeName },
    spec: { podCIDRs: ['10.244.1.0/24', 'fd00:1::/64'] },
  },
  namespace('shop'),
  pod('shop/db', '10.244.1.10', { app: 'db' }),
  pod('shop/web', '10.244.1.11', { app: 'web' }),
  pod('shop/web-far', '10.244.2.11', { app: 'web' }, `${nodeName}-other`),
  pod('shop/stranger', '10.244.1.12', { app: 'stranger' }),
  pod('shop/vault', '10.244.1.13', { app: 'vault' }),
  policy('shop/db', allow('db', 'web')),
  policy('shop/vault', {
    podSelector: { matchLabels: { app: 'vault' } },
    policyTypes: ['Ingress', 'Egress'],
  }),
];
