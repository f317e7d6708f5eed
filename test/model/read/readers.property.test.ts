import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../../src/model/cluster.ts';
import type { NetworkPolicy } from '../../../src/model/network-policy.ts';
import type { Pod } from '../../../src/model/pod.ts';
import { readIngress } from '../../../src/model/read/ingress.ts';
import { readNamespace, undeclaredNamespace } from '../../../src/model/read/namespace.ts';
import { readNetworkPolicy } from '../../../src/model/read/network-policy.ts';
import { readNode } from '../../../src/model/read/node.ts';
import { readPod } from '../../../src/model/read/pod.ts';
import { readService } from '../../../src/model/read/service.ts';
import { readWorkload } from '../../../src/model/read/workload.ts';
import { parseAddress } from '../../../src/net/address.ts';
import { evaluate } from '../../../src/policy/evaluate.ts';
import type { Endpoint, Flow } from '../../../src/policy/flow.ts';
import { strict, tolerant } from './support.ts';

const readers = {
  readIngress,
  readNamespace,
  readNetworkPolicy,
  readNode,
  readPod,
  readService,
  readWorkload,
};

type Json = fc.JsonValue;

const selector = fc.oneof(
  fc.constant({}),
  fc.record(
    {
      matchLabels: fc.dictionary(fc.constantFrom('app', 'tier'), fc.constantFrom('a', 'b', ''), {
        maxKeys: 2,
      }),
      matchExpressions: fc.array(
        fc.oneof(
          fc.record({
            key: fc.constantFrom('app', 'tier'),
            operator: fc.constantFrom('In', 'NotIn'),
            values: fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 2 }),
          }),
          fc.record({
            key: fc.constantFrom('app', 'tier'),
            operator: fc.constantFrom('Exists', 'DoesNotExist'),
          }),
        ),
        { maxLength: 2 },
      ),
    },
    { requiredKeys: [] },
  ),
);
const peer = fc.oneof(
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector: selector }),
  fc.record({ podSelector: selector, namespaceSelector: selector }),
  fc.record({
    ipBlock: fc.record(
      {
        cidr: fc.constantFrom('0.0.0.0/0', '10.0.0.0/8'),
        except: fc.array(fc.constantFrom('10.0.0.0/30', '10.0.0.4/32'), { maxLength: 2 }),
      },
      { requiredKeys: ['cidr'] },
    ),
  }),
);
const port = fc.oneof(
  fc.constant({}),
  fc.record(
    {
      port: fc.constantFrom(80, 81),
      protocol: fc.constantFrom('TCP', 'UDP'),
      endPort: fc.constantFrom(81, 90),
    },
    { requiredKeys: ['port'] },
  ),
  fc.record({ port: fc.constant('http') }),
);
const rules = (peers: 'from' | 'to') =>
  fc.array(
    fc.record(
      { [peers]: fc.array(peer, { maxLength: 2 }), ports: fc.array(port, { maxLength: 2 }) },
      { requiredKeys: [] },
    ),
    { maxLength: 2 },
  );
const spec = fc.record(
  {
    podSelector: selector,
    policyTypes: fc.uniqueArray(fc.constantFrom('Ingress', 'Egress'), { maxLength: 2 }),
    ingress: rules('from'),
    egress: rules('to'),
  },
  { requiredKeys: [] },
);

const junk = fc.constantFrom<Json>(
  '',
  'junk',
  '!',
  0,
  -1,
  1.5,
  99999,
  true,
  [],
  [1],
  {},
  { junk: 1 },
  [{}],
  ['junk'],
);

describe('any value', () => {
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 6 }),
    fc.record({
      kind: fc.constant('Job'),
      metadata: fc.jsonValue(),
      spec: fc.jsonValue(),
      status: fc.jsonValue(),
    }),
    fc.record({
      kind: fc.constantFrom('Deployment', 'CronJob'),
      metadata: fc.record({ name: fc.constant('a'), namespace: fc.constant('b'), labels: fc.jsonValue() }),
      spec: fc.dictionary(
        fc.constantFrom(
          'template',
          'containers',
          'ports',
          'rules',
          'podSelector',
          'ingress',
          'egress',
          'selector',
        ),
        fc.jsonValue(),
      ),
    }),
  );
  test.each(Object.entries(readers))('%s never throws, and says why there is no object', (_name, read) => {
    fc.assert(
      fc.property(anything, fc.constantFrom(strict, tolerant), (value, context) => {
        const { object, diagnostics } = read(value, context);
        if (object === undefined) {
          expect(diagnostics.some(({ severity }) => severity === 'error')).toBe(true);
        }
        for (const { message } of diagnostics) expect(message).not.toMatch(/\n|undefined|\[object/);
      }),
      { numRuns: 300 },
    );
  });
});

