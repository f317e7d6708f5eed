import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/agent/clock.ts';
import { createEnforcement, type Enforcement } from '../../src/agent/enforcement.ts';
import type { Log } from '../../src/agent/log.ts';
import { closedPolicy, storeNode, storePod } from '../../src/agent/stored-objects.ts';
import { watchedResources } from '../../src/agent/watches.ts';
import { createFakeNft, type FakeNft } from '../../src/nft/fake.ts';
import type { PolicyKey } from '../../src/model/network-policy.ts';
import type { PodKey } from '../../src/model/pod.ts';
import { type CompilerOptions, defaultCompilerOptions } from '../../src/ruleset/compiler.ts';
import { createEpochSupply } from '../../src/ruleset/epoch-supply.ts';
import type { ChainName, InterfacePattern } from '../../src/ruleset/objects.ts';
import { createFakeClock } from './fake-clock.ts';
import { nodeName, pod } from './objects.ts';

test('a pod that is closed by a defect is said once, and counted', async () => {
  const clock = createFakeClock();
  const errors: [string, object][] = [];
  const enforcement = create({
    hasTable: true,
    clock,
    log: { error: (fields, message) => errors.push([message, fields]) },
  });
  const stopper = new AbortController();
  const run = enforcement.run(stopper.signal);
  const { handlers } = enforcement;
  const closed = closedPolicy({ namespace: 'shop', name: 'broken' }, new Error('x'));
  handlers.policy('shop/broken' as PolicyKey, {
    ...closed,
    diagnostics: [],
    policy: {
      ...closed.policy,
      get ingress(): never {
        throw new Error('a defect');
      },
    },
  });
  handlers.node(
    storeNode({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: nodeName },
      spec: { podCIDRs: ['10.244.1.0/24'] },
    }),
  );
  handlers.pod('shop/web' as PodKey, storePod(pod('shop/web', '10.244.1.10')));
  for (const resource of watchedResources) handlers.synced(resource);
  await clock.advance(1000);
  expect(enforcement.state().isEnforcing).toBe(true);

  handlers.pod('shop/db' as PodKey, storePod(pod('shop/db', '10.244.1.11')));
  handlers.changed();
  await clock.advance(1000);
  expect(errors).toEqual(
    ['shop/web', 'shop/db'].map((key) => [
      'pod closed by defect',
      { pod: key, direction: 'ingress', reason: 'a defect' },
    ]),
  );
  expect(enforcement.counts().closedByDefect).toBe(2);

  stopper.abort();
  await clock.advance(10_000);
  await run;
});

test('interfaces of pods are closed before the API server has said a word', async () => {
  const nft = createFakeNft();
  const stopper = new AbortController();
  const enforcement = create({
    nft,
    compiler: { podInterfaces: ['cali*' as InterfacePattern] },
  });
  const run = enforcement.run(stopper.signal);
  await expect
    .poll(() => nft.ruleset(defaultCompilerOptions.table)?.chains.get('connection' as ChainName)?.rules)
    .toContainEqual(
      expect.objectContaining({
        matches: [
          { kind: 'interface', way: 'in', pattern: 'cali*' },
          { kind: 'address-set', side: 'saddr', family: 'IPv4', set: 'known-ipv4', negate: true },
        ],
      }),
    );
  expect(enforcement.state().closesUnknownPods).toBe(true);
  stopper.abort();
  await run;
});

test('a node on which nothing tells who is a pod says so', () => {
  const warnings: string[] = [];
  const enforcement = create({ log: { warn: (_, message) => warnings.push(message) } });
  enforcement.handlers.node(storeNode({ apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName } }));
  expect(warnings).toEqual(['new pods are open until programmed']);
  expect(enforcement.state().closesUnknownPods).toBe(false);
});

function create({
  hasTable = false,
  nft = createFakeNft(),
  clock = systemClock,
  log = {},
  compiler = {},
}: {
  readonly hasTable?: boolean;
  readonly nft?: FakeNft;
  readonly clock?: Clock;
  readonly log?: Partial<Log>;
  readonly compiler?: Partial<CompilerOptions>;
}): Enforcement {
  return createEnforcement({
    compiler: { ...defaultCompilerOptions, nodeName, ...compiler },
    kernel: { hasTable, epochs: createEpochSupply(defaultCompilerOptions.ctMarkMask, { first: 1 }) },
    listMarks: () => Promise.resolve(undefined),
    nft,
    current: { namespaces: () => [], pods: () => [], policies: () => [] },
    observer: {
      succeeded: ignore,
      failed: ignore,
      verified: ignore,
      repaired: ignore,
      closed: ignore,
      diagnosed: ignore,
      notUnderstood: ignore,
    },
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore, ...log },
    clock,
  });
}

function ignore(): void {
  return undefined;
}
