import { z } from 'zod';
import { policyModes } from '../model/network-policy.ts';
import type { PodKey } from '../model/pod.ts';
import type { AgentStatus } from './status.ts';

const count = z.int().nonnegative();
const direction = z.enum(['ingress', 'egress']);

/** What `/status` answers, as its readers need it. Fields that a newer agent has beside these are kept. */
export const agentStatusSchema = z.looseObject({
  apiVersion: z.literal('ringfence.dev/v1alpha1'),
  kind: z.literal('AgentStatus'),
  node: z.string(),
  version: z.string(),
  nftVersion: z.string(),
  table: z.string(),
  phase: z.enum(['starting', 'enforcing', 'failing']),
  lastSync: z.string().exactOptional(),
  lastError: z.string().exactOptional(),
  watches: z.array(
    z.looseObject({
      resource: z.enum(['pods', 'namespaces', 'networkpolicies', 'nodes']),
      synced: z.boolean(),
      resourceVersion: z.string(),
    }),
  ),
  pending: z.boolean(),
  drift: z.looseObject({
    watching: z.boolean(),
    repairs: count,
    lastRepair: z.string().exactOptional(),
    lastVerify: z.string().exactOptional(),
  }),
  counts: z.looseObject({
    pods: count,
    localPods: count,
    isolatedLocalPods: count,
    uncoveredLocalPods: count,
    namespaces: count,
    policies: count,
    closedByDefect: count,
    closedByLimit: count,
    activePolicies: count,
    sets: count,
    chains: count,
    rules: count,
    elements: count,
  }),
  connections: z
    .looseObject({
      pods: z.array(z.looseObject({ pod: z.string(), direction, allowed: count, denied: count })),
      rules: z.array(z.looseObject({ policy: z.string(), direction, rule: count, allowed: count })),
    })
    .exactOptional(),
  policies: z.array(
    z.looseObject({
      namespace: z.string(),
      name: z.string(),
      uid: z.string(),
      generation: z.int(),
      appliedGeneration: z.int().exactOptional(),
      mode: z.enum(policyModes),
      selectedPods: z.array(z.custom<PodKey>((value) => typeof value === 'string')),
      diagnostics: z.array(
        z.looseObject({
          code: z.string(),
          severity: z.enum(['error', 'warning']),
          message: z.string(),
          path: z.string().exactOptional(),
        }),
      ),
    }),
  ),
}) satisfies z.ZodType<AgentStatus>;
