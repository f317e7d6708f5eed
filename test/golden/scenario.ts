import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

// A scenario is a folder here: manifests, what each node's ruleset is in every form, and who reaches whom.

/** Policies that we publish, with a cluster in which they mean something. */
export interface Scenario {
  readonly name: string;
  /** Where cluster, verdicts and the expected outputs are. */
  readonly folder: string;
  /** Manifests by file name. */
  readonly files: Readonly<Record<string, string>>;
  readonly nodes: readonly string[];
}

export const scenarios: readonly Scenario[] = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => scenario(name))
  .sort((a, b) => (a.name < b.name ? -1 : 1));

/** The names of the published recipes. */
export const recipes: readonly string[] = readdirSync(rules('recipes'))
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => path.basename(name, '.yaml'))
  .sort();

/** The files of a folder of rules/, or one. */
export function rules(...parts: readonly string[]): string {
  return path.resolve(import.meta.dirname, '../../rules', ...parts);
}

/** A file of the scenario, as it stands on the disk. */
export function expectedFile({ folder }: Scenario, name: string): string {
  return path.join(folder, name);
}

export function verdictsOf({ folder }: Scenario): string {
  return readFileSync(path.join(folder, 'verdicts'), 'utf8');
}

function scenario(name: string): Scenario {
  const folder = path.join(import.meta.dirname, name);
  if (name === 'demo') {
    return {
      name,
      folder,
      files: {
        'cluster.yaml': read(rules('demo/cluster.yaml')),
        'policies.yaml': read(rules('demo/policies.yaml')),
      },
      nodes: ['slcaa872', 'slcaa873'],
    };
  }
  const cluster = read(path.join(folder, 'cluster.yaml'));
  return {
    name,
    folder,
    files: { 'cluster.yaml': cluster, 'policies.yaml': policies(name) },
    nodes: [...cluster.matchAll(/^kind: Node\nmetadata: \{ name: ([^ ]+) \}/gm)].map(([, node]) => node!),
  };
}

/**
 * The recipe about egress has two policies of one name: it shows the one, then puts the other in its place. One input
 * cannot hold both, so each has a scenario.
 */
function policies(name: string): string {
  const text = read(rules('recipes', `${name.replace(/-but-dns$/, '')}.yaml`));
  const documents = text.split(/^---\n/m);
  const document = documents[name.endsWith('-but-dns') ? 1 : 0];
  if (document === undefined) throw new Error(`${name}: the recipe has no such policy`);
  return document;
}

function read(file: string): string {
  return readFileSync(file, 'utf8');
}
