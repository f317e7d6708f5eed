import type { Service, ServicePort } from '../model/cluster.ts';
import type { Pod } from '../model/pod.ts';

/** A pod behind a Service, with the number that a port of the Service is on this pod. */
export interface Backend {
  readonly pod: Pod;
  readonly number: number;
}

/**
 * Where a port of a Service leads: what the endpoints controller would publish, every running pod being ready. A named
 * target port is looked up on each pod, so that one Service may lead to different numbers; pods that do not declare it are
 * left out. Services without selector have none here: somebody else publishes theirs.
 */
export function backendsOf(service: Service, port: ServicePort, pods: readonly Pod[]): readonly Backend[] {
  return podsOfService(service, pods).flatMap((pod) => {
    const number = targetNumber(pod, port);
    return number === undefined ? [] : [{ pod, number }];
  });
}

/** The running pods that the Service's selector selects; none where it has no selector, or leads to a name outside. */
export function podsOfService(
  { namespace, type, selector = {} }: Service,
  pods: readonly Pod[],
): readonly Pod[] {
  const labels = Object.entries(selector);
  if (labels.length === 0 || type === 'ExternalName') return [];
  return pods.filter(
    (pod) =>
      pod.namespace === namespace &&
      !pod.finished &&
      labels.every(([key, value]) => Object.hasOwn(pod.labels, key) && pod.labels[key] === value),
  );
}

function targetNumber(pod: Pod, { targetPort, protocol }: ServicePort): number | undefined {
  if (typeof targetPort === 'number') return targetPort;
  return pod.ports.find((port) => port.name === targetPort && port.protocol === protocol)?.number;
}
