import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connectivityOf } from '../../src/analysis/connectivity/connectivity.ts';
import type { Endpoint } from '../../src/analysis/connectivity/endpoints.ts';
import type { Cluster } from '../../src/model/cluster.ts';
import { type Pod, podKey } from '../../src/model/pod.ts';
import { blockContains } from '../../src/net/address-block.ts';
import { familyOf } from '../../src/net/address.ts';
import type { Traffic } from '../../src/net/traffic.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import type { Endpoint as FlowEnd, Flow } from '../../src/policy/flow.ts';
import { cluster, flowIn } from './arbitraries.ts';
import { runs } from './runs.ts';

// Connectivity is worked out from isolations, in sets; `evaluate` reads the policies flow by flow. The two share nothing.

test.for(['pod', 'workload'] as const)('connectivity by %s = evaluate(flow)', (by) => {
  let allowed = 0;
  let denied = 0;
  fc.assert(
    fc.property(cluster, fc.gen(), (world, gen) => {
      const connectivity = connectivityOf(withWorkloads(world), by);
      for (let count = 0; count < 24; count += 1) {
        const flow = gen(flowIn, world);
        if (flow === undefined || isInside(flow)) continue;
        const [from, to] = [flow.source, flow.destination].map((end) =>
          positionOf(connectivity.endpoints, end),
        );
        const passage = connectivity.cell(from!, to!);
        expect(connectivity.row(from!)[to!]).toBe(passage);
        const { traffic, byFamily } = passage;
        const family = familyOf(flow.source.address);
        const expected = evaluate(world, flow).allowed;
        if (expected) allowed += 1;
        else denied += 1;
        expect(passes(byFamily?.[family] ?? traffic, flow), JSON.stringify({ flow })).toBe(expected);
      }
    }),
    runs(400),
  );
  expect(Math.min(allowed, denied)).toBeGreaterThan((allowed + denied) / 10);
});

/** Pods of two workloads in each namespace. */
function withWorkloads(world: Cluster): Cluster {
  const pods = world.pods.map((pod, index): Pod => ({
    ...pod,
    workload: { kind: 'Deployment', name: index % 2 === 0 ? 'even' : 'odd' },
  }));
  return { ...world, pods };
}

/** A pod and itself, and a node, which stands in no matrix. */
function isInside({ source, destination }: Flow): boolean {
  if (source.kind === 'node' || destination.kind === 'node') return true;
  return (
    source.kind === 'pod' && destination.kind === 'pod' && podKey(source.pod) === podKey(destination.pod)
  );
}

function positionOf(endpoints: readonly Endpoint[], end: FlowEnd): number {
  const position = endpoints.findIndex((endpoint) =>
    endpoint.kind === 'external'
      ? end.kind === 'external' && endpoint.blocks.some((block) => blockContains(block, end.address))
      : end.kind === 'pod' && endpoint.pods.some((pod) => podKey(pod) === podKey(end.pod)),
  );
  expect(position, JSON.stringify(end)).toBeGreaterThanOrEqual(0);
  return position;
}

function passes({ ports, others }: Traffic, { protocol, port }: Flow): boolean {
  if (protocol === 'ICMP' || protocol === 'other') return others;
  return ports.some((range) => range.protocol === protocol && range.first <= port! && port! <= range.last);
}
