import type { Ingress } from '../../model/cluster.ts';
import type { Pod } from '../../model/pod.ts';
import { quote } from '../../model/read/quote.ts';
import { closest } from '../../model/read/suggestion.ts';
import type { Traffic } from '../../net/traffic.ts';
import { noDnsNames } from '../ends/dns-names.ts';
import { type Expressed, expressed, type ExpressionProblem, notExpressed } from '../ends/expressed.ts';
import type { EndExpression } from '../ends/expression.ts';
import type { Place, Target } from '../ends/place.ts';
import { podPlaces } from '../ends/places.ts';
import type { PortExpression } from '../ends/port-expression.ts';
import { resolveEnd, type Surroundings } from '../ends/resolve.ts';
import { findService, serviceTargets } from '../ends/service-targets.ts';
import { firstOf } from '../ends/workload-places.ts';
import { controllerOf, findControllers } from '../ingress/controllers.ts';
import { entryOf, plainEntry } from '../ingress/entry.ts';
import { type Route, routesOf, routesTo } from '../ingress/routes.ts';
import type { DeadEnd, Leg } from './question.ts';
import { serviceHops } from './service-hops.ts';

/** Requests that are asked about: all that an Ingress takes, or those to a host. */
export type Request =
  | { readonly kind: 'ingress'; readonly namespace?: string; readonly name: string }
  | { readonly kind: 'host'; readonly host: string; readonly path?: string };

/**
 * The legs of requests through an Ingress: from the client to the pods of the controller, and from those to each backend.
 * @param ports of the Services before the controller
 */
export function ingressLegs(
  from: readonly Place[],
  request: Request,
  ports: readonly PortExpression[],
  within: Surroundings,
  controller: EndExpression | undefined,
): Expressed<readonly Leg[]> {
  const routes = routesFor(request, within);
  if (!routes.ok) return routes;
  const gates = gatesFor(routes.value, ports, within, controller);
  if (!gates.ok) return gates;
  return expressed(
    gates.value.flatMap(({ places, to, services, routes: own }): readonly Leg[] => [
      {
        kind: 'to-controller',
        from,
        to,
        hops: services.flatMap((service) => serviceHops(service, ports, within.reach)),
        routes: [],
      },
      ...backendLegs(places, own, within),
    ]),
  );
}

function routesFor(request: Request, { reach, defaultNamespace }: Surroundings): Expressed<readonly Route[]> {
  const { ingresses } = reach.cluster;
  if (request.kind === 'ingress') {
    const ingress = findIngress(ingresses, request.namespace ?? defaultNamespace, request.name);
    if (!ingress.ok) return ingress;
    const routes = routesOf(ingress.value);
    return routes.length > 0
      ? expressed(routes)
      : notExpressed(`Ingress ${quote(keyOf(ingress.value))} has no backends`);
  }
  const { host, path } = request;
  const routes = routesTo(ingresses, host, path);
  if (routes.length > 0) return expressed(routes);
  const paths = routesTo(ingresses, host).map((route) => route.path);
  if (paths.length > 0) {
    return notExpressed(
      `no path of ${quote(host)} matches ${quote(path ?? '')}`,
      `it has ${firstOf(paths.map(quote))}`,
    );
  }
  const hosts = [...new Set(ingresses.flatMap(routesOf).map((route) => route.host))]
    .filter((one) => one !== '')
    .sort();
  const known = hosts.length === 0 ? noDnsNames : `the input has ${firstOf(hosts)}; ${noDnsNames}`;
  const meant = closest(host, hosts);
  return notExpressed(
    `no Ingress has the host ${quote(host)}`,
    meant === undefined ? known : `did you mean ${meant}?`,
  );
}

function findIngress(ingresses: readonly Ingress[], namespace: string, name: string): Expressed<Ingress> {
  const ingress = ingresses.find((one) => one.namespace === namespace && one.name === name);
  if (ingress !== undefined) return expressed(ingress);
  const known = ingresses.map(keyOf);
  const meant = closest(`${namespace}/${name}`, known) ?? known.find((one) => one.endsWith(`/${name}`));
  return notExpressed(
    `no Ingress ${quote(`${namespace}/${name}`)}`,
    meant === undefined ? undefined : `did you mean ing/${meant}?`,
  );
}

function keyOf({ namespace, name }: Ingress): string {
  return `${namespace}/${name}`;
}

/** A controller as a receiver of requests and a sender to backends. */
interface Gate {
  readonly places: readonly Place[];
  readonly to: readonly Target[];
  readonly services: Parameters<typeof serviceHops>[0][];
  readonly routes: readonly Route[];
}

