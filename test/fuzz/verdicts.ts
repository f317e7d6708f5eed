import type { Cluster } from '../../src/model/cluster.ts';
import { familyOf } from '../../src/net/address.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { type Endpoint, endpointAt, type Flow } from '../../src/policy/flow.ts';
import { checkWellFormed } from '../../src/ruleset/well-formed.ts';
import { address } from '../cases/builders.ts';
import { compileNodes, interpretFlow } from '../support/witness.ts';
import { promise, wellFormed } from './promises.ts';

const outside = [address('203.0.113.9'), address('2001:db8::9')];
/** Of a cluster's addresses so many are tried: the flows are the square. */
const mostEnds = 5;

/** Compiled, the cluster is well-formed, and evaluator and interpreter agree on it. Calls back with each verdict. */
export function sameVerdicts(
  cluster: Cluster,
  judged: (flow: Flow, allowed: boolean) => void = () => undefined,
): void {
  const rulesets = compileNodes(cluster, { nodeEgress: 'enforce' });
  for (const ruleset of rulesets.values()) wellFormed(checkWellFormed(ruleset));
  for (const flow of flowsOf(cluster)) {
    const { allowed } = evaluate(cluster, flow, { nodeEgress: 'enforce' });
    promise(interpretFlow(rulesets, flow) === allowed, `two verdicts: ${JSON.stringify(flow)}`);
    judged(flow, allowed);
  }
}

function flowsOf(cluster: Cluster): readonly Flow[] {
  const nodes = new Set(cluster.nodes.map(({ name }) => name));
  const known = new Set([...cluster.pods, ...cluster.nodes].flatMap(({ addresses }) => addresses));
  const ends = [...[...known].slice(0, mostEnds), ...outside]
    .map((one): Endpoint => endpointAt(cluster, one))
    // A pod without node is on no wire yet.
    .filter((end) => end.kind !== 'pod' || nodes.has(end.pod.nodeName));
  return ends.flatMap((source) =>
    ends
      .filter((destination) => isPair(source, destination))
      .flatMap((destination) => [
        { source, destination, protocol: 'TCP' as const, port: 80 },
        { source, destination, protocol: 'UDP' as const, port: 53 },
        { source, destination, protocol: 'other' as const },
      ]),
  );
}

function isPair(source: Endpoint, destination: Endpoint): boolean {
  return (
    (source.kind === 'pod' || destination.kind === 'pod') &&
    familyOf(source.address) === familyOf(destination.address)
  );
}
