import type { Service } from '../../model/cluster.ts';
import { type LabelSelector, matchesSelector } from '../../model/label-selector.ts';
import type { Pod } from '../../model/pod.ts';
import { quote } from '../../model/read/quote.ts';
import { closest } from '../../model/read/suggestion.ts';
import { type AddressBlock, subtractBlocks } from '../../net/address-block.ts';
import { everyAddress } from '../../net/cidr.ts';
import { families } from '../../net/protocol.ts';
import {
  everything,
  nothing,
  otherProtocols,
  type Traffic,
  trafficOf,
  unionTraffic,
} from '../../net/traffic.ts';
import { podsOfService } from '../../policy/service-backends.ts';
import type { PossiblePods } from '../reach/possible.ts';
import type { Reach } from '../reach/reach.ts';
import { type Expressed, expressed, type ExpressionProblem, notExpressed } from './expressed.ts';
import { dnsNameProblem, ingressProblem } from './dns-names.ts';
import type { DestinationExpression, EndExpression } from './expression.ts';
import { internetBlocks } from './internet.ts';
import type { Place, Target } from './place.ts';
import { blockPlaces, podPlaces, strangersIn } from './places.ts';
import type { PortExpression } from './port-expression.ts';
import { findService, nobodyBehind, serviceTargets } from './service-targets.ts';
import { firstOf, workloadPlaces } from './workload-places.ts';

/** Where expressions are looked up. */
export interface Surroundings {
  readonly reach: Reach;
  /** What words of a test file stand for. */
  readonly names: ReadonlyMap<string, Named>;
  /** The namespace of a word that is no name. */
  readonly defaultNamespace: string;
}

/** What a name stands for: other ends, or a pod that the cluster holds for its sake. */
export type Named =
  | { readonly kind: 'ends'; readonly ends: readonly EndExpression[] }
  | { readonly kind: 'blocks'; readonly blocks: readonly AddressBlock[] }
  | { readonly kind: 'pod'; readonly pod: Pod };

/** The places of a source. None only where the expression allows it; else nobody is a problem. */
export function resolveEnd(end: EndExpression, within: Surroundings): Expressed<readonly Place[]> {
  const places = placesOf(end, within);
  if (places.ok && places.value.length === 0) return nobody(`${quote(end.text)} matches nobody`, end);
  return places.ok ? places : nobody(places.message, end, places.hint);
}

/** The places of a receiver, each with the traffic that the ports mean there. */
export function resolveDestination(
  { end, ports }: DestinationExpression,
  within: Surroundings,
): Expressed<readonly Target[]> {
  if (end.means.kind === 'service') {
    const service = serviceOf(end.means, within);
    if (!service.ok) return nobody(service.message, end, service.hint);
    // Only a headless Service may have no ports: its clients go straight to the pods.
    if (service.value.ports.length > 0) {
      const targets = serviceTargets(service.value, ports, within.reach);
      return targets.ok ? targets : nobody(targets.message, end, targets.hint);
    }
  }
  const places = resolveEnd(end, within);
  if (!places.ok) return places;
  if (places.value.length === 0) return expressed([]);
  // Each name must be somebody's: a slip among several would be passed over.
  const strange = ports.find(
    (port) => port.kind === 'named' && places.value.every((place) => !declares(place, port)),
  );
  return strange?.kind === 'named'
    ? nobody(
        `nobody in ${quote(end.text)} has a port named ${quote(strange.name)}`,
        end,
        portHint(places.value, strange.name),
      )
    : expressed(places.value.flatMap((place) => targetsAt(place, ports)));
}

function declares(place: Place, port: PortExpression): boolean {
  return place.kind === 'pods' && place.pods.some((pod) => trafficOfPort(pod, port) !== nothing);
}

function nobody<T>(message: string, { optional }: EndExpression, hint?: string): Expressed<readonly T[]> {
  return optional ? expressed([]) : notExpressed(message, hint);
}

