import { quote } from '../../model/read/quote.ts';
import { closest } from '../../model/read/suggestion.ts';
import type { workloadKinds } from '../../model/read/workload.ts';

/** What to do with an object, judged by its apiVersion and kind alone. */
export type KindDecision =
  | { readonly kind: 'read'; readonly as: ReadableKind; readonly warning?: string }
  /** Says nothing about who reaches whom; `name` is what `kubectl api-resources` would call it. */
  | { readonly kind: 'ignore'; readonly name: string }
  /** Would change the answer, or is probably a slip for something that would. `field` is where the mistake is. */
  | {
      readonly kind: 'reject';
      readonly code: string;
      readonly field: 'apiVersion' | 'kind';
      readonly message: string;
      readonly hint: string;
    };

export type ReadableKind =
  'Namespace' | 'Node' | 'Pod' | 'Service' | 'NetworkPolicy' | 'Ingress' | (typeof workloadKinds)[number];

/** The apiVersions that are read for each kind; the first is the current one. */
const readable: Readonly<Record<ReadableKind, readonly string[]>> = {
  Namespace: ['v1'],
  Node: ['v1'],
  Pod: ['v1'],
  Service: ['v1'],
  ReplicationController: ['v1'],
  Deployment: ['apps/v1', 'apps/v1beta2', 'apps/v1beta1', 'extensions/v1beta1'],
  StatefulSet: ['apps/v1', 'apps/v1beta2', 'apps/v1beta1'],
  DaemonSet: ['apps/v1', 'apps/v1beta2', 'extensions/v1beta1'],
  ReplicaSet: ['apps/v1', 'apps/v1beta2', 'extensions/v1beta1'],
  Job: ['batch/v1'],
  CronJob: ['batch/v1', 'batch/v1beta1', 'batch/v2alpha1'],
  NetworkPolicy: ['networking.k8s.io/v1', 'extensions/v1beta1'],
  Ingress: ['networking.k8s.io/v1', 'networking.k8s.io/v1beta1', 'extensions/v1beta1'],
};

const readableKinds = Object.keys(readable) as readonly ReadableKind[];

/** Groups of Kubernetes itself in which a kind of ours could be meant. */
const ownGroups = ['', 'apps', 'batch', 'extensions', 'networking.k8s.io', 'policy'];

export function decideKind(apiVersion: string, kind: string): KindDecision {
  const slash = apiVersion.indexOf('/');
  const group = slash === -1 ? '' : apiVersion.slice(0, slash);
  const as = readableKinds.find((known) => known === kind);
  if (as !== undefined && readable[as].includes(apiVersion))
    return { kind: 'read', as, ...oldPolicy(as, group) };
  const policy = foreignPolicy(group, kind);
  if (policy !== undefined) return policy;
  if (ownGroups.includes(group) || group.endsWith('networking.k8s.io')) {
    if (as !== undefined)
      return noMatch(apiVersion, kind, `did you mean apiVersion: ${String(readable[as][0])}?`);
    const meant = slipOf(kind);
    if (meant !== undefined) return noMatch(apiVersion, kind, `did you mean kind: ${meant}?`);
  }
  return { kind: 'ignore', name: ownGroups.includes(group) ? kind : `${kind}.${group}` };
}

/** Of the same form and meaning as networking.k8s.io/v1; no API server since 1.16 takes it. */
function oldPolicy(as: ReadableKind, group: string): { readonly warning?: string } {
  return as === 'NetworkPolicy' && group === 'extensions'
    ? { warning: 'extensions/v1beta1 NetworkPolicy is no longer served: use networking.k8s.io/v1' }
    : {};
}

function noMatch(apiVersion: string, kind: string, hint: string): KindDecision {
  const message = `no matches for kind ${quote(kind)} in version ${quote(apiVersion)}`;
  return {
    kind: 'reject',
    code: 'unknown-kind',
    field: hint.includes('apiVersion') ? 'apiVersion' : 'kind',
    message,
    hint,
  };
}

/** A plural, another case, or a letter or two wrong. Longer distances are other kinds. */
function slipOf(kind: string): string | undefined {
  const singular = kind.replace(/ies$/i, 'y').replace(/(?<!s)s$/i, '');
  return closest(singular, readableKinds, (name) => (name.length > 6 ? 2 : 1));
}

/** Every other kind that allows or denies connections, by name or by family. Staged ones are not enforced. */
function foreignPolicy(group: string, kind: string): KindDecision | undefined {
  const isPolicy =
    (/NetworkPolicy$/.test(kind) && !ownGroups.includes(group)) ||
    ['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy', 'EgressFirewall'].includes(
      kind,
    );
  if (!isPolicy || kind.startsWith('Staged')) return undefined;
  const name = `${kind}${group === '' ? '' : `.${group}`}`;
  return {
    kind: 'reject',
    code: 'unsupported-kind',
    field: 'kind',
    message: `${name} would change who reaches whom, and is not supported`,
    hint: 'leave it out of the input to get the answer without it',
  };
}
