import { protocols } from '../../../src/net/protocol.ts';
import {
  type LabelMap,
  type Manifest,
  namespaceManifest,
  type NodeManifest,
  type PodManifest,
} from './manifests.ts';

// The cluster that every case starts from. Two nodes, each with a /24 of its own, so that `<address of z/c>/24` means the
// pods of one node, and z/c's /28 means some of these:
//
//   n1  10.244.1.0/24, fd00:244:1::/64   x/a .4  x/c .6  y/b .8  |  z/a .20  z/c .22
//   n2  10.244.2.0/24, fd00:244:2::/64   x/b .5  y/a .7  y/c .9  |  z/b .21
//
// Right of the bar, on n1, is the /28 of z/c. Pods that cases add: y-2/a .30 and w/a .32 on n2, y-2/b .31 and x/d .33 on
// n1. IPv6 addresses end alike (fd00:244:1::4). Each pod serves 80 and 81 in each protocol, as serve-80-tcp and so on.

/** The ports that every pod serves. */
export const servedPorts: readonly number[] = [80, 81];

/** Nodes, namespaces and pods, no policy. */
export function baseObjects(): readonly Manifest[] {
  return [
    nodeManifest('n1', 1),
    nodeManifest('n2', 2),
    ...['x', 'y', 'z'].map((name) => namespaceManifest(name, { ns: name })),
    ...['x', 'y', 'z'].flatMap((namespace) =>
      ['a', 'b', 'c'].map((name) => podManifest(namespace, name, { pod: name })),
    ),
  ];
}

/** A pod of the base cluster or one that a case adds: node and addresses follow from its name. */
export function podManifest(namespace: string, name: string, labels: LabelMap): PodManifest {
  const { node, host } = placeOf(`${namespace}/${name}`);
  const addresses = [`10.244.${node}.${host}`, `fd00:244:${node}::${host}`];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels },
    spec: {
      nodeName: `n${node}`,
      containers: servedPorts.flatMap((port) =>
        protocols.map((protocol) => {
          const served = `${port}-${protocol.toLowerCase()}`;
          return {
            name: `cont-${served}`,
            image: 'serve',
            ports: [{ name: `serve-${served}`, containerPort: port, protocol }],
          };
        }),
      ),
    },
    status: {
      phase: 'Running',
      podIP: addresses[0]!,
      podIPs: addresses.map((ip) => ({ ip })),
    },
  };
}

const places: Readonly<Record<string, { readonly node: 1 | 2; readonly host: number }>> = {
  'x/a': { node: 1, host: 4 },
  'x/b': { node: 2, host: 5 },
  'x/c': { node: 1, host: 6 },
  'x/d': { node: 1, host: 33 },
  'y/a': { node: 2, host: 7 },
  'y/b': { node: 1, host: 8 },
  'y/c': { node: 2, host: 9 },
  'z/a': { node: 1, host: 20 },
  'z/b': { node: 2, host: 21 },
  'z/c': { node: 1, host: 22 },
  'y-2/a': { node: 2, host: 30 },
  'y-2/b': { node: 1, host: 31 },
  'w/a': { node: 2, host: 32 },
};

function placeOf(pod: string): { readonly node: 1 | 2; readonly host: number } {
  const place = places[pod];
  if (place === undefined) throw new Error(`no place for pod ${pod}`);
  return place;
}

function nodeManifest(name: string, number: 1 | 2): NodeManifest {
  const podCIDRs = [`10.244.${number}.0/24`, `fd00:244:${number}::/64`];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec: { podCIDR: podCIDRs[0]!, podCIDRs },
    status: {
      addresses: [`192.168.50.1${number}`, `fd00:50::1${number}`].map((address) => ({
        type: 'InternalIP',
        address,
      })),
    },
  };
}
