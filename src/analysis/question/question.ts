import type { Service } from '../../model/cluster.ts';
import { quote } from '../../model/read/quote.ts';
import { type Expressed, expressed, notExpressed } from '../ends/expressed.ts';
import { serviceNameProblem } from '../ends/dns-names.ts';
import type { DestinationExpression, EndExpression } from '../ends/expression.ts';
import type { Place, Target } from '../ends/place.ts';
import { portExpressionText } from '../ends/port-expression.ts';
import { resolveDestination, resolveEnd, type Surroundings } from '../ends/resolve.ts';
import { findService } from '../ends/service-targets.ts';
import { isIngressHost, type Route } from '../ingress/routes.ts';
import { ingressLegs } from './ingress-legs.ts';
import { type ServiceHop, serviceHops } from './service-hops.ts';

/** Whether some ends reach others, as a person asks it. */
export interface Question {
  /** One, or through an Ingress several: all of them must work. */
  readonly legs: readonly Leg[];
  /** What the answer does not say. */
  readonly notes: readonly string[];
}

/** A way from ends to ends that policies judge as one connection. */
export interface Leg {
  readonly kind: 'direct' | 'to-controller' | 'to-backend';
  readonly from: readonly Place[];
  /** Empty where it leads to nobody: see `deadEnd`. */
  readonly to: readonly Target[];
  /** How Services lead to the receivers. */
  readonly hops: readonly ServiceHop[];
  /** What leads to this backend. */
  readonly routes: readonly Route[];
  readonly deadEnd?: DeadEnd;
}

export interface DeadEnd {
  /** Whether surely nobody answers, or it cannot be known from the cluster's objects. */
  readonly kind: 'nobody' | 'unknown';
  readonly message: string;
  readonly hint?: string;
}

export interface QuestionOptions {
  /** Whose pods take the requests to Ingresses; else they are found by what well-known controllers are called. */
  readonly ingressController?: EndExpression;
}

/** Looks up the ends of a question. A problem where an end is nobody. */
export function questionOf(
  source: EndExpression,
  destination: DestinationExpression,
  within: Surroundings,
  options: QuestionOptions = {},
): Expressed<Question> {
  const from = resolveEnd(source, within);
  if (!from.ok) return from;
  if (from.value.length === 0) return notExpressed(`${quote(source.text)} matches nobody`);
  const legs = legsOf(from.value, destination, within, options);
  if (!legs.ok) return legs;
  if (legs.value.every(({ to, deadEnd }) => to.length === 0 && deadEnd === undefined)) {
    return notExpressed(`${quote(destination.end.text)} matches nobody`);
  }
  return expressed({ legs: legs.value, notes: notesOn(legs.value) });
}

function legsOf(
  from: readonly Place[],
  { end, ports }: DestinationExpression,
  within: Surroundings,
  { ingressController }: QuestionOptions,
): Expressed<readonly Leg[]> {
  const { cluster } = within.reach;
  const { means } = end;
  const misnamed = serviceByName({ end, ports }, within);
  if (misnamed !== undefined) return misnamed;
  const isHost =
    means.kind === 'word' && means.word.includes('.') && isIngressHost(cluster.ingresses, means.word);
  if (isHost) {
    return ingressLegs(from, { kind: 'host', host: means.word }, ports, within, ingressController);
  }
  if (means.kind === 'host' || means.kind === 'ingress') {
    return ingressLegs(from, means, ports, within, ingressController);
  }
  if (ingressController !== undefined) {
    return notExpressed(`${quote(end.text)} is no Ingress, so it needs no controller`);
  }
  const to = resolveDestination({ end, ports }, within);
  if (!to.ok) return to;
  const service =
    means.kind === 'service'
      ? findService(cluster.services, means.namespace ?? within.defaultNamespace, means.name)
      : undefined;
  const hops = service?.ok === true ? serviceHops(service.value, ports, within.reach) : [];
  return expressed([{ kind: 'direct', from, to: to.value, hops, routes: [] }]);
}

function serviceByName(
  { end: { means, text }, ports }: DestinationExpression,
  { reach: { cluster } }: Surroundings,
): ReturnType<typeof notExpressed> | undefined {
  const host = means.kind === 'word' ? means.word : means.kind === 'host' ? means.host : '';
  if (isIngressHost(cluster.ingresses, host)) return undefined;
  const own = ports.length === 0 ? '' : `:${ports.map(portExpressionText).join()}`;
  return serviceNameProblem(text, host, cluster, own);
}

/** J1 of docs/semantics.md: judged is the client itself, unless somebody has put a node's address in its place before. */
function notesOn(legs: readonly Leg[]): readonly string[] {
  const services = legs
    .filter(({ from }) => from.some(({ kind }) => kind === 'addresses'))
    .flatMap(({ hops }) => hops.map(({ service }) => service))
    .filter(hidesClients);
  return [...new Set(services)].map(
    ({ namespace, name, type }) =>
      `svc/${namespace}/${name} is of type ${type} with externalTrafficPolicy Cluster: a client from outside that comes by a ` +
      'node may be hidden behind the address of that node, which policies then judge in its place',
  );
}

function hidesClients({ type, externalTrafficPolicy }: Service): boolean {
  return (type === 'NodePort' || type === 'LoadBalancer') && externalTrafficPolicy === 'Cluster';
}
