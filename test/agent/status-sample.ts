import type { AgentStatus } from '../../src/agent/status.ts';
import { watchedResources } from '../../src/agent/watches.ts';
import { podKey } from '../../src/model/pod.ts';

/** What an agent answers at `/status`, each field once. */
export const agentStatus: AgentStatus = {
  apiVersion: 'ringfence.dev/v1alpha1',
  kind: 'AgentStatus',
  node: 'worker-1',
  version: '0.1.0',
  nftVersion: '1.0.6',
  table: 'ringfence',
  phase: 'failing',
  lastSync: '2026-01-01T00:00:00.000Z',
  lastError: 'nft: out of memory',
  watches: watchedResources.map((resource) => ({ resource, synced: true, resourceVersion: '7' })),
  pending: false,
  drift: {
    watching: true,
    repairs: 1,
    lastRepair: '2026-01-01T00:00:00.000Z',
    lastVerify: '2026-01-01T00:00:00.000Z',
  },
  counts: {
    pods: 2,
    localPods: 1,
    isolatedLocalPods: 1,
    uncoveredLocalPods: 0,
    namespaces: 1,
    policies: 1,
    closedByDefect: 0,
    closedByLimit: 0,
    activePolicies: 1,
    sets: 8,
    chains: 9,
    rules: 40,
    elements: 5,
  },
  policies: [
    {
      namespace: 'shop',
      name: 'db',
      uid: 'u',
      generation: 1,
      appliedGeneration: 1,
      mode: 'enforce',
      selectedPods: [podKey({ namespace: 'shop', name: 'db' })],
      diagnostics: [{ code: 'invalid-cidr', severity: 'error', message: 'no', path: 'spec' }],
    },
  ],
};
