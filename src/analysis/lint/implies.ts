import { type LabelSelector, matchesSelector, type Requirement } from '../../model/label-selector.ts';
import type { NetworkPolicy, PodPeer, PolicyPeer, PolicyRule } from '../../model/network-policy.ts';
import { type AddressBlock, mergeBlocks, subtractBlocks, withoutBlocks } from '../../net/address-block.ts';
import { protocolPorts } from '../../net/port-range.ts';
import { coversTraffic, everything, type Traffic, trafficOf } from '../../net/traffic.ts';
import type { PodIndex } from '../../policy/pod-index.ts';

/** The values of one label that meet requirements: absence, and values in or out of a set. */
interface Values {
  readonly absent: boolean;
  readonly listed: ReadonlySet<string>;
  /** Whether the listed values are the ones that are left out. */
  readonly isComplement: boolean;
}

const any: Values = { absent: true, listed: new Set(), isComplement: true };

/** Whether everything that the first selector matches, now or later, is matched by the second. */
export function impliesSelector(narrow: LabelSelector, wide: LabelSelector): boolean {
  if (wide.length === 0 || narrow === wide) return true;
  const keys = new Set(wide.map(({ key }) => key));
  const narrowByKey = valuesByKey(narrow);
  if ([...narrowByKey.values()].some(isEmpty)) return true;
  const wideByKey = valuesByKey(wide);
  return [...keys].every((key) => isWithin(narrowByKey.get(key) ?? any, wideByKey.get(key) ?? any));
}

function valuesByKey(selector: LabelSelector): ReadonlyMap<string, Values> {
  const byKey = new Map<string, Values>();
  for (const requirement of selector)
    byKey.set(requirement.key, both(byKey.get(requirement.key) ?? any, valuesOf(requirement)));
  return byKey;
}

function valuesOf(requirement: Requirement): Values {
  switch (requirement.operator) {
    case 'In':
      return { absent: false, listed: new Set(requirement.values), isComplement: false };
    case 'NotIn':
      return { absent: true, listed: new Set(requirement.values), isComplement: true };
    case 'Exists':
      return { absent: false, listed: new Set(), isComplement: true };
    case 'DoesNotExist':
      return { absent: true, listed: new Set(), isComplement: false };
  }
}

function both(a: Values, b: Values): Values {
  const absent = a.absent && b.absent;
  if (a.isComplement && b.isComplement)
    return { absent, listed: new Set([...a.listed, ...b.listed]), isComplement: true };
  const [listing, other] = a.isComplement ? [b, a] : [a, b];
  const listed = [...listing.listed].filter((value) => has(other, value));
  return { absent, listed: new Set(listed), isComplement: false };
}

function has({ listed, isComplement }: Values, value: string): boolean {
  return listed.has(value) !== isComplement;
}

function isEmpty({ absent, listed, isComplement }: Values): boolean {
  return !absent && !isComplement && listed.size === 0;
}

function isWithin(narrow: Values, wide: Values): boolean {
  if (narrow.absent && !wide.absent) return false;
  if (!narrow.isComplement) return [...narrow.listed].every((value) => has(wide, value));
  // Of endlessly many values some are in no list.
  return wide.isComplement && [...wide.listed].every((value) => narrow.listed.has(value));
}

/** A rule in a form that is quick to compare. */
export interface RuleMeaning {
  /** Absent: every peer. */
  readonly pods?: readonly PodMeaning[];
  readonly blocks: readonly AddressBlock[];
  /** What passes whatever names mean. */
  readonly traffic: Traffic;
  /** `TCP/http`; their numbers depend on the pod. */
  readonly names: ReadonlySet<string>;
}

interface PodMeaning {
  readonly peer: PodPeer;
  readonly namespace: string;
}

export function meaningOf({ namespace }: NetworkPolicy, { peers, ports }: RuleOfMeaning): RuleMeaning {
  const blocks = (peers ?? []).flatMap((peer) =>
    peer.kind === 'ipBlock' ? subtractBlocks(peer.cidr, peer.except) : [],
  );
  return {
    ...(peers === undefined ? {} : { pods: peers.filter(isForPods).map((peer) => ({ peer, namespace })) }),
    blocks: mergeBlocks(blocks),
    traffic:
      ports === undefined
        ? everything
        : trafficOf(
            ports.flatMap((port) => {
              if (port.kind === 'named') return [];
              return port.kind === 'all' ? [protocolPorts(port.protocol)] : [port];
            }),
          ),
    names: new Set(
      (ports ?? []).flatMap((port) => (port.kind === 'named' ? [`${port.protocol}/${port.name}`] : [])),
    ),
  };
}

type RuleOfMeaning = Pick<PolicyRule, 'peers' | 'ports'>;

function isForPods(peer: PolicyPeer): peer is PodPeer {
  return peer.kind === 'pods';
}

/** Whether the second rule allows all that the first does, for pods to come as well: both of policies of one namespace. */
export function impliesRule(narrow: RuleMeaning, wide: RuleMeaning, index: PodIndex): boolean {
  if (!coversTraffic(wide.traffic, narrow.traffic)) return false;
  for (const name of narrow.names) {
    const [protocol] = name.split('/') as ['TCP' | 'UDP' | 'SCTP'];
    if (!wide.names.has(name) && !coversTraffic(wide.traffic, trafficOf([protocolPorts(protocol)])))
      return false;
  }
  if (wide.pods === undefined) return true;
  if (narrow.pods === undefined) return false;
  const { pods } = wide;
  if (!narrow.pods.every((one) => pods.some((other) => impliesPeer(one, other, index)))) return false;
  return withoutBlocks(narrow.blocks, wide.blocks).length === 0;
}

const nameLabel = 'kubernetes.io/metadata.name';

function impliesPeer(narrow: PodMeaning, wide: PodMeaning, index: PodIndex): boolean {
  if (!impliesSelector(narrow.peer.podSelector, wide.peer.podSelector)) return false;
  const [inner, outer] = [narrow.peer.namespaceSelector, wide.peer.namespaceSelector];
  if (inner === undefined) {
    return outer === undefined || matchesSelector(outer, index.namespaceLabels(narrow.namespace));
  }
  if (outer !== undefined) return impliesSelector(inner, outer);
  // A namespace of that name is this one.
  return impliesSelector(inner, [{ key: nameLabel, operator: 'In', values: [wide.namespace] }]);
}
