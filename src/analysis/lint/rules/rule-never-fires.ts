import {
  type Direction,
  directions,
  type NetworkPolicy,
  type PolicyPeer,
  type PolicyRule,
} from '../../../model/network-policy.ts';
import { quote } from '../../../model/read/quote.ts';
import { families } from '../../../net/protocol.ts';
import {
  everything,
  intersectTraffic,
  nothing,
  type Traffic,
  trafficOf,
  unionTraffic,
} from '../../../net/traffic.ts';
import { allowsOf, numbersOf } from '../../../policy/isolation.ts';
import type { PartyIndex } from '../../reach/parties.ts';
import type { Reach } from '../../reach/reach.ts';
import type { Row } from '../../reach/rows.ts';
import { at, policyReference } from '../objects.ts';
import type { Found, LintContext, LintRule } from '../rule.ts';
import { groupOfPeer, groupOfPolicy } from '../selection.ts';

/**
 * A rule whose peers are pods that all are isolated on their side, so that nothing of what it allows ever passes: a
 * connection needs the egress of its source and the ingress of its destination.
 */
export const ruleNeverFires: LintRule = {
  id: 'rule-never-fires',
  title: 'a rule that the other side blocks',
  severity: 'warning',
  check: (context) =>
    context.cluster.policies.flatMap((policy) =>
      directions.flatMap((direction) =>
        policy[direction].flatMap((rule) => ofRule(context, policy, direction, rule)),
      ),
    ),
};

function ofRule(
  { reach, place }: LintContext,
  policy: NetworkPolicy,
  direction: Direction,
  rule: PolicyRule,
): readonly Found[] {
  // Addresses have no side of their own.
  if (rule.peers === undefined || !rule.peers.every(isForPods)) return [];
  const others = new Set(rule.peers.flatMap((peer) => reach.rows.members(groupOfPeer(policy, peer))));
  const own = new Set(reach.rows.members(groupOfPolicy(policy)));
  // Nobody on one side: other rules say so.
  if (others.size === 0 || own.size === 0) return [];
  const opposite = direction === 'ingress' ? 'egress' : 'ingress';
  const traffic = createTraffic(reach, policy, direction, rule);
  for (const other of others) {
    const row = reach.row(other, opposite);
    if (row === undefined) return [];
    for (const pod of admitted(row, own)) {
      const allowed = traffic(direction === 'ingress' ? pod : other);
      if (families.some((family) => intersectTraffic(allowed, row.toward(pod, family)) !== nothing))
        return [];
    }
  }
  const [first = 0] = others;
  const blocking = reach.isolation(first, opposite)?.policies[0] ?? '';
  const pods = others.size === 1 ? 'its peer' : 'any of its peers';
  return [
    {
      ...at(place(policy, ['spec', direction, rule.index])),
      object: policyReference(policy),
      message: `the rule allows nothing: the ${opposite} of ${pods} lets none of it through`,
      hint: `they are isolated by NetworkPolicy ${quote(blocking)}: allow it on that side, too, or remove the rule`,
    },
  ];
}

/** Those of the parties towards whom the row lets anything through. Most rows name few, and most policies select few. */
function admitted({ anyone, exceptions }: Row, parties: ReadonlySet<PartyIndex>): Iterable<PartyIndex> {
  return anyone === nothing ? [...parties].filter((party) => exceptions.has(party)) : parties;
}

function isForPods(peer: PolicyPeer): peer is Extract<PolicyPeer, { readonly kind: 'pods' }> {
  return peer.kind === 'pods';
}

/** What the rule allows towards a party, whose pods give their numbers to port names. */
function createTraffic(
  reach: Reach,
  policy: NetworkPolicy,
  direction: Direction,
  rule: PolicyRule,
): (destination: PartyIndex) => Traffic {
  // Without the pod the names stay names, in either direction.
  const allow = allowsOf(policy, direction).find((candidate) => candidate.rule.index === rule.index);
  if (allow === undefined) return () => nothing;
  const { ports } = allow;
  if (ports.kind === 'all') return () => everything;
  const plain = trafficOf(ports.ranges);
  if (ports.names.length === 0) return () => plain;
  return (destination) => {
    const party = reach.parties.all[destination];
    if (party?.kind !== 'pods') return plain;
    const named = ports.names.flatMap((name) =>
      numbersOf(party.pods[0], name).map((first) => ({ protocol: name.protocol, first, last: first })),
    );
    return unionTraffic(plain, trafficOf(named));
  };
}
