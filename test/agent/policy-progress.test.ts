import { expect, test } from 'vitest';
import { createPolicyProgress } from '../../src/agent/policy-progress.ts';
import type { PolicyKey } from '../../src/model/network-policy.ts';

function policy(name: string, generation: number, uid = `uid-${name}`) {
  return { namespace: 'shop', name, uid, generation };
}

test('a generation counts as applied once the attempt that carried it is in the kernel', () => {
  const progress = createPolicyProgress();
  progress.set(policy('b', 1));
  progress.set(policy('a', 4));
  expect(progress.entries()).toEqual([
    { key: 'shop/a', uid: 'uid-a', generation: 4 },
    { key: 'shop/b', uid: 'uid-b', generation: 1 },
  ]);
  progress.started();
  progress.set(policy('a', 5));
  progress.applied();
  expect(progress.entries()).toMatchObject([
    { key: 'shop/a', generation: 5, appliedGeneration: 4 },
    { key: 'shop/b', generation: 1, appliedGeneration: 1 },
  ]);
  progress.started();
  progress.applied();
  expect(progress.entries()[0]).toMatchObject({ generation: 5, appliedGeneration: 5 });
});

test('what a failed attempt carried is carried by the next', () => {
  const progress = createPolicyProgress();
  progress.set(policy('a', 1));
  progress.started();
  progress.set(policy('b', 1));
  progress.started();
  progress.applied();
  expect(progress.entries().map(({ appliedGeneration }) => appliedGeneration)).toEqual([1, 1]);
});

test('a policy made anew under the same name starts over', () => {
  const progress = createPolicyProgress();
  progress.set(policy('a', 7));
  progress.started();
  progress.applied();
  progress.delete('shop/a' as PolicyKey);
  expect(progress.entries()).toEqual([]);
  progress.set(policy('a', 1, 'other'));
  expect(progress.entries()).toEqual([{ key: 'shop/a', uid: 'other', generation: 1 }]);
});
