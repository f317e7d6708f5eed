import type { Service } from '../../model/cluster.ts';
import type { Pod } from '../../model/pod.ts';
import { quote } from '../../model/read/quote.ts';
import { closest } from '../../model/read/suggestion.ts';
import { nothing, type Traffic, trafficOf, unionTraffic } from '../../net/traffic.ts';
import { backendsOf, podsOfService } from '../../policy/service-backends.ts';
import type { Reach } from '../reach/reach.ts';
import { type Expressed, expressed, type ExpressionProblem, notExpressed } from './expressed.ts';
import type { Target } from './place.ts';
import { podPlaces } from './places.ts';
import type { PortExpression } from './port-expression.ts';

/** A Service as a receiver: its pods, at the numbers that its ports lead to. */
export function serviceTargets(
  service: Service,
  ports: readonly PortExpression[],
  reach: Reach,
): Expressed<readonly Target[]> {
  const own = service.ports.filter(
    (port) => ports.length === 0 || ports.some((asked) => isServicePort(asked, port)),
  );
  const full = `svc/${service.namespace}/${service.name}`;
  // Each port that is asked for must be there: a slip among several would be passed over.
  if (ports.some((asked) => !own.some((port) => isServicePort(asked, port)))) {
    const offered = service.ports.map(
      ({ name, port, protocol }) =>
        `${String(port)}/${protocol.toLowerCase()}${name === '' ? '' : ` (${name})`}`,
    );
    return notExpressed(`${full} has no such port`, `it has ${offered.join(', ')}`);
  }
  const traffic = new Map<Pod, Traffic>();
  for (const port of own) {
    for (const { pod, number } of backendsOf(service, port, reach.cluster.pods)) {
      const one = trafficOf([{ protocol: port.protocol, first: number, last: number }]);
      traffic.set(pod, unionTraffic(traffic.get(pod) ?? nothing, one));
    }
  }
  if (traffic.size === 0) return nobodyBehind(service, reach, own);
  const byTraffic = Map.groupBy(traffic.keys(), (pod) => traffic.get(pod) ?? nothing);
  return expressed(
    [...byTraffic].flatMap(([one, pods]) => podPlaces(reach, pods).map((place) => ({ place, traffic: one }))),
  );
}

/** How the name of a Service in DNS is written as an end: `web.shop.svc.cluster.local` is `svc/shop/web`. */
export function serviceOfName(host: string): string | undefined {
  const [, name, namespace] = /^([^.]+)\.([^.]+)\.svc(?:\..+)?$/.exec(host) ?? [];
  return name === undefined || namespace === undefined ? undefined : `svc/${namespace}/${name}`;
}

/** That a Service leads to nobody, and why. */
export function nobodyBehind(
  service: Service,
  reach: Reach,
  ports: Service['ports'] = [],
): { readonly ok: false } & ExpressionProblem {
  return notExpressed(
    `no pod is behind svc/${service.namespace}/${service.name}`,
    serviceHint(service, ports, reach),
  );
}

function serviceHint(service: Service, ports: Service['ports'], { cluster }: Reach): string {
  const labels = Object.entries(service.selector ?? {}).map((label) => label.join('='));
  if (service.type === 'ExternalName') return 'it is an ExternalName: it leads to a name outside the cluster';
  if (labels.length === 0) return 'it has no selector: somebody else decides where it leads';
  const names = ports.flatMap(({ targetPort }) => (typeof targetPort === 'string' ? [targetPort] : []));
  return podsOfService(service, cluster.pods).length === 0
    ? `it selects ${labels.join(',')}`
    : `none of its pods has a port named ${names.map(quote).join(' or ')}`;
}

/** Whether a port that is asked for is this one of the Service. */
export function isServicePort(
  asked: PortExpression,
  { name, port, protocol }: Service['ports'][number],
): boolean {
  switch (asked.kind) {
    case 'other':
      return false;
    case 'named':
      return asked.name === name && (asked.protocol ?? protocol) === protocol;
    case 'range':
      return asked.protocol === protocol && asked.first <= port && port <= asked.last;
  }
}

/** The Service of that name; else a problem that says which is meant. */
export function findService(
  services: readonly Service[],
  namespace: string,
  name: string,
): Expressed<Service> {
  const service = services.find((one) => one.namespace === namespace && one.name === name);
  if (service !== undefined) return expressed(service);
  const known = services.map((one) => `svc/${one.namespace}/${one.name}`);
  const meant = closest(`svc/${namespace}/${name}`, known) ?? known.find((one) => one.endsWith(`/${name}`));
  return notExpressed(
    `no Service ${quote(`${namespace}/${name}`)}`,
    meant === undefined ? undefined : `did you mean ${meant}?`,
  );
}
