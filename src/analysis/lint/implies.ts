import { type LabelSelector, matchesSelector } from '../../model/label-selector.ts';
import type { NetworkPolicy, PodPeer, PolicyPeer, PolicyRule } from '../../model/network-policy.ts';
import { type AddressBlock, mergeBlocks, subtractBlocks, withoutBlocks } from '../../net/address-block.ts';
import { protocolPorts } from '../../net/port-range.ts';
import { coversTraffic, everything, type Traffic, trafficOf } from '../../net/traffic.ts';
import type { PodIndex } from '../../policy/pod-index.ts';
import { findLabels } from '../../policy/possible-labels.ts';
import { conditions } from '../reach/ways.ts';

/** Whether everything that the first selector matches, now or later, is matched by the second. Doubt is no. */
export function impliesSelector(narrow: LabelSelector, wide: LabelSelector): boolean {
  if (wide.length === 0 || narrow === wide) return true;
  return findLabels(conditions('', narrow), [conditions('', wide)]).kind === 'none';
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

export interface PodMeaning {
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

export const nameLabel = 'kubernetes.io/metadata.name';

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
