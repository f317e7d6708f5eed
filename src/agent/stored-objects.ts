import type { OwnerBound } from '../kube/bounded-objects.ts';
import type { ObjectName } from '../kube/raw-object.ts';
import type { Namespace, Node } from '../model/cluster.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { directions, type NetworkPolicy, type PolicyKey } from '../model/network-policy.ts';
import type { Pod } from '../model/pod.ts';
import { mostNamespaceSize, sizeOfPolicy } from '../model/policy-size.ts';
import { readNamespace } from '../model/read/namespace.ts';
import { readNetworkPolicy } from '../model/read/network-policy.ts';
import { readNode } from '../model/read/node.ts';
import { readPod } from '../model/read/pod.ts';
import type { Reading } from '../model/read/reading.ts';
import { cutPolicy, namespaceTooLarge, namespaceTooLargeCode } from '../policy/oversize.ts';

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
  /** What it takes of the size that a namespace may hold; the same once it is cut. */
  readonly size: number;
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

/** As much as a rule of a block and a port: a message is kept of each. */
const sizeOfDiagnostic = 3;

/** Annotations stay out, the mode is read: kubectl keeps the whole manifest in one, and a tenant what it likes. */
export function storePolicy(raw: unknown): StoredPolicy {
  const { object, diagnostics } = readNetworkPolicy(raw, stored);
  if (object === undefined) throw new Error('a policy without a usable name', { cause: diagnostics });
  const policy = { ...object, annotations: {} };
  return { policy, diagnostics, size: sizeOfPolicy(policy) + sizeOfDiagnostic * diagnostics.length };
}

/**
 * Keeps the policies of one namespace from filling the memory of every agent: beyond the bound it is closed in the
 * directions that its policies isolate, and of each policy only that is kept.
 */
export const policyBound: OwnerBound<PolicyKey, StoredPolicy> = {
  owner: (key) => key.slice(0, key.indexOf('/')),
  size: ({ size }) => size,
  most: mostNamespaceSize,
  cut: ({ policy, size }) => {
    const { namespace, name } = policy;
    return {
      policy: cutPolicy(policy),
      diagnostics: [
        {
          code: namespaceTooLargeCode,
          severity: 'error',
          message: namespaceTooLarge,
          object: { kind: 'NetworkPolicy', namespace, name },
        },
      ],
      size,
    };
  },
};

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
    size: sizeOfPolicy({ podSelector: [], ingress: [], egress: [] }),
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
