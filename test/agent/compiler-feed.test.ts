import { expect, test, vi } from 'vitest';
import { createCompilerFeed } from '../../src/agent/compiler-feed.ts';
import { closedPolicy } from '../../src/agent/stored-objects.ts';
import type { Namespace, Node } from '../../src/model/cluster.ts';
import type { NetworkPolicy, PolicyKey } from '../../src/model/network-policy.ts';
import type { Pod, PodKey } from '../../src/model/pod.ts';
import type { Compiler } from '../../src/ruleset/compiler.ts';
import { createScriptedCompiler } from './scripted-compiler.ts';

const node: Node = { name: 'node-1', labels: {}, addresses: [], podCIDRs: [] };
const namespace: Namespace = { name: 'shop', labels: {} };
const pod = { namespace: 'shop', name: 'web' } as Pod;
const policy: NetworkPolicy = {
  ...closedPolicy({ namespace: 'shop', name: 'allow' }, new Error('x')).policy,
  ingress: [{ index: 0 }],
};
const podName = 'shop/web' as PodKey;
const policyName = 'shop/allow' as PolicyKey;

/** Records calls; the named ones throw where the argument says so. */
function setUp(throwing: Partial<Record<keyof Compiler, (argument: unknown) => boolean>> = {}) {
  const calls: [string, unknown][] = [];
  const rejected = vi.fn();
  const create = (): Compiler => {
    const compiler = createScriptedCompiler();
    const record = (name: keyof Compiler) => (argument: unknown) => {
      calls.push([name, argument]);
      if (throwing[name]?.(argument) === true) throw new Error(`${name} failed`);
    };
    return {
      ...compiler,
      setNode: record('setNode'),
      setNamespace: record('setNamespace'),
      deleteNamespace: record('deleteNamespace'),
      setPod: record('setPod'),
      deletePod: record('deletePod'),
      setPolicy: record('setPolicy'),
      deletePolicy: record('deletePolicy'),
    };
  };
  const feed = createCompilerFeed({
    create,
    rejected,
    current: { node: () => node, namespaces: () => [namespace], pods: () => [pod], policies: () => [policy] },
  });
  return { feed, calls, rejected };
}

test('hands over what is and what is gone', () => {
  const { feed, calls, rejected } = setUp();
  feed.node(node);
  feed.namespace('shop', namespace);
  feed.namespace('shop', undefined);
  feed.pod(podName, pod);
  feed.pod(podName, undefined);
  feed.policy(policyName, policy);
  feed.policy(policyName, undefined);
  expect(calls).toEqual([
    ['setNode', node],
    ['setNamespace', namespace],
    ['deleteNamespace', 'shop'],
    ['setPod', pod],
    ['deletePod', podName],
    ['setPolicy', policy],
    ['deletePolicy', policyName],
  ]);
  expect(rejected).not.toHaveBeenCalled();
});

test('a pod that the compiler cannot take is unknown, so closed', () => {
  const { feed, calls, rejected } = setUp({ setPod: () => true });
  feed.pod(podName, pod);
  expect(calls.at(-1)).toEqual(['deletePod', podName]);
  expect(rejected).toHaveBeenCalledExactlyOnceWith('Pod', 'shop/web', expect.any(Error));
});

test('a policy that the compiler cannot take isolates its pods and allows nothing', () => {
  const { feed, calls } = setUp({ setPolicy: (argument) => (argument as NetworkPolicy).ingress.length > 0 });
  feed.policy(policyName, policy);
  expect(calls.at(-1)).toEqual(['setPolicy', { ...policy, ingress: [] }]);
});

test('a rebuilt compiler is fed with everything', () => {
  const { feed, calls } = setUp();
  const before = feed.compiler();
  const after = feed.rebuild();
  expect(after).not.toBe(before);
  expect(feed.compiler()).toBe(after);
  expect(calls.map(([name]) => name)).toEqual(['setNode', 'setNamespace', 'setPolicy', 'setPod']);
});

test('what cannot be read any more stays as it was, in a rebuilt compiler too, until it is gone', () => {
  const late: Pod = { ...pod, name: 'late' };
  const far: Namespace = { name: 'far', labels: { team: 'a' } };
  const lateName = 'shop/late' as PodKey;
  const { feed, calls } = setUp();
  expect(feed.keepPod(lateName)).toBe(false);
  expect(feed.keepNamespace('far')).toBe(false);
  feed.pod(lateName, late);
  feed.namespace('far', far);
  calls.length = 0;
  expect(feed.keepPod(lateName)).toBe(true);
  expect(feed.keepNamespace('far')).toBe(true);
  expect(calls).toEqual([]);

  feed.rebuild();
  expect(calls).toContainEqual(['setPod', late]);
  expect(calls).toContainEqual(['setNamespace', far]);

  feed.pod(lateName, undefined);
  feed.namespace('far', undefined);
  calls.length = 0;
  feed.rebuild();
  expect(calls).not.toContainEqual(['setPod', late]);
  expect(calls).not.toContainEqual(['setNamespace', far]);
  expect(feed.keepPod(lateName)).toBe(false);
});

test('what can be read again is fed as it is now', () => {
  const { feed, calls } = setUp();
  feed.pod(podName, { ...pod, uid: 'old' });
  feed.keepPod(podName);
  feed.pod(podName, pod);
  calls.length = 0;
  feed.rebuild();
  expect(calls.filter(([name]) => name === 'setPod')).toEqual([['setPod', pod]]);
});
