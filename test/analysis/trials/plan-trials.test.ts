import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../src/model/pod.ts';
import type { PolicyPort } from '../../../src/model/network-policy.ts';
import type { Cluster, Service } from '../../../src/model/cluster.ts';
import { address, cidr, clusterOf, namespaceOf, nodeOf, podOf, policyOf } from '../../cases/builders.ts';
import { planOf, trialText } from './plan-of.ts';

// What is chosen to be tried, and that nothing is left out without a word.

const nodes = ['n1', 'n2'].map((name) => nodeOf(name));
const app = (name: string): Pod['labels'] => ({ app: name });
const count = (number: number, make: (index: number) => Pod): readonly Pod[] =>
  Array.from({ length: number }, (_, index) => make(index));
const tcp = (first: number, last = first): PolicyPort => ({ kind: 'range', protocol: 'TCP', first, last });

function world(pods: readonly Pod[], more: Partial<Cluster> = {}): Cluster {
  return clusterOf({ nodes, namespaces: [namespaceOf('x')], pods, ...more });
}

/** Ingress to app=b from app=a at these ports. */
const onlyA = (...ports: readonly PolicyPort[]) =>
  policyOf('x/p', {
    podSelector: [{ key: 'app', operator: 'In', values: ['b'] }],
    policyTypes: ['ingress'],
    ingress: [
      {
        index: 0,
        peers: [{ kind: 'pods', podSelector: [{ key: 'app', operator: 'In', values: ['a'] }] }],
        ...(ports.length > 0 ? { ports } : {}),
      },
    ],
  });
const two = [podOf('x/a', { labels: app('a') }), podOf('x/b', { labels: app('b'), nodeName: 'n2' })];

