import type { Service, ServicePort } from '../../../model/cluster.ts';
import { matchesSelector } from '../../../model/label-selector.ts';
import {
  type Direction,
  directions,
  type NetworkPolicy,
  type PolicyPort,
  type PolicyRule,
} from '../../../model/network-policy.ts';
import type { Pod } from '../../../model/pod.ts';
import { quote } from '../../../model/read/quote.ts';
import { groupKey, type PodGroup } from '../../../policy/isolation.ts';
import type { Reach } from '../../reach/reach.ts';
import { at, policyReference } from '../objects.ts';
import type { Found, LintContext, LintRule } from '../rule.ts';
import { backendPods, groupOfPeer, groupOfPolicy, podsOf } from '../selection.ts';

/**
 * A rule that allows the port of a Service where the Service leads to another one. Policies see a connection after the
 * Service was resolved: the port that counts is that of the pod.
 */
export const servicePortNotTargetPort: LintRule = {
  id: 'service-port-not-target-port',
  title: 'the port of a Service where that of its pods is meant',
  severity: 'warning',
  check: (context) => {
    const find = createSearch(context);
    return context.cluster.policies.flatMap((policy) =>
      directions.flatMap((direction) =>
        policy[direction].flatMap((rule) => ofRule(context, policy, direction, rule, find)),
      ),
    );
  },
};

/** A Service that leads away from a number, and the number that it leads to on the pods in question. */
interface Detour {
  readonly service: Service;
  readonly target: number;
}

type Search = (group: PodGroup, port: NumberedPort) => Detour | undefined;

type NumberedPort = Extract<PolicyPort, { readonly kind: 'range' }>;

function ofRule(
  { place }: LintContext,
  policy: NetworkPolicy,
  direction: Direction,
  rule: PolicyRule,
  find: Search,
): readonly Found[] {
  const groups = receivers(policy, direction, rule);
  return (rule.ports ?? []).flatMap((port, index) => {
    if (port.kind !== 'range' || port.first !== port.last) return [];
    const detour = groups.map((group) => find(group, port)).find((found) => found !== undefined);
    if (detour === undefined || allows(policy, direction, port, detour.target)) return [];
    const { namespace, name } = detour.service;
    const number = String(port.first);
    const target = String(detour.target);
    return [
      {
        ...at(place(policy, ['spec', direction, rule.index, 'ports', index, 'port'])),
        object: policyReference(policy),
        message: `${number} is the port of Service ${quote(`${namespace}/${name}`)}, its pods listen on ${target}`,
        hint: `policies see the port of the pod: write ${target}`,
      },
    ];
  });
}

/** The pods that receive what the rule allows. A rule for every peer means nobody in particular. */
function receivers(
  policy: NetworkPolicy,
  direction: Direction,
  { peers = [] }: PolicyRule,
): readonly PodGroup[] {
  if (direction === 'ingress') return [groupOfPolicy(policy)];
  return peers.flatMap((peer) => (peer.kind === 'pods' ? [groupOfPeer(policy, peer)] : []));
}

/** Whoever allows both ports knows the difference. */
function allows(
  policy: NetworkPolicy,
  direction: Direction,
  { protocol }: NumberedPort,
  number: number,
): boolean {
  return policy[direction].some(
    ({ ports }) =>
      ports === undefined ||
      ports.some(
        (port) =>
          port.protocol === protocol &&
          (port.kind === 'all' || (port.kind === 'range' && port.first <= number && number <= port.last)),
      ),
  );
}

/** Searches a Service for each group and port once: policies share few of them. */
function createSearch({ cluster, reach }: LintContext): Search {
  const ports = Map.groupBy(
    cluster.services.flatMap((service) => service.ports.map((port) => ({ service, port }))),
    ({ service, port }) => `${service.namespace} ${numberKey(port.protocol, port.port)}`,
  );
  const backends = new Map<Service, ReadonlySet<Pod>>();
  const backendsOf = (service: Service): ReadonlySet<Pod> => {
    const found = backends.get(service) ?? backendPods(reach, service);
    backends.set(service, found);
    return found;
  };
  const found = new Map<string, Detour | undefined>();

  return (group, { protocol, first }) => {
    const number = numberKey(protocol, first);
    const key = `${number} ${groupKey(group)}`;
    if (found.has(key)) return found.get(key);
    const detour = namespacesOf(reach, group)
      .flatMap((namespace) => ports.get(`${namespace} ${number}`) ?? [])
      .map(({ service, port }) => detourOf(service, port, podsOf(reach, group), backendsOf(service)))
      .find((one) => one !== undefined);
    found.set(key, detour);
    return detour;
  };
}

function namespacesOf(reach: Reach, group: PodGroup): readonly string[] {
  if (group.kind === 'namespace') return [group.namespace];
  return reach.namespaces.filter((name) =>
    matchesSelector(group.namespaces, reach.parties.index.namespaceLabels(name)),
  );
}

function numberKey(protocol: string, number: number): string {
  return `${String(number)}/${protocol}`;
}

/** Where the Service leads from its port on pods that do not listen on a port of that number themselves. */
function detourOf(
  service: Service,
  port: ServicePort,
  pods: readonly Pod[],
  backends: ReadonlySet<Pod>,
): Detour | undefined {
  const behind = pods.filter((pod) => backends.has(pod));
  const listens = behind.some(({ containerPorts }) =>
    containerPorts.some(({ number, protocol }) => number === port.port && protocol === port.protocol),
  );
  if (listens) return undefined;
  const target = behind.map((pod) => targetNumber(pod, port)).find((number) => number !== undefined);
  return target === undefined || target === port.port ? undefined : { service, target };
}

function targetNumber({ ports }: Pod, { targetPort, protocol }: ServicePort): number | undefined {
  if (typeof targetPort === 'number') return targetPort;
  return ports.find((port) => port.name === targetPort && port.protocol === protocol)?.number;
}
