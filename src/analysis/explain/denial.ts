import type { Cluster } from '../../model/cluster.ts';
import type { Direction, PolicyKey } from '../../model/network-policy.ts';
import { protocolPorts } from '../../net/port-range.ts';
import { protocols } from '../../net/protocol.ts';
import { intersectTraffic, nothing, otherProtocols, type Traffic, trafficOf } from '../../net/traffic.ts';
import type { Endpoint, Flow } from '../../policy/flow.ts';
import type { Somebody } from '../ends/place.ts';
import { createReach } from '../reach/reach.ts';
import { explain } from './explain.ts';
import type { Explanation, SideExplanation } from './explanation.ts';
import { missText } from './text.ts';

/** Why policies deny one connection. */
export interface Denial {
  readonly direction: Direction;
  /** The policies that isolate the pod in this direction. */
  readonly isolatedBy: readonly PolicyKey[];
  /** The rule that comes nearest to allowing it. */
  readonly nearest?: NearestRule;
}

export interface NearestRule {
  readonly policy: PolicyKey;
  readonly direction: Direction;
  /** Position in `spec.ingress` or `spec.egress` as written. */
  readonly rule: number;
  /** What it would take, in words: `port 8080 is allowed, not 80`. */
  readonly misses: string;
}

/**
 * The sides that deny a flow, egress first; none where the policies allow it, as they may have come to since.
 * @param cluster at least the two ends, their namespaces, and every policy of these namespaces
 */
export function denialsOf(cluster: Cluster, flow: Flow): readonly Denial[] {
  const asked = trafficOfFlow(flow);
  const { egress, ingress } = explainFlow(cluster, flow);
  return [egress, ingress].flatMap((side) =>
    side.basis === 'policy' && intersectTraffic(side.denies, asked) !== nothing ? [denialOf(side)] : [],
  );
}

/** Which audit policies would deny one connection that is allowed. */
export interface AuditedSide {
  readonly direction: Direction;
  /** The audit policies that isolate the pod in this direction. */
  readonly by: readonly PolicyKey[];
}

/**
 * The sides at which audit policies would deny a flow, egress first; none where the flow is denied already.
 * @param cluster as for `denialsOf`
 */
export function auditsOf(cluster: Cluster, flow: Flow): readonly AuditedSide[] {
  const { egress, ingress } = explainFlow(cluster, flow);
  return [egress, ingress].flatMap(({ direction, audit }) =>
    audit === undefined || audit.denies === nothing
      ? []
      : [{ direction, by: audit.by.map(({ policy }) => policy) }],
  );
}

function explainFlow(cluster: Cluster, flow: Flow): Explanation {
  const [source, destination] = [somebodyAt(flow.source), somebodyAt(flow.destination)];
  return explain(createReach(cluster), source, destination, trafficOfFlow(flow));
}

function denialOf({ direction, isolatedBy, nearMisses }: SideExplanation): Denial {
  const [nearest] = nearMisses;
  return {
    direction,
    isolatedBy: isolatedBy.map(({ policy }) => policy),
    ...(nearest === undefined
      ? {}
      : {
          nearest: {
            policy: nearest.policy,
            direction: nearest.direction,
            rule: nearest.rule,
            misses: missText(nearest),
          },
        }),
  };
}

function trafficOfFlow({ protocol, port }: Flow): Traffic {
  const named = protocols.find((one) => one === protocol);
  if (named === undefined) return otherProtocols;
  // ulogd2 leaves out the ports of SCTP over IPv6.
  return trafficOf([
    port === undefined ? protocolPorts(named) : { protocol: named, first: port, last: port },
  ]);
}

function somebodyAt(end: Endpoint): Somebody {
  return end.kind === 'external' ? { kind: 'address', address: end.address } : end;
}