describe('nothing is left out without a word', () => {
  test('a small suite is tried whole', () => {
    const { first } = planOf(world(two, { policies: [onlyA()] }), 'allow: ["a -> b:80"]');
    expect(first.trials.map(trialText)).toEqual(['x/a -> x/b 80/TCP IPv4 allowed']);
    expect(first).toMatchObject({ known: 1, samples: [], untried: [] });
  });

  test('pods that policies do not tell apart: one a node, two at most', () => {
    const pods = [
      ...count(7, (index) =>
        podOf(`x/a${String(index)}`, { labels: app('a'), nodeName: `n${String(1 + (index % 2))}` }),
      ),
      podOf('x/b', { labels: app('b') }),
    ];
    const { first } = planOf(world(pods, { policies: [onlyA()] }), 'allow: ["app=a -> b:80"]');
    expect(first.trials.map(({ from }) => from.host)).toEqual(['x/a0', 'x/a1']);
    expect(first.samples).toEqual([{ what: 'pods', tried: 2, of: 7 }]);
  });

  test('pods are counted once, however often they are chosen', () => {
    const pods = [
      ...count(5, (index) => podOf(`x/a${String(index)}`, { labels: app('a') })),
      ...count(3, (index) => podOf(`x/b${String(index)}`, { labels: app('b') })),
    ];
    const { first } = planOf(world(pods, { policies: [onlyA()] }), 'only: ["app=a -> app=b:80"]');
    // The pod of each that stands for the others, as sender and as receiver, listed and unlisted.
    expect(first.samples).toEqual([{ what: 'pods', tried: 2, of: 8 }]);
  });

  test('senders at one receiver', () => {
    // Each is known to the policies by a label of its own.
    const labelled = count(70, (index) =>
      podOf(`x/a${String(index)}`, { labels: { app: 'a', own: String(index) } }),
    );
    const policies = labelled.map((_, index) =>
      policyOf(`x/p${String(index)}`, {
        podSelector: [{ key: 'own', operator: 'In', values: [String(index)] }],
        policyTypes: ['egress'],
        egress: [{ index: 0, ports: [tcp(80), tcp(1000 + index)] }],
      }),
    );
    const { first } = planOf(
      world([...labelled, podOf('x/b', { labels: app('b') })], { policies }),
      'allow: ["app=a -> b:80"]',
    );
    expect(first.trials).toHaveLength(60);
    expect(first.samples).toEqual([{ what: 'senders', tried: 60, of: 70 }]);
  });

  test('ports at one receiver', () => {
    const ports = Array.from({ length: 10 }, (_, index) => tcp(1000 * (index + 1)));
    const { first } = planOf(world(two, { policies: [onlyA(...ports)] }), 'deny: ["b -> a:1-65535"]');
    expect(first.trials.map(({ port }) => port)).toHaveLength(8);
    // From 1 on, each port of the policy and those beside it, to the last one.
    expect(first.samples).toEqual([{ what: 'ports', tried: 8, of: 22 + 10 }]);
  });

  test('the pods behind a Service', () => {
    const pods = [
      podOf('x/a', { labels: app('a') }),
      ...count(5, (index) =>
        podOf(`x/b${String(index)}`, { labels: app('b'), containerPorts: [{ number: 80, protocol: 'TCP' }] }),
      ),
    ];
    const { first } = planOf(world(pods, { services: [service] }), 'allow: ["a -> svc/x/s"]');
    expect(first.trials.map(trialText)).toEqual(Array(3).fill('x/a -> svc/s 80/TCP IPv4 allowed'));
    expect(first.samples).toContainEqual({ what: 'backends', tried: 3, of: 5 });
  });

  test('kinds of pods to come, where a line is about them', () => {
    const policies = Array.from({ length: 40 }, (_, index) =>
      policyOf(`x/p${String(index)}`, {
        podSelector: [{ key: 'kind', operator: 'In', values: [String(index)] }],
        policyTypes: ['ingress'],
      }),
    );
    const { checks, added } = planOf(world(two, { policies }), 'allow: ["a -> b:80"]\nonly: ["any -> b:80"]');
    expect(added.length).toBe(24);
    // One without labels in x and in a namespace to come, and one for each selector.
    const kinds = { what: 'pods to come', tried: 24, of: 42 };
    expect(checks.map(({ samples }) => samples)).toEqual([[], [kinds]]);
  });

  test('connections of one line', () => {
    const { first } = planOf(world(two, { policies: [onlyA(tcp(80))] }), 'only: ["a -> b:80"]', { most: 3 });
    expect(first.trials).toHaveLength(3);
    expect(first.known).toBeGreaterThan(3);
    // The first of them is what the line lets in.
    expect(first.trials.map(trialText)[0]).toBe('x/a -> x/b 80/TCP IPv4 allowed');
  });
});

describe('what cannot be tried has a reason', () => {
  test.each<readonly [string, string, string]>([
    [
      'a family that the lab has not',
      'deny: ["2001:db8::1 -> b"]',
      'no host of the lab can have an address of 2001:db8::1',
    ],
    [
      'an address that no host can have',
      'deny: ["224.0.0.1 -> b"]',
      'no host of the lab can have an address of 224.0.0.1',
    ],
    [
      'a Service from outside',
      'allow: ["203.0.113.7 -> svc/x/s"]',
      'nobody outside of the cluster reaches a cluster address',
    ],
    [
      'a Service, from nobody in the lab',
      'allow: ["224.0.0.1 -> svc/x/s"]',
      'no host of the lab can have an address of 224.0.0.1',
    ],
  ])('%s', (_, text, reason) => {
    const { first } = planOf(world(two, { services: [service] }), text);
    expect(first.trials).toEqual([]);
    expect(first.untried.map((one) => one.replace(/\/(32|128)$/, ''))).toContain(reason);
  });

  test('a counterexample that is nobody', () => {
    const { first } = planOf(world(two), 'deny: ["2001:db8::1 -> b"]');
    expect(first.untried).toContain('the lab has nobody for 1 of 1 counterexamples');
  });

  test('a family without an address for anybody', () => {
    const text = 'deny: ["blocks -> b"]\nnames: { blocks: "::1" }';
    const { first } = planOf(world(two), text, { families: ['IPv4', 'IPv6'] });
    expect(first.trials).toEqual([]);
    expect(first.untried).toContain('no host of the lab can have an address of ::1/128');
    const policies = [
      policyOf('x/p', {
        policyTypes: ['ingress'],
        ingress: [
          {
            index: 0,
            peers: ['224.0.0.0/4', '2001:db8::/32'].map((block) => ({
              ...{ kind: 'ipBlock', cidr: cidr(block), except: [] },
            })),
          },
        ],
      }),
    ];
    const mixed = planOf(world(two, { policies }), 'allow: ["any -> b:80"]', { families: ['IPv4', 'IPv6'] });
    expect(mixed.first.untried).toContain('no host of the lab can have an address of 224.0.0.0/4');
    expect(mixed.first.trials.some(({ from }) => from.host === 'external/2001:db8::')).toBe(true);
  });

  test('a counterexample is tried, whatever else is left out', () => {
    const { first } = planOf(world(two), 'deny: ["any -> b:80"]', { most: 1 });
    expect(first.check.verdict.kind).toBe('failed');
    expect(first.trials.filter(({ isCounterexample }) => isCounterexample).length).toBeGreaterThan(0);
    expect(first.untried).toEqual([]);
  });
});

