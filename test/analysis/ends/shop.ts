import { createReach, type Reach } from '../../../src/analysis/reach/reach.ts';
import type { EndExpression } from '../../../src/analysis/ends/expression.ts';
import { readDestination, readEnd } from '../../../src/analysis/ends/expression.ts';
import type { Place, Target } from '../../../src/analysis/ends/place.ts';
import { type Named, resolveDestination, resolveEnd } from '../../../src/analysis/ends/resolve.ts';
import type { Cluster } from '../../../src/model/cluster.ts';
import { podKey } from '../../../src/model/pod.ts';
import { trafficText } from '../../../src/net/traffic.ts';
import { address, cidr, clusterOf, namespaceOf, nodeOf, podOf, policyOf } from '../../cases/builders.ts';

// A small shop: workloads of all sorts, Services that lead somewhere and nowhere, two nodes of both families.

const ownedBy = (kind: string, name: string, app = name) => ({ workload: { kind, name }, labels: { app } });
const service = {
  type: 'ClusterIP',
  clusterIPs: [],
  externalTrafficPolicy: 'Cluster',
} as const;
const port = (number: number, targetPort: number | string, name = '') =>
  ({ name, protocol: 'TCP', port: number, targetPort }) as const;
const http = { name: 'http', number: 8080, protocol: 'TCP' } as const;

export const shop: Cluster = clusterOf({
  namespaces: [namespaceOf('shop', { team: 'shop' }), namespaceOf('mon'), namespaceOf('empty')],
  nodes: [
    nodeOf('w1', { addresses: [address('192.168.0.1'), address('fd00::1')] }),
    nodeOf('w2', { addresses: [address('192.168.0.2')] }),
  ],
  pods: [
    podOf('shop/web-1', {
      ...ownedBy('Deployment', 'web'),
      nodeName: 'w1',
      addresses: [address('10.1.0.1')],
      ports: [http],
    }),
    podOf('shop/web-2', {
      ...ownedBy('Deployment', 'web'),
      nodeName: 'w2',
      addresses: [address('10.1.0.2')],
      ports: [http, { name: 'extra', number: 81, protocol: 'TCP' }],
    }),
    podOf('shop/db-0', {
      ...ownedBy('StatefulSet', 'db'),
      nodeName: 'w1',
      addresses: [address('10.1.0.3'), address('fd01::3')],
      ports: [{ name: 'pg', number: 5432, protocol: 'TCP' }],
    }),
    podOf('shop/api', { ...ownedBy('Deployment', 'api'), nodeName: '', ports: [{ ...http, number: 9090 }] }),
    podOf('shop/both', { ...ownedBy('Deployment', 'both'), nodeName: '' }),
    podOf('shop/both-job', { ...ownedBy('Job', 'both'), nodeName: '' }),
    podOf('shop/done-x', { ...ownedBy('Job', 'done'), finished: true }),
    podOf('mon/prom', { labels: { app: 'prom' }, nodeName: 'w2', addresses: [address('10.1.0.9')] }),
    podOf('mon/agent-1', {
      ...ownedBy('DaemonSet', 'agent'),
      nodeName: 'w1',
      hostNetwork: true,
      addresses: [address('192.168.0.1')],
    }),
    podOf('mon/agent-2', {
      ...ownedBy('DaemonSet', 'agent'),
      nodeName: 'w2',
      hostNetwork: true,
      addresses: [address('192.168.0.2')],
    }),
  ],
  services: [
    {
      ...service,
      namespace: 'shop',
      name: 'web',
      selector: { app: 'web' },
      ports: [port(80, 'http', 'http'), port(443, 8443), port(81, 'extra', 'extra')],
    },
    {
      ...service,
      namespace: 'shop',
      name: 'store',
      selector: { app: 'db' },
      ports: [{ ...port(5432, 5432), protocol: 'UDP' }, port(5432, 5432)],
    },
    { ...service, namespace: 'shop', name: 'headless', selector: { app: 'db' }, ports: [] },
    { ...service, namespace: 'shop', name: 'manual', ports: [port(80, 80)] },
    {
      ...service,
      namespace: 'shop',
      name: 'ext',
      type: 'ExternalName',
      selector: { app: 'db' },
      ports: [port(80, 80)],
    },
    { ...service, namespace: 'shop', name: 'none', selector: { app: 'nobody' }, ports: [port(80, 80)] },
    { ...service, namespace: 'shop', name: 'odd', selector: { app: 'db' }, ports: [port(80, 'nope')] },
  ],
  ingresses: [
    {
      namespace: 'shop',
      name: 'front',
      ingressClassName: '',
      backends: [{ host: 'shop.example.com', path: '/', pathType: 'Prefix', service: 'web', port: 80 }],
    },
  ],
  policies: [
    policyOf('shop/db', {
      podSelector: [{ key: 'app', operator: 'In', values: ['db'] }],
      policyTypes: ['ingress'],
      ingress: [
        {
          index: 0,
          peers: [
            { kind: 'pods', podSelector: [{ key: 'app', operator: 'In', values: ['web'] }] },
            { kind: 'ipBlock', cidr: cidr('10.0.0.0/8'), except: [cidr('10.9.0.0/16')] },
          ],
          ports: [{ kind: 'named', name: 'pg', protocol: 'TCP' }],
        },
      ],
    }),
  ],
});

export const shopReach = createReach(shop);

/** `from` of the words, as places in text; or what is wrong with them. */
export function placesOf(text: string, within: Within = {}): readonly string[] | string {
  const end = readEnd(text);
  if (!end.ok) return end.message;
  const places = resolveEnd(end.value, surroundings(within));
  return places.ok ? places.value.map(placeText) : problem(places);
}

/** `to` of the words, as `PLACE: TRAFFIC`. */
export function targetsOf(text: string, within: Within = {}): readonly string[] | string {
  const end = readDestination(text);
  if (!end.ok) return end.message;
  const targets = resolveDestination(end.value, surroundings(within));
  return targets.ok ? targets.value.map(targetText) : problem(targets);
}

export interface Within {
  readonly reach?: Reach;
  readonly namespace?: string;
  readonly names?: Readonly<Record<string, Named>>;
}

export function surroundings({ reach = shopReach, namespace = 'default', names = {} }: Within) {
  return { reach, defaultNamespace: namespace, names: new Map(Object.entries(names)) };
}

export function endOf(text: string): EndExpression {
  const end = readEnd(text);
  if (!end.ok) throw new Error(end.message);
  return end.value;
}

function problem({ message, hint }: { readonly message: string; readonly hint?: string }): string {
  return hint === undefined ? message : `${message}; ${hint}`;
}

export function targetText({ place, traffic }: Target): string {
  return `${placeText(place)}: ${trafficText(traffic)}`;
}

export function placeText(place: Place): string {
  switch (place.kind) {
    case 'pods': {
      const how = [...(place.onePod ? ['one'] : []), ...(place.exceptOwnNode ? ['not its node'] : [])];
      return `${place.pods.map(podKey).join(' ')}${how.length === 0 ? '' : ` (${how.join(', ')})`}`;
    }
    case 'node':
      return `node ${place.node} ${place.address}${place.exceptOwnNode ? ' (not its pods)' : ''}`;
    case 'addresses':
      return `${place.blocks.join(' ')} (${place.examples.join(' ')})`;
    case 'possible':
      return `to come in ${place.possible.namespace ?? 'a new namespace'}`;
  }
}
