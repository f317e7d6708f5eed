import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { type Cluster, type Namespace } from '../../src/model/cluster.ts';
import { type NetworkPolicy, policyKey } from '../../src/model/network-policy.ts';
import { type Pod, podKey } from '../../src/model/pod.ts';
import {
  compile,
  type Compiler,
  createCompiler,
  defaultCompilerOptions,
} from '../../src/ruleset/compiler.ts';
import type { Transaction } from '../../src/ruleset/operation.ts';
import { renderJson } from '../../src/ruleset/render-json.ts';
import { renderText } from '../../src/ruleset/render-text.ts';
import { replacementOf, transactionBetween } from '../../src/ruleset/transaction.ts';
import { objectsIn } from '../golden/listing.ts';
import { type NftShell, startNftShell } from '../golden/nft-shell.ts';
import { cluster, namespace, nodes, pod, policy } from '../property/arbitraries.ts';
import { runs } from '../property/runs.ts';
import { nftOrSkip, type Suite } from '../support/nft-versions.ts';

// The model of transactions (test/ruleset/apply-transaction.test.ts) says what a transaction should do. Here the kernel
// says it: the difference of two rulesets, applied to the first, must leave the same objects as writing the second.

const options = { ...defaultCompilerOptions, nodeName: 'n1' };

/** nft 1.0.6 does not know `typeof` in JSON. */
const versions = [
  { suite: 'bookworm', form: 'text', declare: 'type' },
  { suite: 'bookworm', form: 'json', declare: 'type' },
  { suite: 'trixie', form: 'text', declare: 'typeof' },
  { suite: 'trixie', form: 'json', declare: 'typeof' },
] as const satisfies readonly { readonly suite: Suite; readonly form: string; readonly declare: string }[];

const shells: NftShell[] = [];
afterAll(async () => {
  await Promise.all(shells.map((shell) => shell.close()));
});

// More runs take more time.
const timeout = 60_000 * Math.max(1, Number(process.env['RINGFENCE_RUNS'] ?? 1));

describe.each(versions)('nft of Debian $suite, $form', { timeout }, ({ suite, form, declare }) => {
  const render = (transaction: Transaction): string =>
    form === 'json' ? renderJson(transaction, { declare }) : renderText(transaction);
  const open = (nft: string): Netns => {
    const shell = startNftShell(nft);
    shells.push(shell);
    return {
      apply: async (transaction) => {
        if (transaction.operations.length > 0) await shell.load(render(transaction), form);
      },
      objects: async () => objectsIn(await shell.list()),
    };
  };

  test('the difference of two rulesets leads from the one to the other, and back', async ({ skip }) => {
    const nft = await nftOrSkip(suite, skip);
    const [changed, written] = [open(nft), open(nft)];
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(cluster, cluster, async (a, b) => {
        const [from, to] = [compile(a, options), compile(b, { ...options, epoch: 2 })];
        await changed.apply(replacementOf(from));
        const before = await changed.objects();
        await changed.apply(transactionBetween(from, to));
        await written.apply(replacementOf(to));
        expect(await changed.objects()).toEqual(await written.objects());
        await changed.apply(transactionBetween(to, from));
        expect(await changed.objects()).toEqual(before);
        seen = Math.max(seen, before.size);
      }),
      runs(40),
    );
    // Six sets and maps and seven chains are always there.
    expect(seen).toBeGreaterThan(13);
  });

  test('the kernel takes every step of a compiler, whatever happened before', async ({ skip }) => {
    const nft = await nftOrSkip(suite, skip);
    const [kept, written] = [open(nft), open(nft)];
    await fc.assert(
      fc.asyncProperty(cluster, fc.array(event, { minLength: 10, maxLength: 40 }), async (start, events) => {
        const compiler = createCompiler(options);
        const world = createWorld(compiler, start);
        for (const each of [...events, { kind: 'sync', outcome: 'applied' } as const]) {
          if (each.kind !== 'sync') {
            world.apply(each);
            continue;
          }
          const step = compiler.step();
          // Refused: another transaction of the same compiler has to cover for it.
          if (each.outcome === 'refused') continue;
          await kept.apply(step.transaction);
          if (each.outcome === 'applied') {
            step.commit();
            continue;
          }
          const again = compiler.replacement();
          await kept.apply(again.transaction);
          again.commit();
        }
        await written.apply(replacementOf(compiler.ruleset()));
        expect(await kept.objects()).toEqual(await written.objects());
      }),
      runs(20),
    );
  });
});

/** A network namespace with one table of ours in it. */
interface Netns {
  readonly apply: (transaction: Transaction) => Promise<void>;
  readonly objects: () => Promise<ReadonlyMap<string, readonly string[]>>;
}

type Event =
  | { readonly kind: 'pod'; readonly pod: Pod }
  | { readonly kind: 'namespace'; readonly namespace: Namespace }
  | { readonly kind: 'policy'; readonly policy: NetworkPolicy }
  | { readonly kind: 'gone'; readonly what: 'pods' | 'namespaces' | 'policies'; readonly which: number }
  | { readonly kind: 'sync'; readonly outcome: 'applied' | 'refused' | 'lost' };

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pod' as const), pod }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('namespace' as const), namespace }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('policy' as const), policy: policy(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('policy' as const), policy: policy(14) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('gone' as const),
      what: fc.constantFrom('pods' as const, 'namespaces' as const, 'policies' as const),
      which: fc.nat({ max: 50 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('sync' as const),
      // Lost: it was applied but nobody said so, and the whole table is written again.
      outcome: fc.constantFrom(...(['applied', 'applied', 'applied', 'refused', 'lost'] as const)),
    }),
  },
);

/** Feeds a compiler and remembers what there is to delete. */
function createWorld(compiler: Compiler, start: Cluster) {
  const keys = { pods: [] as string[], namespaces: [] as string[], policies: [] as string[] };
  const remove = {
    pods: (key: string) => {
      compiler.deletePod(key as Parameters<Compiler['deletePod']>[0]);
    },
    namespaces: (key: string) => {
      compiler.deleteNamespace(key);
    },
    policies: (key: string) => {
      compiler.deletePolicy(key as Parameters<Compiler['deletePolicy']>[0]);
    },
  };
  const apply = (change: Exclude<Event, { kind: 'sync' }>): void => {
    switch (change.kind) {
      case 'pod':
        keys.pods.push(podKey(change.pod));
        compiler.setPod(change.pod);
        break;
      case 'namespace':
        keys.namespaces.push(change.namespace.name);
        compiler.setNamespace(change.namespace);
        break;
      case 'policy':
        keys.policies.push(policyKey(change.policy));
        compiler.setPolicy(change.policy);
        break;
      case 'gone': {
        const list = keys[change.what];
        const key = list[change.which % list.length];
        // Deleted twice, or never there, is no error.
        if (key !== undefined) remove[change.what](key);
        break;
      }
    }
  };
  compiler.setNode(nodes[0]!);
  for (const each of start.namespaces) apply({ kind: 'namespace', namespace: each });
  for (const each of start.pods) apply({ kind: 'pod', pod: each });
  for (const each of start.policies) apply({ kind: 'policy', policy: each });
  return { apply };
}
