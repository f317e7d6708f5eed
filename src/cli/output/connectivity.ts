import pc from 'picocolors';
import type { Connection } from '../../lab/connectivity.ts';

/** The connections as a matrix: sources down, ports of destinations across, a legend for the columns. */
export function connectivityTable(connections: readonly Connection[], colour: boolean): string {
  const colours = pc.createColors(colour);
  const sources = [...new Set(connections.map(({ from }) => from))];
  const targets = targetsOf(connections, sources);
  const cells = new Map<string, readonly Connection[]>();
  for (const connection of connections) {
    const key = `${connection.from} ${targetText(connection)}`;
    cells.set(key, [...(cells.get(key) ?? []), connection]);
  }
  const width = Math.max(...sources.map((name) => name.length));
  const column = String(targets.length).length + 1;
  const head = targets.map((_, index) => String(index + 1).padStart(column)).join('');
  const rows = sources.map((from) => {
    const row = targets.map((to) => {
      const text = cellText(cells.get(`${from} ${to}`)).padStart(column);
      return text.endsWith('!')
        ? colours.red(text)
        : text.endsWith('●')
          ? colours.green(text)
          : colours.dim(text);
    });
    return `${from.padEnd(width)} ${row.join('')}`;
  });
  const legend = targets.map((to, index) => `${String(index + 1).padStart(column)}  ${to}`);
  return [
    `${''.padEnd(width)} ${head}`,
    ...rows,
    '',
    `${''.padEnd(column)}  ● answered   · dropped   ! packets and compiler disagree`,
    ...legend,
    '',
  ].join('\n');
}

/** Columns in the order of the rows, so that the diagonal is the diagonal. */
function targetsOf(connections: readonly Connection[], sources: readonly string[]): readonly string[] {
  const hosts = new Map(
    connections.map((connection) => [targetText(connection), sources.indexOf(connection.to)]),
  );
  return [...hosts].sort(([, a], [, b]) => a - b).map(([text]) => text);
}

/** What differs between two measurements, sources folded by destination: one line each, for packets and compiler. */
export function changesText(before: readonly Connection[], after: readonly Connection[]): string {
  const earlier = new Map(before.map((connection) => [keyOf(connection), connection]));
  const changed = after.filter(
    (connection) => earlier.get(keyOf(connection))?.packets !== connection.packets,
  );
  const compiled = after.filter(
    (connection) => earlier.get(keyOf(connection))?.compiled !== connection.compiled,
  );
  const lines = (['allowed', 'denied'] as const).flatMap((verdict) => {
    const isNow = ({ packets }: Connection): boolean => (packets === 'allowed') === (verdict === 'allowed');
    const own = changed.filter(isNow);
    const said = compiled.filter((connection) => connection.compiled === verdict);
    const word = verdict === 'allowed' ? 'opened' : 'closed';
    if (own.length === 0 && said.length === 0) return [];
    return [
      `  ${word}: packets ${String(own.length)}, compiler ${String(said.length)}`,
      ...foldBySources(own, after).map((line) => `    ${line}`),
    ];
  });
  return lines.length === 0 ? '  nothing changed: packets 0, compiler 0\n' : `${lines.join('\n')}\n`;
}

/** `default/web:80/TCP from everybody but worker-1`: sources that share a fate, together. */
function foldBySources(connections: readonly Connection[], all: readonly Connection[]): readonly string[] {
  const bySource = new Map<string, string[]>();
  for (const target of new Set(connections.map(targetText))) {
    const hit = sourcesOf(connections, target);
    const rest = sourcesOf(all, target).filter((from) => !hit.includes(from));
    const text =
      rest.length === 0
        ? 'everybody'
        : rest.length < hit.length
          ? `everybody but ${rest.join(', ')}`
          : hit.join(', ');
    bySource.set(text, [...(bySource.get(text) ?? []), target]);
  }
  return [...bySource].map(([sources, targets]) => `${targets.join(', ')}  from ${sources}`);
}

function sourcesOf(connections: readonly Connection[], target: string): readonly string[] {
  return [...new Set(connections.filter((one) => targetText(one) === target).map(({ from }) => from))];
}

/** One line of how far packets and compiler agree, and each connection where they do not. */
export function agreementText(connections: readonly Connection[]): string {
  const wrong = connections.filter(({ agrees }) => !agrees);
  const lines = wrong.map(
    ({ from, packets, compiled, policies, ...to }) =>
      `  ${from} -> ${targetText(to)} (${to.address}): packets say ${packets}, the compiler ${compiled}, the policies ${policies}`,
  );
  const count = String(connections.length - wrong.length);
  return [
    `  packets and compiler agree on ${count} of ${String(connections.length)} connections`,
    ...lines,
    '',
  ].join('\n');
}

function targetText({ to, port, protocol }: Pick<Connection, 'to' | 'port' | 'protocol'>): string {
  return protocol === 'ICMP' || protocol === 'OTHER'
    ? `${to} ${protocol}`
    : `${to}:${String(port)}/${protocol}`;
}

function keyOf({ from, address, port, protocol }: Connection): string {
  return `${from} ${address} ${String(port)} ${protocol}`;
}

/** Both families in one cell: where they differ, the cell says no more than that something passes. */
function cellText(connections: readonly Connection[] | undefined): string {
  if (connections === undefined) return ' ';
  if (connections.some(({ agrees }) => !agrees)) return '!';
  const open = connections.filter(({ packets }) => packets === 'allowed').length;
  return open === 0 ? '·' : open === connections.length ? '●' : '◐';
}
