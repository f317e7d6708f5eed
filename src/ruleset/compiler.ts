import type { Namespace, Node } from '../model/cluster.ts';
import type { NetworkPolicy, PolicyKey } from '../model/network-policy.ts';
import type { Pod, PodKey } from '../model/pod.ts';
import type { Ruleset } from './objects.ts';
import type { Transaction } from './operation.ts';

/** What the operator of a node decides; everything else comes from the API. */
export interface CompilerOptions {
  /** The node whose pods are enforced. */
  readonly nodeName: string;
  /** Name of the table, family `inet`. */
  readonly table: string;
  /** Bits of the conntrack mark that hold the epoch: one contiguous run of at least 8 bits. */
  readonly ctMarkMask: number;
  /** What happens to a denied connection. */
  readonly deny: 'drop' | 'reject';
  /** Whether egress rules also judge traffic from a pod to its own node. */
  readonly nodeEgress: 'allow' | 'enforce';
  /** The first epoch to write, 1 or more; see `Compiler.epoch`. */
  readonly epoch: number;
}

export const defaultCompilerOptions: Omit<CompilerOptions, 'nodeName'> = {
  table: 'ringfence',
  ctMarkMask: 0xffff0000,
  deny: 'drop',
  nodeEgress: 'allow',
  epoch: 1,
};

/**
 * The policy compiler of one node. It is fed with objects as they are (set) and as they go (delete), keeps what it has
 * worked out, and recomputes only what an event touches. After any sequence of events its ruleset equals that of a
 * compiler fed with the final objects in any order, apart from the epoch.
 */
export interface Compiler {
  setNode(node: Node): void;
  setNamespace(namespace: Namespace): void;
  deleteNamespace(name: string): void;
  setPod(pod: Pod): void;
  deletePod(key: PodKey): void;
  setPolicy(policy: NetworkPolicy): void;
  deletePolicy(key: PolicyKey): void;

  /**
   * What the kernel lacks: the difference between the last committed ruleset and the desired one. Carries a new epoch
   * where it may narrow what is allowed. Not committed (because the kernel refused it, or the outcome is unknown), it is
   * part of the next step.
   */
  step(): Step;
  /** Replaces the whole table with the desired ruleset in one transaction, whatever the kernel holds. */
  replacement(): Step;
  /** The desired ruleset, as it stands after the last `step` or `replacement`. */
  ruleset(): Ruleset;
  /** What the compiler holds at present, for metrics. */
  counts(): CompilerCounts;
}

export interface Step {
  /** Without operations where the kernel already has everything. */
  readonly transaction: Transaction;
  /** Whether established connections are judged again. */
  readonly narrows: boolean;
  /** Says that the kernel has it. Call it once, after the transaction was applied and before the next step. */
  commit(): void;
}

export interface CompilerCounts {
  readonly pods: number;
  readonly localPods: number;
  readonly isolatedLocalPods: number;
  readonly namespaces: number;
  readonly policies: number;
  /** Policies that select a local pod. */
  readonly activePolicies: number;
  readonly sets: number;
  readonly chains: number;
  readonly rules: number;
  readonly elements: number;
}
