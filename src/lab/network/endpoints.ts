import type { Service } from '../../model/cluster.ts';
import type { Pod } from '../../model/pod.ts';
import type { Address } from '../../net/address.ts';
import type { Protocol } from '../../net/protocol.ts';
import { backendsOf } from '../../policy/service-backends.ts';

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

/** What the endpoints controller would publish. Services without selector have none here. */
export function endpointsOf(services: readonly Service[], pods: readonly Pod[]): readonly ServiceEndpoints[] {
  return services.flatMap((service) => {
    if (Object.keys(service.selector ?? {}).length === 0) return [];
    return service.ports.map((port) => ({
      namespace: service.namespace,
      service: service.name,
      port: port.name,
      protocol: port.protocol,
      ready: backendsOf(service, port, pods).flatMap(({ pod, number }) =>
        pod.addresses.map((address) => ({ address, port: number })),
      ),
    }));
  });
}