test('a valid policy is read without a word in both modes, to the same object', () => {
  fc.assert(
    fc.property(spec, (value) => {
      const policy = { metadata: { name: 'p', namespace: 'x' }, spec: value };
      const exact = readNetworkPolicy(policy, strict);
      // An endPort below the port is the only slip that these parts can make.
      fc.pre(exact.diagnostics.every(({ path }) => path?.endsWith('.endPort') === true));
      expect(exact).toEqual(readNetworkPolicy(policy, tolerant));
    }),
  );
});

describe('fail closed', () => {
  test('a policy with a broken part allows nothing that it would not allow without that part', () => {
    let compared = 0;
    fc.assert(
      fc.property(spec, fc.nat(), junk, fc.boolean(), (value, choice, broken, alone) => {
        const places = placesOf(value);
        const place = places[choice % places.length]!;
        const withBroken = readSpec(changed(value, place, { to: broken }));
        fc.pre(withBroken.isBroken);
        const without = readSpec(changed(value, place, 'removed'));
        // Where removing the part breaks something else, nothing is known of what it meant.
        fc.pre(!without.isBroken);
        compared += 1;
        const others = alone ? [] : [denyAll];
        for (const flow of flows) {
          const opened =
            allows([withBroken.policy, ...others], flow) && !allows([without.policy, ...others], flow);
          expect(opened && JSON.stringify(flow)).toBe(false);
        }
      }),
      { numRuns: 2000 },
    );
    expect(compared).toBeGreaterThan(500);
  });
});

function readSpec(value: Json): { readonly policy: NetworkPolicy; readonly isBroken: boolean } {
  const { object, diagnostics } = readNetworkPolicy(
    { metadata: { name: 'p', namespace: 'x' }, spec: value },
    tolerant,
  );
  if (object === undefined) throw new Error('no policy');
  return { policy: object, isBroken: diagnostics.some(({ severity }) => severity === 'error') };
}

type Place = readonly (string | number)[];

/** Every value in the spec, the spec itself included, by its path. */
function placesOf(value: Json, path: Place = []): readonly Place[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries: [string | number, Json][] = Array.isArray(value)
    ? value.map((item, index) => [index, item])
    : Object.entries(value as Record<string, Json>);
  return [path, ...entries.flatMap(([key, item]) => placesOf(item, [...path, key]))];
}

function changed(value: Json, [key, ...rest]: Place, change: 'removed' | { readonly to: Json }): Json {
  if (key === undefined) return change === 'removed' ? {} : change.to;
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => {
      if (index !== key) return [item];
      return rest.length === 0 && change === 'removed' ? [] : [changed(item, rest, change)];
    });
  }
  return Object.fromEntries(
    Object.entries(value as Record<string, Json>).flatMap(([name, item]) => {
      if (name !== key) return [[name, item]];
      return rest.length === 0 && change === 'removed' ? [] : [[name, changed(item, rest, change)]];
    }),
  );
}

const denyAll = readNetworkPolicy(
  { metadata: { name: 'deny', namespace: 'x' }, spec: { policyTypes: ['Ingress', 'Egress'] } },
  tolerant,
).object!;

const pods: readonly Pod[] = [
  podOf('x', 'a', { app: 'a' }, '10.0.0.1'),
  podOf('x', 'b', { app: 'b', tier: 'a' }, '10.0.0.4'),
  podOf('x', 'bare', {}, '10.1.0.1'),
  podOf('y', 'a', { app: 'a', tier: 'b' }, '192.0.2.1'),
];

function podOf(namespace: string, name: string, labels: object, podIP: string): Pod {
  const containers = [{ ports: [{ name: 'http', containerPort: 80 }] }];
  return readPod({ metadata: { namespace, name, labels }, spec: { containers }, status: { podIP } }, tolerant)
    .object!;
}

const ends: readonly Endpoint[] = [
  ...pods.map((pod) => ({ kind: 'pod' as const, pod, address: pod.addresses[0]! })),
  { kind: 'external', address: parseAddress('198.51.100.1')! },
];

const flows: readonly Flow[] = ends.flatMap((source) =>
  ends
    .filter((destination) => destination !== source)
    .flatMap((destination): Flow[] => [
      { source, destination, protocol: 'TCP', port: 80 },
      { source, destination, protocol: 'TCP', port: 85 },
      { source, destination, protocol: 'UDP', port: 81 },
      { source, destination, protocol: 'ICMP' },
    ]),
);

function allows(policies: readonly NetworkPolicy[], flow: Flow): boolean {
  const cluster: Cluster = {
    namespaces: ['x', 'y'].map(undeclaredNamespace),
    nodes: [],
    pods,
    policies,
    services: [],
    ingresses: [],
  };
  return evaluate(cluster, flow).allowed;
}
