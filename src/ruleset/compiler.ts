import type { Cluster, Namespace, Node } from '../model/cluster.ts';
import {
  type Direction,
  directions,
  type NetworkPolicy,
  type PolicyKey,
  policyKey,
} from '../model/network-policy.ts';
import { type Pod, type PodKey, podKey } from '../model/pod.ts';
import { type Address, familyOf } from '../net/address.ts';
import { type Cidr, cidrContains, compareCidrs, hostCidr } from '../net/cidr.ts';
import { families, type Family } from '../net/protocol.ts';
import { type Isolation, isolationOf, selects } from '../policy/isolation.ts';
import { createPodIndex } from '../policy/pod-index.ts';
import { nextEpoch } from './epoch.ts';
import { type Body, lowerIsolation } from './lower.ts';
import { commentText, podChainName } from './names.ts';
import {
  addressElement,
  type Chain,
  type ElementKey,
  type Match,
  type Ruleset,
  type SetName,
  type Statement,
  type Verdict,
} from './objects.ts';
import type { Transaction } from './operation.ts';
import {
  dispatchMapName,
  knownSetName,
  peerSide,
  sharedChains,
  skeletonChains,
  skeletonSets,
} from './skeleton.ts';
import { createTableState, type Pending, type TableState } from './table-state.ts';

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
  let epoch = options.epoch;
  let replaced = false;

  for (const set of skeletonSets()) table.addSet(set);

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
    const podFamilies = families.filter((family) =>
      addresses.some((address) => familyOf(address) === family),
    );
    return {
      pod: { ...pod, addresses },
      judges: directions.flatMap((direction) => {
        const isolation = isolationOf(pod, direction, policiesOf(pod.namespace));
        return isolation === undefined
          ? []
          : [judgeOf({ ...pod, addresses }, isolation, bodyFor(isolation, podFamilies, bodies))];
      }),
    };
  };

  const writeSkeleton = (): void => {
    for (const chain of skeletonChains({ ...options, epoch, podCIDRs })) table.setChain(chain);
  };

  const replacement = (): Step => {
    recompute();
    // An earlier replacement may be in the kernel although nobody could say so.
    if (replaced) epoch = nextEpoch(options.ctMarkMask, epoch);
    replaced = true;
    writeSkeleton();
    return {
      transaction: table.replacement(),
      narrows: true,
      commit: () => {
        table.commit();
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
      if (narrows) {
        epoch = nextEpoch(options.ctMarkMask, epoch);
        writeSkeleton();
      }
      return {
        transaction: table.transaction(),
        narrows,
        commit: () => {
          table.commit();
        },
      };
    },
    replacement,
    ruleset: () => table.ruleset(),
    counts() {
      const all = [...policies.values()].flatMap((siblings) => [...siblings.values()]);
      const ruleset = table.ruleset();
      return {
        pods: index.podCount,
        localPods: [...locals.values()].filter(({ pod }) => pod.nodeName === options.nodeName).length,
        isolatedLocalPods: [...locals.values()].filter(({ judges }) => judges.length > 0).length,
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

/**
 * Whether the pending changes may forbid what was allowed, so that established connections must be judged again. Only what
 * surely cannot narrow is taken out: new elements in sets of peers, new pods whose addresses were closed until now, and
 * pods that are no longer isolated.
 */
function mayNarrow({ changedChains, elements }: Pending, podCIDRs: readonly Cidr[]): boolean {
  if (changedChains.length > 0) return true;
  const isDispatch = (set: SetName): boolean => dispatchMaps.has(set);
  const opened = new Set(
    elements.flatMap(({ set, key, before }) => (knownSets.has(set) && before === undefined ? [key] : [])),
  );
  const wasClosed = (key: ElementKey): boolean =>
    opened.has(key) && podCIDRs.some((cidr) => cidrContains(cidr, key as string as Address));
  return elements.some(({ set, key, before, after }) => {
    if (before === undefined && after === undefined) return false;
    if (isDispatch(set))
      return after !== undefined && JSON.stringify(before) !== JSON.stringify(after) && !wasClosed(key);
    return after === undefined;
  });
}

const knownSets: ReadonlySet<SetName> = new Set(families.map(knownSetName));
const dispatchMaps: ReadonlySet<SetName> = new Set(
  families.flatMap((family) => directions.map((direction) => dispatchMapName(direction, family))),
);

/** A pod with the addresses that it owns here, and who judges it: nobody, where it is another node's. */
interface LocalPod {
  readonly pod: Pod;
  readonly judges: readonly Judge[];
}

interface Judge {
  readonly direction: Direction;
  readonly isolation: Isolation;
  readonly body: Body;
  /** The pod's own chain: leads to the body. */
  readonly chain: Chain;
}

function bodyFor(isolation: Isolation, podFamilies: readonly Family[], bodies: Map<string, Body>): Body {
  const key = JSON.stringify([isolation, podFamilies]);
  const known = bodies.get(key);
  if (known !== undefined) return known;
  const body = lowerIsolation(isolation, podFamilies);
  bodies.set(key, body);
  return body;
}

function judgeOf(pod: Pod, isolation: Isolation, body: Body): Judge {
  const { direction } = isolation;
  const judged: Statement = { kind: 'verdict', verdict: { kind: 'goto', chain: sharedChains.judged } };
  const self = pod.addresses.map((address): Match => {
    return { kind: 'prefix', side: peerSide(direction), cidr: hostCidr(address) };
  });
  return {
    direction,
    isolation,
    body,
    chain: {
      name: podChainName(pod, direction),
      rules: [
        ...self.map((match) => ({ matches: [match], statements: [judged], comment: 'the pod itself' })),
        {
          matches: [],
          statements: [{ kind: 'verdict', verdict: { kind: 'jump', chain: body.entry } }],
          comment: commentText(`isolated by ${isolation.policies.join(', ')}`),
        },
        { matches: [], statements: [judged] },
      ],
    },
  };
}

interface LocalChange {
  readonly before: LocalPod | undefined;
  readonly after: LocalPod | undefined;
}

/**
 * All of one kind at a time: new bodies before old ones go, so that what both need is not taken down and put up again; all
 * old elements before new ones, because an address may move from pod to pod.
 */
function writePods(table: TableState, changes: readonly LocalChange[]): void {
  for (const { after } of changes) {
    for (const judge of after?.judges ?? []) {
      table.acquire(judge.body);
      table.setChain(judge.chain);
    }
  }
  for (const { before } of changes)
    for (const [set, key] of elementsOf(before)) table.deleteElement(set, key);
  for (const { after } of changes) {
    for (const [set, key, verdict] of elementsOf(after)) table.setElement(set, key, verdict);
  }
  for (const { before, after } of changes) {
    for (const judge of before?.judges ?? []) {
      if (!after?.judges.some(({ chain }) => chain.name === judge.chain.name))
        table.deleteChain(judge.chain.name);
      table.release(judge.body);
    }
  }
  table.sweep();
}

type SetElement = readonly [set: SetName, key: ElementKey, verdict: Verdict | null];

function elementsOf(local: LocalPod | undefined): readonly SetElement[] {
  if (local === undefined) return [];
  return local.pod.addresses.flatMap((address) => {
    const key = addressElement(address);
    const family = familyOf(address);
    return [
      [knownSetName(family), key, null],
      ...local.judges.map(({ direction, chain }): SetElement => [
        dispatchMapName(direction, family),
        key,
        { kind: 'jump', chain: chain.name },
      ]),
    ];
  });
}
