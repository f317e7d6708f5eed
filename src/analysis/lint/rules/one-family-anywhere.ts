import { selectorText } from '../../../model/label-selector.ts';
import {
  type Direction,
  directions,
  type NetworkPolicy,
  type PolicyRule,
} from '../../../model/network-policy.ts';
import { familiesOf } from '../../../model/schedule.ts';
import { familyOf } from '../../../net/address.ts';
import { prefixLength } from '../../../net/cidr.ts';
import type { Family } from '../../../net/protocol.ts';
import { at, peersField, policyReference } from '../objects.ts';
import type { Found, LintContext, LintRule } from '../rule.ts';

/** Every address of one family on a cluster that has both: the same pods, over the other family, get nowhere. */
export const oneFamilyAnywhere: LintRule = {
  id: 'one-family-anywhere',
  title: 'anywhere in one address family on a dual-stack cluster',
  severity: 'warning',
  check: (context) => {
    const { policies } = context.cluster;
    if (familiesOf(context.cluster).length < 2) return [];
    const open = openings(policies);
    return policies.flatMap((policy) =>
      directions.flatMap((direction) =>
        policy[direction].flatMap((rule) => ofRule(context, policy, direction, rule, open)),
      ),
    );
  },
};

/** What policies for the same pods allow anywhere, in this rule or in another one, by family. */
function openings(policies: readonly NetworkPolicy[]): ReadonlySet<string> {
  const open = new Set<string>();
  for (const policy of policies) {
    for (const direction of directions) {
      for (const rule of policy[direction]) {
        const families: readonly Family[] =
          rule.peers === undefined ? ['IPv4', 'IPv6'] : wholeFamilies(rule).map(({ family }) => family);
        for (const family of families) open.add(openingKey(policy, direction, family, rule.ports));
      }
    }
  }
  return open;
}

function ofRule(
  { place }: LintContext,
  policy: NetworkPolicy,
  direction: Direction,
  rule: PolicyRule,
  open: ReadonlySet<string>,
): readonly Found[] {
  return wholeFamilies(rule).flatMap(({ family, index, cidr }) => {
    const other = family === 'IPv4' ? 'IPv6' : 'IPv4';
    const isOpen = [rule.ports, undefined].some((ports) =>
      open.has(openingKey(policy, direction, other, ports)),
    );
    if (isOpen) return [];
    const whole = other === 'IPv4' ? '0.0.0.0/0' : '::/0';
    return [
      {
        ...at(
          place(policy, ['spec', direction, rule.index, peersField(direction), index, 'ipBlock', 'cidr']),
        ),
        object: policyReference(policy),
        message: `${cidr} is every address of ${family} only, and this cluster has ${other}, too`,
        hint: `add an ipBlock with cidr ${whole}; for any peer at all leave out ${peersField(direction)}`,
      },
    ];
  });
}

/** The peers of a rule that are a whole family, holes or not. */
function wholeFamilies({ peers = [] }: PolicyRule): readonly {
  readonly family: Family;
  readonly index: number;
  readonly cidr: string;
}[] {
  return peers.flatMap((peer, index) =>
    peer.kind === 'ipBlock' && prefixLength(peer.cidr) === 0
      ? [{ family: familyOf(peer.cidr), index, cidr: peer.cidr }]
      : [],
  );
}

function openingKey(
  { namespace, podSelector }: NetworkPolicy,
  direction: Direction,
  family: Family,
  ports: PolicyRule['ports'],
): string {
  return JSON.stringify([namespace, selectorText(podSelector), direction, family, ports ?? null]);
}
