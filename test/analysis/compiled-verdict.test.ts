import { describe, expect, test } from 'vitest';
import { isCompiledAllowed } from '../../src/analysis/compiled-verdict.ts';
import { loadInput } from '../../src/cli/input/load-input.ts';
import { endpointOf, type Flow, type FlowProtocol } from '../../src/policy/flow.ts';
import { memoryIo } from '../cli/input/memory-io.ts';
import { compileNodes } from '../support/witness.ts';

// Which nodes a first packet crosses, and at which hook: taking away one node's ruleset shows whether it was asked.

const node = (nth: number): string => `apiVersion: v1
kind: Node
metadata: { name: w${nth} }
spec: { podCIDRs: [10.244.${nth}.0/24, 'fd00:244:${nth}::/64'] }
status: { addresses: [{ type: InternalIP, address: 192.168.50.1${nth} }, { type: InternalIP, address: 'fd00:50::1${nth}' }] }
`;
const pod = (name: string, nth: number, host: number): string => `apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${name} } }
spec: { nodeName: w${nth}, containers: [{ name: c, image: c }] }
status: { phase: Running, podIPs: [{ ip: 10.244.${nth}.${host} }, { ip: 'fd00:244:${nth}::${host}' }] }
`;
const policies = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: mute }
spec: { podSelector: { matchLabels: { app: mute } }, policyTypes: [Egress] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deaf }
spec: { podSelector: { matchLabels: { app: deaf } }, policyTypes: [Ingress], ingress: [{ ports: [{ port: 80 }] }] }
`;

const { cluster, diagnostics } = await loadInput(
  { files: ['-'] },
  memoryIo(
    {},
    [node(1), node(2), pod('mute', 1, 2), pod('free', 1, 3), pod('deaf', 2, 2), policies].join('---\n'),
  ),
);
const addresses = {
  mute: ['10.244.1.2', 'fd00:244:1::2'],
  free: ['10.244.1.3', 'fd00:244:1::3'],
  deaf: ['10.244.2.2', 'fd00:244:2::2'],
  w1: ['192.168.50.11', 'fd00:50::11'],
  w2: ['192.168.50.12', 'fd00:50::12'],
  world: ['203.0.113.10', '2001:db8:1::10'],
} as const;
type End = keyof typeof addresses;

test('the input is understood', () => {
  expect(diagnostics).toEqual([]);
  expect(cluster.pods.length).toBe(3);
});

describe.each(['allow', 'enforce'] as const)('node egress: %s', (nodeEgress) => {
  const all = compileNodes(cluster, { nodeEgress });
  const without = (name: string) => new Map([...all].filter(([key]) => key !== name));

  test.for<[End, End, FlowProtocol, number | undefined, boolean]>([
    ['mute', 'free', 'TCP', 80, false],
    ['mute', 'deaf', 'TCP', 80, false],
    ['mute', 'world', 'UDP', 53, false],
    ['mute', 'mute', 'TCP', 80, true],
    ['mute', 'w1', 'TCP', 10250, nodeEgress === 'allow'],
    ['mute', 'w2', 'TCP', 10250, false],
    ['free', 'mute', 'TCP', 80, true],
    ['free', 'deaf', 'TCP', 80, true],
    ['free', 'deaf', 'TCP', 81, false],
    ['free', 'deaf', 'UDP', 80, false],
    ['free', 'deaf', 'ICMP', undefined, false],
    ['free', 'deaf', 'other', undefined, false],
    ['free', 'world', 'ICMP', undefined, true],
    ['world', 'deaf', 'TCP', 80, true],
    ['world', 'deaf', 'SCTP', 80, false],
    ['w1', 'deaf', 'TCP', 81, false],
    ['w2', 'deaf', 'TCP', 81, true],
    ['w1', 'mute', 'TCP', 80, true],
    ['world', 'w1', 'TCP', 22, true],
  ])('%s -> %s, %s %s: %s', ([from, to, protocol, port, allowed]) => {
    for (const family of [0, 1] as const) {
      const flow = flowOf(from, to, family, protocol, port);
      expect(isCompiledAllowed(all, flow), `family ${family}`).toBe(allowed);
    }
  });

  test('a connection between nodes is judged on both', () => {
    const closed = flowOf('mute', 'deaf', 0, 'TCP', 81);
    expect(isCompiledAllowed(all, closed)).toBe(false);
    // Each alone is enough to deny it: egress on the one, ingress on the other.
    expect(isCompiledAllowed(without('w1'), closed)).toBe(false);
    expect(isCompiledAllowed(without('w2'), closed)).toBe(false);
    expect(isCompiledAllowed(new Map(), closed)).toBe(true);
    expect(isCompiledAllowed(without('w1'), flowOf('mute', 'deaf', 0, 'TCP', 80))).toBe(true);
  });

  test('a connection within a node is judged there alone', () => {
    const closed = flowOf('mute', 'free', 1, 'TCP', 80);
    expect(isCompiledAllowed(without('w2'), closed)).toBe(false);
    expect(isCompiledAllowed(without('w1'), closed)).toBe(true);
  });

  test('the source is the node only where the packet is its own', () => {
    // An address of w2 that comes to w1 is no address of w1's.
    expect(isCompiledAllowed(without('w2'), flowOf('w2', 'mute', 0, 'TCP', 80))).toBe(true);
    expect(isCompiledAllowed(without('w1'), flowOf('w1', 'deaf', 0, 'TCP', 81))).toBe(false);
  });
});

function flowOf(from: End, to: End, family: 0 | 1, protocol: FlowProtocol, port: number | undefined): Flow {
  const [source, destination] = [from, to].map((end) => endpointOf(cluster, addresses[end][family]));
  return { source: source!, destination: destination!, protocol, ...(port === undefined ? {} : { port }) };
}
