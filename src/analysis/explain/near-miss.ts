import {
  type Labels,
  type LabelSelector,
  matchesSelector,
  type Requirement,
} from '../../model/label-selector.ts';
import {
  type Direction,
  type IpBlockPeer,
  type NetworkPolicy,
  policyKey,
  type PodPeer,
  type PolicyPeer,
  type PolicyPort,
  type PolicyRule,
} from '../../model/network-policy.ts';
import { type Address, familyOf } from '../../net/address.ts';
import { type Cidr, cidrContains } from '../../net/cidr.ts';
import type { Family } from '../../net/protocol.ts';
import { protocolPorts } from '../../net/port-range.ts';
import { intersectTraffic, nothing, type Traffic, trafficOf, unionTraffic } from '../../net/traffic.ts';
import type { Somebody } from '../ends/place.ts';
import type { Reach } from '../reach/reach.ts';
import { addressesOf, declaredBy } from './admission.ts';
import { type RuleReference, ruleReference } from './explanation.ts';

/** A rule that would allow a connection, if it were not for these reasons. */
export interface NearMiss extends RuleReference {
  readonly reasons: readonly MissReason[];
}

export type MissReason =
  /** A label of the other end, or of its namespace, is not as the rule wants it. */
  | {
      readonly kind: 'label';
      readonly of: 'pod' | 'namespace';
      readonly requirement: Requirement;
      /** Absent: it has no such label. */
      readonly value?: string;
    }
  /** The peer is of the policy's own namespace, the other end is not. */
  | { readonly kind: 'namespace'; readonly wanted: string; readonly is: string }
  /** The rule names pods, the other end is an address or a node. */
  | { readonly kind: 'not-a-pod'; readonly is: 'address' | 'node' | 'host' }
  /** The rule names addresses, the other end has none yet. */
  | { readonly kind: 'no-address'; readonly cidr: Cidr }
  | { readonly kind: 'outside-block'; readonly address: Address; readonly cidr: Cidr }
  | { readonly kind: 'excepted'; readonly address: Address; readonly cidr: Cidr; readonly except: Cidr }
  /** The rule allows other ports than `asked`; `names` are port names that the receiver does not declare. */
  | {
      readonly kind: 'ports';
      readonly allowed: Traffic;
      readonly asked: Traffic;
      readonly names: readonly string[];
    };

export interface Denied {
  readonly direction: Direction;
  /** The policies that isolate the end. */
  readonly policies: readonly NetworkPolicy[];
  readonly own: Somebody;
  readonly other: Somebody;
  /** What no rule allows. */
  readonly missing: Traffic;
  readonly family: Family | undefined;
}

/** Beyond these a person reads no further. */
const mostMisses = 3;

/**
 * The rules that come nearest to allowing what is denied: fewest reasons first, then by policy and rule.
 * @param allowing the rules that allow a part of what was asked for: they are no misses
 */
export function nearMisses(
  reach: Reach,
  denied: Denied,
  allowing: readonly RuleReference[] = [],
): readonly NearMiss[] {
  const isAllowing = (policy: NetworkPolicy, index: number): boolean =>
    allowing.some((one) => one.policy === policyKey(policy) && one.rule === index);
  const misses = denied.policies.flatMap((policy) =>
    policy[denied.direction].flatMap((rule): readonly NearMiss[] => {
      if (isAllowing(policy, rule.index)) return [];
      const reasons = [...peerReasons(reach, policy, rule, denied), ...portReasons(rule, denied)];
      return reasons.length === 0
        ? []
        : [{ ...ruleReference(policy, denied.direction, rule.index), reasons }];
    }),
  );
  return misses.sort((a, b) => distance(a) - distance(b)).slice(0, mostMisses);
}

/** Another port is a smaller slip than another label, and a label than another kind of end. */
function distance({ reasons }: NearMiss): number {
  const weights = {
    ports: 2,
    label: 2,
    excepted: 3,
    namespace: 4,
    'outside-block': 5,
    'no-address': 6,
    'not-a-pod': 6,
  };
  return reasons.reduce((sum, { kind }) => sum + weights[kind], 0);
}

