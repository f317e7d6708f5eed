import type { Direction } from '../../model/network-policy.ts';
import type { Pod } from '../../model/pod.ts';
import { type AddressBlock, intersectBlocks, withoutBlocks } from '../../net/address-block.ts';
import { hostCidr } from '../../net/cidr.ts';
import { everything, nothing, type Traffic } from '../../net/traffic.ts';
import type { AddressesPlace, Place, PodsPlace } from '../ends/place.ts';
import { type Surroundings, trafficAt } from '../ends/resolve.ts';
import { type Crowd, crowdOf, everyone, mentionsAllOf, type PodsToCome } from './crowd.ts';
import type { ResolvedLine } from './resolved-line.ts';

/** A line, as far as it mentions connections: from everybody of a crowd to everybody of others, each at some ports. */
export interface Mention {
  readonly sources: Crowd;
  readonly destinations: readonly Claim[];
}

/** Those at the other end of a connection that lines mention, and the traffic of which they do. */
export interface Claim {
  readonly crowd: Crowd;
  readonly traffic: Traffic;
}

/** Looks up what lines mention of an end. */
export interface Mentions {
  /**
   * Cuts a place into parts that the lines do not tell apart, each with the claims on connections to it (`ingress`) or from it
   * (`egress`). On pods to come there are the claims that hold for all of them.
   */
  parts(place: Place, side: Side): readonly Part[];
}

/** Which end of a connection somebody is: egress the source, ingress the destination. */
type Side = Direction;

export interface Part {
  readonly place: Place;
  readonly claims: readonly Claim[];
}

/**
 * The mentions of lines that say who gets in: what `only` takes for let in.
 */
export function mentionsOfAllowed(lines: readonly ResolvedLine[], within: Surroundings): Mentions {
  const allowing = lines.filter(({ line }) => ['allow', 'only', 'exactly'].includes(line.verb));
  return mentionsIn(allowing.map((resolved) => mentionOf(resolved, within)));
}

/** The mentions of all lines. Of a destination that `only` speaks of, everybody is mentioned. */
export function mentionsOfAll(lines: readonly ResolvedLine[], within: Surroundings): Mentions {
  return mentionsIn(
    lines.map((resolved) => {
      const mention = mentionOf(resolved, within);
      switch (resolved.line.verb) {
        case 'only':
          return { ...mention, sources: everyone };
        case 'exactly':
        case 'any':
          return mentionOf({ ...resolved, targets: resolved.universe }, within, everything);
        case 'allow':
        case 'deny':
          return mention;
      }
    }),
  );
}

/** @param plain what the ports mean where no pod gives numbers to names */
function mentionOf(
  { line, sources, targets }: ResolvedLine,
  within: Surroundings,
  plain: Traffic = line.to.ports.length === 0 ? everything : trafficAt(undefined, line.to.ports),
): Mention {
  const byTraffic = Map.groupBy(targets, ({ traffic }) => traffic);
  const crowds = [...byTraffic].map(([traffic, own]) => {
    const places = own.map(({ place }) => place);
    return { traffic, crowd: crowdOf(line.to.end, places, within) };
  });
  return { sources: crowdOf(line.from, sources, within), destinations: claimsOf(crowds, plain) };
}

/** Pods to come have no port names, unless they are replicas of pods that do. */
function claimsOf(crowds: readonly Claim[], plain: Traffic): readonly Claim[] {
  const isReplicas = ({ kind }: PodsToCome): boolean => kind === 'replicas';
  const own = crowds
    .filter(({ crowd, traffic }) => !crowd.everyone || traffic !== plain)
    .map(({ crowd, traffic }): Claim => ({
      crowd: { ...crowd, everyone: false, toCome: crowd.toCome.filter(isReplicas) },
      traffic,
    }));
  const [first] = crowds;
  if (first === undefined || plain === nothing) return own;
  const toCome = first.crowd.toCome.filter((one) => !isReplicas(one));
  if (!first.crowd.everyone && toCome.length === 0) return own;
  const others: Crowd = { everyone: first.crowd.everyone, pods: new Set(), blocks: [], toCome };
  return [...own, { crowd: others, traffic: plain }];
}

