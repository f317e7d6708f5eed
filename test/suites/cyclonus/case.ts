import type { Protocol } from '../../../src/net/protocol.ts';
import type { LabelMap, NamespaceManifest, PodManifest, PolicyManifest } from './manifests.ts';
import type { Tag } from './tags.ts';

/** The groups, in the order in which their cases are generated. */
export const groups = [
  'target',
  'rules',
  'peers',
  'port-protocol',
  'example',
  'action',
  'conflict',
  'namespace',
  'upstream-e2e',
] as const;

export type Group = (typeof groups)[number];

/** A sequence of changes to the base cluster (base-world.ts), each followed by a look at who reaches whom. */
export interface CyclonusCase {
  /** `group/index`, unique. */
  readonly id: string;
  readonly group: Group;
  /** Place in the group, from 1. */
  readonly index: number;
  readonly tags: readonly Tag[];
  /** Not unique. */
  readonly description: string;
  readonly steps: readonly Step[];
}

export interface Step {
  /** Done in this order; none where the step just looks again. */
  readonly actions: readonly Action[];
  readonly probe: Probe;
}

/** Which cells are looked at: all that pods serve, or one port. A name is looked up on the destination pod. */
export type Probe = 'all' | { readonly port: number | string; readonly protocol: Protocol };

export type Action =
  | { readonly kind: 'create-policy'; readonly policy: PolicyManifest }
  | { readonly kind: 'update-policy'; readonly policy: PolicyManifest }
  | { readonly kind: 'delete-policy'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'create-namespace'; readonly namespace: NamespaceManifest }
  | { readonly kind: 'set-namespace-labels'; readonly namespace: string; readonly labels: LabelMap }
  /** With everything in it. */
  | { readonly kind: 'delete-namespace'; readonly namespace: string }
  | { readonly kind: 'create-pod'; readonly pod: PodManifest }
  | {
      readonly kind: 'set-pod-labels';
      readonly namespace: string;
      readonly name: string;
      readonly labels: LabelMap;
    }
  | { readonly kind: 'delete-pod'; readonly namespace: string; readonly name: string };

/** A case before it is numbered. */
export interface CaseDraft {
  readonly tags: readonly Tag[];
  /** Absent: the tags say it. */
  readonly description?: string;
  readonly steps: readonly Step[];
}

/** A case of one step: the policies, then every cell. */
export function policyCase(
  tags: readonly Tag[],
  policies: readonly PolicyManifest[],
  description?: string,
): CaseDraft {
  const steps: readonly Step[] = [{ actions: policies.map(createPolicy), probe: 'all' }];
  return { tags, steps, ...(description === undefined ? {} : { description }) };
}

/** A step that ends with a look at every cell. */
export function step(...actions: readonly Action[]): Step {
  return { actions, probe: 'all' };
}

export function createPolicy(policy: PolicyManifest): Action {
  return { kind: 'create-policy', policy };
}
