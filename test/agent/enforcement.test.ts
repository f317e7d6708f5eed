import { expect, test } from 'vitest';
import { createEnforcement } from '../../src/agent/enforcement.ts';
import type { Log } from '../../src/agent/log.ts';
import { closedPolicy, storeNode, storePod } from '../../src/agent/stored-objects.ts';
import { watchedResources } from '../../src/agent/watches.ts';
import { createFakeNft } from '../../src/nft/fake.ts';
import type { PolicyKey } from '../../src/model/network-policy.ts';
import type { PodKey } from '../../src/model/pod.ts';
import { defaultCompilerOptions } from '../../src/ruleset/compiler.ts';
import { createFakeClock } from './fake-clock.ts';
import { nodeName, pod } from './run-agent.ts';

test('a pod that is closed by a defect is said once, and counted', async () => {
  const clock = createFakeClock();
  const errors: [string, object][] = [];
  const ignore = (): void => undefined;
  const log: Log = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (fields, message) => errors.push([message, fields]),
  };
  const enforcement = createEnforcement({
    compiler: { ...defaultCompilerOptions, nodeName },
    kernel: { hasTable: true, epoch: 1 },
    nft: createFakeNft(),
    current: { namespaces: () => [], pods: () => [], policies: () => [] },
    observer: {
      succeeded: ignore,
      failed: ignore,
      verified: ignore,
      repaired: ignore,
      diagnosed: ignore,
      notUnderstood: ignore,
    },
    log,
    clock,
  });
  const stopper = new AbortController();
  const run = enforcement.run(stopper.signal);
  const { handlers } = enforcement;
  const closed = closedPolicy({ namespace: 'shop', name: 'broken' }, new Error('x'));
  handlers.policy('shop/broken' as PolicyKey, {
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
