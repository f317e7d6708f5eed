import type { Address } from '../net/address.ts';
import type { Cidr } from '../net/cidr.ts';
import type { Cluster } from '../model/cluster.ts';
import { type Labels, matchesSelector } from '../model/label-selector.ts';
import {
  type Direction,
  type IpBlockPeer,
  type NetworkPolicy,
  type PodPeer,
  policyKey,
  type PolicyKey,
  type PolicyPeer,
  type PolicyPort,
  type PolicyRule,
} from '../model/network-policy.ts';
import { type Pod, podKey } from '../model/pod.ts';
import type { Endpoint, Flow } from './flow.ts';

// The first oracle. It is read beside the API's words, not beside the compiler, and is worth having only as long as it
// shares no idea with it: no sets, no prefix arithmetic, no order, every policy looked at for every flow. It is slow.
//
// Sources: T is k8s.io/api networking/v1 types.go; W is "Network Policies" on the Kubernetes website.

/** Choices that the API leaves to an implementation. */
export interface EvaluateOptions {
  /** Whether egress rules judge traffic from a pod to its own node. W: "always allowed", so `allow` is the default. */
  readonly nodeEgress: 'allow' | 'enforce';
}

/** A rule that allows the flow: `rule` is the position in `spec.ingress` or `spec.egress` as written. */
export interface AllowingRule {
  readonly policy: PolicyKey;
  readonly rule: number;
}

/** What one direction says to a flow, and why. All kinds but `denied` let it through. */
export type DirectionVerdict =
  /** The end that this direction protects is no pod: a node, a hostNetwork pod, the world. */
  | { readonly kind: 'not-a-pod' }
  /** No policy selects the pod for this direction. */
  | { readonly kind: 'not-isolated' }
  /** Both ends are the same pod. */
  | { readonly kind: 'itself' }
  /** The other end is the node that the pod runs on. */
  | { readonly kind: 'own-node' }
  /** Every rule that allows it, by policy and position. */
  | { readonly kind: 'allowed'; readonly by: readonly AllowingRule[] }
  /** Every policy that isolates the pod in this direction; no rule of theirs allows the flow. */
  | { readonly kind: 'denied'; readonly by: readonly PolicyKey[] };

export interface Evaluation {
  readonly allowed: boolean;
  readonly egress: DirectionVerdict;
  readonly ingress: DirectionVerdict;
  /** Present where it is allowed and would not be, were the audit policies enforced too: those that isolate then, sorted. */
  readonly audit?: readonly PolicyKey[];
}

/**
 * Whether a new connection is allowed, judged from the policies as written. W: "both the egress policy on the source
 * pod and the ingress policy on the destination pod need to allow the connection. If either side does not allow the
 * connection, it will not happen." Each direction is judged alone: an ingress rule never satisfies an egress check.
 */
export function evaluate(
  cluster: Cluster,
  flow: Flow,
  options: EvaluateOptions = { nodeEgress: 'allow' },
): Evaluation {
  const enforced = evaluateAll({ ...cluster, policies: cluster.policies.filter(isEnforced) }, flow, options);
  const audits = cluster.policies.filter((policy) => !isEnforced(policy)).map(policyKey);
  if (!enforced.allowed || audits.length === 0) return enforced;
  const { egress, ingress } = evaluateAll(cluster, flow, options);
  const by = [egress, ingress].flatMap((side) => (side.kind === 'denied' ? side.by : []));
  const audit = audits.filter((policy) => by.includes(policy)).sort();
  return audit.length === 0 ? enforced : { ...enforced, audit };
}

/** `ringfence.dev/mode: audit` is an idea of Ringfence: to the API such a policy is like any other. */
function isEnforced(policy: NetworkPolicy): boolean {
  return policy.audit !== true;
}

/** As if every policy were enforced. */
function evaluateAll(cluster: Cluster, flow: Flow, options: EvaluateOptions): Evaluation {
  const egress = judge(cluster, 'egress', flow, options);
  const ingress = judge(cluster, 'ingress', flow, options);
  return { allowed: egress.kind !== 'denied' && ingress.kind !== 'denied', egress, ingress };
}

/** Egress asks the source and looks at the destination; ingress asks the destination and looks at the source. */
function judge(
  cluster: Cluster,
  direction: Direction,
  flow: Flow,
  options: EvaluateOptions,
): DirectionVerdict {
  const [subject, other] =
    direction === 'egress' ? [flow.source, flow.destination] : [flow.destination, flow.source];
  if (subject.kind !== 'pod') return { kind: 'not-a-pod' };
  const isolating = cluster.policies.filter((policy) => isolates(policy, direction, subject.pod));
  if (isolating.length === 0) return { kind: 'not-isolated' };
  if (isSamePod(subject.pod, other)) return { kind: 'itself' };
  if (isOwnNode(subject.pod, other) && (direction === 'ingress' || options.nodeEgress === 'allow')) {
    return { kind: 'own-node' };
  }
  const by = isolating.flatMap((policy) =>
    rulesOf(policy, direction)
      .filter((rule) => ruleMatches(cluster, policy, rule, flow, other))
      .map((rule) => ({ policy: policyKey(policy), rule: rule.index })),
  );
  return by.length > 0 ? { kind: 'allowed', by } : { kind: 'denied', by: isolating.map(policyKey) };
}

