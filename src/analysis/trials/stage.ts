import type { Cluster, Namespace } from '../../model/cluster.ts';
import { type Pod, podKey } from '../../model/pod.ts';
import { schedule } from '../../model/schedule.ts';
import type { Family } from '../../net/protocol.ts';
import type { Example } from '../ends/pairs.ts';
import type { Place } from '../ends/place.ts';
import type { ResolvedLine } from '../policy-test/resolved-line.ts';
import type { PreparedSuite } from '../policy-test/run-suite.ts';
import { type PortCuts, portCutsOf } from './ports.ts';
import { type StandIn, standInsFor } from './stand-ins.ts';

/** Who there is in the lab. */
export interface Stage {
  /** Complete: stand-ins and replicas among its pods. */
  readonly cluster: Cluster;
  readonly families: readonly Family[];
  readonly standIns: readonly StandIn[];
  /** How many kinds of pods to come nobody stands for. */
  readonly standInsLeft: number;
  /** A second pod of a workload, by the key of the first. */
  readonly replicas: ReadonlyMap<string, Pod>;
  /** Those of its pods that the suite's cluster does not have. */
  readonly added: readonly Pod[];
  readonly cuts: PortCuts;
}

/**
 * Whom a suite needs beyond its cluster.
 * @param examples counterexamples of the policies alone
 */
export function stageFor(
  { world, resolved, suite }: PreparedSuite,
  examples: readonly Example[],
  families: readonly Family[],
): Stage {
  const aboutToCome = suite.otherwise !== undefined || resolved.some(isAboutToCome) || examples.length > 0;
  const { standIns, left } = aboutToCome ? standInsFor(world.reach, examples) : { standIns: [], left: 0 };
  const replicas = replicasFor(resolved);
  const pods = [...world.namedPods.values(), ...standIns.map(({ pod }) => pod), ...replicas.values()];
  const namespaces = standIns.flatMap(({ possible }): readonly Namespace[] =>
    possible.exists ? [] : [{ name: possible.namespace, labels: possible.namespaceLabels }],
  );
  const cluster = schedule(withPods(world.reach.cluster, pods, namespaces), families);
  const keys = new Set(pods.map(podKey));
  return {
    ...{ cluster, families, standIns, standInsLeft: left, replicas },
    added: cluster.pods.filter((pod) => keys.has(podKey(pod))),
    cuts: portCutsOf(cluster.policies, cluster.pods),
  };
}

function isAboutToCome({ line, sources, targets }: ResolvedLine): boolean {
  return (
    line.verb === 'only' ||
    [...sources, ...targets.map(({ place }) => place)].some(({ kind }) => kind === 'possible')
  );
}

/** A workload that is at both ends of a line needs a second pod, for none is a pair with itself. */
function replicasFor(resolved: readonly ResolvedLine[]): ReadonlyMap<string, Pod> {
  const wanted = new Map<string, Pod>();
  for (const { sources, targets, universe } of resolved) {
    const own = new Set(sources.flatMap(podsOf));
    for (const pod of [...targets, ...universe].flatMap(({ place }) => podsOf(place))) {
      if (!own.has(pod) || pod.workload === undefined || pod.hostNetwork) continue;
      wanted.set(podKey(pod), { ...pod, name: `${pod.name}-replica`, nodeName: '', addresses: [] });
    }
  }
  return wanted;
}

function podsOf(place: Place): readonly Pod[] {
  return place.kind === 'pods' ? place.pods : [];
}

function withPods(cluster: Cluster, pods: readonly Pod[], namespaces: readonly Namespace[]): Cluster {
  const fresh = new Map(namespaces.map((namespace) => [namespace.name, namespace]));
  return {
    ...cluster,
    namespaces: [...cluster.namespaces, ...fresh.values()],
    pods: [...cluster.pods, ...pods],
  };
}
