import type { Cluster, Service } from '../../../src/model/cluster.ts';
import type { Pod } from '../../../src/model/pod.ts';
import { type Address, parseAddress } from '../../../src/net/address.ts';

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new RangeError(`not an address: ${text}`);
  return parsed;
}

/** A pod that listens on TCP and UDP 80, with everything else left open. */
export function pod(key: string, overrides: Partial<Pod> = {}): Pod {
  const [namespace = '', name = ''] = key.split('/');
  return {
    namespace,
    name,
    uid: '',
    labels: { app: name },
    nodeName: '',
    addresses: [],
    hostNetwork: false,
    finished: false,
    created: '',
    ports: [{ name: 'web', number: 80, protocol: 'TCP' }],
    containerPorts: [
      { number: 80, protocol: 'TCP' },
      { number: 80, protocol: 'UDP' },
    ],
    ...overrides,
  };
}

export function cluster(pods: readonly Pod[], overrides: Partial<Cluster> = {}): Cluster {
  return { namespaces: [], nodes: [], pods, policies: [], services: [], ingresses: [], ...overrides };
}

export function service(
  name: string,
  clusterIPs: readonly string[],
  overrides: Partial<Service> = {},
): Service {
  return {
    namespace: 'x',
    name,
    type: 'ClusterIP',
    selector: { app: name },
    clusterIPs: clusterIPs.map(address),
    ports: [{ name: '', protocol: 'TCP', port: 8080, targetPort: 'web' }],
    externalTrafficPolicy: 'Cluster',
    ...overrides,
  };
}