describe('who is tried', () => {
  test('both ends of each range that the policies tell apart, and ICMP for what they cannot name', () => {
    const { first } = planOf(world(two, { policies: [onlyA(tcp(80, 90))] }), 'deny: ["b -> a"]');
    const ports = first.trials.map(({ protocol, port }) => `${protocol} ${String(port)}`);
    expect(ports).toEqual(
      ['TCP 1', 'TCP 79', 'TCP 80', 'TCP 90', 'TCP 91', 'TCP 65535', 'UDP 1', 'UDP 65535'].concat([
        ...['SCTP 1', 'SCTP 65535', 'ICMP 0'],
      ]),
    );
  });

  test('both families where the lab speaks both', () => {
    const { first } = planOf(world(two), 'allow: ["a -> b:80"]', { families: ['IPv4', 'IPv6'] });
    expect(first.trials.map(({ family }) => family)).toEqual(['IPv4', 'IPv6']);
  });

  test('a workload meets itself in a second pod; a bare pod has none', () => {
    const workload = { kind: 'Deployment', name: 'a' } as const;
    const [a, b] = [
      podOf('x/a', { labels: app('a'), workload }),
      podOf('x/b', { labels: app('b'), nodeName: 'n2' }),
    ];
    const { first, added } = planOf(world([a, b]), 'allow: ["x/* -> x/*:80"]');
    expect(added.map(({ name }) => name)).toEqual(['a-replica']);
    expect(first.trials.map(({ from, to }) => `${from.host} -> ${to.host}`).sort()).toEqual([
      'x/a -> x/a-replica',
      'x/a -> x/b',
      'x/b -> x/a',
    ]);
  });

  test('`only`: everybody else is expected to be denied, strangers and pods to come among them', () => {
    const { first } = planOf(world(two, { policies: [onlyA(tcp(80))] }), 'only: ["a -> b:80"]');
    const denied = first.trials.filter(({ expected }) => expected === 'denied');
    const kinds = new Set(denied.map(({ from }) => from.somebody.kind));
    expect([...kinds].sort()).toEqual(['address', 'possible']);
    expect(denied.every(({ to, port }) => to.host === 'x/b' && port === 80)).toBe(true);
  });

  test('`otherwise`: what no line mentions, in both directions', () => {
    const { checks } = planOf(world(two), 'allow: ["a -> b"]\notherwise: deny');
    const pairs = checks[1]?.trials.map(({ from, to }) => `${from.host} -> ${to.host}`) ?? [];
    expect(pairs).toContain('x/b -> x/a');
    expect(pairs).not.toContain('x/a -> x/b');
  });
});

const service: Service = {
  ...{ namespace: 'x', name: 's', type: 'ClusterIP', selector: app('b'), clusterIPs: [address('10.96.0.9')] },
  ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 80 }],
  externalTrafficPolicy: 'Cluster',
};
