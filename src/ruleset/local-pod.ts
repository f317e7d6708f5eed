import { type Direction, directions, type NetworkPolicy, type PolicyMode } from '../model/network-policy.ts';
import type { Pod } from '../model/pod.ts';
import { familyOf } from '../net/address.ts';
import { hostCidr } from '../net/cidr.ts';
import { families, type Family } from '../net/protocol.ts';
import { type Isolation, isolationOf } from '../policy/isolation.ts';
import { oversizeOf } from '../policy/oversize.ts';
import { type Body, lowerIsolation } from './lower.ts';
import { commentText, podChainName, podCounterName } from './names.ts';
import {
  addressElement,
  type Chain,
  type ChainName,
  type CounterName,
  type ElementKey,
  type Match,
  type Rule,
  type SetName,
  type Statement,
  type Verdict,
} from './objects.ts';
import { marked } from './rule.ts';
import { dispatchMapName, knownSetName, peerSide } from './skeleton.ts';
import type { TableState } from './table-state.ts';
import { sharedChains } from './verdict-chains.ts';

/** A pod with the addresses that it owns here, and who judges it: nobody, where it is another node's. */
export interface LocalPod {
  readonly pod: Pod;
  readonly judges: readonly Judge[];
}

export interface Closure {
  /** `too-large`: the policies ask for more than a tenant may. `defect`: they could not be compiled, which is our mistake. */
  readonly reason: 'too-large' | 'defect';
  readonly message: string;
}

export interface Judge {
  readonly direction: Direction;
  readonly isolation: Isolation;
  readonly body: Body;
  /** Why the direction is closed although policies may allow something. */
  readonly closed?: Closure;
  /** Connections of the pod: those that are judged, and those of them that the body allows. */
  readonly counters: { readonly judged: CounterName; readonly allowed: CounterName };
  /** The pod's own chain: leads to the body. */
  readonly chain: Chain;
}

/**
/**
 * Sets of pods that one pod may need in one direction. Rules of the same ports share one, so that it takes a hundred
 * different ports to come here; each set may hold every pod of the cluster, and each event of a pod looks at each set.
 */
const mostPodSets = 100;

/**
 * Who judges a pod of this node, by the policies of its namespace. A direction whose rules are too many or cannot be compiled
 * is closed, and only for this pod: what a tenant writes must not stop the node. Audit policies judge where no other does:
 * beside one that isolates they could only allow more.
 * @param ctMarkMask the bits that tell connections that were judged before
 * @param bodies bodies made so far in this step: replicas have equal isolations, and each is lowered once
 */
export function judgesOf(
  pod: Pod,
  policies: Iterable<NetworkPolicy>,
  bodies: Map<string, Body>,
  ctMarkMask: number,
): readonly Judge[] {
  const podFamilies = families.filter((family) =>
    pod.addresses.some((address) => familyOf(address) === family),
  );
  const own = [...policies];
  return directions.flatMap((direction) => {
    return (
      judgesIn('enforce', pod, direction, own, podFamilies, bodies, ctMarkMask) ??
      judgesIn('audit', pod, direction, own, podFamilies, bodies, ctMarkMask) ??
      []
    );
  });
}

/** `undefined` where no policy in that mode isolates the pod. */
function judgesIn(
  mode: PolicyMode,
  pod: Pod,
  direction: Direction,
  policies: readonly NetworkPolicy[],
  podFamilies: readonly Family[],
  bodies: Map<string, Body>,
  ctMarkMask: number,
): readonly [Judge] | undefined {
  const close = (closed: Closure): readonly [Judge] => {
    const audit = mode === 'audit' ? ({ audit: true } as const) : {};
    const nothing: Isolation = { direction, ...audit, policies: [], allows: [] };
    return [{ ...judgeOf(pod, nothing, bodyFor(nothing, podFamilies, bodies), ctMarkMask), closed }];
  };
  try {
    const oversize = oversizeOf(pod, direction, policies, mode);
    if (oversize !== undefined) return close({ reason: 'too-large', message: oversize.message });
    const isolation = isolationOf(pod, direction, policies, mode);
    if (isolation === undefined) return undefined;
    const body = bodyFor(isolation, podFamilies, bodies);
    const podSets = body.sets.filter(({ kind }) => kind === 'pods' || kind === 'endpoints').length;
    if (podSets <= mostPodSets * podFamilies.length) return [judgeOf(pod, isolation, body, ctMarkMask)];
    const most = mostPodSets * podFamilies.length;
    const message = `its policies need ${String(podSets)} sets of pods, more than ${String(most)}`;
    return close({ reason: 'too-large', message });
  } catch (error) {
    return close({ reason: 'defect', message: error instanceof Error ? error.message : String(error) });
  }
}

function bodyFor(isolation: Isolation, podFamilies: readonly Family[], bodies: Map<string, Body>): Body {
  const key = JSON.stringify([isolation, podFamilies]);
  const known = bodies.get(key);
  if (known !== undefined) return known;
  const body = lowerIsolation(isolation, podFamilies);
  bodies.set(key, body);
  return body;
}

function judgeOf(pod: Pod, isolation: Isolation, body: Body, ctMarkMask: number): Judge {
  const { direction } = isolation;
  const goTo = (chain: ChainName): Statement => ({ kind: 'verdict', verdict: { kind: 'goto', chain } });
  const counters = {
    judged: podCounterName('judged', pod, direction),
    allowed: podCounterName('allowed', pod, direction),
  };
  // Once for each connection: what was judged before has a mark.
  const count = (name: CounterName): Rule => ({
    matches: [marked(ctMarkMask, 0)],
    statements: [{ kind: 'counter', name }],
    comment: 'a new connection',
  });
  // Only a Service leads a pod back to itself. Without one, whoever sends from the pod's address to it is somebody else.
  const self = pod.addresses.map((address): readonly Match[] => [
    { kind: 'prefix', side: peerSide(direction), cidr: hostCidr(address) },
    { kind: 'ct-redirected', from: address },
  ]);
  return {
    direction,
    isolation,
    body,
    counters,
    chain: {
      name: podChainName(pod, direction),
      rules: [
        ...self.map((matches) => ({
          matches,
          statements: [goTo(sharedChains.judged)],
          comment: 'the pod itself, behind a Service',
        })),
        count(counters.judged),
        {
          matches: [],
          statements: [{ kind: 'verdict', verdict: { kind: 'jump', chain: body.entry } }],
          comment: commentText(
            `${isolation.audit === true ? 'audited' : 'isolated'} by ${isolation.policies.join(', ')}`,
          ),
        },
        count(counters.allowed),
        {
          matches: [],
          statements: [goTo(direction === 'egress' ? sharedChains.receiving : sharedChains.judged)],
        },
      ],
    },
  };
}

export interface LocalChange {
  readonly before: LocalPod | undefined;
  readonly after: LocalPod | undefined;
}

/**
 * All of one kind at a time: new bodies before old ones go, so that what both need is not taken down and put up again; all
 * old elements before new ones, because an address may move from pod to pod.
 */
export function writePods(table: TableState, changes: readonly LocalChange[]): void {
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
        { kind: 'goto', chain: chain.name },
      ]),
    ];
  });
}
