import { familyOf, parseAddress } from '../../net/address.ts';
import { addressBits, bounds, readCidr } from '../../net/cidr.ts';
import type { Family } from '../../net/protocol.ts';
import {
  type JsonObject,
  isObject,
  listAt,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  valueAt,
} from './json.ts';

const nodePorts = { first: 30000, last: 32767 };

/**
 * Fills in what the server allocates for a Service: cluster addresses from the Service CIDRs (the first is the
 * cluster's primary family) and node ports; and the defaults of the other fields. Addresses of `taken` Services are not
 * given out again. An update keeps what the old object had.
 */
export function withServiceAddresses(
  service: JsonObject,
  cidrs: readonly string[],
  taken: readonly JsonObject[],
  old?: JsonObject,
): JsonObject {
  const spec = objectAt(service, 'spec');
  const type = stringAt(spec, 'type') || 'ClusterIP';
  const shared = { type, sessionAffinity: 'None', ...spec };
  if (type === 'ExternalName') return { ...service, spec: shared, status: statusOf(service) };
  const external = type === 'NodePort' || type === 'LoadBalancer';
  const ports = withNodePorts(
    objectsAt(spec, 'ports').map((port) => ({
      ...port,
      protocol: stringAt(port, 'protocol') || 'TCP',
      targetPort: valueAt(port, 'targetPort') ?? valueAt(port, 'port') ?? 0,
    })),
    external,
    taken,
    old,
  );
  return {
    ...service,
    spec: {
      ...shared,
      internalTrafficPolicy: valueAt(spec, 'internalTrafficPolicy') ?? 'Cluster',
      ...(external ? { externalTrafficPolicy: valueAt(spec, 'externalTrafficPolicy') ?? 'Cluster' } : {}),
      ...clusterAddresses(spec, cidrs, taken, objectAt(old, 'spec')),
      ...(ports.length > 0 ? { ports } : {}),
    },
    status: statusOf(service),
  };
}

function clusterAddresses(
  spec: JsonObject,
  cidrs: readonly string[],
  taken: readonly JsonObject[],
  old: JsonObject,
): JsonObject {
  const written = writtenAddresses(spec);
  const given = written.length > 0 ? written : writtenAddresses(old);
  const families = familiesOf(spec, given, cidrs);
  const policy =
    stringAt(spec, 'ipFamilyPolicy') || (families.length > 1 ? 'RequireDualStack' : 'SingleStack');
  if (given[0] === 'None') {
    return { clusterIP: 'None', clusterIPs: ['None'], ipFamilies: families, ipFamilyPolicy: policy };
  }
  const used = new Set(taken.flatMap((other) => writtenAddresses(objectAt(other, 'spec'))));
  const addresses = families.flatMap((family) => {
    const present = given.find(
      (address) => parseAddress(address) !== undefined && familyOf(address) === family,
    );
    const address = present ?? firstFree(family, cidrs, used);
    return address === undefined ? [] : [address];
  });
  const [first] = addresses;
  return {
    ...(first === undefined ? {} : { clusterIP: first, clusterIPs: addresses }),
    ipFamilies: families,
    ipFamilyPolicy: policy,
  };
}

function writtenAddresses(spec: JsonObject): readonly string[] {
  const list = listAt(spec, 'clusterIPs').filter((address) => typeof address === 'string');
  const single = stringAt(spec, 'clusterIP');
  return list.length > 0 ? list : single === '' ? [] : [single];
}

function familiesOf(spec: JsonObject, given: readonly string[], cidrs: readonly string[]): readonly Family[] {
  const named = listAt(spec, 'ipFamilies').filter((family) => family === 'IPv4' || family === 'IPv6');
  const served = cidrs.map(familyOf);
  const fromAddresses = given.filter((address) => parseAddress(address) !== undefined).map(familyOf);
  const chosen = [...new Set([...named, ...fromAddresses])];
  const start = chosen.length > 0 ? chosen : served.slice(0, 1);
  const dual = ['PreferDualStack', 'RequireDualStack'].includes(stringAt(spec, 'ipFamilyPolicy'));
  return dual ? [...new Set([...start, ...served])] : start;
}

function firstFree(family: Family, cidrs: readonly string[], used: ReadonlySet<string>): string | undefined {
  const text = cidrs.find((cidr) => familyOf(cidr) === family);
  const reading = text === undefined ? undefined : readCidr(text);
  if (reading?.ok !== true) return undefined;
  const { first, last } = bounds(reading.cidr);
  // The first ten stay free, as for `kubernetes` and the cluster's DNS.
  for (let number = first + 10n; number < last; number += 1n) {
    const address = parseAddress(addressText(number, family));
    if (address !== undefined && !used.has(address)) return address;
  }
  return undefined;
}

function addressText(number: bigint, family: Family): string {
  const bits = addressBits(family);
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => String((number >> shift) & 255n)).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => (number >> BigInt(112 - index * 16)) & 0xffffn);
  return groups.map((group) => group.toString(16)).join(':');
}

function withNodePorts(
  ports: readonly JsonObject[],
  external: boolean,
  taken: readonly JsonObject[],
  old: JsonObject | undefined,
): readonly JsonObject[] {
  if (!external) return ports;
  const used = new Set([...taken, { spec: { ports } }].flatMap(nodePortsOf));
  const before = objectsAt(old, 'spec', 'ports');
  return ports.map((port) => {
    if (numberAt(port, 'nodePort') !== undefined) return port;
    const same = before.find(
      (other) =>
        valueAt(other, 'port') === valueAt(port, 'port') &&
        valueAt(other, 'protocol') === valueAt(port, 'protocol'),
    );
    let nodePort = numberAt(same, 'nodePort') ?? nodePorts.first;
    while (same === undefined && used.has(nodePort) && nodePort < nodePorts.last) nodePort += 1;
    used.add(nodePort);
    return { ...port, nodePort };
  });
}

function nodePortsOf(service: JsonObject): readonly number[] {
  return objectsAt(service, 'spec', 'ports').flatMap((port) => numberAt(port, 'nodePort') ?? []);
}

function statusOf(service: JsonObject): JsonObject {
  const status = valueAt(service, 'status');
  return isObject(status) && Object.keys(status).length > 0 ? status : { loadBalancer: {} };
}
