import type { Service } from '../../model/cluster.ts';
import { type Pod, podKey } from '../../model/pod.ts';
import { closest } from '../../model/read/suggestion.ts';
import { type Address, familyOf, parseAddress } from '../../net/address.ts';
import { families, type Protocol } from '../../net/protocol.ts';
import type { LabHost } from '../network/host.ts';
import type { ServiceEndpoints } from '../network/endpoints.ts';
import type { ProbeFlow } from '../probe/probe.ts';
import { type ProbePort, type ProbeTarget, readProbeTarget } from './probe-target.ts';

/** One packet to send, and all that is to know for judging what comes of it. */
export interface ProbeQuestion extends ProbeFlow {
  readonly source: Address;
  /** Whom the asker named. */
  readonly destination: string;
  /** Where a Service may lead; absent: nothing translates the address. */
  readonly endpoints?: readonly { readonly address: Address; readonly port: number }[];
}

/** Everybody who can be asked or asked for. */
export interface ProbeWorld {
  readonly hosts: ReadonlyMap<string, LabHost>;
  readonly pods: readonly Pod[];
  readonly services: readonly Service[];
  readonly endpoints: readonly ServiceEndpoints[];
}

/**
 * What `FROM` and `TO[:PORT[/PROTOCOL]]` ask, in each family that both ends have. Without `to`: every pod and outside host.
 * Without a port: the ports that the destination declares, 80 of an outside host, a ping where nothing is declared.
 *
 * @throws Error with code `LAB_UNKNOWN_HOST` and a hint, `LAB_PROBE_TARGET`, `LAB_NO_COMMON_FAMILY`
 */
export function probeQuestions(
  world: ProbeWorld,
  from: string,
  to: string | undefined,
): readonly ProbeQuestion[] {
  const source = hostNamed(world, from);
  if (to !== undefined) {
    const asked = questionsTo(world, source, readProbeTarget(to));
    if (asked.length > 0) return asked;
    throw probeError('LAB_NO_COMMON_FAMILY', `${from} and ${to} have no address of one family`);
  }
  return [...world.hosts.values()]
    .filter(({ name, kind }) => name !== source.name && kind !== 'node')
    .flatMap(({ name }) => questionsTo(world, source, { host: name }));
}

function questionsTo(
  world: ProbeWorld,
  from: LabHost,
  { host, port }: ProbeTarget,
): readonly ProbeQuestion[] {
  if (host.startsWith('svc/')) return questionsToService(serviceNamed(world, host), world, from, port);
  const address = parseAddress(host);
  const owner = address === undefined ? hostNamed(world, host) : ownerOf(world, address);
  const addresses = address === undefined ? (owner?.addresses ?? []) : [address];
  return portsOf(world, owner, port).flatMap(({ protocol, number }) =>
    pairs(from, addresses).map(([source, to]) => ({
      ...{ from: from.name, source, to, protocol, port: number },
      destination: owner?.name ?? host,
    })),
  );
}

function questionsToService(
  service: Service,
  { endpoints }: ProbeWorld,
  from: LabHost,
  port: ProbePort | undefined,
): readonly ProbeQuestion[] {
  const name = `svc/${service.namespace}/${service.name}`;
  if (service.clusterIPs.length === 0) throw probeError('LAB_PROBE_TARGET', `${name} has no cluster address`);
  if (port?.kind === 'icmp') throw probeError('LAB_PROBE_TARGET', 'a cluster address answers no ping');
  const ports = service.ports.filter(
    (one) =>
      port === undefined ||
      ((port.kind === 'number' ? one.port === port.number : one.name === port.name) &&
        (port.protocol === undefined || one.protocol === port.protocol)),
  );
  if (ports.length === 0) throw probeError('LAB_PROBE_TARGET', `${name} has no such port`);
  return ports.flatMap((one) => {
    const ready = endpoints
      .filter(
        (entry) =>
          entry.namespace === service.namespace &&
          entry.service === service.name &&
          entry.port === one.name &&
          entry.protocol === one.protocol,
      )
      .flatMap((entry) => entry.ready);
    return pairs(from, service.clusterIPs).map(([source, to]) => ({
      ...{ from: from.name, source, to, protocol: one.protocol, port: one.port, destination: name },
      endpoints: ready.filter(({ address }) => familyOf(address) === familyOf(to)),
    }));
  });
}

interface PlainPort {
  readonly protocol: Protocol | 'ICMP';
  readonly number: number;
}

const ping: PlainPort = { protocol: 'ICMP', number: 0 };

function portsOf(
  { pods }: ProbeWorld,
  owner: LabHost | undefined,
  port: ProbePort | undefined,
): readonly PlainPort[] {
  if (port === undefined) {
    if (owner?.kind === 'external') return [{ protocol: 'TCP', number: 80 }];
    const declared = owner?.ports ?? [];
    return declared.length > 0 ? declared : [ping];
  }
  switch (port.kind) {
    case 'icmp':
      return [ping];
    case 'number':
      return [{ protocol: port.protocol, number: port.number }];
    case 'name': {
      const declared = pods.find((pod) => podKey(pod) === owner?.name)?.ports ?? [];
      const named = declared.filter(
        ({ name, protocol }) =>
          name === port.name && (port.protocol === undefined || protocol === port.protocol),
      );
      if (named.length > 0) return named;
      throw probeError(
        'LAB_PROBE_TARGET',
        `${owner?.name ?? 'the address'} has no port named "${port.name}"`,
      );
    }
  }
}

/** The addresses of both ends, family by family. */
function pairs(from: LabHost, addresses: readonly Address[]): readonly (readonly [Address, Address])[] {
  return families.flatMap((family) => {
    const source = from.addresses.find((address) => familyOf(address) === family);
    const target = addresses.find((address) => familyOf(address) === family);
    return source === undefined || target === undefined ? [] : [[source, target] as const];
  });
}

/** A host by its name or one of its addresses. */
export function hostNamed(world: Pick<ProbeWorld, 'hosts'>, name: string): LabHost {
  const address = parseAddress(name);
  const host = address === undefined ? world.hosts.get(name) : ownerOf(world, address);
  if (host !== undefined) return host;
  const names = [...world.hosts.keys()];
  const meant = names.find((known) => known.endsWith(`/${name}`)) ?? closest(name, names);
  throw probeError('LAB_UNKNOWN_HOST', `nobody in the lab is called ${name}`, meant);
}

/** Whose address it is; a node's before that of a pod in its host network. */
function ownerOf({ hosts }: Pick<ProbeWorld, 'hosts'>, address: Address): LabHost | undefined {
  const owners = [...hosts.values()].filter(({ addresses }) => addresses.includes(address));
  return owners.find(({ kind }) => kind === 'node') ?? owners[0];
}

function serviceNamed({ services }: ProbeWorld, written: string): Service {
  const nameOf = ({ namespace, name }: Service): string => `svc/${namespace}/${name}`;
  const service = services.find((one) => nameOf(one) === written);
  if (service !== undefined) return service;
  throw probeError(
    'LAB_UNKNOWN_HOST',
    `no Service is called ${written}`,
    closest(written, services.map(nameOf)),
  );
}

function probeError(code: string, message: string, meant?: string): Error {
  return Object.assign(new Error(message), {
    code,
    ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }),
  });
}
