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
  .filter((name) => /^\d.*\.yaml$/.test(name) && !name.endsWith('.policy-test.yaml'))
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
    files: { 'cluster.yaml': cluster, 'policies.yaml': read(rules('recipes', `${name}.yaml`)) },
    nodes: [...cluster.matchAll(/^kind: Node\nmetadata: \{ name: ([^ ]+) \}/gm)].map(([, node]) => node!),
  };
}

function read(file: string): string {
  return readFileSync(file, 'utf8');
}
