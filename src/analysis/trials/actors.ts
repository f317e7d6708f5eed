import type { Cluster } from '../../model/cluster.ts';
import { type Pod, podKey } from '../../model/pod.ts';
import { type Address, familyOf } from '../../net/address.ts';
import { type AddressBlock, cidrsOfBlock } from '../../net/address-block.ts';
import { hostCidr } from '../../net/cidr.ts';
import type { Family } from '../../net/protocol.ts';
import type { Place, PodsPlace, Somebody } from '../ends/place.ts';
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

/** Who there is in the lab. */
export interface Stage {
  /** Complete: stand-ins and replicas among its pods. */
  readonly cluster: Cluster;
  readonly families: readonly Family[];
  readonly standIns: readonly StandIn[];
  /** A second pod of a workload, by the key of the first. */
  readonly replicas: ReadonlyMap<string, Pod>;
}

/** Who stands for a place; nobody, with the reason, where nobody of it can be in the lab. */
export function actorsOf(place: Place, stage: Stage): readonly Actor[] | string {
  switch (place.kind) {
    case 'pods':
      return podsFor(place).map((pod) => podActor(pod, { kind: 'pod', pod }, stage, place));
    case 'node':
      return stage.families.includes(familyOf(place.address))
        ? [nodeActor(place.node, place.address, place.exceptOwnNode)]
        : `the lab has no ${familyOf(place.address)}`;
    case 'addresses': {
      const actors = addressActors(place.blocks, stage);
      return actors.length > 0
        ? actors
        : `no host of the lab can have an address of ${blocksText(place.blocks)}`;
    }
    case 'possible': {
      const { namespace } = place.possible;
      return stage.standIns
        .filter(({ possible }) => (possible.exists ? possible.namespace : undefined) === namespace)
        .map((standIn) => standInActor(standIn, stage));
    }
  }
}

/** Policies do not tell them apart, but packets go other ways on one node and between two. */
function podsFor({ pods }: PodsPlace): readonly Pod[] {
  const [first] = pods;
  const elsewhere = pods.find(({ nodeName }) => nodeName !== first.nodeName);
  return elsewhere === undefined ? [first] : [first, elsewhere];
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
