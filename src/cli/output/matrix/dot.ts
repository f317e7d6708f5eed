import type { Endpoint } from '../../../analysis/connectivity/endpoints.ts';
import type { Picture } from '../../../analysis/picture/picture.ts';
import { printable } from '../../../model/read/quote.ts';
import { groupText, shortTraffic } from '../../../analysis/picture/labels.ts';

/** The picture as a Graphviz graph, namespaces as clusters. Rules are solid, what no policy isolates is dashed. */
export function matrixDot(picture: Picture): string {
  const { groups } = picture;
  const byNamespace = Map.groupBy(groups.keys(), (at) => namespaceOf(groups[at]?.endpoints[0]));
  const clusters = [...byNamespace].map(([namespace, own], index) => {
    const nodes = own.map((at) => {
      const group = groups[at];
      const shape = group?.endpoints[0].kind === 'external' ? 'ellipse' : 'box';
      return `    n${String(at)} [label=${quoted(group === undefined ? '' : groupText(group))}, shape=${shape}];\n`;
    });
    if (namespace === undefined) return nodes.join('');
    return `  subgraph cluster_${String(index)} {\n    label=${quoted(namespace)};\n${nodes.join('')}  }\n`;
  });
  const edges = groups.flatMap((_, from) =>
    groups.flatMap((__, to) => {
      const { state, traffic } = picture.cell(from, to);
      if (from === to || (state !== 'rule' && state !== 'open')) return [];
      const look =
        state === 'open'
          ? 'style=dashed, color="#b45f06"'
          : `color="#1f4e9e", label=${quoted(shortTraffic(traffic, 24))}`;
      return [`  n${String(from)} -> n${String(to)} [${look}];\n`];
    }),
  );
  return `digraph connectivity {\n  rankdir=LR;\n  node [fontname="sans-serif"];\n  edge [fontname="sans-serif", fontsize=10];\n${clusters.join('')}${edges.join('')}}\n`;
}

function namespaceOf(endpoint: Endpoint | undefined): string | undefined {
  return endpoint?.kind === 'pods' && endpoint.objectKind !== 'Namespace' ? endpoint.namespace : undefined;
}

/** A string of the DOT language. A backslash would begin an escape such as \\N. */
function quoted(text: string): string {
  return `"${printable(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
