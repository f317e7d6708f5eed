import { ownersOf } from '../../analysis/connectivity/endpoints.ts';
import { createReach } from '../../analysis/reach/reach.ts';
import type { Cluster } from '../../model/cluster.ts';
import { loadInput } from '../input/load-input.ts';
import type { Terminal } from '../terminal.ts';
import type { Candidate, GivenOptions, Lookup, Wanted } from './complete.ts';

/**
 * Names from the manifests that the line names already. Whoever types wants names at once: standard input is not read, no
 * cluster is asked, and input that cannot be read completes to nothing.
 */
export function createLookup(terminal: Terminal, lintRules: () => Promise<readonly string[]>): Lookup {
  return async (wanted, given) => {
    const candidates = await namesFor(wanted, given, terminal, lintRules);
    return candidates.filter(({ value }) => /^[\w./:*-]+$/.test(value));
  };
}

async function namesFor(
  wanted: Wanted,
  given: GivenOptions,
  terminal: Terminal,
  lintRules: () => Promise<readonly string[]>,
): Promise<readonly Candidate[]> {
  switch (wanted) {
    case 'lint-rule':
      return (await lintRules()).map((value) => ({ value, description: '' }));
    case 'context':
      return contexts(given.get('kubeconfig')?.[0]);
    case 'namespace': {
      const { namespaces } = await clusterOf(given, terminal);
      return namespaces.map(({ name }) => ({ value: name, description: 'namespace' }));
    }
    case 'end':
      return ends(await clusterOf(given, terminal));
    case 'row':
      return rows(await inputOf(given, terminal), given);
  }
}

async function clusterOf(
  given: GivenOptions,
  terminal: Terminal,
): Promise<Pick<Cluster, 'namespaces' | 'pods' | 'services'>> {
  return (await inputOf(given, terminal)) ?? { namespaces: [], pods: [], services: [] };
}

async function inputOf(given: GivenOptions, terminal: Terminal): Promise<Cluster | undefined> {
  const files = (given.get('filename') ?? []).filter((file) => file !== '-');
  if (files.length === 0) return undefined;
  const namespace = given.get('namespace')?.at(-1);
  const request = { files, recursive: true, ...(namespace === undefined ? {} : { namespace }) };
  return (await loadInput(request, terminal.input)).cluster;
}

/** What `matrix` can have in the middle: a row of the same kind. */
function rows(cluster: Cluster | undefined, given: GivenOptions): readonly Candidate[] {
  if (cluster === undefined) return [];
  const [asked, namespace] = [given.get('by')?.at(-1), given.get('namespace')?.at(-1)];
  const by = asked === 'pod' || asked === 'namespace' ? asked : 'workload';
  return ownersOf(createReach(cluster), by)
    .filter((owner) => namespace === undefined || owner.namespace === namespace)
    .map(({ id, objectKind }) => ({ value: id, description: objectKind }));
}

function ends({
  namespaces,
  pods,
  services,
}: Pick<Cluster, 'namespaces' | 'pods' | 'services'>): readonly Candidate[] {
  const workloads = new Map(
    pods.map(({ namespace, name, workload }) => [
      `${namespace}/${workload?.name ?? name}`,
      workload?.kind ?? 'Pod',
    ]),
  );
  return [
    ...[...workloads].map(([value, description]) => ({ value, description })),
    ...services.map(({ namespace, name }) => ({ value: `svc/${namespace}/${name}`, description: 'Service' })),
    ...namespaces.map(({ name }) => ({
      value: `ns:${name}`,
      description: 'namespace, pods to come included',
    })),
    { value: 'any', description: 'everybody' },
    { value: 'internet', description: 'public addresses' },
    { value: 'node', description: 'nodes' },
  ];
}

async function contexts(file: string | undefined): Promise<readonly Candidate[]> {
  const { contextNames } = await import('../../kube/context-names.ts');
  return (await contextNames(file)).map((value) => ({ value, description: 'context' }));
}
