import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differenceOf } from '../../src/analysis/difference/difference.ts';
import type { Piece } from '../../src/analysis/difference/pieces.ts';
import type { Mutant } from '../../src/analysis/mutation/mutants.ts';
import { mutate } from '../../src/analysis/mutation/try-mutants.ts';
import { prepareSuite, runSuite } from '../../src/analysis/policy-test/run-suite.ts';
import type { Suite } from '../../src/analysis/policy-test/suite.ts';
import { worldOf } from '../../src/analysis/policy-test/world.ts';
import { createReach } from '../../src/analysis/reach/reach.ts';
import { readSuites } from '../../src/cli/input/policy-test/read-suites.ts';
import { sourceText } from '../../src/cli/input/source-text.ts';
import type { Cluster } from '../../src/model/cluster.ts';
import { policyKey } from '../../src/model/network-policy.ts';
import { podKey } from '../../src/model/pod.ts';
import { blockBounds, blockContains } from '../../src/net/address-block.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { namespaceOf } from '../cases/builders.ts';
import { cluster, flowIn } from './arbitraries.ts';
import { runs } from './runs.ts';

// Mutants are tried on what was worked out for the policies as they are. The oracles begin anew with each: the suite is asked
// about a cluster with the changed policies, which are compared by the difference, and by evaluate.

const defaultNamespace = 'default';

test('killed, survived or without effect, as a run from the start says', () => {
  const seen = { killed: 0, survived: 0, equivalent: 0 };
  fc.assert(
    fc.property(cluster, fc.gen(), (world, gen) => {
      const suite = passingSuite(world, gen(statements, world));
      const { tried, results } = mutate([{ suite, reach: createReach(world) }], {
        defaultNamespace,
        most: 24,
      });
      const all = [...results()];
      expect(all).toHaveLength(tried);
      for (const { mutant, end } of all) {
        const changed = withMutant(world, mutant);
        const where = JSON.stringify({ kind: mutant.kind, text: mutant.text, lines: textsOf(suite) });
        expect(end === 'killed', where).toBe(!passesAll(suite, changed));
        seen[end] += 1;
        if (end === 'killed') continue;
        const { opened, closed } = differenceOf(world, changed, 'pod');
        const changes = [...opened, ...closed].filter(
          ({ from, to }) => isThere(world, from) && isThere(world, to),
        );
        expect(end, where).toBe(changes.length === 0 ? 'equivalent' : 'survived');
        if (end === 'survived') continue;
        for (let count = 0; count < 4; count += 1) {
          const flow = gen(flowIn, world);
          if (flow === undefined) continue;
          const message = JSON.stringify({ flow, mutant });
          expect(evaluate(changed, flow).allowed, message).toBe(evaluate(world, flow).allowed);
        }
      }
    }),
    runs(60),
  );
  expect(Math.min(seen.killed, seen.survived, seen.equivalent)).toBeGreaterThan(0);
});

/** Lines about pods, addresses and whoever comes. */
function statements(world: Cluster): fc.Arbitrary<readonly string[]> {
  const pods = world.pods.map(podKey);
  const ends = [...pods, ...pods, 'any', 'internet', '203.0.113.0/24', 'x/*?', 'ns:y?', 'app=a?'];
  return fc.array(
    fc
      .tuple(
        fc.constantFrom('allow', 'deny', 'only'),
        fc.constantFrom(...ends),
        fc.constantFrom(...ends),
        fc.constantFrom('', ':80', ':81/udp', ':1-500'),
      )
      .map(
        ([verb, from, to, ports]) =>
          `${verb}: ["${from} -> ${to === 'internet' ? '0.0.0.0/0' : to}${ports}"]`,
      ),
    { maxLength: 12 },
  );
}

/** Those of the statements that hold. Without one that fails, another may fail in turn. */
function passingSuite(world: Cluster, lines: readonly string[]): Suite {
  let suite = merged(lines);
  for (;;) {
    const failing = failingLines(suite, world);
    if (failing.size === 0) return suite;
    suite = { ...suite, lines: suite.lines.filter((line) => !failing.has(line)) };
  }
}

function merged(lines: readonly string[]): Suite {
  const suites = ['deny: ["any -> x/nobody?"]', ...lines].map((text) => {
    const [reading] = readSuites(sourceText('a.policy-test.yaml', `${text}\n`), defaultNamespace);
    if (reading?.suite === undefined) throw new Error(`${text}: ${JSON.stringify(reading?.diagnostics)}`);
    return reading.suite;
  });
  const [first] = suites;
  if (first === undefined) throw new Error('no suite');
  return { ...first, lines: suites.flatMap((suite) => suite.lines) };
}

function failingLines(suite: Suite, world: Cluster): ReadonlySet<Suite['lines'][number]> {
  const checks = checksOf(suite, world);
  expect(checks).toHaveLength(suite.lines.length);
  return new Set(
    suite.lines.filter((_, at) => ['failed', 'unanswered'].includes(checks[at]?.verdict.kind ?? 'failed')),
  );
}

function passesAll(suite: Suite, world: Cluster): boolean {
  return checksOf(suite, world).every(
    ({ verdict }) => verdict.kind === 'passed' || verdict.kind === 'skipped',
  );
}

function checksOf(suite: Suite, world: Cluster): ReturnType<typeof runSuite> {
  const result = worldOf(suite, createReach(world), defaultNamespace);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return runSuite(prepareSuite(suite, result.world));
}

function withMutant(world: Cluster, { policy, changed }: Mutant): Cluster {
  const policies = world.policies.flatMap((one) =>
    policyKey(one) === policyKey(policy) ? (changed ?? []) : one,
  );
  // A namespace that just a policy speaks of stays.
  const names = new Set(world.policies.map(({ namespace }) => namespace));
  for (const { name } of world.namespaces) names.delete(name);
  const namespaces = [...world.namespaces, ...[...names].map((name) => namespaceOf(name))];
  return { ...world, namespaces, policies };
}

/** Of addresses that pods own, the difference speaks as of strangers'; there are none. */
function isThere(world: Cluster, { endpoint }: Piece): boolean {
  if (endpoint.kind === 'pods') return true;
  const owned = new Set(world.pods.filter(({ hostNetwork }) => !hostNetwork).flatMap((pod) => pod.addresses));
  return endpoint.blocks.some((block) => {
    const { first, last } = blockBounds(block);
    const own = [...owned].filter((address) => blockContains(block, address));
    return last - first + 1n > BigInt(own.length);
  });
}

function textsOf({ lines }: Suite): readonly string[] {
  return lines.map(({ verb, text }) => `${verb} ${text}`);
}