/** Why none of the peers matches: the reasons of the nearest. */
function peerReasons(
  reach: Reach,
  policy: NetworkPolicy,
  { peers }: PolicyRule,
  denied: Denied,
): readonly MissReason[] {
  if (peers === undefined) return [];
  const each = peers.map((peer) => reasonsOf(reach, policy, peer, denied));
  return each.reduce((best, reasons) => (total(reasons) < total(best) ? reasons : best), each[0] ?? []);
}

function total(reasons: readonly MissReason[]): number {
  return distance({ reasons } as NearMiss);
}

function reasonsOf(
  reach: Reach,
  policy: NetworkPolicy,
  peer: PolicyPeer,
  { other, family }: Denied,
): readonly MissReason[] {
  return peer.kind === 'pods'
    ? podReasons(reach, policy, peer, other)
    : blockReasons(peer, addressesOf(reach, other), family);
}

function podReasons(
  reach: Reach,
  policy: NetworkPolicy,
  { namespaceSelector, podSelector }: PodPeer,
  other: Somebody,
): readonly MissReason[] {
  if (other.kind === 'address' || other.kind === 'node') return [{ kind: 'not-a-pod', is: other.kind }];
  if (other.kind === 'pod' && other.pod.hostNetwork) return [{ kind: 'not-a-pod', is: 'host' }];
  const { namespace, labels } = other.pod;
  const isNew = other.kind === 'possible' && !other.pod.exists;
  const namespaceLabels =
    other.kind === 'possible' ? other.pod.namespaceLabels : reach.parties.index.namespaceLabels(namespace);
  const where: readonly MissReason[] =
    namespaceSelector === undefined
      ? namespace === policy.namespace
        ? []
        : [{ kind: 'namespace', wanted: policy.namespace, is: isNew ? 'a new one' : namespace }]
      : labelReasons('namespace', namespaceSelector, namespaceLabels);
  return [...where, ...labelReasons('pod', podSelector, labels)];
}

function labelReasons(
  of: 'pod' | 'namespace',
  selector: LabelSelector,
  labels: Labels,
): readonly MissReason[] {
  return selector
    .filter((requirement) => !matchesSelector([requirement], labels))
    .map((requirement) => {
      const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
      return { kind: 'label', of, requirement, ...(value === undefined ? {} : { value }) };
    });
}

function blockReasons(
  { cidr, except }: IpBlockPeer,
  addresses: readonly Address[],
  family: Family | undefined,
): readonly MissReason[] {
  const own = addresses.filter((address) => family === undefined || familyOf(address) === family);
  const address = own.find((one) => cidrContains(cidr, one)) ?? own[0];
  if (address === undefined) return [{ kind: 'no-address', cidr }];
  if (!cidrContains(cidr, address)) return [{ kind: 'outside-block', address, cidr }];
  const hole = except.find((one) => cidrContains(one, address));
  return hole === undefined ? [] : [{ kind: 'excepted', address, cidr, except: hole }];
}

function portReasons(
  { ports }: PolicyRule,
  { direction, own, other, missing }: Denied,
): readonly MissReason[] {
  if (ports === undefined) return [];
  const receiver = direction === 'egress' ? other : own;
  const names: string[] = [];
  let allowed = nothing;
  for (const port of ports) {
    const numbers = portNumbers(receiver, port);
    if (port.kind === 'named' && numbers === nothing) {
      names.push(`${port.name}/${port.protocol.toLowerCase()}`);
    }
    allowed = unionTraffic(allowed, numbers);
  }
  // What is asked for may be more than one port: as long as the rule lets a part through, its ports are no miss.
  return intersectTraffic(allowed, missing) === nothing
    ? [{ kind: 'ports', allowed, asked: missing, names }]
    : [];
}

function portNumbers(receiver: Somebody, port: PolicyPort): Traffic {
  switch (port.kind) {
    case 'all':
      return trafficOf([protocolPorts(port.protocol)]);
    case 'range':
      return trafficOf([port]);
    case 'named':
      return declaredBy(receiver, { kind: 'some', ranges: [], names: [port] });
  }
}
