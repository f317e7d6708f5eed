import type { Cluster } from '../../model/cluster.ts';
import type { PartyIndex } from '../reach/parties.ts';
import { eitherPassage, noPassage, openPassage, type Passage } from '../reach/passage.ts';
import { createReach, type Reach } from '../reach/reach.ts';
import { type By, type Endpoint, endpointsOf, type PodEndpoint } from './endpoints.ts';
import { createSweep } from './sweep.ts';

/** Who reaches whom, endpoint by endpoint. */
export interface Connectivity {
  readonly by: By;
  readonly endpoints: readonly Endpoint[];
  readonly reach: Reach;
  /**
   * What passes from one endpoint to another, by position. Of endpoints with several parties (namespaces) what passes
   * between any two. An endpoint and itself are two pods of it, never one pod. Between two external endpoints the policies
   * have no say: nothing is listed.
   */
  cell(from: number, to: number): Passage;
  /** The cells of a source, by position of the destination: for whoever wants them all. */
  row(from: number): readonly Passage[];
  /** The same for some destinations, in their order. */
  toward(destinations: readonly number[]): (from: number) => readonly Passage[];
}

export function connectivityOf(cluster: Cluster, by: By): Connectivity {
  return connectivityIn(createReach(cluster), by);
}

/** The same on what is already worked out. */
export function connectivityIn(reach: Reach, by: By): Connectivity {
  const endpoints = endpointsOf(reach, by);
  const endpointAt = (at: number): Endpoint => {
    const endpoint = endpoints[at];
    if (endpoint === undefined) throw new RangeError('no such endpoint');
    return endpoint;
  };
  let sweep: ((source: Endpoint) => readonly Passage[]) | undefined;
  return {
    by,
    endpoints,
    reach,
    cell: (from, to) => passageBetween(reach, endpointAt(from), endpointAt(to)),
    row: (from) => (sweep ??= sweepToward(reach, endpoints))(endpointAt(from)),
    toward(destinations) {
      const own = sweepToward(reach, destinations.map(endpointAt));
      return (from) => own(endpointAt(from));
    },
  };
}

function sweepToward(reach: Reach, endpoints: readonly Endpoint[]): (source: Endpoint) => readonly Passage[] {
  const destinations = endpoints.flatMap((endpoint, position) =>
    judgedParties(endpoint).map((party) => ({ position, party })),
  );
  const positions = Uint32Array.from(destinations, ({ position }) => position);
  const isOnePartyEach = destinations.length === endpoints.length;
  const sweep = createSweep(
    reach,
    destinations.map(({ party }) => party),
  );
  const external = positionsWhere(endpoints, ({ kind }) => kind === 'external');
  const hosts = positionsWhere(endpoints, (one) => one.kind === 'pods' && one.hostNodes.size > 0);

  /** What passes from any of the parties, by position. */
  const joined = (parties: readonly PartyIndex[]): Passage[] => {
    const row: Passage[] = [];
    for (const party of parties) {
      const passages = sweep(party);
      if (isOnePartyEach && parties.length === 1) return [...passages];
      passages.forEach((passage, at) => {
        const position = positions[at] ?? 0;
        const before = row[position];
        row[position] = before === undefined ? passage : eitherPassage(before, passage);
      });
    }
    return row;
  };

  return (source) => {
    const row = joined(judgedParties(source));
    const isHost = source.kind === 'pods' && source.hostNodes.size > 0;
    for (const to of source.kind === 'external' ? external : isHost ? endpoints.keys() : hosts) {
      const special = specialPassage(source, endpoints[to]);
      if (special !== undefined) row[to] = special;
    }
    return row;
  };
}

function positionsWhere(
  endpoints: readonly Endpoint[],
  matches: (one: Endpoint) => boolean,
): readonly number[] {
  return endpoints.flatMap((endpoint, position) => (matches(endpoint) ? [position] : []));
}

/** What passes between two endpoints, whether they stand in one list or not. */
export function passageBetween(reach: Reach, source: Endpoint, destination: Endpoint): Passage {
  const special = specialPassage(source, destination);
  if (special !== undefined) return special;
  let joined: Passage | undefined;
  for (const from of judgedParties(source)) {
    for (const to of judgedParties(destination)) {
      const passage = reach.passage(from, to);
      joined = joined === undefined ? passage : eitherPassage(joined, passage);
    }
  }
  if (joined === undefined) throw new RangeError('an endpoint without parties');
  return joined;
}

/** What does not depend on policies. */
function specialPassage(source: Endpoint, destination: Endpoint | undefined): Passage | undefined {
  if (destination === undefined) return undefined;
  if (source.kind === 'external' && destination.kind === 'external') return noPassage;
  // A pod's own node always comes in, and is always reached (W7 and W8 of docs/semantics.md).
  return shareNode(source, destination) ? openPassage : undefined;
}

/** Parties of one workload or of the outside are alike, so one speaks for all; those of a namespace each count. */
function judgedParties(endpoint: Endpoint): readonly PartyIndex[] {
  const isMixed = endpoint.kind === 'pods' && endpoint.objectKind === 'Namespace';
  return isMixed || endpoint.parties.length === 1 ? endpoint.parties : endpoint.parties.slice(0, 1);
}

/** Whether a hostNetwork pod of one end runs on the node of a pod of the other. */
function shareNode(a: Endpoint, b: Endpoint): boolean {
  if (a.kind === 'external' || b.kind === 'external') return false;
  return isNodeOf(a, b) || isNodeOf(b, a);
}

function isNodeOf({ hostNodes }: PodEndpoint, { pods }: PodEndpoint): boolean {
  return (
    hostNodes.size > 0 && pods.some(({ hostNetwork, nodeName }) => !hostNetwork && hostNodes.has(nodeName))
  );
}
