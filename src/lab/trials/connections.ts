import type { Trial } from '../../analysis/trials/trial.ts';
import type { Cluster } from '../../model/cluster.ts';
import { type Pod, podKey } from '../../model/pod.ts';
import { type Address, familyOf } from '../../net/address.ts';
import { endpointAt, type Flow } from '../../policy/flow.ts';
import { backendsOf } from '../../policy/service-backends.ts';
import type { LabHost } from '../network/host.ts';
import type { ProbeFlow } from '../probe/probe.ts';

/** A trial with the addresses that the lab gave. */
export interface TrialConnection {
  readonly trial: Trial;
  readonly probe: ProbeFlow;
  /** Where a listener has to stand. */
  readonly listeners: readonly ProbeFlow[];
  /** The connection as policies judge it: one for each pod that a Service may lead to. */
  readonly flows: readonly (Flow & { readonly host: string })[];
}

/**
 * @param cluster as the API server of the lab holds it
 * @param behind the pods that Services lead to
 * @returns why there is no such connection, where the lab has none
 */
export function connectionOf(
  trial: Trial,
  hosts: ReadonlyMap<string, LabHost>,
  cluster: Cluster,
  behind: readonly Pod[],
): TrialConnection | string {
  const { from, to, family, protocol, port } = trial;
  const source = addressOf(hosts, from.host, family);
  if (source === undefined) return `${from.host} has no ${family} address in the lab`;
  const flow = (host: string, destination: Address, number: number): Flow & { readonly host: string } => ({
    host,
    source: endpointAt(cluster, source),
    destination: endpointAt(cluster, destination),
    protocol,
    ...(protocol === 'ICMP' ? {} : { port: number }),
  });
  if (trial.service === undefined) {
    const address = addressOf(hosts, to.host, family);
    if (address === undefined) return `${to.host} has no ${family} address in the lab`;
    const probe = { from: from.host, to: address, protocol, port };
    return { trial, probe, listeners: [probe], flows: [flow(to.host, address, port)] };
  }
  const { namespace, name } = trial.service;
  const service = cluster.services.find((one) => one.namespace === namespace && one.name === name);
  const clusterIP = service?.clusterIPs.find((address) => familyOf(address) === family);
  const own = service?.ports.find((one) => one.port === port && one.protocol === protocol);
  if (service === undefined || own === undefined || clusterIP === undefined) {
    return `svc/${namespace}/${name} has no ${family} cluster address`;
  }
  const targets = backendsOf(service, own, behind).flatMap(({ pod, number }) => {
    const address = addressOf(hosts, podKey(pod), family);
    return address === undefined ? [] : [{ host: podKey(pod), address, number }];
  });
  return {
    trial,
    probe: { from: from.host, to: clusterIP, protocol, port },
    listeners: targets.map(({ address, number }) => ({
      from: from.host,
      to: address,
      protocol,
      port: number,
    })),
    flows: targets.map(({ host, address, number }) => flow(host, address, number)),
  };
}

function addressOf(
  hosts: ReadonlyMap<string, LabHost>,
  host: string,
  family: Trial['family'],
): Address | undefined {
  return hosts.get(host)?.addresses.find((address) => familyOf(address) === family);
}