function placesOf({ means, text }: EndExpression, within: Surroundings): Expressed<readonly Place[]> {
  const { reach } = within;
  switch (means.kind) {
    case 'any':
      return expressed(everybody(reach));
    case 'pods':
      return expressed(everyPod(reach));
    case 'internet':
      return expressed(strangersIn(reach, internetBlocks));
    case 'node':
      return nodePlaces(reach);
    case 'word':
      return wordPlaces(means.word, within);
    case 'workload':
      return workloadPlaces(means, reach, within.defaultNamespace);
    case 'namespace':
      return namespacePlaces(means, reach);
    case 'selector':
      return selectorPlaces(means, reach);
    case 'service':
      return servicePlaces(means, within);
    case 'addresses':
      return expressed(blockPlaces(reach, subtractBlocks(means.cidr, means.except ?? [])));
    case 'ingress':
      return ingressProblem(text);
    case 'host':
      return dnsNameProblem(text, means.host, reach.cluster);
  }
}

function serviceOf(
  { namespace, name }: { readonly namespace?: string; readonly name: string },
  { reach, defaultNamespace }: Surroundings,
): Expressed<Service> {
  return findService(reach.cluster.services, namespace ?? defaultNamespace, name);
}

function servicePlaces(
  means: { readonly namespace?: string; readonly name: string },
  within: Surroundings,
): Expressed<readonly Place[]> {
  const { reach } = within;
  const service = serviceOf(means, within);
  if (!service.ok) return service;
  const places = podPlaces(reach, podsOfService(service.value, reach.cluster.pods));
  return places.length > 0 ? expressed(places) : nobodyBehind(service.value, reach);
}

function everybody(reach: Reach): readonly Place[] {
  return [
    ...podPlaces(reach, reach.cluster.pods, true),
    ...strangersIn(reach, families.map(everyAddress)),
    ...podsToCome(reach),
  ];
}

/** hostNetwork pods are nodes to the policies: `node` speaks of those. */
function everyPod(reach: Reach): readonly Place[] {
  const pods = reach.cluster.pods.filter(({ hostNetwork }) => !hostNetwork);
  return [...podPlaces(reach, pods), ...podsToCome(reach)];
}

function podsToCome({ namespaces }: Reach): readonly Place[] {
  const toCome: readonly PossiblePods[] = [
    ...namespaces.map((namespace) => ({ kind: 'possible' as const, namespace })),
    { kind: 'possible' },
  ];
  return toCome.map((possible) => ({ kind: 'possible', possible }));
}

function nodePlaces(reach: Reach): Expressed<readonly Place[]> {
  const { parties } = reach;
  const places = reach.cluster.nodes.flatMap((node): readonly Place[] =>
    node.addresses.map((address) => ({
      kind: 'node',
      party: parties.ofAddressClass(parties.addresses.classOf(address)),
      node: node.name,
      address,
      exceptOwnNode: true,
    })),
  );
  return places.length > 0
    ? expressed(places)
    : notExpressed(
        'no Node of the input has an address',
        'add the Node objects, or name their block of addresses',
      );
}

function wordPlaces(word: string, within: Surroundings): Expressed<readonly Place[]> {
  const { reach, names, defaultNamespace } = within;
  const named = names.get(word);
  switch (named?.kind) {
    case 'pod':
      return expressed(podPlaces(reach, [named.pod]));
    case 'blocks':
      return expressed(blockPlaces(reach, named.blocks));
    case 'ends': {
      // A name that is said by itself, at whatever remove, would have no end.
      const others = new Map([...names].filter(([name]) => name !== word));
      const places: Place[] = [];
      for (const end of named.ends) {
        const own = resolveEnd(end, { ...within, names: others });
        if (!own.ok) return own;
        places.push(...own.value);
      }
      return expressed(places);
    }
    case undefined:
  }
  const found = workloadPlaces({ namespace: defaultNamespace, name: word }, reach);
  if (found.ok) return found;
  // Names of objects may have dots, too: one that comes near is meant.
  if (word.includes('.') && found.hint?.startsWith('did you mean') !== true) {
    return dnsNameProblem(word, word, reach.cluster);
  }
  const meant = closest(word, [...names.keys(), 'internet', 'node', 'any']);
  return meant === undefined ? found : notExpressed(`${quote(word)} names nobody`, `did you mean ${meant}?`);
}

