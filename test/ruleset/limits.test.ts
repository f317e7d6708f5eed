import { expect, test } from 'vitest';
import type { NetworkPolicy, PolicyKey } from '../../src/model/network-policy.ts';
import type { Pod, PodKey } from '../../src/model/pod.ts';
import { readNetworkPolicy } from '../../src/model/read/network-policy.ts';
import { readPod } from '../../src/model/read/pod.ts';
import { type Compiler, createCompiler, defaultCompilerOptions } from '../../src/ruleset/compiler.ts';
import { interpret } from '../../src/ruleset/interpret.ts';
import { renderJson } from '../../src/ruleset/render-json.ts';
import { address, cidr, nodeOf } from '../cases/builders.ts';
import { processorTime } from '../support/processor-time.ts';

// What a tenant can make every node do is bounded, and what is beyond closes the tenant's own pods.

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
const block = (index: number): string =>
  `11.${(index >> 14) & 255}.${(index >> 6) & 255}.${(index & 63) * 4}/32`;

function policy(name: string, spec: object, annotations: object = {}): NetworkPolicy {
  const metadata = { namespace: 'evil', name, annotations };
  return readNetworkPolicy({ metadata, spec }, { mode: 'tolerant' }).object!;
}

function pod(namespace: string, name: string, podIP: string, nodeName = 'n1', labels: object = {}): Pod {
  const raw = {
    metadata: { namespace, name, labels },
    spec: { nodeName, containers: [{ ports: [{ name: 'http', containerPort: 80 }] }] },
    status: { podIP },
  };
  return readPod(raw, { mode: 'tolerant' }).object!;
}

/** A node with pods of two tenants, in a cluster of 5,000 pods. */
function node(): Compiler {
  const compiler = createCompiler({ ...defaultCompilerOptions, nodeName: 'n1' });
  compiler.setNode(nodeOf('n1', { podCIDRs: [cidr('10.244.1.0/24')] }));
  for (const index of numbers(5)) compiler.setPod(pod('evil', `e${index}`, `10.244.1.${10 + index}`));
  compiler.setPod(pod('good', 'web', '10.244.1.100', 'n1', { app: 'web' }));
  for (const index of numbers(5000)) {
    const ip = `10.245.${index >> 8}.${index & 255}`;
    compiler.setPod(pod('evil', `far${index}`, ip, 'n2', { app: `a${index % 100}` }));
  }
  compiler.replacement().commit();
  return compiler;
}

function reaches(compiler: Compiler, destination: string): boolean {
  const packet = {
    hook: 'forward',
    source: address('11.0.0.0'),
    destination: address(destination),
    sourceIsLocal: false,
    protocol: 'TCP',
    destinationPort: 80,
    ct: { state: 'new', direction: 'original', mark: 0 },
  } as const;
  return interpret(compiler.ruleset(), packet).verdict === 'accept';
}

test('a policy of 10,000 rules closes the pods of its tenant, nobody else', () => {
  const compiler = node();
  const ingress = numbers(10_000).map((index) => ({
    from: [{ ipBlock: { cidr: block(index) } }],
    ports: [{ port: 80 }],
  }));
  compiler.setPolicy(policy('huge', { podSelector: {}, ingress }));
  compiler.step().commit();
  expect([reaches(compiler, '10.244.1.10'), reaches(compiler, '10.244.1.100')]).toEqual([false, true]);
});

test('1,000 policies of 100 rules close the pods that they select, in their direction, and say so', () => {
  const compiler = node();
  for (const index of numbers(1000)) {
    const ingress = numbers(100).map((rule) => ({
      from: [{ ipBlock: { cidr: block(index * 100 + rule) } }],
    }));
    compiler.setPolicy(policy(`p${index}`, { podSelector: {}, ingress }));
  }
  compiler.step().commit();
  expect(reaches(compiler, '10.244.1.10')).toBe(false);
  expect(reaches(compiler, '10.244.1.100')).toBe(true);
  expect(compiler.counts()).toMatchObject({ closedByLimit: 5, closedByDefect: 0 });
  expect(compiler.closures()[0]).toEqual({
    pod: 'evil/e0',
    uid: '',
    direction: 'ingress',
    reason: 'too-large',
    message: 'the rules of the 1000 policies that select it come to 200000 in size, more than 30000',
  });
  // Less of it is enforced again.
  for (const index of numbers(990)) compiler.deletePolicy(`evil/p${index + 10}` as PolicyKey);
  compiler.step().commit();
  expect(compiler.closures()).toEqual([]);
  expect(reaches(compiler, '10.244.1.10')).toBe(true);
});

