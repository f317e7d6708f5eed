import type { Pod } from '../../model/pod.ts';
import { type AddressBlock, mergeBlocks } from '../../net/address-block.ts';
import { effectsOf } from '../reach/effects.ts';
import type { PartyIndex } from '../reach/parties.ts';
import type { Reach } from '../reach/reach.ts';

/** What stands for one row and one column: the pods of a workload, a pod, a namespace, or addresses outside the cluster. */
export type By = 'workload' | 'pod' | 'namespace';

/** One end of connections, as people name it. */
export type Endpoint = PodEndpoint | ExternalEndpoint;

export interface PodEndpoint {
  readonly kind: 'pods';
  /** Unique: `shop/web`; `shop/deployment/web` where kinds share the name; `shop/web[web-0]` where its pods differ. */
  readonly id: string;
  /** The kind of the API object: `Deployment`, `Pod`, ...; `Namespace` by namespace. */
  readonly objectKind: string;
  readonly namespace: string;
  readonly name: string;
  readonly pods: readonly Pod[];
  readonly parties: readonly PartyIndex[];
  /** Whether all of its pods are hostNetwork pods. */
  readonly hostNetwork: boolean;
  /** The nodes on which its hostNetwork pods run. */
  readonly hostNodes: ReadonlySet<string>;
}

/** Addresses that no pod owns. All external endpoints together are every address, each just once. */
export interface ExternalEndpoint {
  readonly kind: 'external';
  /** `external/0` has the lowest addresses. */
  readonly id: string;
  /** Disjoint, ascending, IPv4 before IPv6. */
  readonly blocks: readonly AddressBlock[];
  readonly parties: readonly PartyIndex[];
}

/** The endpoints of a cluster: pods sorted by id, then the outside. What the policies treat alike is one endpoint. */
export function endpointsOf(reach: Reach, by: By): readonly Endpoint[] {
  const effects = effectsOf(reach);
  return [...podEndpoints(reach, by, effects), ...externalEndpoints(reach, effects)];
}

function podEndpoints(reach: Reach, by: By, effects: readonly number[]): readonly PodEndpoint[] {
  const partyOf = (pod: Pod): PartyIndex => reach.parties.ofPod(pod) ?? -1;
  return ownersOf(reach, by)
    .flatMap(({ pods, ...owner }) => {
      const alike =
        by === 'namespace' ? [pods] : [...Map.groupBy(pods, (pod) => effects[partyOf(pod)]).values()];
      return alike.flatMap((own): readonly PodEndpoint[] => {
        const [pod] = own;
        if (pod === undefined) return [];
        return [
          {
            kind: 'pods',
            ...owner,
            id: alike.length === 1 ? owner.id : `${owner.id}[${pod.name}]`,
            pods: own,
            parties: [...new Set(own.map(partyOf))],
            hostNetwork: own.every(({ hostNetwork }) => hostNetwork),
            hostNodes: new Set(
              own.flatMap(({ hostNetwork, nodeName }) => (hostNetwork && nodeName !== '' ? [nodeName] : [])),
            ),
          },
        ];
      });
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Running pods under one name, whatever the policies make of each. */
export type PodOwner = Pick<PodEndpoint, 'id' | 'objectKind' | 'namespace' | 'name' | 'pods'>;

/** Whom the pods that run belong to, in any order. */
export function ownersOf(reach: Reach, by: By): readonly PodOwner[] {
  const running = reach.cluster.pods.filter((pod) => reach.parties.ofPod(pod) !== undefined);
  const sharedNames = namesOfSeveralKinds(running.map((pod) => ownerOf(pod, by)));
  return [...Map.groupBy(running, (pod) => JSON.stringify(ownerOf(pod, by))).values()].flatMap((pods) => {
    const [pod] = pods;
    if (pod === undefined) return [];
    const owner = ownerOf(pod, by);
    const { kind, namespace, name } = owner;
    const id = sharedNames.has(nameOf(owner)) ? `${namespace}/${kind.toLowerCase()}/${name}` : nameOf(owner);
    return [{ id, objectKind: kind, namespace, name, pods }];
  });
}

interface Owner {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

function ownerOf({ namespace, name, workload }: Pod, by: By): Owner {
  switch (by) {
    case 'namespace':
      return { kind: 'Namespace', namespace, name: namespace };
    case 'pod':
      return { kind: 'Pod', namespace, name };
    case 'workload':
      return { kind: 'Pod', namespace, name, ...workload };
  }
}

function nameOf({ kind, namespace, name }: Owner): string {
  return kind === 'Namespace' ? name : `${namespace}/${name}`;
}

function namesOfSeveralKinds(owners: readonly Owner[]): ReadonlySet<string> {
  const kinds = new Map<string, string>();
  const shared = new Set<string>();
  for (const owner of owners) {
    const name = nameOf(owner);
    if ((kinds.get(name) ?? owner.kind) !== owner.kind) shared.add(name);
    kinds.set(name, owner.kind);
  }
  return shared;
}

function externalEndpoints(reach: Reach, effects: readonly number[]): readonly ExternalEndpoint[] {
  const { all, addresses } = reach.parties;
  const strangers = [...all.keys()].filter((at) => all[at]?.kind === 'addresses');
  const alike = [...Map.groupBy(strangers, (at) => effects[at]).values()];
  return alike.map((parties, position) => ({
    kind: 'external',
    id: `external/${String(position)}`,
    blocks: mergeBlocks(
      parties.flatMap((at) => {
        const party = all[at];
        return party?.kind === 'addresses' ? addresses.blocksOf(party.addressClass) : [];
      }),
    ),
    parties,
  }));
}
