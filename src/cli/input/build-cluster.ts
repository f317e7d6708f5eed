import type { Cluster } from '../../model/cluster.ts';
import type { Pod, Workload } from '../../model/pod.ts';
import { undeclaredNamespace } from '../../model/read/namespace.ts';
import type { Objects, WorkloadObject } from './read-objects.ts';

/**
 * The cluster that the objects make up: pods stand under their workload, a workload without pods stands for one of its
 * template, and every namespace that something is in exists. Lists are sorted by namespace and name.
 */
export function buildCluster(objects: Objects): Cluster {
  const pods = withOwners(objects.pods, objects.workloads);
  const all = [...pods, ...templatePods(objects.workloads, pods)];
  const { policies, services, ingresses, nodes } = objects;
  const declared = new Set(objects.namespaces.map(({ name }) => name));
  const used = new Set([...all, ...policies, ...services, ...ingresses].map(({ namespace }) => namespace));
  const undeclared = [...used].filter((name) => !declared.has(name)).map(undeclaredNamespace);
  return {
    namespaces: sorted([...objects.namespaces, ...undeclared]),
    nodes: sorted(nodes),
    pods: sorted(all),
    policies: sorted(policies),
    services: sorted(services),
    ingresses: sorted(ingresses),
  };
}

/** A pod of a ReplicaSet or a Job counts as one of the Deployment or CronJob that the input says made that. */
function withOwners(pods: readonly Pod[], workloads: readonly WorkloadObject[]): readonly Pod[] {
  const makers = new Map(
    workloads.map(({ self, template }) => [keyOf(template.namespace, self), template.workload]),
  );
  return pods.map((pod) => {
    const maker = pod.workload === undefined ? undefined : makers.get(keyOf(pod.namespace, pod.workload));
    return maker === undefined ? pod : { ...pod, workload: maker };
  });
}

/**
 * One pod for each workload that has none in the input. What another workload of the input made is left to that one,
 * and a ReplicaSet without replicas is only a memory.
 */
function templatePods(workloads: readonly WorkloadObject[], pods: readonly Pod[]): readonly Pod[] {
  const known = new Set(workloads.map(({ self, template }) => keyOf(template.namespace, self)));
  const running = new Set(
    pods.flatMap(({ finished, namespace, workload }) =>
      finished || workload === undefined ? [] : [keyOf(namespace, workload)],
    ),
  );
  const templates = workloads.filter(({ self, template, isEmpty }) => {
    const standsFor = keyOf(template.namespace, template.workload ?? self);
    const isMade = standsFor !== keyOf(template.namespace, self);
    return !running.has(standsFor) && !(isMade && (isEmpty || known.has(standsFor)));
  });
  return named(templates, pods);
}

/** Two workloads of different kinds may have one name, and so may a pod: the later by kind gets its kind appended. */
function named(workloads: readonly WorkloadObject[], pods: readonly Pod[]): readonly Pod[] {
  const taken = new Set(pods.map(({ namespace, name }) => `${namespace}/${name}`));
  const byKind = [...workloads].sort((a, b) => compareText(a.self.kind, b.self.kind));
  return byKind.map(({ self, template }) => {
    const base = `${template.name}-${self.kind.toLowerCase()}`;
    let name = template.name;
    for (let number = 1; taken.has(`${template.namespace}/${name}`); number += 1) {
      name = number === 1 ? base : `${base}-${String(number)}`;
    }
    taken.add(`${template.namespace}/${name}`);
    return { ...template, name };
  });
}

function keyOf(namespace: string, { kind, name }: Workload): string {
  return `${kind} ${namespace}/${name}`;
}

function sorted<T extends { readonly namespace?: string; readonly name: string }>(
  list: readonly T[],
): readonly T[] {
  return [...list].sort(
    (a, b) => compareText(a.namespace ?? '', b.namespace ?? '') || compareText(a.name, b.name),
  );
}

/** By UTF-16 units: the same on every machine, whatever its locale. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
