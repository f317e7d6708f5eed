import {
  everything,
  intersectTraffic,
  nothing,
  otherProtocols,
  type Traffic,
  trafficOf,
  unionTraffic,
} from '../../net/traffic.ts';
import type { Pod } from '../../model/pod.ts';
import { connectivityIn } from '../connectivity/connectivity.ts';
import type { Endpoint, PodEndpoint } from '../connectivity/endpoints.ts';
import { pairsBetween } from '../ends/pairs.ts';
import type { Place, PodsPlace } from '../ends/place.ts';
import { podPlaces } from '../ends/places.ts';
import type { PreparedSuite } from '../policy-test/run-suite.ts';
import type { Passage } from '../reach/passage.ts';
import type { Reach } from '../reach/reach.ts';
import { blockTexts } from '../snapshot/block-text.ts';

/** Something that policies let through: from a workload or a class of addresses to another, one range of ports. */
export interface AllowedConnection {
  readonly from: string;
  readonly to: string;
  readonly traffic: Traffic;
  /** Whether an `allow`, `only` or matrix line is about some of it. */
  readonly isCovered: boolean;
}

/**
 * The allowed connections of a cluster, and which of them lines of the suites are about. Counted are those of which policies
 * have a say, because they isolate one of the ends in that direction. The pods of a workload are one end.
 * @param reach of the cluster of all of the suites
 */
export function allowedConnections(
  reach: Reach,
  suites: readonly PreparedSuite[],
): readonly AllowedConnection[] {
  const connectivity = connectivityIn(reach, 'workload');
  const { endpoints } = connectivity;
  const texts = endpoints.map(endText);
  const isApart = apartIn(reach);
  const said = mentionsBetween(reach, endpoints, suites);
  return endpoints.flatMap((from, at) => {
    const passages = connectivity.row(at);
    const mentioned = said(at);
    return endpoints.flatMap((to, other): readonly AllowedConnection[] => {
      const listed = passages[other];
      if (listed === undefined) return [];
      const passage = isHost(from) || isHost(to) ? betweenNodes(reach, from, to) : listed;
      if (passage.egress.basis === 'open' && passage.ingress.basis === 'open') return [];
      if (passage.traffic === nothing || !isApart(from, to)) return [];
      const own = mentioned.get(other) ?? nothing;
      return piecesOf(passage.traffic).map((traffic) => ({
        from: texts[at] ?? from.id,
        to: texts[other] ?? to.id,
        traffic,
        isCovered: intersectTraffic(traffic, own) !== nothing,
      }));
    });
  });
}

/** As policy tests name it. */
function endText(end: Endpoint): string {
  return end.kind === 'pods' ? end.id : blockTexts(end.blocks).join(',');
}

/** Whatever passes because one is the node of the other is no policy's business. */
function betweenNodes(reach: Reach, from: Endpoint, to: Endpoint): Passage {
  return reach.passage(from.parties[0] ?? 0, to.parties[0] ?? 0);
}

function isHost(end: Endpoint): boolean {
  return end.kind === 'pods' && end.hostNetwork;
}

/** Whether there are two, one of each endpoint, between whom policies can have a say. */
function apartIn(reach: Reach): (from: Endpoint, to: Endpoint) => boolean {
  const known = new Map<PodEndpoint, readonly PodsPlace[]>();
  const placesOf = (end: PodEndpoint): readonly PodsPlace[] => {
    const places = known.get(end) ?? podPlaces(reach, end.pods, true);
    known.set(end, places);
    return places;
  };
  return (from, to) => {
    if (from.kind === 'external' || to.kind === 'external') return from.kind !== to.kind;
    if (from !== to && !isHost(from) && !isHost(to)) return true;
    return placesOf(from).some((one) => placesOf(to).some((other) => pairsBetween(one, other).length > 0));
  };
}

const pieces = new WeakMap<Traffic, readonly Traffic[]>();

/** Of many connections few are different. */
function piecesOf(traffic: Traffic): readonly Traffic[] {
  const known = pieces.get(traffic) ?? cut(traffic);
  pieces.set(traffic, known);
  return known;
}

function cut(traffic: Traffic): readonly Traffic[] {
  if (traffic === everything) return [everything];
  return [...traffic.ports.map((range) => trafficOf([range])), ...(traffic.others ? [otherProtocols] : [])];
}

/** By the position of the source: what lines say that passes, by the position of the destination. */
function mentionsBetween(
  reach: Reach,
  endpoints: readonly Endpoint[],
  suites: readonly PreparedSuite[],
): (from: number) => ReadonlyMap<number, Traffic> {
  const byPod = new Map<Pod, number>();
  const byAddressClass = new Map<number, number>();
  for (const [at, endpoint] of endpoints.entries()) {
    if (endpoint.kind === 'pods') for (const pod of endpoint.pods) byPod.set(pod, at);
    else {
      for (const index of endpoint.parties) {
        const party = reach.parties.all[index];
        if (party?.kind === 'addresses') byAddressClass.set(party.addressClass, at);
      }
    }
  }
  // A suite with pods of its own numbers the parties anew; the classes of addresses are the cluster's.
  const positionsOf = (place: Place, own: Reach): readonly number[] => {
    if (place.kind === 'possible') return [];
    if (place.kind === 'pods') return place.pods.flatMap((pod) => byPod.get(pod) ?? []);
    const party = own.parties.all[place.party];
    const at = party?.kind === 'addresses' ? byAddressClass.get(party.addressClass) : undefined;
    return at === undefined ? [] : [at];
  };

  const bySource = new Map<number, ReadonlyMap<number, Traffic>[]>();
  for (const { resolved, world } of suites) {
    for (const { line, sources, targets } of resolved) {
      if (line.verb === 'deny' || line.verb === 'any') continue;
      const asked = new Map<number, Traffic>();
      for (const { place, traffic } of targets) {
        for (const at of positionsOf(place, world.reach)) {
          asked.set(at, unionTraffic(asked.get(at) ?? nothing, traffic));
        }
      }
      for (const at of new Set(sources.flatMap((place) => positionsOf(place, world.reach)))) {
        const list = bySource.get(at);
        if (list === undefined) bySource.set(at, [asked]);
        else list.push(asked);
      }
    }
  }
  return (from) => {
    const sum = new Map<number, Traffic>();
    for (const targets of bySource.get(from) ?? []) {
      for (const [at, traffic] of targets) sum.set(at, unionTraffic(sum.get(at) ?? nothing, traffic));
    }
    return sum;
  };
}
