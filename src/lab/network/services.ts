import type { Service } from '../../model/cluster.ts';
import { type Address, familyOf } from '../../net/address.ts';
import type { Endpoint, ServiceEndpoints } from './endpoints.ts';

const table = 'lab_services';

/**
 * What kube-proxy makes of ClusterIPs, as one atomic replacement of one table: a random ready endpoint of the address'
 * family; a refusal where there is none; masquerade of a pod that reaches itself, for it would not take an answer from
 * its own address.
 */
export function servicesRuleset(
  services: readonly Service[],
  endpoints: readonly ServiceEndpoints[],
): string {
  const ports = services.flatMap((service) => servicePorts(service, endpoints));
  const translate = ports.flatMap(renderTranslation);
  const refuse = ports.filter((port) => port.endpoints.length === 0).map((port) => `${match(port)} reject`);
  const looped = [
    ...new Set(ports.flatMap((port) => port.endpoints.map((endpoint) => endpoint.address))),
  ].sort();
  const hairpin = looped.map((address) => {
    const ip = ipKeyword(address);
    return `ct status dnat ${ip} saddr ${address} ${ip} daddr ${address} masquerade`;
  });
  return [
    // Declared first, for deleting what is not there fails.
    `table inet ${table} {}`,
    `delete table inet ${table}`,
    `table inet ${table} {`,
    renderChain('services', '', translate),
    renderChain('prerouting', 'type nat hook prerouting priority dstnat;', ['jump services']),
    renderChain('output', 'type nat hook output priority -100;', ['jump services']),
    renderChain('postrouting', 'type nat hook postrouting priority srcnat;', hairpin),
    renderChain('refuse', '', refuse),
    renderChain('refuse-forward', 'type filter hook forward priority filter - 10;', ['jump refuse']),
    renderChain('refuse-output', 'type filter hook output priority filter - 10;', ['jump refuse']),
    '}',
    '',
  ].join('\n');
}

interface ClusterPort {
  readonly address: Address;
  readonly protocol: string;
  readonly port: number;
  readonly endpoints: readonly Endpoint[];
}

function servicePorts(service: Service, endpoints: readonly ServiceEndpoints[]): readonly ClusterPort[] {
  return service.clusterIPs.flatMap((address) =>
    service.ports.map((port) => ({
      address,
      protocol: port.protocol.toLowerCase(),
      port: port.port,
      endpoints: endpoints
        .filter(
          (entry) =>
            entry.namespace === service.namespace &&
            entry.service === service.name &&
            entry.port === port.name &&
            entry.protocol === port.protocol,
        )
        .flatMap((entry) => entry.ready)
        .filter((endpoint) => familyOf(endpoint.address) === familyOf(address)),
    })),
  );
}

/** One rule an endpoint, each taking its share of what the rules before it left: no maps, which nft versions spoil for each other. */
function renderTranslation(port: ClusterPort): readonly string[] {
  return port.endpoints.map((endpoint, index) => {
    const left = port.endpoints.length - index;
    const share = left === 1 ? '' : ` numgen random mod ${String(left)} 0`;
    const ip = ipKeyword(endpoint.address);
    const to = ip === 'ip6' ? `[${endpoint.address}]` : endpoint.address;
    return `${match(port)}${share} dnat ${ip} to ${to}:${String(endpoint.port)}`;
  });
}

function match(port: ClusterPort): string {
  return `${ipKeyword(port.address)} daddr ${port.address} ${port.protocol} dport ${String(port.port)}`;
}

function ipKeyword(address: Address): 'ip' | 'ip6' {
  return familyOf(address) === 'IPv4' ? 'ip' : 'ip6';
}

function renderChain(name: string, base: string, rules: readonly string[]): string {
  return [
    `  chain ${name} {`,
    ...[base, ...rules].filter((line) => line !== '').map((line) => `    ${line}`),
    '  }',
  ].join('\n');
}
