import type { Cluster, Service, ServicePort } from '../../model/cluster.ts';
import type { Pod } from '../../model/pod.ts';
import type { PortRange } from '../../net/port-range.ts';
import { nothing, type Traffic, trafficOf, unionTraffic } from '../../net/traffic.ts';
import { backendsOf, podsOfService } from '../../policy/service-backends.ts';
import { type Expressed, expressed, notExpressed } from '../ends/expressed.ts';
import type { PortExpression } from '../ends/port-expression.ts';

/** Where clients come in at an Ingress controller. */
export interface Entry {
  /** The ports by which each pod takes requests. */
  readonly traffic: ReadonlyMap<Pod, Traffic>;
  /** The Services that lead there. */
  readonly services: readonly Service[];
}

const names = ['http', 'https', 'web', 'websecure', 'proxy', 'proxy-ssl', 'proxy-tls'];
const numbers = [80, 443];

/**
 * The ports for HTTP and HTTPS of a controller's pods: where the Services before them lead, else by the names of their
 * ports, else 80 and 443.
 * @param asked ports of those Services, where the question names some
 */
export function entryOf(
  { services }: Cluster,
  pods: readonly Pod[],
  asked: readonly PortExpression[],
): Expressed<Entry> {
  const before = services.filter((service) => podsOfService(service, pods).length > 0);
  const wanted = (port: ServicePort): boolean =>
    asked.length === 0 ? isForRequests(port) : asked.some((one) => isMeant(one, port));
  const leading = before.filter((service) => service.ports.some(wanted));
  if (leading.length > 0) {
    const traffic = new Map<Pod, Traffic>();
    for (const service of leading) {
      for (const port of service.ports.filter(wanted)) {
        for (const { pod, number } of backendsOf(service, port, pods)) {
          add(traffic, pod, { protocol: port.protocol, first: number, last: number });
        }
      }
    }
    return expressed({ traffic, services: leading });
  }
  if (asked.length > 0 && before.length > 0) {
    const offered = before.flatMap((service) => service.ports.map(({ port }) => String(port)));
    return notExpressed(
      'the Services of the Ingress controller have no such port',
      `they have ${[...new Set(offered)].join(', ')}`,
    );
  }
  return expressed({ traffic: new Map(pods.map((pod) => [pod, ownTraffic(pod, asked)])), services: [] });
}

/** The ports at which clients reach a controller of which no pods are known. */
export function plainEntry(asked: readonly PortExpression[]): Traffic {
  return asked.length === 0
    ? trafficOf(numbers.map((number) => ({ protocol: 'TCP', first: number, last: number })))
    : trafficOf(asked.flatMap((port) => (port.kind === 'range' ? [port] : [])));
}

function isForRequests({ name, port, protocol }: ServicePort): boolean {
  return protocol === 'TCP' && (numbers.includes(port) || names.includes(name));
}

function isMeant(asked: PortExpression, { name, port, protocol }: ServicePort): boolean {
  switch (asked.kind) {
    case 'other':
      return false;
    case 'named':
      return asked.name === name;
    case 'range':
      return asked.protocol === protocol && asked.first <= port && port <= asked.last;
  }
}

function ownTraffic(pod: Pod, asked: readonly PortExpression[]): Traffic {
  if (asked.length > 0) return plainEntry(asked);
  const own = pod.ports.filter(({ name, protocol }) => protocol === 'TCP' && names.includes(name));
  return own.length === 0
    ? plainEntry([])
    : trafficOf(own.map(({ number }) => ({ protocol: 'TCP', first: number, last: number })));
}

function add(traffic: Map<Pod, Traffic>, pod: Pod, range: PortRange): void {
  traffic.set(pod, unionTraffic(traffic.get(pod) ?? nothing, trafficOf([range])));
}
