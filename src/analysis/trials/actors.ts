import { type Pod, podKey } from '../../model/pod.ts';
import { type Address, familyOf } from '../../net/address.ts';
import { type AddressBlock, blockBounds, cidrsOfBlock } from '../../net/address-block.ts';
import { hostCidr } from '../../net/cidr.ts';
import type { Family } from '../../net/protocol.ts';
import type { Place, PodsPlace, Somebody } from '../ends/place.ts';
import type { Choice } from './sample.ts';
import type { Stage } from './stage.ts';
import { labelsKey, type StandIn } from './stand-ins.ts';
import { externalName, type TrialEnd } from './trial.ts';
import { wireAddresses } from './wire-address.ts';

/** Somebody in the lab who stands for a place. */
export interface Actor extends TrialEnd {
  readonly families: readonly Family[];
  /** The node that it is, or stands on; absent outside of the cluster. */
  readonly node?: string;
  readonly isNode: boolean;
  /** Whether nothing is said of it and its own node. */
  readonly exceptOwnNode: boolean;
  /** What its containers declare. */
  readonly ports: Pod['containerPorts'];
  /** For a pod to come. */
  readonly standIn?: StandIn;
}

/** Who stands for places. */
export interface Cast {
  readonly actors: readonly Actor[];
  /** Of whom nobody can be in the lab, a reason each. */
  readonly untried: readonly string[];
  /** Who is represented by others. */
  readonly choices: readonly Choice[];
}

export function castOf(places: readonly Place[], stage: Stage): Cast {
  const each = places.map((place) => castOfPlace(place, stage));
  return {
    actors: each.flatMap(({ actors }) => actors),
    untried: each.flatMap(({ untried }) => untried),
    choices: each.flatMap(({ choices }) => choices),
  };
}

function castOfPlace(place: Place, stage: Stage): Cast {
  switch (place.kind) {
    case 'pods':
      return podCast(place, stage);
    case 'node': {
      const family = familyOf(place.address);
      return stage.families.includes(family)
        ? castOnly([nodeActor(place.node, place.address, place.exceptOwnNode)])
        : castOnly([], [noFamily(family)]);
    }
    case 'addresses': {
      const actors = addressActors(place.blocks, stage);
      return castOnly(actors, unrepresented(place.blocks, actors, stage));
    }
    case 'possible': {
      const { namespace } = place.possible;
      const { standIns, standInsLeft } = stage;
      const own = standIns.filter(
        ({ possible }) => (possible.exists ? possible.namespace : undefined) === namespace,
      );
      return {
        actors: own.map((standIn) => standInActor(standIn, stage)),
        untried: [],
        choices: [
          {
            ...{ what: 'pods to come', at: '' },
            ...{ tried: standIns.length, of: standIns.length + standInsLeft },
          },
        ],
      };
    }
  }
}

function castOnly(actors: readonly Actor[], untried: readonly string[] = []): Cast {
  return { actors, untried, choices: [] };
}

/** Policies do not tell the pods apart, but packets go other ways on one node and between two. */
function podCast(place: PodsPlace, stage: Stage): Cast {
  const { pods, family } = place;
  if (family !== undefined && !stage.families.includes(family)) return castOnly([], [noFamily(family)]);
  const [first] = pods;
  const elsewhere = pods.find(({ nodeName }) => nodeName !== first.nodeName);
  const chosen = elsewhere === undefined ? [first] : [first, elsewhere];
  return {
    actors: chosen.map((pod) => podActor(pod, { kind: 'pod', pod }, stage, place)),
    untried: [],
    choices: chosen.length < pods.length ? [{ what: 'pods', chosen, among: pods }] : [],
  };
}

function noFamily(family: Family): string {
  return `the lab has no ${family}`;
}

/** Addresses that no host can have, in the families that the lab speaks; all of them where it speaks none of theirs. */
function unrepresented(
  blocks: readonly AddressBlock[],
  actors: readonly Actor[],
  { families }: Stage,
): readonly string[] {
  const without = (some: readonly AddressBlock[]): string =>
    `no host of the lab can have an address of ${blocksText(some)}`;
  if (actors.length === 0) return [without(blocks)];
  return families.flatMap((family) => {
    const own = blocks.filter((block) => blockBounds(block).family === family);
    return own.length === 0 || actors.some((actor) => actor.families.includes(family)) ? [] : [without(own)];
  });
}

/** Whoever an example points at; `undefined` where the lab has nobody like it. */
export function actorFor(somebody: Somebody, stage: Stage): Actor | undefined {
  switch (somebody.kind) {
    case 'pod': {
      const pod = somebody.replica === true ? stage.replicas.get(podKey(somebody.pod)) : somebody.pod;
      return pod === undefined ? undefined : podActor(pod, somebody, stage);
    }
    case 'node':
      return nodeActor(somebody.node, somebody.address, false);
    case 'address':
      return addressActors([hostCidr(somebody.address)], stage)[0];
    case 'possible': {
      const { namespace, exists, namespaceLabels, labels } = somebody.pod;
      const found = stage.standIns.find(
        ({ possible }) =>
          labelsKey(possible.labels) === labelsKey(labels) &&
          (exists
            ? possible.exists && possible.namespace === namespace
            : !possible.exists && labelsKey(possible.namespaceLabels) === labelsKey(namespaceLabels)),
      );
      return found === undefined ? undefined : standInActor(found, stage);
    }
  }
}

export function replicaActor(pod: Pod, stage: Stage): Actor | undefined {
  const replica = stage.replicas.get(podKey(pod));
  return replica === undefined ? undefined : podActor(replica, { kind: 'pod', pod, replica: true }, stage);
}

function podActor(
  pod: Pod,
  somebody: Somebody,
  { cluster, families }: Stage,
  place: Pick<PodsPlace, 'exceptOwnNode' | 'family'> = { exceptOwnNode: false },
): Actor {
  const placed = cluster.pods.find((one) => podKey(one) === podKey(pod)) ?? pod;
  return {
    host: podKey(pod),
    somebody,
    families: families.filter((family) => place.family === undefined || place.family === family),
    node: placed.nodeName,
    isNode: pod.hostNetwork,
    exceptOwnNode: place.exceptOwnNode,
    ports: pod.containerPorts,
  };
}

function standInActor(standIn: StandIn, stage: Stage): Actor {
  const somebody: Somebody = { kind: 'possible', pod: standIn.possible };
  return { ...podActor(standIn.pod, somebody, stage, { exceptOwnNode: true }), standIn };
}

function nodeActor(node: string, address: Address, exceptOwnNode: boolean): Actor {
  return {
    ...{ host: node, somebody: { kind: 'node', node, address }, families: [familyOf(address)] },
    ...{ node, isNode: true, exceptOwnNode, ports: [] },
  };
}

function addressActors(blocks: readonly AddressBlock[], { cluster, families }: Stage): readonly Actor[] {
  return wireAddresses(blocks, cluster, families).map((address) => ({
    ...{ host: externalName(address), somebody: { kind: 'address', address }, families: [familyOf(address)] },
    ...{ isNode: false, exceptOwnNode: false, ports: [] },
  }));
}

function blocksText(blocks: readonly AddressBlock[]): string {
  const cidrs = blocks.flatMap(cidrsOfBlock);
  return cidrs.length > 3 ? `${cidrs.slice(0, 3).join(', ')}, ...` : cidrs.join(', ');
}
