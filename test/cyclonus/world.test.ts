import { describe, expect, it } from 'vitest';
import { readCidr, cidrContains } from '../../src/net/cidr.ts';
import { podKey } from '../../src/model/pod.ts';
import { basePolicy } from '../suites/cyclonus/base-policy.ts';
import { podManifest } from '../suites/cyclonus/base-world.ts';
import { createPolicy } from '../suites/cyclonus/case.ts';
import { generateCases } from '../suites/cyclonus/generate.ts';
import { namespaceManifest } from '../suites/cyclonus/manifests.ts';
import {
  applyAction,
  baseWorld,
  changesBetween,
  clusterOfWorld,
  namespaceOf,
  worldsOf,
} from '../suites/cyclonus/world.ts';

describe('the base world', () => {
  const cluster = clusterOfWorld(baseWorld());

  it('has nine pods on two nodes in three namespaces', () => {
    expect(cluster.pods.map(podKey)).toEqual(['x/a', 'x/b', 'x/c', 'y/a', 'y/b', 'y/c', 'z/a', 'z/b', 'z/c']);
    expect(new Set(cluster.pods.map(({ nodeName }) => nodeName))).toEqual(new Set(['n1', 'n2']));
    for (const { ports, addresses } of cluster.pods) {
      expect(ports.map(({ name }) => name)).toContain('serve-81-sctp');
      expect(ports).toHaveLength(6);
      expect(addresses).toHaveLength(2);
    }
  });

  it('puts every address into the pod CIDR of its node', () => {
    for (const pod of cluster.pods) {
      const node = cluster.nodes.find(({ name }) => name === pod.nodeName)!;
      for (const address of pod.addresses) {
        expect(node.podCIDRs.some((cidr) => cidrContains(cidr, address))).toBe(true);
      }
    }
  });

  it('has pods beside x/a inside the except of z/c, outside of it in its block, and outside the block', () => {
    const address = cluster.pods.find((pod) => podKey(pod) === 'z/c')!.addresses[0]!;
    const inside = (prefix: number): readonly string[] => {
      const reading = readCidr(`${address}/${prefix}`);
      if (!reading.ok) throw new Error(`no block around ${address}`);
      return cluster.pods.filter((pod) => cidrContains(reading.cidr, pod.addresses[0]!)).map(podKey);
    };
    expect(inside(28)).toEqual(['z/a', 'z/c']);
    expect(inside(24)).toEqual(['x/a', 'x/c', 'y/b', 'z/a', 'z/c']);
  });
});

describe('applyAction', () => {
  it('leaves the world it is given as it is', () => {
    const before = baseWorld();
    applyAction(before, createPolicy(basePolicy()));
    expect([...before.keys()]).toEqual([...baseWorld().keys()]);
  });

  it('refuses what an API server would refuse', () => {
    const world = applyAction(baseWorld(), createPolicy(basePolicy()));
    expect(() => applyAction(world, createPolicy(basePolicy()))).toThrow(
      'NetworkPolicy/x/base already exists',
    );
    expect(() => applyAction(baseWorld(), { kind: 'update-policy', policy: basePolicy() })).toThrow('no');
    expect(() => applyAction(world, { kind: 'delete-pod', namespace: 'x', name: 'd' })).toThrow('Pod/x/d');
    const stray = podManifest('w', 'a', {});
    expect(() => applyAction(world, { kind: 'create-pod', pod: stray })).toThrow('Namespace//w');
  });

  it('deletes a namespace with everything in it', () => {
    const namespace = namespaceManifest('y-2', { ns: 'y' });
    const world = applyAction(applyAction(baseWorld(), { kind: 'create-namespace', namespace }), {
      kind: 'create-pod',
      pod: podManifest('y-2', 'a', { pod: 'a' }),
    });
    const after = applyAction(world, { kind: 'delete-namespace', namespace: 'y-2' });
    expect([...after.keys()]).toEqual([...baseWorld().keys()]);
  });

  it('replaces all labels', () => {
    const world = applyAction(baseWorld(), {
      kind: 'set-pod-labels',
      namespace: 'x',
      name: 'a',
      labels: { target: 'isolated' },
    });
    const pod = clusterOfWorld(world).pods.find((one) => podKey(one) === 'x/a');
    expect(pod?.labels).toEqual({ target: 'isolated' });
  });
});

describe('changesBetween', () => {
  it('leads from any world to any other', () => {
    const worlds = generateCases().flatMap((one) => worldsOf(one).map(({ world }) => world));
    let served = new Map(baseWorld());
    for (const world of [...worlds, baseWorld()]) {
      for (const { kind, object } of changesBetween(served, world)) {
        const namespace = namespaceOf(object);
        const key = `${object.kind}/${namespace}/${object.metadata.name}`;
        if (kind === 'delete') expect(served.delete(key)).toBe(true);
        else served = served.set(key, object);
        if (kind === 'put' && namespace !== '') expect(served.has(`Namespace//${namespace}`)).toBe(true);
      }
      expect(new Map([...served].sort())).toEqual(new Map([...world].sort()));
    }
  });
});
