import fc from 'fast-check';
import { expect, test } from 'vitest';
import { podKey } from '../../src/model/pod.ts';
import { policyKey } from '../../src/model/network-policy.ts';
import type { Cluster } from '../../src/model/cluster.ts';
import { applyTransaction } from '../../src/ruleset/apply-transaction.ts';
import {
  compile,
  type Compiler,
  createCompiler,
  defaultCompilerOptions,
} from '../../src/ruleset/compiler.ts';
import type { Ruleset } from '../../src/ruleset/objects.ts';
import { renderRuleset } from '../../src/ruleset/render-ruleset.ts';
import { transactionBetween } from '../../src/ruleset/transaction.ts';
import { cluster, namespace, nodes, pod, policy } from './arbitraries.ts';
import { runs } from './runs.ts';

const options = { ...defaultCompilerOptions, nodeName: 'n1' };

test('a transaction from A, applied to A, gives B', () => {
  fc.assert(
    fc.property(cluster, cluster, (a, b) => {
      const [from, to] = [compile(a, options), compile(b, options)];
      const result = applyTransaction(from, transactionBetween(from, to))!;
      expect(renderRuleset(result)).toBe(renderRuleset(to));
      expect(transactionBetween(result, to).operations).toEqual([]);
    }),
    runs(200),
  );
});

type Event =
  | { readonly kind: 'pod'; readonly pod: Cluster['pods'][number] }
  | { readonly kind: 'namespace'; readonly namespace: Cluster['namespaces'][number] }
  | { readonly kind: 'policy'; readonly policy: Cluster['policies'][number] }
  | { readonly kind: 'pod-gone' | 'namespace-gone' | 'policy-gone'; readonly which: number }
  | { readonly kind: 'node'; readonly podCIDRs: boolean }
  | { readonly kind: 'sync'; readonly outcome: 'applied' | 'refused' | 'lost' };

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('pod' as const), pod }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('namespace' as const), namespace }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('policy' as const), policy: policy(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('policy' as const), policy: policy(14) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('pod-gone' as const, 'namespace-gone' as const, 'policy-gone' as const),
      which: fc.nat({ max: 50 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('node' as const), podCIDRs: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('sync' as const),
      // Refused: nothing was applied. Lost: it was applied, but nobody said so, and the whole table is replaced.
      outcome: fc.constantFrom('applied' as const, 'applied' as const, 'refused' as const, 'lost' as const),
    }),
  },
);

test('after any events the kernel holds what a compile from scratch gives', () => {
  fc.assert(
    fc.property(cluster, fc.array(event, { maxLength: 40 }), (start, events) => {
      const compiler = createCompiler(options);
      const world = mutableWorld(compiler);
      for (const each of start.pods) world.apply({ kind: 'pod', pod: each });
      for (const each of start.policies) world.apply({ kind: 'policy', policy: each });
      for (const each of start.namespaces) world.apply({ kind: 'namespace', namespace: each });
      let kernel: Ruleset | undefined;
      for (const each of [...events, { kind: 'sync', outcome: 'applied' } as const]) {
        if (each.kind !== 'sync') {
          world.apply(each);
          continue;
        }
        const step = compiler.step();
        if (each.outcome === 'refused') continue;
        kernel = applyTransaction(kernel, step.transaction);
        if (each.outcome === 'lost') {
          const again = compiler.replacement();
          kernel = applyTransaction(kernel, again.transaction);
          again.commit();
        } else {
          step.commit();
        }
      }
      const epoch = epochOf(kernel);
      expect(renderRuleset(kernel!)).toBe(renderRuleset(compile(world.cluster(), { ...options, epoch })));
      const idle = compiler.step();
      expect(idle.transaction.operations).toEqual([]);
    }),
    runs(300),
  );
});

function mutableWorld(compiler: Compiler) {
  const pods = new Map<string, Cluster['pods'][number]>();
  const namespaces = new Map<string, Cluster['namespaces'][number]>();
  const policies = new Map<string, Cluster['policies'][number]>();
  let [node] = nodes;
  compiler.setNode(node!);
  const nth = <Value>(map: Map<string, Value>, which: number): Value | undefined =>
    map.size === 0 ? undefined : [...map.values()][which % map.size];
  return {
    apply(change: Exclude<Event, { kind: 'sync' }>): void {
      switch (change.kind) {
        case 'pod':
          pods.set(podKey(change.pod), change.pod);
          compiler.setPod(change.pod);
          break;
        case 'namespace':
          namespaces.set(change.namespace.name, change.namespace);
          compiler.setNamespace(change.namespace);
          break;
        case 'policy':
          policies.set(policyKey(change.policy), change.policy);
          compiler.setPolicy(change.policy);
          break;
        case 'pod-gone': {
          const gone = nth(pods, change.which);
          if (gone === undefined) break;
          pods.delete(podKey(gone));
          compiler.deletePod(podKey(gone));
          break;
        }
        case 'namespace-gone': {
          const gone = nth(namespaces, change.which);
          if (gone === undefined) break;
          namespaces.delete(gone.name);
          compiler.deleteNamespace(gone.name);
          break;
        }
        case 'policy-gone': {
          const gone = nth(policies, change.which);
          if (gone === undefined) break;
          policies.delete(policyKey(gone));
          compiler.deletePolicy(policyKey(gone));
          break;
        }
        case 'node':
          node = { ...nodes[0]!, podCIDRs: change.podCIDRs ? nodes[0]!.podCIDRs : [] };
          compiler.setNode(node);
          break;
      }
    },
    cluster: (): Cluster => ({
      nodes: [node!],
      pods: [...pods.values()],
      namespaces: [...namespaces.values()],
      policies: [...policies.values()],
      services: [],
      ingresses: [],
    }),
  };
}

/** The epoch that the ruleset writes into marks. */
function epochOf(ruleset: Ruleset | undefined): number {
  for (const [name, chain] of ruleset?.chains ?? []) {
    const [statement] = chain.rules.at(-1)?.statements ?? [];
    if (name === 'judged' && statement?.kind === 'set-ct-mark') return statement.value / 0x10000;
  }
  throw new Error('no epoch in the ruleset');
}