function namespacePlaces(
  { namespace, toCome }: { readonly namespace: string; readonly toCome: boolean },
  reach: Reach,
): Expressed<readonly Place[]> {
  if (!reach.namespaces.includes(namespace)) return noNamespace(namespace, reach);
  const pods = podPlaces(
    reach,
    reach.cluster.pods.filter((pod) => pod.namespace === namespace),
  );
  if (!toCome && pods.length === 0)
    return notExpressed(
      `namespace ${quote(namespace)} has no pods`,
      `ns:${namespace} speaks of pods to come, too`,
    );
  return expressed(
    toCome ? [...pods, { kind: 'possible', possible: { kind: 'possible', namespace } }] : pods,
  );
}

function noNamespace(namespace: string, { namespaces }: Reach): { readonly ok: false } & ExpressionProblem {
  const meant = closest(namespace, namespaces);
  const known =
    namespaces.length === 0 ? 'the input has no namespaces' : `the input has ${firstOf(namespaces)}`;
  return notExpressed(
    `no namespace ${quote(namespace)}`,
    meant === undefined ? known : `did you mean ${meant}?`,
  );
}

function selectorPlaces(
  { namespace, selector }: { readonly namespace?: string; readonly selector: LabelSelector },
  reach: Reach,
): Expressed<readonly Place[]> {
  const pods = reach.cluster.pods.filter(
    (pod) =>
      (namespace === undefined || pod.namespace === namespace) && matchesSelector(selector, pod.labels),
  );
  const places = podPlaces(reach, pods);
  if (places.length > 0) return expressed(places);
  if (namespace !== undefined && !reach.namespaces.includes(namespace)) return noNamespace(namespace, reach);
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  return notExpressed(`no pod${where} has these labels`, labelHint(selector, reach.cluster.pods));
}

function labelHint(selector: LabelSelector, pods: readonly Pod[]): string | undefined {
  const known = [
    ...new Set(pods.flatMap(({ labels }) => Object.entries(labels).map((label) => label.join('=')))),
  ].sort();
  for (const requirement of selector) {
    if (requirement.operator !== 'In') continue;
    const wanted = `${requirement.key}=${requirement.values[0] ?? ''}`;
    const meant = known.includes(wanted) ? undefined : closest(wanted, known);
    if (meant !== undefined) return `did you mean ${meant}?`;
  }
  return undefined;
}

/** The traffic that ports mean at a place. Pods that give a name to different numbers are places of their own. */
function targetsAt(place: Place, ports: readonly PortExpression[]): readonly Target[] {
  if (ports.length === 0) return [{ place, traffic: everything }];
  if (place.kind !== 'pods' || !ports.some(({ kind }) => kind === 'named')) {
    const traffic = trafficAt(undefined, ports);
    return traffic === nothing ? [] : [{ place, traffic }];
  }
  const byTraffic = Map.groupBy(place.pods, (pod) => trafficAt(pod, ports));
  return [...byTraffic].flatMap(([traffic, [first, ...others]]) =>
    traffic === nothing || first === undefined
      ? []
      : [{ place: { ...place, pods: [first, ...others] }, traffic }],
  );
}

/** The traffic that ports mean at a pod; without one, where nobody gives numbers to port names. */
export function trafficAt(pod: Pod | undefined, ports: readonly PortExpression[]): Traffic {
  return ports.reduce((sum, port) => unionTraffic(sum, trafficOfPort(pod, port)), nothing);
}

function trafficOfPort(pod: Pod | undefined, port: PortExpression): Traffic {
  switch (port.kind) {
    case 'other':
      return otherProtocols;
    case 'range':
      return trafficOf([port]);
    case 'named':
      return trafficOf(
        (pod?.hostNetwork === false ? pod.ports : [])
          .filter(({ name, protocol }) => name === port.name && (port.protocol ?? protocol) === protocol)
          .map(({ number, protocol }) => ({ protocol, first: number, last: number })),
      );
  }
}

function portHint(places: readonly Place[], wanted = ''): string | undefined {
  const known = [
    ...new Set(
      places.flatMap((place) =>
        place.kind === 'pods' ? place.pods.flatMap(({ ports }) => ports.map(({ name }) => name)) : [],
      ),
    ),
  ].sort();
  if (known.length === 0) return 'no pod there names a port: write its number';
  return `did you mean ${closest(wanted, known) ?? known.join(' or ')}?`;
}
