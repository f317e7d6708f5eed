import type { ObjectName } from '../kube/raw-object.ts';
import type { Namespace, Node } from '../model/cluster.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { directions, type NetworkPolicy } from '../model/network-policy.ts';
import type { Pod } from '../model/pod.ts';
import { readNamespace } from '../model/read/namespace.ts';
import { readNetworkPolicy } from '../model/read/network-policy.ts';
import { readNode } from '../model/read/node.ts';
import { readPod } from '../model/read/pod.ts';
import type { Reading } from '../model/read/reading.ts';

// What the agent keeps of an object: a hundred thousand pods at a few fields each. An object that cannot be understood is
// kept as such, because leaving it out could open what it closes.

/** An object that could not be read: what it was is not known. */
export interface Unreadable {
  readonly kind: 'unreadable';
  readonly diagnostics: readonly Diagnostic[];
}

/** A policy as it is enforced; where something could not be understood, that part is closed. */
export interface StoredPolicy {
  readonly policy: NetworkPolicy;
  readonly diagnostics: readonly Diagnostic[];
}

export function isUnreadable(stored: object): stored is Unreadable {
  return 'kind' in stored && stored.kind === 'unreadable';
}

const stored = { mode: 'tolerant' } as const;

/** What nobody asks the agent about stays out: declared ports without a name, the workload. */
export function storePod(raw: unknown): Pod | Unreadable {
  const { object, diagnostics } = readPod(raw, stored);
  if (object === undefined) return unreadable(diagnostics);
  const { workload: _, ...pod } = object;
  return { ...pod, containerPorts: noPorts };
}

const noPorts: Pod['containerPorts'] = [];

export function storeNamespace(raw: unknown): Namespace | Unreadable {
  return objectOf(readNamespace(raw, stored));
}

export function storeNode(raw: unknown): Node | Unreadable {
  return objectOf(readNode(raw, stored));
}

/** Annotations of others stay out: kubectl keeps the whole manifest in one. */
export function storePolicy(raw: unknown): StoredPolicy {
  const { object, diagnostics } = readNetworkPolicy(raw, stored);
  if (object === undefined) throw new Error('a policy without a usable name', { cause: diagnostics });
  const annotations = Object.fromEntries(
    Object.entries(object.annotations).filter(([key]) => key.startsWith('ringfence.dev/')),
  );
  return { policy: { ...object, annotations }, diagnostics };
}

/** In place of a policy that the reader failed on: every pod of its namespace is isolated, nothing is allowed. */
export function closedPolicy({ namespace, name }: ObjectName, error: unknown): StoredPolicy {
  return {
    policy: {
      namespace,
      name,
      uid: '',
      generation: 0,
      podSelector: [],
      policyTypes: directions,
      ingress: [],
      egress: [],
      annotations: {},
    },
    diagnostics: [notReadable('NetworkPolicy', { namespace, name }, error)],
  };
}

/** In place of any other object that the reader failed on. */
export function unreadableObject(kind: string): (name: ObjectName, error: unknown) => Unreadable {
  return (name, error) => unreadable([notReadable(kind, name, error)]);
}

function notReadable(kind: string, { namespace, name }: ObjectName, error: unknown): Diagnostic {
  return {
    code: 'not-readable',
    severity: 'error',
    message: `could not be read: ${error instanceof Error ? error.message : String(error)}`,
    object: { kind, name, ...(namespace === '' ? {} : { namespace }) },
  };
}

function objectOf<T>({ object, diagnostics }: Reading<T>): T | Unreadable {
  return object ?? unreadable(diagnostics);
}

function unreadable(diagnostics: readonly Diagnostic[]): Unreadable {
  return { kind: 'unreadable', diagnostics };
}
