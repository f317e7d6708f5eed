import type { LabelSelector } from '../../model/label-selector.ts';
import type { Direction } from '../../model/network-policy.ts';
import type { Pod } from '../../model/pod.ts';
import { intersectBlocks, withoutBlocks } from '../../net/address-block.ts';
import {
  intersectTraffic,
  nothing,
  splitTraffic,
  subtractTraffic,
  type Traffic,
  unionTraffic,
} from '../../net/traffic.ts';
import { selects } from '../../policy/isolation.ts';
import type { Condition } from '../../policy/possible-labels.ts';
import { type Finding, findOpen, type FindOptions } from '../ends/pairs.ts';
import type { AddressesPlace, Place, PodsPlace, PossiblePlace } from '../ends/place.ts';
import type { PossiblePods } from '../reach/possible.ts';
import type { Reach } from '../reach/reach.ts';
import { agreement, mentionsAllOf, replicaConditions } from './crowd.ts';
import type { Claim, Part } from './mentions.ts';
import { mayPass } from './search.ts';
import { asksForLabels } from './suite.ts';
import type { Everybody } from './world.ts';

/** One end of connections, at which everybody else is looked at. */
export interface Fixed extends Part {
  /** `ingress`: it receives. */
  readonly side: Direction;
  readonly traffic: Traffic;
}

/**
 * Connections of one end that are allowed and that nobody claims: an example for each party that has one, or that one could not
 * be decided. Stops being searched when the caller stops asking.
 */
export function* unclaimed(
  reach: Reach,
  fixed: Fixed,
  others: Everybody,
): Generator<Exclude<Finding, { readonly kind: 'none' }>> {
  const left = unclaimedOf(
    fixed.traffic,
    fixed.claims.filter(({ crowd }) => crowd.everyone),
  );
  if (left === nothing) return;
  const claims = fixed.claims.filter(
    ({ crowd, traffic }) => !crowd.everyone && intersectTraffic(traffic, left) !== nothing,
  );
  const open = { ...fixed, traffic: left, claims };
  for (const place of others.pods) yield* amongPods(reach, open, place);
  for (const place of others.addresses) yield* amongAddresses(reach, open, place);
  for (const place of others.possible) yield* amongPossible(reach, open, place);
}

function unclaimedOf(traffic: Traffic, claims: readonly Claim[]): Traffic {
  return claims.reduce((left, claim) => subtractTraffic(left, claim.traffic), traffic);
}

/** The search between the fixed end and another, in the direction in which they stand. */
function find(
  reach: Reach,
  { place, side }: Fixed,
  other: Place,
  traffic: Traffic,
  options?: FindOptions,
): Finding {
  const [from, to] = side === 'ingress' ? [other, place] : [place, other];
  const target = { place: to, traffic };
  return mayPass(reach, from, target) ? findOpen(reach, from, target, options) : { kind: 'none' };
}

function* amongPods(
  reach: Reach,
  fixed: Fixed,
  place: PodsPlace,
): Generator<Exclude<Finding, { readonly kind: 'none' }>> {
  if (find(reach, fixed, place, fixed.traffic).kind === 'none') return;
  const claimOf = (pod: Pod): Traffic =>
    fixed.claims
      .filter(({ crowd }) => crowd.pods.has(pod))
      .reduce((sum, { traffic }) => unionTraffic(sum, traffic), nothing);
  for (const [claimed, [first, ...others]] of Map.groupBy(place.pods, claimOf)) {
    const left = subtractTraffic(fixed.traffic, claimed);
    if (left === nothing || first === undefined) continue;
    const finding = find(reach, fixed, { ...place, pods: [first, ...others] }, left);
    if (finding.kind !== 'none') yield finding;
  }
}

