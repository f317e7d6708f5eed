import { matchesSelector } from '../../model/label-selector.ts';
import { podKey, type Pod } from '../../model/pod.ts';
import { blockContains } from '../../net/address-block.ts';
import { nothing, type Traffic, unionTraffic } from '../../net/traffic.ts';
import { type Crowd, replicaConditions } from '../policy-test/crowd.ts';
import type { Claim } from '../policy-test/mentions.ts';
import type { Reach } from '../reach/reach.ts';
import type { Actor } from './actors.ts';
import { groupsOf, type StandIn } from './stand-ins.ts';

/** What of the traffic to or from somebody the claims of lines are about. */
export function claimedOf(actor: Actor, claims: readonly Claim[], reach: Reach): Traffic {
  return claims
    .filter(({ crowd }) => isMember(actor, crowd, reach))
    .reduce((sum, { traffic }) => unionTraffic(sum, traffic), nothing);
}

function isMember({ somebody, standIn }: Actor, crowd: Crowd, reach: Reach): boolean {
  if (crowd.everyone) return true;
  if (standIn !== undefined) return isToCome(standIn, crowd, reach);
  switch (somebody.kind) {
    case 'pod':
      return [...crowd.pods].some((pod) => podKey(pod) === podKey(somebody.pod));
    case 'node':
    case 'address':
      return crowd.blocks.some((block) => blockContains(block, somebody.address));
    case 'possible':
      return false;
  }
}

function isToCome({ pod, possible }: StandIn, { toCome }: Crowd, reach: Reach): boolean {
  return toCome.some((one) => {
    switch (one.kind) {
      case 'namespace':
        return possible.exists && one.namespace === pod.namespace;
      case 'selector':
        return (
          (one.namespace === undefined || one.namespace === pod.namespace) &&
          matchesSelector(one.selector, pod.labels)
        );
      case 'replicas':
        return isReplica({ pod, possible }, one.pods, reach);
    }
  });
}

/** A replica by the words of any policy: whoever could be meant is no stranger. */
function isReplica({ pod, possible }: StandIn, pods: readonly Pod[], reach: Reach): boolean {
  return groupsOf(reach).some((group) => {
    if (group.kind === 'namespace' && group.namespace !== pod.namespace) return false;
    return replicaConditions(reach, group, pods).some((list) =>
      list.every(({ of, requirement }) =>
        matchesSelector([requirement], of === 'pod' ? pod.labels : possible.namespaceLabels),
      ),
    );
  });
}