function mentionsIn(mentions: readonly Mention[]): Mentions {
  const general = {
    egress: claimsOn(mentions, 'egress', isEveryone),
    ingress: claimsOn(mentions, 'ingress', isEveryone),
  };
  const byPod = { egress: claimsByPod(mentions, 'egress'), ingress: claimsByPod(mentions, 'ingress') };
  return {
    parts: (place, side) => {
      const claims = general[side];
      switch (place.kind) {
        case 'pods':
          return podParts(place, (pod) => byPod[side].get(pod) ?? [], claims);
        case 'node':
          return [
            { place, claims: [...claims, ...claimsOn(mentions, side, holding([hostCidr(place.address)]))] },
          ];
        case 'addresses':
          return addressParts(place, mentions, side, claims);
        case 'possible': {
          const { namespace } = place.possible;
          const isOfNamespace = (crowd: Crowd): boolean => mentionsAllOf(crowd, namespace);
          return [{ place, claims: [...claims, ...claimsOn(mentions, side, isOfNamespace)] }];
        }
      }
    },
  };
}

/** What the mentions say of the other ends of a crowd's members. */
function claimsOn(
  mentions: readonly Mention[],
  side: Side,
  isMember: (crowd: Crowd) => boolean,
): readonly Claim[] {
  return mentions.flatMap(({ sources, destinations }) => {
    if (side === 'egress') return isMember(sources) ? destinations : [];
    return destinations
      .filter(({ crowd }) => isMember(crowd))
      .map(({ traffic }): Claim => ({ crowd: sources, traffic }));
  });
}

function isEveryone(crowd: Crowd): boolean {
  return crowd.everyone;
}

function holding(blocks: readonly AddressBlock[]): (crowd: Crowd) => boolean {
  return (crowd) => withoutBlocks(blocks, crowd.blocks).length === 0;
}

function claimsByPod(mentions: readonly Mention[], side: Side): ReadonlyMap<Pod, readonly Claim[]> {
  const byPod = new Map<Pod, Claim[]>();
  const add = (pod: Pod, claims: readonly Claim[]): void => {
    const list = byPod.get(pod);
    if (list === undefined) byPod.set(pod, [...claims]);
    else list.push(...claims);
  };
  for (const { sources, destinations } of mentions) {
    if (side === 'egress') {
      if (!sources.everyone) for (const pod of sources.pods) add(pod, destinations);
      continue;
    }
    for (const { crowd, traffic } of destinations) {
      const claims = [{ crowd: sources, traffic }];
      if (!crowd.everyone) for (const pod of crowd.pods) add(pod, claims);
    }
  }
  return byPod;
}

/** Pods of which the same lines speak, together. */
function podParts(
  place: PodsPlace,
  claimsOf: (pod: Pod) => readonly Claim[],
  general: readonly Claim[],
): readonly Part[] {
  const numbers = new Map<Claim, number>();
  const keyOf = (pod: Pod): string =>
    claimsOf(pod)
      .map((claim) => {
        const number = numbers.get(claim) ?? numbers.size;
        numbers.set(claim, number);
        return number;
      })
      .join();
  return [...Map.groupBy(place.pods, keyOf).values()].flatMap(([first, ...others]) =>
    first === undefined
      ? []
      : [{ place: { ...place, pods: [first, ...others] }, claims: [...general, ...claimsOf(first)] }],
  );
}

/** Addresses, cut along the blocks of which lines speak. */
function addressParts(
  place: AddressesPlace,
  mentions: readonly Mention[],
  side: Side,
  general: readonly Claim[],
): readonly Part[] {
  let parts = [{ blocks: place.blocks, claims: general }];
  for (const mention of mentions) {
    const crowds = side === 'egress' ? [mention.sources] : mention.destinations.map(({ crowd }) => crowd);
    for (const crowd of new Set(crowds)) {
      if (crowd.everyone || crowd.blocks.length === 0) continue;
      const claims = claimsOn([mention], side, (one) => one === crowd);
      parts = parts.flatMap((part) => [
        { blocks: intersectBlocks(part.blocks, crowd.blocks), claims: [...part.claims, ...claims] },
        { ...part, blocks: withoutBlocks(part.blocks, crowd.blocks) },
      ]);
      parts = parts.filter(({ blocks }) => blocks.length > 0);
    }
  }
  return parts.map(({ blocks, claims }) => ({ place: { ...place, blocks }, claims }));
}
