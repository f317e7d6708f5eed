import { type Labels, type LabelSelector, matchesSelector } from '../../model/label-selector.ts';
import { directions } from '../../model/network-policy.ts';
import type { NamedPort, Pod } from '../../model/pod.ts';
import { portsOfProtocol } from '../../net/traffic.ts';
import { allowsOf, type PodGroup, uniqueGroups } from '../../policy/isolation.ts';
import { type Condition, findLabels } from '../../policy/possible-labels.ts';
import type { Example } from '../ends/pairs.ts';
import type { PossiblePod } from '../reach/possible.ts';
import type { Reach } from '../reach/reach.ts';

/** A pod that stands for pods that do not exist yet. */
export interface StandIn {
  readonly pod: Pod;
  readonly possible: PossiblePod;
}

/** More of them than a lab takes in its stride. */
const mostStandIns = 24;

const nameLabel = 'kubernetes.io/metadata.name';

/**
 * Pods for the classes of pods to come: in each namespace, and in one that does not exist, one without labels; whoever an
 * example speaks of; and for each selector of the policies one that it matches.
 * @param examples counterexamples of the policies alone
 * @returns the pods, and how many classes are left out
 */
export function standInsFor(
  reach: Reach,
  examples: readonly Example[],
): { readonly standIns: readonly StandIn[]; readonly left: number } {
  const spoken = examples.flatMap(({ from, to, traffic }): readonly StandInWish[] => [
    ...(from.kind === 'possible' ? [{ ...from.pod, ports: [] }] : []),
    ...(to.kind === 'possible'
      ? [{ ...to.pod, ports: namesNoPorts(to.pod) ? [] : portsFor(reach, traffic) }]
      : []),
  ]);
  const strangers = [...reach.namespaces, undefined].map((namespace) => inNamespace(reach, namespace, {}));
  const groups = groupsOf(reach);
  const wishes = unique([...spoken, ...strangers, ...likeGroups(reach, groups)]);
  const named = new Map<string, string>();
  return {
    standIns: wishes.slice(0, mostStandIns).map((wish, at) => standInOf(reach, wish, at + 1, named)),
    left: Math.max(0, wishes.length - mostStandIns),
  };
}

interface StandInWish extends PossiblePod {
  readonly ports: readonly NamedPort[];
}

function namesNoPorts(pod: PossiblePod): boolean {
  return pod.namesNoPorts === true;
}

/** A pod to come may give every name to the port that the example is about. */
function portsFor({ cluster }: Reach, traffic: Example['traffic']): readonly NamedPort[] {
  const named = cluster.policies.flatMap((policy) =>
    directions.flatMap((direction) => policy[direction].flatMap(({ ports = [] }) => ports)),
  );
  const ports = named.flatMap((port): readonly NamedPort[] => {
    const number = portsOfProtocol(traffic, port.protocol)[0]?.first;
    return port.kind === 'named' && number !== undefined
      ? [{ name: port.name, number, protocol: port.protocol }]
      : [];
  });
  return [...new Map(ports.map((port) => [`${port.name}/${port.protocol}`, port])).values()].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

function inNamespace(reach: Reach, namespace: string | undefined, labels: Labels): StandInWish {
  const exists = namespace !== undefined;
  const namespaceLabels = exists ? reach.parties.index.namespaceLabels(namespace) : {};
  return { namespace: namespace ?? '', exists, namespaceLabels, labels, ports: [] };
}

/** Whom the policies speak of: those whom they select, and their peers. */
export function groupsOf({ cluster }: Reach): readonly PodGroup[] {
  return uniqueGroups(
    cluster.policies.flatMap((policy): readonly PodGroup[] => [
      { kind: 'namespace', namespace: policy.namespace, pods: policy.podSelector },
      ...directions.flatMap((direction) =>
        allowsOf(policy, direction).flatMap(({ peers }) => (peers.kind === 'some' ? peers.groups : [])),
      ),
    ]),
  );
}

function likeGroups(reach: Reach, groups: readonly PodGroup[]): readonly StandInWish[] {
  return groups.flatMap((group): readonly StandInWish[] => {
    const labels = labelsFor(group.pods);
    if (labels === undefined) return [];
    if (group.kind === 'namespace') return [inNamespace(reach, group.namespace, labels)];
    const known = reach.namespaces.filter((name) =>
      matchesSelector(group.namespaces, reach.parties.index.namespaceLabels(name)),
    );
    const fresh = labelsFor([
      ...group.namespaces,
      { key: nameLabel, operator: 'NotIn', values: reach.namespaces },
    ]);
    return [
      ...known.map((name) => inNamespace(reach, name, labels)),
      ...(fresh === undefined ? [] : [{ ...inNamespace(reach, undefined, labels), namespaceLabels: fresh }]),
    ];
  });
}

function labelsFor(selector: LabelSelector): Labels | undefined {
  const found = findLabels(
    selector.map((requirement): Condition => ({ of: 'pod', requirement })),
    [],
  );
  return found.kind === 'found' ? (found.labels.get('pod') ?? {}) : undefined;
}

function unique(wishes: readonly StandInWish[]): readonly StandInWish[] {
  const known = new Map<string, StandInWish>();
  for (const wish of wishes) {
    const key = JSON.stringify([
      wish.exists ? wish.namespace : labelsKey(wish.namespaceLabels),
      labelsKey(wish.labels),
      wish.ports,
    ]);
    if (!known.has(key)) known.set(key, wish);
  }
  return [...known.values()];
}

/** @param named the namespaces that were made up, by their labels */
function standInOf(
  reach: Reach,
  { ports, ...wish }: StandInWish,
  number: number,
  named: Map<string, string>,
): StandIn {
  const namespace = wish.exists ? wish.namespace : newNamespace(reach, wish.namespaceLabels, named);
  const taken = new Set(
    reach.cluster.pods.filter((pod) => pod.namespace === namespace).map(({ name }) => name),
  );
  let name = `stand-in-${String(number)}`;
  while (taken.has(name)) name = `${name}-x`;
  const pod: Pod = {
    ...{ namespace, name, uid: '', labels: wish.labels, nodeName: '', addresses: [] },
    ...{ hostNetwork: false, finished: false, created: '', ports },
    containerPorts: ports.map(({ number: port, protocol }) => ({ number: port, protocol })),
  };
  const namespaceLabels = { ...wish.namespaceLabels, [nameLabel]: namespace };
  return { pod, possible: { ...wish, namespace, namespaceLabels } };
}

function newNamespace({ namespaces }: Reach, labels: Labels, named: Map<string, string>): string {
  const key = labelsKey(labels);
  const known = named.get(key);
  if (known !== undefined) return known;
  const taken = new Set([...namespaces, ...named.values()]);
  let name = labels[nameLabel] ?? 'new-namespace';
  for (let number = 2; taken.has(name); number += 1) name = `new-namespace-${String(number)}`;
  named.set(key, name);
  return name;
}

/** Equal for equal labels; the name of a namespace that does not exist yet is of no account. */
export function labelsKey({ [nameLabel]: _, ...labels }: Labels): string {
  return JSON.stringify(Object.entries(labels).sort());
}
