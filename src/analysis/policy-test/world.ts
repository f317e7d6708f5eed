import type { Cluster, Namespace } from '../../model/cluster.ts';
import type { SourcePosition } from '../../model/diagnostic.ts';
import type { NetworkPolicy } from '../../model/network-policy.ts';
import { type Pod, podKey } from '../../model/pod.ts';
import { quote } from '../../model/read/quote.ts';
import { closest } from '../../model/read/suggestion.ts';
import { everyAddress } from '../../net/cidr.ts';
import { families } from '../../net/protocol.ts';
import type { AddressesPlace, PodsPlace, PossiblePlace } from '../ends/place.ts';
import { podPlaces, strangersIn } from '../ends/places.ts';
import type { Named, Surroundings } from '../ends/resolve.ts';
import { firstOf } from '../ends/workload-places.ts';
import { createReach, type Reach } from '../reach/reach.ts';
import type { Suite } from './suite.ts';

/** The cluster that a suite speaks about, with the pods that its names add. */
export interface TestWorld {
  /** Of the cluster's own pods: those of names are known to the policies, but nobody meets them except by name. */
  readonly reach: Reach;
  readonly within: Surroundings;
  readonly everybody: Everybody;
  /** Namespaces that `otherwise` and the snapshot speak about. */
  readonly scope: ReadonlySet<string>;
  /** The pods of names, by word. */
  readonly namedPods: ReadonlyMap<string, Pod>;
}

/** All who could be at the other end of a connection. */
export interface Everybody {
  readonly pods: readonly PodsPlace[];
  readonly addresses: readonly AddressesPlace[];
  /** Pods to come: in each namespace there is, and in one that there is not. */
  readonly possible: readonly PossiblePlace[];
}

/** Something in a suite that does not fit the cluster. */
export interface SuiteProblem {
  readonly message: string;
  readonly hint?: string;
  readonly source: SourcePosition;
}

export type WorldResult =
  | { readonly ok: true; readonly world: TestWorld }
  | { readonly ok: false; readonly problems: readonly SuiteProblem[] };

/**
 * Puts a suite into a cluster.
 * @param reach of the cluster as it was read
 */
export function worldOf(suite: Suite, reach: Reach, defaultNamespace: string): WorldResult {
  const problems = [...scopeProblems(suite, reach), ...namespaceProblems(suite, reach.cluster)];
  if (problems.length > 0) return { ok: false, problems };
  const { pods } = reach.cluster;
  const added = addedPods(suite, pods);
  const whole = added.size === 0 ? reach : createReach(withPods(reach.cluster, suite, added), reach.foreseen);
  const own = ownView(whole, pods);
  const within: Surroundings = { reach: own, names: namedOf(suite, added), defaultNamespace };
  return {
    ok: true,
    world: {
      reach: own,
      within,
      everybody: everybodyOf(own),
      scope: new Set(suite.scope?.map(({ value }) => value) ?? pods.map(({ namespace }) => namespace)),
      namedPods: added,
    },
  };
}

/** The same world under other policies in one namespace; see `Reach.withPolicies`. */
export function worldWithPolicies(
  world: TestWorld,
  namespace: string,
  policies: readonly NetworkPolicy[],
): TestWorld {
  const reach = world.reach.withPolicies(namespace, policies);
  return { ...world, reach, within: { ...world.within, reach } };
}

/** Who is looked up and listed is of these pods alone. */
function ownView(reach: Reach, pods: readonly Pod[]): Reach {
  return {
    ...reach,
    cluster: { ...reach.cluster, pods },
    withPolicies: (namespace, policies) => ownView(reach.withPolicies(namespace, policies), pods),
    withoutPolicies: () => ownView(reach.withoutPolicies(), pods),
  };
}

function scopeProblems({ scope = [] }: Suite, { namespaces }: Reach): readonly SuiteProblem[] {
  return scope.flatMap(({ value, source }) => {
    if (namespaces.includes(value)) return [];
    const meant = closest(value, namespaces);
    const hint = meant === undefined ? `the input has ${firstOf(namespaces)}` : `did you mean ${meant}?`;
    return [{ message: `no namespace ${quote(value)}`, source, hint }];
  });
}

/** Labels of a namespace stand in one place. */
function namespaceProblems({ names }: Suite, { namespaces }: Cluster): readonly SuiteProblem[] {
  const given = new Map<string, string>();
  return [...names].flatMap(([word, meaning]) => {
    if (meaning.kind !== 'pod' || meaning.namespaceLabels === undefined) return [];
    const { namespace } = meaning.pod;
    const text = JSON.stringify(Object.entries(meaning.namespaceLabels).sort());
    const other = given.get(namespace);
    given.set(namespace, text);
    const isKnown = namespaces.some(({ name }) => name === namespace);
    if (!isKnown && (other ?? text) === text) return [];
    return [
      {
        message: isKnown
          ? `namespaceLabels of ${quote(word)}: the manifests have namespace ${quote(namespace)}, with labels of its own`
          : `namespaceLabels of ${quote(word)}: another name gives namespace ${quote(namespace)} other labels`,
        source: meaning.source,
      },
    ];
  });
}

/** Pods of names, called by their word, or like it where that is taken. */
function addedPods({ names }: Suite, pods: readonly Pod[]): ReadonlyMap<string, Pod> {
  const taken = new Set(pods.map(podKey));
  const added = new Map<string, Pod>();
  for (const [word, meaning] of names) {
    if (meaning.kind !== 'pod') continue;
    let pod = meaning.pod;
    for (let number = 2; taken.has(podKey(pod)); number += 1) {
      pod = { ...meaning.pod, name: `${meaning.pod.name}-${String(number)}` };
    }
    taken.add(podKey(pod));
    added.set(word, pod);
  }
  return added;
}

function withPods(cluster: Cluster, { names }: Suite, added: ReadonlyMap<string, Pod>): Cluster {
  const namespaces = new Map<string, Namespace>(cluster.namespaces.map((one) => [one.name, one]));
  const declared = new Set(namespaces.keys());
  for (const meaning of names.values()) {
    if (meaning.kind !== 'pod' || declared.has(meaning.pod.namespace)) continue;
    const name = meaning.pod.namespace;
    const labels = { ...namespaces.get(name)?.labels, ...meaning.namespaceLabels };
    namespaces.set(name, { name, labels: { ...labels, 'kubernetes.io/metadata.name': name } });
  }
  return {
    ...cluster,
    namespaces: [...namespaces.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    pods: [...cluster.pods, ...added.values()].sort((a, b) => (podKey(a) < podKey(b) ? -1 : 1)),
  };
}

function namedOf({ names }: Suite, added: ReadonlyMap<string, Pod>): ReadonlyMap<string, Named> {
  return new Map(
    [...names].map(([word, meaning]): [string, Named] => [
      word,
      meaning.kind === 'pod' ? { kind: 'pod', pod: added.get(word) ?? meaning.pod } : meaning,
    ]),
  );
}

function everybodyOf(reach: Reach): Everybody {
  return {
    pods: podPlaces(reach, reach.cluster.pods, true),
    addresses: strangersIn(reach, families.map(everyAddress)).filter((place) => place.kind === 'addresses'),
    possible: [
      ...reach.namespaces.map((namespace) => ({ kind: 'possible' as const, namespace })),
      { kind: 'possible' as const },
    ].map((possible) => ({ kind: 'possible', possible })),
  };
}
