import { directions } from '../../model/network-policy.ts';
import { readDestination } from '../ends/expression.ts';
import { snapshotLines } from '../snapshot/lines.ts';
import { type Unit, unitsOf } from '../snapshot/units.ts';
import type { Reach } from '../reach/reach.ts';

/** Lines of one verb that hold or fall together. */
export interface Statement {
  readonly verb: 'only' | 'allow' | 'deny';
  readonly lines: readonly string[];
  /** What they say, for whoever reads them first. */
  readonly comment: string;
}

/** A statement that could hold, and weaker ones in its place where it does not. */
export type Candidate = readonly Statement[];

/** Namespaces with a pod that policies isolate. */
export function isolatedNamespaces(reach: Reach): readonly string[] {
  const isolated = unitsOf(reach).all.filter((unit) => isIsolated(reach, unit));
  return [...new Set(isolated.map(({ namespace }) => namespace))].sort();
}

function isIsolated(reach: Reach, { parties }: Unit, only = directions): boolean {
  return parties.some((at) => only.some((direction) => reach.row(at, direction) !== undefined));
}

/** Who comes in is worth more lines than one who lets everybody in. */
const mostSources = 8;

/** What may be worth saying of these namespaces, the widest first. */
export function candidatesIn(reach: Reach, scope: readonly string[]): readonly Candidate[] {
  const units = unitsOf(reach).all;
  const lines = snapshotLines(reach, new Set(scope));
  const sources = sourcesByDestination(lines);
  const goingOut = sendersToAddresses(lines);
  const resolvers = units.filter(({ parties }) => parties.some((at) => isResolver(reach, at)));
  const isolated = units.filter(
    (unit) => scope.includes(unit.namespace) && isIsolated(reach, unit, ['ingress']),
  );
  const receivers = isolated
    .filter(({ id }) => isShortList(sources.get(id) ?? []))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  return [
    ...scope.flatMap((namespace) => {
      const own = units.filter((unit) => unit.namespace === namespace && !goingOut.has(unit.id));
      return outsideOf(
        namespace,
        own.map(({ id }) => id),
      );
    }),
    ...scope.flatMap((namespace) => {
      const own = units.filter((unit) => unit.namespace === namespace && isIsolated(reach, unit, ['egress']));
      return own.length === 0 ? [] : resolvers.map(({ id }) => namesOf(namespace, id));
    }),
    ...scope.flatMap((namespace) => {
      const closed = isolated.filter((unit) => unit.namespace === namespace && !sources.has(unit.id));
      const isWhole = closed.length === units.filter((unit) => unit.namespace === namespace).length;
      return closedIn(namespace, closed, isWhole);
    }),
    ...receivers.map(({ id }): Candidate => [
      {
        verb: 'only',
        lines: sources.get(id) ?? [],
        comment: `${id} is reached by these, and by nobody else.`,
      },
    ]),
  ];
}

function isShortList(lines: readonly string[]): boolean {
  const isAnybody = lines.some((line) => line.startsWith('any -> '));
  return lines.length > 0 && lines.length <= mostSources && !isAnybody;
}

/** The lines of a lock file, without their comments, by whom they let somebody reach. */
function sourcesByDestination(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const byDestination = new Map<string, string[]>();
  for (const line of lines.map(withoutComment)) {
    const [, to = ''] = line.split(' -> ');
    const id = to.replace(/:.*$/, '');
    const known = byDestination.get(id) ?? [];
    byDestination.set(id, known);
    // The same in one family and in the other is one line.
    if (!known.includes(line)) known.push(line);
  }
  return byDestination;
}

/** Who has a line to addresses, or to everybody. */
function sendersToAddresses(lines: readonly string[]): ReadonlySet<string> {
  return new Set(
    lines.flatMap((line) => {
      const [source = '', to = ''] = withoutComment(line).split(' -> ');
      const destination = readDestination(to);
      const isAddress = destination.ok && ['any', 'addresses'].includes(destination.value.end.means.kind);
      return isAddress ? [source] : [];
    }),
  );
}

function withoutComment(line: string): string {
  return line.split('  # ')[0] ?? '';
}

/** @param confined those of the namespace that have no line to addresses */
function outsideOf(namespace: string, confined: readonly string[]): readonly Candidate[] {
  const inward = `Nobody on the internet reaches ${namespace}.`;
  const outward = `${namespace} reaches nobody on the internet.`;
  const deny = (comment: string, ...lines: readonly string[]): Statement => ({
    verb: 'deny',
    lines,
    comment,
  });
  const each = confined.map((id) => `${id} -> internet`);
  return [
    [deny(inward, `internet -> ns:${namespace}`), deny(inward, `internet -> ${namespace}/*`)],
    [
      deny(outward, `ns:${namespace} -> internet`),
      deny(outward, `${namespace}/* -> internet`),
      ...(each.length === 0 ? [] : [deny('These reach nobody on the internet.', ...each)]),
    ],
  ];
}

function namesOf(namespace: string, resolver: string): Candidate {
  const line = `${namespace}/* -> ${resolver}:53/udp,53/tcp`;
  return [{ verb: 'allow', lines: [line], comment: `${namespace} resolves names.` }];
}

function closedIn(namespace: string, closed: readonly Unit[], isWhole: boolean): readonly Candidate[] {
  if (closed.length === 0) return [];
  const comment = `Nobody reaches ${isWhole ? `anything in ${namespace}` : 'these'}.`;
  const statement = (lines: readonly string[]): Statement => ({ verb: 'deny', lines, comment });
  const each = statement(closed.map(({ id }) => `any -> ${id}`));
  return [isWhole ? [statement([`any -> ns:${namespace}`]), statement([`any -> ${namespace}/*`])] : [each]];
}

/** The cluster's name server bears this label, whatever it is called. */
function isResolver({ parties }: Reach, at: number): boolean {
  const party = parties.all[at];
  return party?.kind === 'pods' && party.pods.some(({ labels }) => labels['k8s-app'] === 'kube-dns');
}
