import type { Cluster } from '../../src/model/cluster.ts';
import { compile, type CompilerOptions, defaultCompilerOptions } from '../../src/ruleset/compiler.ts';
import type { Ruleset } from '../../src/ruleset/objects.ts';

/** The second witness: what the compiled rulesets of all nodes make of the first packet of a connection. */
export { isCompiledAllowed as interpretFlow } from '../../src/analysis/compiled-verdict.ts';

/** The ruleset of every node of the cluster. */
export function compileNodes(
  cluster: Cluster,
  options: Partial<CompilerOptions> = {},
): ReadonlyMap<string, Ruleset> {
  return new Map(
    cluster.nodes.map(({ name }) => [
      name,
      compile(cluster, { ...defaultCompilerOptions, ...options, nodeName: name }),
    ]),
  );
}