/**
 * W: a pod is isolated for a direction "if there is any NetworkPolicy that both selects the pod and has" it in its
 * policyTypes. T on `spec.podSelector`: "An empty selector matches all pods in the policy's namespace."
 */
function isolates(policy: NetworkPolicy, direction: Direction, pod: Pod): boolean {
  return (
    policy.namespace === pod.namespace &&
    policy.policyTypes.includes(direction) &&
    matchesSelector(policy.podSelector, pod.labels)
  );
}

/** W: "a pod cannot block access to itself". */
function isSamePod(pod: Pod, other: Endpoint): boolean {
  return other.kind === 'pod' && podKey(other.pod) === podKey(pod);
}

/** T on `spec.ingress`: "OR if the traffic source is the pod's local node"; W says the same of both directions. */
function isOwnNode(pod: Pod, other: Endpoint): boolean {
  return other.kind === 'node' && other.node === pod.nodeName;
}

function rulesOf(policy: NetworkPolicy, direction: Direction): readonly PolicyRule[] {
  return direction === 'ingress' ? policy.ingress : policy.egress;
}

/**
 * T on a rule: "The traffic must match both ports and from" (or "to"). T on both lists: "If this field is empty or
 * missing, this rule matches all"; items are "combined using a logical OR".
 */
function ruleMatches(
  cluster: Cluster,
  policy: NetworkPolicy,
  rule: PolicyRule,
  flow: Flow,
  other: Endpoint,
): boolean {
  const peerMatches =
    rule.peers === undefined || rule.peers.some((peer) => matchesPeer(cluster, policy, peer, other));
  const portMatches = rule.ports === undefined || rule.ports.some((port) => matchesPort(port, flow));
  return peerMatches && portMatches;
}

function matchesPeer(cluster: Cluster, policy: NetworkPolicy, peer: PolicyPeer, other: Endpoint): boolean {
  switch (peer.kind) {
    case 'pods':
      return other.kind === 'pod' && matchesPodPeer(cluster, policy, peer, other.pod);
    case 'ipBlock':
      return matchesIpBlock(peer, other.address);
  }
}

/**
 * T on a peer: with a namespaceSelector "the pods matching podSelector in the Namespaces selected by
 * NamespaceSelector. Otherwise it selects the pods matching podSelector in the policy's own namespace."
 */
function matchesPodPeer(cluster: Cluster, policy: NetworkPolicy, peer: PodPeer, pod: Pod): boolean {
  const namespaceMatches =
    peer.namespaceSelector === undefined
      ? pod.namespace === policy.namespace
      : matchesSelector(peer.namespaceSelector, namespaceLabels(cluster, pod.namespace));
  return namespaceMatches && matchesSelector(peer.podSelector, pod.labels);
}

/** A namespace that nobody declared exists all the same, with just the label that the API server gives to each. */
function namespaceLabels(cluster: Cluster, name: string): Labels {
  const declared = cluster.namespaces.find((namespace) => namespace.name === name);
  return declared?.labels ?? { 'kubernetes.io/metadata.name': name };
}

/** T on ipBlock: an address of the cidr, whoever owns it; except "describes CIDRs that should not be included". */
function matchesIpBlock(peer: IpBlockPeer, address: Address): boolean {
  return isInBlock(address, peer.cidr) && !peer.except.some((except) => isInBlock(address, except));
}

/**
 * T on a port: "only traffic on the specified protocol AND port will be matched"; without a port "all port names and
 * numbers" of the protocol. ICMP and other protocols match no item of a `ports` list.
 *
 * A name is a port of a container, so it is looked up on the pod at the receiving end in both directions: the selected
 * pod for ingress, the peer for egress. Where no pod is at that end, the name is nobody's and matches nothing.
 */
function matchesPort(port: PolicyPort, flow: Flow): boolean {
  if (port.protocol !== flow.protocol || flow.port === undefined) return false;
  switch (port.kind) {
    case 'all':
      return true;
    case 'range':
      return port.first <= flow.port && flow.port <= port.last;
    case 'named': {
      const receiver = flow.destination;
      if (receiver.kind !== 'pod') return false;
      return receiver.pod.ports.some(
        ({ name, protocol, number }) =>
          name === port.name && protocol === port.protocol && number === flow.port,
      );
    }
  }
}

/** Whether the address begins with the bits that the block names. Spelled out, so that it does not share src/net's sums. */
function isInBlock(address: Address, cidr: Cidr): boolean {
  const [first = '', prefix = ''] = cidr.split('/');
  const [blockBits, addressBits] = [bitsOf(first), bitsOf(address)];
  return (
    blockBits.length === addressBits.length && addressBits.startsWith(blockBits.slice(0, Number(prefix)))
  );
}

/** The 32 or 128 bits of a canonical address as text. */
function bitsOf(address: string): string {
  if (!address.includes(':')) {
    return address
      .split('.')
      .map((byte) => Number(byte).toString(2).padStart(8, '0'))
      .join('');
  }
  const [head = '', tail = ''] = address.split('::');
  const [left, right] = [groupsOf(head), groupsOf(tail)];
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('');
}

function groupsOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(':');
}
