import type { Service, ServicePort } from '../../model/cluster.ts';
import type { Pod } from '../../model/pod.ts';
import type { Address } from '../../net/address.ts';
import type { Protocol } from '../../net/protocol.ts';

/** Who answers one port of a Service: what the EndpointSlices of the Service say, put together. */
export interface ServiceEndpoints {
  readonly namespace: string;
  /** The Service's name. */
  readonly service: string;
  /** The name of the Service's port, empty where it has none. */
  readonly port: string;
  readonly protocol: Protocol;
  readonly ready: readonly Endpoint[];
}

export interface Endpoint {
  readonly address: Address;
  readonly port: number;
}

/**
 * What the endpoints controller would publish, every running pod being ready. A named target port is resolved on each
 * pod, so that one Service may lead to different numbers. Services without selector have none here.
 */
export function endpointsOf(services: readonly Service[], pods: readonly Pod[]): readonly ServiceEndpoints[] {
  return services.flatMap((service) => {
    const selector = Object.entries(service.selector ?? {});
    if (selector.length === 0) return [];
    const selected = pods.filter(
      (pod) =>
        pod.namespace === service.namespace &&
        !pod.finished &&
        selector.every(([key, value]) => pod.labels[key] === value),
    );
    return service.ports.map((port) => ({
      namespace: service.namespace,
      service: service.name,
      port: port.name,
      protocol: port.protocol,
      ready: selected.flatMap((pod) => podEndpoints(pod, port)),
    }));
  });
}

function podEndpoints(pod: Pod, { targetPort, protocol }: ServicePort): readonly Endpoint[] {
  const number =
    typeof targetPort === 'number'
      ? targetPort
      : pod.ports.find((port) => port.name === targetPort && port.protocol === protocol)?.number;
  return number === undefined ? [] : pod.addresses.map((address) => ({ address, port: number }));
}