function* amongAddresses(
  reach: Reach,
  fixed: Fixed,
  place: AddressesPlace,
): Generator<Exclude<Finding, { readonly kind: 'none' }>> {
  if (find(reach, fixed, place, fixed.traffic).kind === 'none') return;
  let parts = [{ blocks: place.blocks, left: fixed.traffic }];
  for (const { crowd, traffic } of fixed.claims) {
    if (crowd.blocks.length === 0) continue;
    parts = parts
      .flatMap(({ blocks, left }) => [
        { blocks: intersectBlocks(blocks, crowd.blocks), left: subtractTraffic(left, traffic) },
        { blocks: withoutBlocks(blocks, crowd.blocks), left },
      ])
      .filter(({ blocks, left }) => blocks.length > 0 && left !== nothing);
  }
  for (const { blocks, left } of parts) {
    const finding = find(reach, fixed, { ...place, blocks }, left);
    if (finding.kind !== 'none') yield finding;
  }
}

function* amongPossible(
  reach: Reach,
  fixed: Fixed,
  { possible }: PossiblePlace,
): Generator<Exclude<Finding, { readonly kind: 'none' }>> {
  const isProtected = fixed.place.kind === 'pods' || fixed.place.kind === 'possible';
  // No policy speaks for a namespace that does not exist: nothing could keep its pods from an address.
  if (!isProtected && possible.namespace === undefined) return;
  const claims = fixed.claims.map((claim) => ({ ...claim, ...claimOnPossible(claim, possible) }));
  const left = unclaimedOf(
    fixed.traffic,
    claims.filter(({ isWhole }) => isWhole),
  );
  const partial = claims.filter(({ selectors, pods }) => selectors.length > 0 || pods.length > 0);
  for (const traffic of splitTraffic(
    left,
    partial.map((claim) => claim.traffic),
  )) {
    const own = partial.filter((claim) => intersectTraffic(claim.traffic, traffic) === traffic);
    const pods = [...new Set(own.flatMap((claim) => claim.pods))];
    const not = [
      ...own.flatMap(({ selectors }) => selectors.map(podConditions)),
      ...(isProtected ? [] : selectedTogether(reach, possible, pods)),
    ];
    const finding = find(
      reach,
      fixed,
      { kind: 'possible', possible: { ...possible, not: [...(possible.not ?? []), ...not] } },
      traffic,
      { ignore: (side, group) => (side === fixed.side ? replicaConditions(reach, group, pods) : []) },
    );
    if (finding.kind !== 'none') yield finding;
  }
}

/** How far a claim is on pods that a namespace comes to have: on all of them, on those with labels, on replicas of pods. */
function claimOnPossible(
  { crowd }: Claim,
  { namespace }: PossiblePods,
): {
  readonly isWhole: boolean;
  readonly selectors: readonly LabelSelector[];
  readonly pods: readonly Pod[];
} {
  return {
    isWhole: mentionsAllOf(crowd, namespace),
    selectors: crowd.toCome.flatMap((one) =>
      one.kind === 'selector' && (one.namespace === undefined || one.namespace === namespace)
        ? [one.selector]
        : [],
    ),
    pods: crowd.toCome.flatMap((one) => (one.kind === 'replicas' ? one.pods : [])),
  };
}

function podConditions(selector: LabelSelector): readonly Condition[] {
  return selector.map((requirement) => ({ of: 'pod', requirement }));
}

/**
 * Toward an address no peer names the source: the policy that lets it out does, by whom it selects. Replicas are those that
 * such a policy selects together with one of the pods, and that agree with it in every label that the selector asks for.
 */
function selectedTogether(
  reach: Reach,
  { namespace }: PossiblePods,
  pods: readonly Pod[],
): readonly (readonly Condition[])[] {
  if (namespace === undefined) return [];
  const own = pods.filter((pod) => pod.namespace === namespace);
  return reach.isolations
    .policiesIn(namespace)
    .filter(({ policyTypes, podSelector }) => policyTypes.includes('egress') && asksForLabels(podSelector))
    .flatMap((policy) =>
      own
        .filter((pod) => selects(policy, pod))
        .map((pod) => agreement('pod', policy.podSelector, pod.labels)),
    );
}