function gatesFor(
  routes: readonly Route[],
  ports: readonly PortExpression[],
  within: Surroundings,
  controller: EndExpression | undefined,
): Expressed<readonly Gate[]> {
  if (controller !== undefined) {
    const places = resolveEnd(controller, within);
    if (!places.ok) return places;
    const gate = gateAt(places.value, routes, ports, within);
    return gate.ok ? expressed([gate.value]) : gate;
  }
  const running = findControllers(within.reach.cluster);
  const byPods = new Map<readonly Pod[], Route[]>();
  for (const route of routes) {
    const choice = controllerOf(route.ingress, running);
    if (choice.kind !== 'found') {
      return noController(
        route.ingress,
        choice.kind === 'none' ? [] : choice.found.map((one) => one.controller.name),
      );
    }
    const own = byPods.get(choice.found.pods);
    if (own === undefined) byPods.set(choice.found.pods, [route]);
    else own.push(route);
  }
  const gates: Gate[] = [];
  for (const [pods, own] of byPods) {
    const gate = gateAt(podPlaces(within.reach, pods), own, ports, within);
    if (!gate.ok) return gate;
    gates.push(gate.value);
  }
  return expressed(gates);
}

function noController(
  ingress: Ingress,
  found: readonly string[],
): { readonly ok: false } & ExpressionProblem {
  const { ingressClassName } = ingress;
  const ofClass = ingressClassName === '' ? '' : ` of class ${quote(ingressClassName)}`;
  const why =
    found.length === 0
      ? 'no pods of a well-known Ingress controller are in the input'
      : `several Ingress controllers are in the input: ${found.join(', ')}`;
  return notExpressed(
    `cannot tell which controller serves Ingress ${quote(keyOf(ingress))}${ofClass}: ${why}`,
    'name its pods with --ingress-controller, for example --ingress-controller ingress-nginx/controller',
  );
}

function gateAt(
  places: readonly Place[],
  routes: readonly Route[],
  ports: readonly PortExpression[],
  { reach }: Surroundings,
): Expressed<Gate> {
  const pods = places.flatMap((place) => (place.kind === 'pods' ? place.pods : []));
  const entry = entryOf(reach.cluster, pods, ports);
  if (!entry.ok) return entry;
  const byTraffic = Map.groupBy(entry.value.traffic.keys(), (pod) => entry.value.traffic.get(pod));
  const others = places.filter(({ kind }) => kind !== 'pods');
  return expressed({
    places,
    routes,
    services: [...entry.value.services],
    to: [
      ...[...byTraffic].flatMap(([traffic, own]) => targetsAt(podPlaces(reach, own), traffic)),
      ...targetsAt(others, plainEntry(ports)),
    ],
  });
}

function targetsAt(places: readonly Place[], traffic: Traffic | undefined): readonly Target[] {
  return traffic === undefined ? [] : places.map((place) => ({ place, traffic }));
}

/** One leg for each port of a Service that routes lead to. */
function backendLegs(
  controller: readonly Place[],
  routes: readonly Route[],
  within: Surroundings,
): readonly Leg[] {
  const byBackend = Map.groupBy(routes, ({ ingress, to }) =>
    JSON.stringify(
      to.kind === 'service' ? [ingress.namespace, to.service, to.port] : [ingress.namespace, to.resource],
    ),
  );
  return [...byBackend.values()].map((own): Leg => {
    const [route] = own;
    const leg = { kind: 'to-backend' as const, from: controller, to: [], hops: [], routes: own };
    if (route === undefined) return leg;
    if (route.to.kind === 'resource') {
      const message = `${quote(route.to.resource)} is no Service: nobody can tell where it leads`;
      return { ...leg, deadEnd: { kind: 'unknown', message } };
    }
    return { ...leg, ...behind(route.ingress.namespace, route.to, within) };
  });
}

function behind(
  namespace: string,
  { service: name, port }: { readonly service: string; readonly port: number | string },
  { reach }: Surroundings,
): Pick<Leg, 'to' | 'hops'> | { readonly deadEnd: DeadEnd } {
  const service = findService(reach.cluster.services, namespace, name);
  // A part of a cluster may be in other files.
  if (!service.ok) return { deadEnd: deadEnd('unknown', service) };
  const asked: readonly PortExpression[] = [
    typeof port === 'string'
      ? { kind: 'named', name: port }
      : { kind: 'range', protocol: 'TCP', first: port, last: port },
  ];
  const targets = serviceTargets(service.value, asked, reach);
  if (targets.ok) return { to: targets.value, hops: serviceHops(service.value, asked, reach) };
  const { type, selector } = service.value;
  return {
    deadEnd: deadEnd(type === 'ExternalName' || selector === undefined ? 'unknown' : 'nobody', targets),
  };
}

function deadEnd(kind: DeadEnd['kind'], { message, hint }: ExpressionProblem): DeadEnd {
  return { kind, message, ...(hint === undefined ? {} : { hint }) };
}
