import type { Connectivity } from '../../analysis/connectivity/connectivity.ts';
import type { Endpoint } from '../../analysis/connectivity/endpoints.ts';
import type { Passage } from '../../analysis/reach/passage.ts';
import { cidrsOfBlock } from '../../net/address-block.ts';
import { nothing, type Traffic } from '../../net/traffic.ts';
import { jsonLine } from './json-text.ts';
import { apiVersion, trafficJson } from './traffic-json.ts';

/** One end of connections, as JSON documents have it. */
export function endpointJson(endpoint: Endpoint): object {
  if (endpoint.kind === 'external') {
    return { id: endpoint.id, kind: 'External', cidrs: endpoint.blocks.flatMap(cidrsOfBlock) };
  }
  const { id, objectKind, namespace, name, hostNetwork } = endpoint;
  return { id, kind: objectKind, namespace, name, ...(hostNetwork ? { hostNetwork } : {}) };
}

/** One connection, with what passes or with the part of it that is meant. */
export function connectionJson(
  from: string,
  to: string,
  passage: Pick<Passage, 'egress' | 'ingress'>,
  traffic: Traffic,
): object {
  return { from, to, ...passageJson(passage, traffic) };
}

function passageJson({ egress, ingress }: Pick<Passage, 'egress' | 'ingress'>, traffic: Traffic): object {
  return { ...trafficJson(traffic), egress: egress.basis, ingress: ingress.basis };
}

/**
 * A document of kind Connectivity, piece by piece: that of a big cluster is longer than a string can be. Only pairs with
 * something allowed are listed, and no endpoint against itself.
 * @param isMeant pairs that are listed
 */
export function* connectivityJson(
  connectivity: Connectivity,
  isMeant: (from: Endpoint, to: Endpoint) => boolean,
): Generator<string> {
  const { endpoints } = connectivity;
  const list = endpoints.map((endpoint) => `    ${jsonLine(endpointJson(endpoint))}`).join(',\n');
  yield `{\n  "apiVersion": ${jsonLine(apiVersion)},\n  "kind": "Connectivity",\n  "endpoints": [\n${list}\n  ],\n  "connections": [`;
  const ids = endpoints.map(({ id }) => jsonLine(id));
  let separator = '\n';
  for (const [at, from] of endpoints.entries()) {
    const lines: string[] = [];
    for (const [position, passage] of connectivity.row(at).entries()) {
      const to = endpoints[position];
      if (to === undefined || position === at || passage.traffic === nothing || !isMeant(from, to)) continue;
      lines.push(`    {"from":${ids[at] ?? ''},"to":${ids[position] ?? ''},${restOf(passage)}`);
    }
    if (lines.length === 0) continue;
    yield `${separator}${lines.join(',\n')}`;
    separator = ',\n';
  }
  yield separator === '\n' ? ']\n}\n' : '\n  ]\n}\n';
}

const rests = new Map<Passage, string>();

/** The text of a connection after its ends: there are millions of connections and few passages. */
function restOf(passage: Passage): string {
  const known = rests.get(passage) ?? jsonLine(passageJson(passage, passage.traffic)).slice(1);
  rests.set(passage, known);
  return known;
}
