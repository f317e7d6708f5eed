import type { Cluster } from '../../model/cluster.ts';
import type { Pod } from '../../model/pod.ts';
import { quote } from '../../model/read/quote.ts';
import { closest } from '../../model/read/suggestion.ts';
import type { Reach } from '../reach/reach.ts';
import { type Expressed, expressed, notExpressed } from './expressed.ts';
import { prefixOfKind, workloadKindOf } from './object-kinds.ts';
import type { Place } from './place.ts';
import { asOnePod, podPlaces } from './places.ts';

/**
 * The pods of a workload, or one pod, by name.
 * @param defaultNamespace where `deploy/web` looks, which kubectl would take for a Deployment
 */
export function workloadPlaces(
  {
    namespace,
    objectKind,
    name,
  }: { readonly namespace: string; readonly objectKind?: string; readonly name: string },
  reach: Reach,
  defaultNamespace = namespace,
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
  const places = podPlaces(reach, pods);
  // A name that is a pod's own, and no workload's, means that pod alone.
  if (places.length > 0) return expressed(kinds[0] === 'Pod' ? places.map(asOnePod) : places);
  const full = `${namespace}/${name}`;
  return notExpressed(
    `no workload or pod ${quote(objectKind === undefined ? full : `${namespace}/${objectKind.toLowerCase()}/${name}`)}`,
    kindHint(reach, running, { namespace, name }, defaultNamespace) ??
      workloadHint(reach.cluster, running, full),
  );
}

function isCalled(pod: Pod, name: string, objectKind: string | undefined): boolean {
  const isWorkload =
    pod.workload?.name === name && (objectKind === undefined || objectKind === pod.workload.kind);
  // The pod that stands for a template is none that people could name as a pod.
  const isPod = pod.name === name && (objectKind === undefined || objectKind === 'Pod');
  return isWorkload || (isPod && pod.workload?.name !== name);
}

/** A template pod bears the name of its workload: it is that, not a pod of its own. */
function kindOf({ workload }: Pod, name: string): string {
  return workload?.name === name ? workload.kind : 'Pod';
}

/** `deploy/web` is kubectl's way to say it; here the first part is a namespace. */
function kindHint(
  { namespaces, cluster }: Reach,
  running: readonly Pod[],
  { namespace: word, name }: { readonly namespace: string; readonly name: string },
  within: string,
): string | undefined {
  if (namespaces.includes(word)) return undefined;
  const kind = workloadKindOf(word);
  const prefix = prefixOfKind(word);
  const known = namesOfKind(cluster, running, kind ?? prefix ?? '', within);
  const meant = known.includes(name) ? name : closest(name, [...new Set(known)].sort());
  const written = kind === undefined ? prefix : `${within}/${kind.toLowerCase()}/`;
  if (prefix === 'ns:' && namespaces.includes(name)) return `did you mean ns:${name}?`;
  if (meant === undefined || written === undefined) return undefined;
  return `did you mean ${written}${meant}? There is no namespace ${word}`;
}

function namesOfKind(
  { services, ingresses }: Cluster,
  running: readonly Pod[],
  kind: string,
  namespace: string,
): readonly string[] {
  const within = <T extends { readonly namespace: string }>(list: readonly T[]): readonly T[] =>
    list.filter((one) => one.namespace === namespace);
  switch (kind) {
    case 'svc/':
      return within(services).map(({ name }) => name);
    case 'ing/':
      return within(ingresses).map(({ name }) => name);
    case 'Pod':
      return within(running).flatMap(({ name, workload }) => (workload?.name === name ? [] : [name]));
    default:
      return within(running).flatMap(({ workload }) => (workload?.kind === kind ? [workload.name] : []));
  }
}

function workloadHint(
  { services, pods }: Cluster,
  running: readonly Pod[],
  full: string,
): string | undefined {
  const [namespace = '', name = ''] = full.split('/');
  if (services.some((service) => `${service.namespace}/${service.name}` === full)) {
    return `did you mean the Service, svc/${full}?`;
  }
  if (pods.some((pod) => pod.finished && pod.namespace === namespace && isCalled(pod, name, undefined))) {
    return 'its pods are finished: they neither send nor receive';
  }
  const known = [
    ...new Set(
      running.flatMap((pod) => [
        `${pod.namespace}/${pod.workload?.name ?? pod.name}`,
        `${pod.namespace}/${pod.name}`,
      ]),
    ),
  ].sort();
  const there = known.filter((one) => one.startsWith(`${namespace}/`));
  const near =
    closestName(name, there) ??
    known.find((one) => one.endsWith(`/${name}`)) ??
    (there.length === 0 ? closest(full, known) : undefined);
  if (near !== undefined) return `did you mean ${near}?`;
  return there.length === 0
    ? namespaceHint(namespace, running)
    : `namespace ${namespace} has ${firstOf(there)}`;
}

/** By the name alone: a namespace that is right says nothing about it. */
function closestName(name: string, known: readonly string[]): string | undefined {
  const names = known.map((one) => one.slice(one.indexOf('/') + 1));
  const meant = closest(name, names);
  return meant === undefined ? undefined : known[names.indexOf(meant)];
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
