import { type DocumentOptions, parse, stringify, type ToStringOptions } from 'yaml';
import { casesByTopic } from '../cases/all.ts';
import { baseManifests } from '../cases/cluster.ts';
import type { FlowRow, PolicyCase } from '../cases/policy-case.ts';
import { type ApiObject, type CaseFlow, flowsOf, readCase } from '../cases/run.ts';

// rules/semantics is what the case tables say, as files that people can copy and run: the witnesses of the tables and
// whoever reads the folder see the same cases.

/** The files of rules/semantics by their path there. */
export function semanticsFiles(): ReadonlyMap<string, string> {
  const files = new Map([
    ['cluster.yaml', `# The cluster of the cases here.\n${manifestsText(baseManifestsHere)}`],
  ]);
  for (const [topic, cases] of Object.entries(casesByTopic)) {
    const folder = topic.toLowerCase().replace(/[^a-z]+/g, '-');
    const suites: string[] = [];
    for (const one of cases) {
      if (one.refused !== undefined) {
        files.set(
          `refused/${one.name}.yaml`,
          `# ${one.source}: refused: ${one.refused}.\n${manifestsText(manifestsOf(one.manifests))}`,
        );
        continue;
      }
      const lines = linesOf(one);
      if (lines === undefined) continue;
      const manifests = manifestsOfSuite(one);
      const names = manifests.own.length === 0 ? [] : [`${folder}/${one.name}.yaml`];
      if (names[0] !== undefined) files.set(names[0], manifestsText(manifests.own));
      suites.push(suiteText(one, manifests.base ? ['cluster.yaml', ...names] : names, lines));
    }
    if (suites.length > 0) files.set(`${folder}.policy-test.yaml`, suites.join('---\n'));
  }
  return files;
}

/** Cases that a policy test cannot tell, and why. */
export const untold: ReadonlyMap<string, string> = new Map([
  ['pod-reaches-itself', 'a line is about two pods'],
  ['own-node-is-judged-on-request', 'an option of the agent'],
  ['own-node-is-judged-by-blocks-and-ports', 'an option of the agent'],
  ['nodes-are-not-pods', 'a line has a pod at one end'],
]);

interface Manifest {
  readonly object: ApiObject;
  readonly text: string;
}

/** Policies in the style that people write; everything else as the tables have it, an object in a few lines. */
function manifestsOf(text: string): readonly Manifest[] {
  return text
    .split(/^---\n/m)
    .filter((one) => one.trim() !== '')
    .map((one) => {
      const object = parse(one) as ApiObject;
      return { object, text: object.kind === 'NetworkPolicy' ? stringify(object, style) : one };
    });
}

const style: ToStringOptions & DocumentOptions = { version: '1.1', lineWidth: 0, singleQuote: true };

const baseManifestsHere = manifestsOf(baseManifests);

function keyOf({ object: { kind, metadata } }: Manifest): string {
  return `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
}

/** A case that changes the cluster brings all of it that its flows speak of. */
function manifestsOfSuite(one: PolicyCase): { readonly base: boolean; readonly own: readonly Manifest[] } {
  const own = manifestsOf(one.manifests);
  const changed = new Set(own.map(keyOf));
  if (!baseManifestsHere.some((manifest) => changed.has(keyOf(manifest)))) return { base: true, own };
  const named = new Set(one.flows.flatMap(([from, to]) => [endOf(from), endOf(to)]));
  const others = baseManifestsHere.filter((manifest) => {
    const { kind, metadata } = manifest.object;
    if (changed.has(keyOf(manifest))) return false;
    return kind !== 'Pod' || named.has(`${metadata.namespace ?? ''}/${metadata.name}`);
  });
  return { base: false, own: [...others, ...own] };
}

function endOf(text: string): string {
  return text.replace(/[@:].*$/, '');
}

/** A line is about a pod and somebody else. */
function isTold([from, to]: FlowRow): boolean {
  const ends = [endOf(from), endOf(to)];
  return ends[0] !== ends[1] && ends.some((end) => !/^(?:node|external)\//.test(end));
}

interface Lines {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

function linesOf(one: PolicyCase): Lines | undefined {
  if (untold.has(one.name)) return undefined;
  const { cluster } = readCase(one);
  const of = (verdict: 'allow' | 'deny'): readonly string[] => {
    const portsByPair = new Map<string, string[]>();
    for (const row of one.flows.filter(([, , said]) => said === verdict)) {
      if (!isTold(row)) continue;
      const isHeld = row[0].includes('@') || row[1].includes('@');
      for (const flow of flowsOf({ ...one, flows: [row] }, cluster)) {
        const pair = pairText(flow, isHeld);
        const ports = portsByPair.get(pair) ?? [];
        if (!ports.includes(portText(flow))) portsByPair.set(pair, [...ports, portText(flow)]);
      }
    }
    return [...portsByPair].map(([pair, ports]) => `${pair}:${ports.join(',')}`);
  };
  return { allow: of('allow'), deny: of('deny') };
}

/** Both ends of a flow. A pod is meant by name, but where the row holds it to one family. */
function pairText({ from, to, flow }: CaseFlow, isHeld: boolean): string {
  const end = (name: string, address: string): string =>
    isHeld || /^(?:node|external)\//.test(name) ? address : name;
  const [source, destination] = [end(from, flow.source.address), end(to, flow.destination.address)];
  return `${source} -> ${destination.includes(':') ? `[${destination}]` : destination}`;
}

function portText({ flow }: CaseFlow): string {
  return flow.port === undefined ? '*/other' : `${flow.port}/${flow.protocol.toLowerCase()}`;
}

function suiteText(one: PolicyCase, manifests: readonly string[], { allow, deny }: Lines): string {
  const verb = (name: string, lines: readonly string[]): string =>
    lines.length === 0 ? '' : `${name}:\n${lines.map((line) => `  - ${line}\n`).join('')}`;
  const comment = `# ${one.source}: ${one.name.replaceAll('-', ' ')}\n`;
  return `${comment}manifests: [${manifests.join(', ')}]\n${verb('allow', allow)}${verb('deny', deny)}`;
}

function manifestsText(manifests: readonly Manifest[]): string {
  return manifests.map(({ text }) => text).join('---\n');
}