test('audit policies beyond the limits close nothing, and weigh nothing beside those that are enforced', () => {
  const compiler = node();
  const some = (from: number, count: number): object => ({
    podSelector: {},
    ingress: [{ from: numbers(count).map((index) => ({ ipBlock: { cidr: block(from + index) } })) }],
  });
  for (const index of numbers(4)) {
    const audited = { 'ringfence.dev/mode': 'audit' };
    compiler.setPolicy(policy(`p${index}`, some(1 + index * 9000, 9000), audited));
  }
  compiler.step().commit();
  expect(reaches(compiler, '10.244.1.10')).toBe(true);
  expect(compiler.counts()).toMatchObject({ closedByLimit: 0, isolatedLocalPods: 0 });
  expect(compiler.closures()[0]).toEqual({
    pod: 'evil/e0',
    uid: '',
    direction: 'ingress',
    audit: true,
    reason: 'too-large',
    message: 'the rules of the 4 policies that select it come to 36004 in size, more than 30000',
  });
  compiler.setPolicy(policy('enforced', some(0, 1)));
  compiler.step().commit();
  expect(compiler.closures()).toEqual([]);
  expect(reaches(compiler, '10.244.1.10')).toBe(true);
});

test('a hundred ports with peers of their own need too many sets', () => {
  const compiler = node();
  const ingress = numbers(120).map((index) => ({
    from: [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: [`a${index}`] }] } }],
    ports: [{ port: 1000 + index }],
  }));
  compiler.setPolicy(policy('sets', { podSelector: {}, ingress: ingress.slice(0, 90) }));
  compiler.step().commit();
  expect(compiler.closures()).toEqual([]);
  compiler.setPolicy(policy('sets', { podSelector: {}, ingress }));
  compiler.step().commit();
  expect(compiler.closures()[0]?.message).toBe('its policies need 120 sets of pods, more than 100');
  expect(reaches(compiler, '10.244.1.10')).toBe(false);
});

/** Milliseconds of processor time that a change of another tenant's pod waits behind one step with what the hostile tenant wrote. */
const longestDelay = 10_000;

test.each<readonly [string, readonly NetworkPolicy[]]>([
  [
    'blocks in one rule each',
    numbers(3).map((index) =>
      policy(`p${index}`, {
        podSelector: {},
        ingress: [{ from: numbers(9000).map((rule) => ({ ipBlock: { cidr: block(index * 9000 + rule) } })) }],
      }),
    ),
  ],
  [
    'rules of one port and one block each',
    numbers(9).map((index) =>
      policy(`p${index}`, {
        podSelector: {},
        ingress: numbers(1000).map((rule) => ({
          from: [{ ipBlock: { cidr: block(index * 1000 + rule) } }],
          ports: [{ port: 1 + index * 1000 + rule }],
        })),
      }),
    ),
  ],
  [
    'nested port ranges',
    numbers(4).map((index) =>
      policy(`p${index}`, {
        podSelector: {},
        ingress: numbers(1000).map((rule) => ({
          from: [{ ipBlock: { cidr: block(index * 1000 + rule) } }],
          ports: [{ port: 1 + index * 1000 + rule, endPort: 60_000 - index * 1000 - rule }],
        })),
      }),
    ),
  ],
  [
    'selectors that match every pod',
    [
      policy('p', {
        podSelector: {},
        ingress: numbers(100).map((index) => ({
          from: [
            {
              namespaceSelector: {},
              podSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: [`x${index}`] }] },
            },
          ],
          ports: [{ port: 1 + index }],
        })),
      }),
    ],
  ],
  [
    'port names toward many peers',
    numbers(1).map((index) =>
      policy(`p${index}`, {
        podSelector: {},
        policyTypes: ['Egress'],
        egress: [
          {
            to: numbers(130).map((rule) => ({ ipBlock: { cidr: block(rule) } })),
            ports: [...numbers(140).map((port) => ({ port: `port-${port}` })), { port: 'http' }],
          },
        ],
      }),
    ),
  ],
])('%s, just within the limits: another tenant waits a bounded time', (name, policies) => {
  const compiler = node();
  const took = (change: () => void): { readonly milliseconds: number; readonly bytes: number } => {
    let bytes = 0;
    const milliseconds = processorTime(() => {
      change();
      const step = compiler.step();
      if (step.transaction.operations.length > 0) {
        bytes = renderJson(step.transaction, { declare: 'type' }).length;
      }
      step.commit();
    });
    return { milliseconds, bytes };
  };
  const attack = took(() => {
    for (const one of policies) compiler.setPolicy(one);
  });
  const after = took(() => {
    compiler.setPod(pod('good', 'web', '10.244.1.100', 'n1', { app: 'other' }));
  });
  const { rules, elements, sets } = compiler.counts();
  process.stdout.write(
    `${name}: ${attack.milliseconds.toFixed(0)} ms, ${(attack.bytes / 1e6).toFixed(1)} MB for nft, ` +
      `${rules} rules, ${sets} sets, ${elements} elements, ${compiler.closures().length} closed; ` +
      `then a pod of another tenant ${after.milliseconds.toFixed(1)} ms\n`,
  );
  expect(attack.milliseconds).toBeLessThan(longestDelay);
  expect(after.milliseconds).toBeLessThan(500);
  expect(reaches(compiler, '10.244.1.100')).toBe(true);
  compiler.deletePod('good/web' as PodKey);
});
