import type { Cluster, Namespace, Node } from '../model/cluster.ts';
import { type Direction, type NetworkPolicy, type PolicyKey, policyKey } from '../model/network-policy.ts';
import { type Pod, type PodKey, podKey } from '../model/pod.ts';
import type { Address } from '../net/address.ts';
import { type Cidr, cidrContains, compareCidrs } from '../net/cidr.ts';
import { type RuleReference, selects } from '../policy/isolation.ts';
import { createPodIndex } from '../policy/pod-index.ts';
import { createEpochSupply, type EpochSupply } from './epoch-supply.ts';
import { type Closure, type Judge, judgesOf, type LocalPod, writePods } from './local-pod.ts';
import type { Body } from './lower.ts';
import { mayNarrow } from './narrowing.ts';
import type { CounterName, InterfacePattern, Ruleset } from './objects.ts';
import type { Transaction } from './operation.ts';
import { skeletonChains, skeletonSets } from './skeleton.ts';
import { createTableState } from './table-state.ts';
import type { DenialLog } from './verdict-chains.ts';

/** What the operator of a node decides; everything else comes from the API. */
export interface CompilerOptions {
  /** The node whose pods are enforced. */
  readonly nodeName: string;
  /** Name of the table, family `inet`. */
  readonly table: string;
  /** Bits of the conntrack mark that hold the epoch: one contiguous run of at least 8 bits. */
  readonly ctMarkMask: number;
  /** The node's interfaces that lead to pods (a bridge, or one each): addresses behind them are closed until known. */
  readonly podInterfaces?: readonly InterfacePattern[];
  /** What happens to a denied connection. */
  readonly deny: 'drop' | 'reject';
  /** Where denied packets are told, for the log of denied connections; absent: nowhere. */
  readonly denialLog?: DenialLog;
  /** Whether egress rules also judge traffic from a pod to its own node. */
  readonly nodeEgress: 'allow' | 'enforce';
  /**
   * The first epoch to write, one that no connection in conntrack is marked with; 0 marks nothing, and judges every packet.
   */
  readonly epoch: number;
  /** Those that follow; without it, each up to the last that the mask has room for. */
  readonly epochs?: EpochSupply;
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
  /** Directions of local pods that are closed although their policies may allow something. */
  closures(): readonly PodClosure[];
  /** What counters of the desired ruleset stand for. */
  counted(): readonly Counted[];
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

export interface PodClosure extends Closure {
  readonly pod: PodKey;
  readonly uid: string;
  readonly direction: Direction;
  /** By audit policies: nothing is closed, everything is told as what they would deny. */
  readonly audit?: true;
}

/** What a counter, or two, of the ruleset count. */
export type Counted =
  | {
      readonly kind: 'pod';
      readonly pod: PodKey;
      readonly direction: Direction;
      /** New connections that the pod's policies judge, and those of them that they allow. */
      readonly judged: CounterName;
      readonly allowed: CounterName;
    }
  /** Connections that the rule allows, those that are judged again included. */
  | ({ readonly kind: 'rule'; readonly counter: CounterName } & RuleReference);

export interface CompilerCounts {
  readonly pods: number;
  readonly localPods: number;
  readonly isolatedLocalPods: number;
  /** Local pods with an address that neither pod CIDRs nor pod interfaces close before it is known. */
  readonly uncoveredLocalPods: number;
  readonly namespaces: number;
  readonly policies: number;
  /** Local pods that are closed because their rules could not be compiled: always a defect. */
  readonly closedByDefect: number;
  /** Local pods that are closed because their policies are too large. */
  readonly closedByLimit: number;
  /** Policies that select a local pod. */
  readonly activePolicies: number;
  readonly sets: number;
  readonly chains: number;
  readonly rules: number;
  readonly elements: number;
}

export function createCompiler(options: CompilerOptions): Compiler {
  const index = createPodIndex();
  const policies = new Map<string, Map<PolicyKey, NetworkPolicy>>();
  const locals = new Map<PodKey, LocalPod>();
  const table = createTableState(options.table, index);
  // What events touched since the last step: pods to judge again, and pods and namespaces whose places in sets may change.
  const dirtyPods = new Set<PodKey>();
  const movedPods = new Set<PodKey>();
  const movedNamespaces = new Set<string>();
  let podCIDRs: readonly Cidr[] = [];
  const epochs = options.epochs ?? createEpochSupply(options.ctMarkMask, { first: options.epoch + 1 });
  let epoch = options.epoch;
  let replaced = false;

  for (const set of skeletonSets()) table.addSet(set);

  const closedPods = (reason: Closure['reason']): number =>
    [...locals.values()].filter(({ judges }) =>
      judges.some((judge) => isEnforced(judge) && judge.closed?.reason === reason),
    ).length;

  const policiesOf = (namespace: string): Iterable<NetworkPolicy> => policies.get(namespace)?.values() ?? [];

  const podsTouched = (keys: Iterable<PodKey>): void => {
    for (const key of keys) {
      movedPods.add(key);
      if (locals.has(key) || concernsNode(key)) dirtyPods.add(key);
    }
  };

  /** Pods of this node, and pods of other nodes that have an address in this node's range. */
  const concernsNode = (key: PodKey): boolean => {
    const pod = index.pod(key);
    return pod !== undefined && (pod.nodeName === options.nodeName || pod.addresses.some(isInRange));
  };

  const isInRange = (address: Address): boolean => podCIDRs.some((cidr) => cidrContains(cidr, address));

  const policyTouched = (policy: NetworkPolicy): void => {
    for (const pod of index.podsIn(policy.namespace)) {
      if (pod.nodeName === options.nodeName && selects(policy, pod)) dirtyPods.add(podKey(pod));
    }
  };

  const removePolicy = (key: PolicyKey): void => {
    const siblings = policies.get(key.slice(0, key.indexOf('/')));
    const policy = siblings?.get(key);
    if (siblings === undefined || policy === undefined) return;
    siblings.delete(key);
    if (siblings.size === 0) policies.delete(policy.namespace);
    policyTouched(policy);
  };

  /** Writes what the events since the last step come to into the desired table. */
  const recompute = (): void => {
    table.membersChanged(movedPods, movedNamespaces);
    // Replicas have equal isolations: each is lowered once.
    const bodies = new Map<string, Body>();
    const changes = [...dirtyPods].map((key) => ({
      key,
      before: locals.get(key),
      after: localPod(key, bodies),
    }));
    writePods(table, changes);
    for (const { key, after } of changes) {
      if (after === undefined) locals.delete(key);
      else locals.set(key, after);
    }
    movedNamespaces.clear();
    movedPods.clear();
    dirtyPods.clear();
  };

  const localPod = (key: PodKey, bodies: Map<string, Body>): LocalPod | undefined => {
    const pod = index.pod(key);
    if (pod === undefined) return undefined;
    const isLocal = pod.nodeName === options.nodeName;
    // Where addresses are not given out by the node's range, a neighbour may have one of it: known, judged elsewhere.
    const addresses = index.addressesOf(pod).filter((address) => isLocal || isInRange(address));
    if (addresses.length === 0) return undefined;
    if (!isLocal) return { pod: { ...pod, addresses }, judges: [] };
    const local = { ...pod, addresses };
    return { pod: local, judges: judgesOf(local, policiesOf(pod.namespace), bodies, options.ctMarkMask) };
  };

  const writeSkeleton = (): void => {
    for (const chain of skeletonChains({ ...options, epoch, podCIDRs })) table.setChain(chain);
  };

  const replacement = (): Step => {
    recompute();
    // An earlier replacement may be in the kernel although nobody could say so.
    if (replaced) epoch = epochs.take();
    replaced = true;
    writeSkeleton();
    return {
      transaction: table.replacement(),
      narrows: true,
      commit: () => {
        table.commit();
        epochs.applied();
      },
    };
  };

  return {
    setNode(node) {
      if (node.name !== options.nodeName) return;
      const range = [...new Set(node.podCIDRs)].sort(compareCidrs);
      if (range.join() === podCIDRs.join()) return;
      podCIDRs = range;
      podsTouched([...index.pods()].map(podKey));
    },
    setNamespace(namespace) {
      if (index.setNamespace(namespace.name, namespace.labels)) movedNamespaces.add(namespace.name);
    },
    deleteNamespace(name) {
      if (index.deleteNamespace(name)) movedNamespaces.add(name);
    },
    setPod(pod) {
      podsTouched(index.setPod(pod));
    },
    deletePod(key) {
      podsTouched(index.deletePod(key));
    },
    setPolicy(policy) {
      removePolicy(policyKey(policy));
      const siblings = policies.get(policy.namespace) ?? new Map<PolicyKey, NetworkPolicy>();
      policies.set(policy.namespace, siblings.set(policyKey(policy), policy));
      policyTouched(policy);
    },
    deletePolicy: removePolicy,

    step() {
      if (!table.committed()) return replacement();
      recompute();
      writeSkeleton();
      const narrows = mayNarrow(table.pending(), podCIDRs);
      if (narrows || (epoch === 0 && epochs.left() > 0)) {
        epoch = epochs.take();
        writeSkeleton();
      }
      return {
        transaction: table.transaction(),
        narrows,
        commit: () => {
          table.commit();
          epochs.applied();
        },
      };
    },
    replacement,
    ruleset: () => table.ruleset(),
    closures: () =>
      [...locals].flatMap(([key, { pod, judges }]) =>
        judges.flatMap(({ direction, isolation: { audit }, closed }) =>
          closed === undefined
            ? []
            : [{ pod: key, uid: pod.uid, direction, ...(audit === undefined ? {} : { audit }), ...closed }],
        ),
      ),
    counted() {
      const pods = [...locals].flatMap(([pod, { judges }]) =>
        judges.map(({ direction, counters }): Counted => ({ kind: 'pod', pod, direction, ...counters })),
      );
      const rules = new Map(
        [...locals.values()].flatMap(({ judges }) =>
          judges.flatMap(({ body }) =>
            body.counted.map(({ rule, counter }) => [counter, { kind: 'rule', counter, ...rule } as const]),
          ),
        ),
      );
      return [...pods, ...rules.values()];
    },
    counts() {
      const all = [...policies.values()].flatMap((siblings) => [...siblings.values()]);
      const ruleset = table.ruleset();
      return {
        pods: index.podCount,
        localPods: [...locals.values()].filter(({ pod }) => pod.nodeName === options.nodeName).length,
        uncoveredLocalPods:
          (options.podInterfaces ?? []).length > 0
            ? 0
            : [...locals.values()].filter(({ pod }) => !pod.addresses.every(isInRange)).length,
        isolatedLocalPods: [...locals.values()].filter(({ judges }) => judges.some(isEnforced)).length,
        closedByDefect: closedPods('defect'),
        closedByLimit: closedPods('too-large'),
        namespaces: index.namespaceCount,
        policies: all.length,
        activePolicies: new Set(
          [...locals.values()].flatMap(({ judges }) => judges.flatMap(({ isolation }) => isolation.policies)),
        ).size,
        sets: ruleset.sets.size,
        chains: ruleset.chains.size,
        rules: [...ruleset.chains.values()].reduce((sum, { rules }) => sum + rules.length, 0),
        elements: [...ruleset.sets.values()].reduce((sum, { elements }) => sum + elements.size, 0),
      };
    },
  };
}

function isEnforced({ isolation }: Judge): boolean {
  return isolation.audit !== true;
}

/** The ruleset that the agent on a node enforces for a whole cluster: a compiler fed once. */
export function compile(cluster: Cluster, options: CompilerOptions): Ruleset {
  const compiler = createCompiler(options);
  for (const node of cluster.nodes) compiler.setNode(node);
  for (const namespace of cluster.namespaces) compiler.setNamespace(namespace);
  for (const policy of cluster.policies) compiler.setPolicy(policy);
  for (const pod of cluster.pods) compiler.setPod(pod);
  compiler.replacement();
  return compiler.ruleset();
}
