import type { Connectivity } from '../../src/analysis/connectivity/connectivity.ts';
import type { PodEndpoint } from '../../src/analysis/connectivity/endpoints.ts';
import { intersectTraffic, nothing, type Traffic, trafficOf } from '../../src/net/traffic.ts';

/**
 * A policy test of so many lines about the cluster, of all kinds and nearly all true: between workloads and from outside,
 * of whole namespaces, of labels, of anybody, and of those who alone may come in. `otherwise` holds for the namespaces with
 * which the suite begins, and does not hold.
 */
export function suiteText(connectivity: Connectivity, lines: number, manifests: string): string {
  const pods = connectivity.endpoints.filter((endpoint) => endpoint.kind === 'pods');
  const at = (index: number): PodEndpoint => pods[index % pods.length] ?? fail();
  const byVerb = { allow: [] as string[], deny: [] as string[], only: [] as string[] };
  for (let index = 0; byVerb.allow.length + byVerb.deny.length < lines - byVerb.only.length; index += 1) {
    const [from, to] = [at(index * 37), at(index * 101 + 13)];
    if (from === to) continue;
    const port = ports[index % ports.length] ?? 80;
    const traffic = trafficOf([{ protocol: 'TCP', first: port, last: port }]);
    const passes = (a: PodEndpoint, b: PodEndpoint): boolean => isOpen(connectivity, a, b, traffic);
    const verb = passes(from, to) ? 'allow' : 'deny';
    const destination = `${nameOf(to)}:${String(port)}`;
    switch (index % 10) {
      case 0:
        byVerb.deny.push(`internet -> ${destination}`);
        break;
      case 1:
        byVerb[index % 20 === 1 ? 'allow' : 'deny'].push(`any -> ${destination}`);
        break;
      case 2:
        byVerb.deny.push(`ns:${from.namespace} -> ${destination}`);
        break;
      case 3:
        byVerb[verb].push(`${from.namespace}/app=${from.pods[0]?.labels.app ?? ''} -> ${destination}`);
        break;
      case 4:
        byVerb.only.push(`${nameOf(from)} -> ${destination}`);
        break;
      default:
        byVerb[verb].push(`${nameOf(from)} -> ${destination}`);
    }
  }
  const scope = [...new Set(pods.slice(0, 100).map(({ namespace }) => namespace))];
  return [
    `manifests: [${manifests}]`,
    ...Object.entries(byVerb).flatMap(([verb, said]) => [`${verb}:`, ...said.map((line) => `  - ${line}`)]),
    'otherwise: deny',
    `scope: [${scope.join(', ')}]`,
    '',
  ].join('\n');
}

const ports = [8080, 80, 443, 5432];

function isOpen(connectivity: Connectivity, from: PodEndpoint, to: PodEndpoint, traffic: Traffic): boolean {
  const { endpoints } = connectivity;
  const { traffic: passing } = connectivity.cell(endpoints.indexOf(from), endpoints.indexOf(to));
  return intersectTraffic(passing, traffic) !== nothing;
}

/** Workloads that the policies tell apart within themselves have one name all the same. */
function nameOf({ namespace, name }: PodEndpoint): string {
  return `${namespace}/${name}`;
}

function fail(): never {
  throw new RangeError('a cluster without pods');
}
