import type { Inspection } from '../../agent/inspection.ts';
import {
  type EnforcedDifference,
  type EnforcedDifferences,
  representativeName,
} from '../../analysis/enforced-difference.ts';
import { printableLines } from '../../model/read/quote.ts';
import { columnsText } from './columns.ts';
import { jsonText } from './json-text.ts';

/** What `ringfence verify` found. */
export interface Verification {
  readonly node: string;
  readonly table: string;
  readonly inspection: Inspection;
  /** New connections that are judged otherwise; absent where everything is equal. */
  readonly flows?: EnforcedDifferences;
}

const mostLines = 50;

/** For people: what differs as connections, then the objects that are to blame. */
export function verificationText({ node, table, inspection, flows }: Verification): string {
  const what = `table inet ${table} on ${node}`;
  if (inspection.kind === 'equal') return `${what}: the kernel has what the policies say\n`;
  const lines = [
    inspection.kind === 'missing'
      ? `${what}: there is none, so nothing is enforced\n`
      : `${what}: the kernel does not have what the policies say\n`,
  ];
  const differences = flows?.differences ?? [];
  for (const [actual, head] of heads) {
    const rows = rowsOf(differences.filter((difference) => difference.actual === actual));
    if (rows.length === 0) continue;
    lines.push(`\n${head}\n`, columnsText(['FROM', 'TO', 'PORTS', 'POLICIES'], rows.slice(0, mostLines)));
    if (rows.length > mostLines)
      lines.push(`  and ${String(rows.length - mostLines)} more; -o json has all\n`);
  }
  if (differences.length === 0) lines.push('\nno new connection is judged otherwise\n');
  if (flows?.complete === false) lines.push('\nthere may be more: not every pair of ends was tried\n');
  if (inspection.kind === 'different') lines.push(objectsText(inspection));
  return printableLines(lines.join(''));
}

const heads = [
  ['allowed', 'allowed by the kernel, denied by the policies:'],
  ['denied', 'denied by the kernel, allowed by the policies:'],
] as const;

/** One for each pair of ends, with all that differs between them. */
function rowsOf(differences: readonly EnforcedDifference[]): readonly (readonly string[])[] {
  const pairs = Map.groupBy(
    differences,
    ({ source, destination }) => `${nameOf(source)} > ${nameOf(destination)}`,
  );
  return [...pairs.values()].flatMap((found) => {
    const [first] = found;
    if (first === undefined) return [];
    const { source, destination, policies } = first;
    return [[nameOf(source), nameOf(destination), portsOf(found), policies.join(', ') || '<none>']];
  });
}

function nameOf(end: EnforcedDifference['source']): string {
  const name = representativeName(end);
  if (end.endpoint.kind === 'external') return `${name} (outside)`;
  return end.others === 0 ? name : `${name} and ${String(end.others)} like it`;
}

/** Both families may be in it: each is said once. */
function portsOf(found: readonly EnforcedDifference[]): string {
  const said = [...new Set(found.map(portsText))];
  return said.join(' ') === everything ? 'everything' : said.join(' ');
}

const everything = '1-65535/TCP 1-65535/UDP 1-65535/SCTP ICMP others';

function portsText({ protocol, ports }: EnforcedDifference): string {
  if (ports === undefined) return protocol === 'other' ? 'others' : protocol;
  const ranges = ports.map(([first, last]) =>
    first === last ? String(first) : `${String(first)}-${String(last)}`,
  );
  return `${ranges.join(',')}/${protocol}`;
}

function objectsText({
  differences,
  foreign,
}: Extract<Verification['inspection'], { kind: 'different' }>): string {
  const told = [
    ...differences.map(({ kind, object, details }) => {
      const more = details.length > 3 ? `, and ${String(details.length - 3)} more` : '';
      return `  ${kind} ${object}${details.length === 0 ? '' : `: ${details.slice(0, 3).join(', ')}${more}`}\n`;
    }),
    ...foreign.map(({ object, json }) => `  not ours ${object}: ${json}\n`),
  ];
  const rest = told.length > mostLines ? `  and ${String(told.length - mostLines)} more\n` : '';
  return `\nobjects:\n${told.slice(0, mostLines).join('')}${rest}`;
}

export function verificationJson({ node, table, inspection, flows }: Verification): string {
  const different = inspection.kind === 'different' ? inspection : { differences: [], foreign: [] };
  const json = {
    apiVersion: 'ringfence.dev/v1alpha1',
    kind: 'Verification',
    node,
    table,
    equal: inspection.kind === 'equal',
    missing: inspection.kind === 'missing',
    connections: (flows?.differences ?? []).map(
      ({ source, destination, protocol, ports, actual, policies }) => ({
        from: { name: representativeName(source), address: source.endpoint.address, others: source.others },
        to: {
          name: representativeName(destination),
          address: destination.endpoint.address,
          others: destination.others,
        },
        protocol,
        ...(ports === undefined ? {} : { ports }),
        kernel: actual,
        policies: actual === 'allowed' ? 'denied' : 'allowed',
        isolatedBy: policies,
      }),
    ),
    complete: flows?.complete ?? true,
    objects: different.differences,
    foreign: different.foreign,
  };
  return jsonText(json);
}
