import type { Cluster } from '../../model/cluster.ts';
import type { Pod } from '../../model/pod.ts';
import { quote } from '../../model/read/quote.ts';
import { closest } from '../../model/read/suggestion.ts';
import type { Reach } from '../reach/reach.ts';
import { type Expressed, expressed, notExpressed } from './expressed.ts';
import type { Place } from './place.ts';
import { podPlaces } from './places.ts';

/** The pods of a workload, or one pod, by name. */
export function workloadPlaces(
  {
    namespace,
    objectKind,
    name,
  }: { readonly namespace: string; readonly objectKind?: string; readonly name: string },
  reach: Reach,
): Expressed<readonly Place[]> {
  const running = reach.cluster.pods.filter((pod) => reach.parties.ofPod(pod) !== undefined);
  const pods = running.filter((pod) => pod.namespace === namespace && isCalled(pod, name, objectKind));
  const kinds = [...new Set(pods.map((pod) => kindOf(pod, name)))].sort();
  if (kinds.length > 1) {
    const choices = kinds.map((kind) => `${namespace}/${kind.toLowerCase()}/${name}`);
    return notExpressed(
      `${quote(`${namespace}/${name}`)} is several workloads`,
      `write ${choices.join(' or ')}`,
    );
  }
  if (pods.length > 0) return expressed(podPlaces(reach, pods));
  const full = `${namespace}/${name}`;
  return notExpressed(
    `no workload or pod ${quote(objectKind === undefined ? full : `${namespace}/${objectKind.toLowerCase()}/${name}`)}`,
    workloadHint(reach.cluster, running, full),
  );
}

function isCalled(pod: Pod, name: string, objectKind: string | undefined): boolean {
  const isWorkload =
    pod.workload?.name === name && (objectKind === undefined || objectKind === pod.workload.kind);
  return isWorkload || (pod.name === name && (objectKind === undefined || objectKind === 'Pod'));
}

/** A template pod bears the name of its workload: it is that, not a pod of its own. */
function kindOf({ workload }: Pod, name: string): string {
  return workload?.name === name ? workload.kind : 'Pod';
}

function workloadHint({ services }: Cluster, running: readonly Pod[], full: string): string | undefined {
  if (services.some((service) => `${service.namespace}/${service.name}` === full)) {
    return `did you mean the Service, svc/${full}?`;
  }
  const known = [
    ...new Set(
      running.flatMap(({ namespace, name, workload }) => [
        `${namespace}/${workload?.name ?? name}`,
        `${namespace}/${name}`,
      ]),
    ),
  ].sort();
  const [namespace, name] = full.split('/');
  const elsewhere = known.find((one) => one.endsWith(`/${name ?? ''}`));
  const near = closest(full, known) ?? elsewhere;
  if (near !== undefined) return `did you mean ${near}?`;
  const there = known.filter((one) => one.startsWith(`${namespace ?? ''}/`));
  return there.length === 0
    ? namespaceHint(namespace ?? '', running)
    : `namespace ${namespace ?? ''} has ${firstOf(there)}`;
}

function namespaceHint(namespace: string, running: readonly Pod[]): string | undefined {
  const known = [...new Set(running.map((pod) => pod.namespace))].sort();
  const meant = closest(namespace, known);
  if (meant !== undefined) return `did you mean namespace ${meant}?`;
  return known.length === 0
    ? 'the input has no pods and no workloads'
    : `the input has pods in ${firstOf(known)}`;
}

/** The first few of a list, for a hint. */
export function firstOf(names: readonly string[]): string {
  return names.length > 8 ? `${names.slice(0, 8).join(', ')}, ...` : names.join(', ');
}
