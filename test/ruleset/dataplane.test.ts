import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/model/cluster.ts';
import { compile, defaultCompilerOptions } from '../../src/ruleset/compiler.ts';
import { interpret } from '../../src/ruleset/interpret.ts';
import type { Packet } from '../../src/ruleset/packet.ts';
import { address, cidr, clusterOf, nodeOf, podOf, policyOf } from '../cases/builders.ts';

// What the case tables cannot say, because they speak of new connections between addresses that the API knows.

const mask = defaultCompilerOptions.ctMarkMask;
const revoked = mask;
const judged = 0x10000;

const open: Cluster = clusterOf({
  nodes: [nodeOf('n1', { podCIDRs: [cidr('10.244.1.0/24'), cidr('fd00:244:1::/64')] })],
  pods: [
    podOf('x/a', { nodeName: 'n1', addresses: [address('10.244.1.5'), address('fd00:244:1::5')] }),
    podOf('x/b', { nodeName: 'n1', addresses: [address('10.244.1.6'), address('fd00:244:1::6')] }),
    podOf('x/neighbour', { nodeName: 'n2', addresses: [address('10.244.1.200')] }),
  ],
});
const closed: Cluster = {
  ...open,
  policies: [policyOf('x/deny', { policyTypes: ['ingress', 'egress'] })],
};

function verdict(cluster: Cluster, packet: Partial<Packet>, nodeEgress: 'allow' | 'enforce' = 'allow') {
  const ruleset = compile(cluster, { ...defaultCompilerOptions, nodeName: 'n1', nodeEgress });
  return interpret(ruleset, {
    hook: 'forward',
    source: address('10.244.1.5'),
    destination: address('10.244.1.6'),
    sourceIsLocal: false,
    protocol: 'UDP',
    destinationPort: 80,
    ct: { state: 'new', direction: 'original', mark: 0 },
    ...packet,
  });
}

describe('addresses that no policy can name', () => {
  test.each([
    ['link-local', 'fe80::1', 'fe80::2'],
    ['from link-local', 'fe80::1', 'fd00:244:1::6'],
    ['IPv6 multicast', 'fd00:244:1::5', 'ff02::1'],
    ['IPv4 multicast', '10.244.1.5', '224.0.0.251'],
    ['broadcast', '10.244.1.5', '255.255.255.255'],
  ])('%s does not pass between pods', (_, source, destination) => {
    const packet = { source: address(source), destination: address(destination) };
    expect(verdict(open, packet).verdict).toBe('drop');
  });

  test('neighbour discovery passes all the same', () => {
    const packet: Partial<Packet> = {
      source: address('fe80::1'),
      destination: address('ff02::1:ff00:6'),
      protocol: 'ICMPv6',
      icmpv6Type: 135,
    };
    expect(verdict(closed, packet).verdict).toBe('accept');
  });
});

describe("the node's range", () => {
  test.each([
    ['an address that nobody has', '10.244.1.99', 'drop'],
    ['a known pod', '10.244.1.6', 'accept'],
    ['a pod of another node', '10.244.1.200', 'accept'],
  ])('%s', (_, destination, expected) => {
    expect(verdict(open, { destination: address(destination) }).verdict).toBe(expected);
    const reverse = { source: address(destination), destination: address('10.244.1.5') };
    expect(verdict(open, reverse).verdict).toBe(expected);
  });

  test('the gateway is the node, whether or not its egress rules are enforced', () => {
    const packet = { hook: 'input' as const, destination: address('10.244.1.1') };
    expect(verdict(open, packet, 'allow').verdict).toBe('accept');
    expect(verdict(open, packet, 'enforce').verdict).toBe('accept');
    expect(verdict(closed, packet, 'allow').verdict).toBe('accept');
    expect(verdict(closed, packet, 'enforce').verdict).toBe('drop');
  });
});

describe('the epoch', () => {
  const established = (mark: number, direction: 'original' | 'reply' = 'original') => ({
    ct: { state: 'established' as const, direction, mark },
  });

  test('a connection judged in this epoch passes, foreign bits or not', () => {
    expect(verdict(closed, established(judged | 0x1234))).toMatchObject({
      verdict: 'accept',
      mark: judged | 0x1234,
    });
  });

  test('a connection of an earlier epoch is judged again, and cut', () => {
    const earlier = 0x70000 | 0x1234;
    expect(verdict(closed, { ...established(earlier), protocol: 'TCP' })).toMatchObject({
      verdict: 'reject-tcp-reset',
      mark: (revoked | 0x1234) >>> 0,
    });
    expect(verdict(closed, established(earlier))).toMatchObject({ verdict: 'drop' });
  });

  test('replies of what was cut stop, until the client may speak again', () => {
    expect(verdict(closed, established(revoked, 'reply')).verdict).toBe('drop');
    expect(verdict(open, established(revoked, 'reply')).verdict).toBe('drop');
    const again = verdict(open, established(revoked));
    expect(again).toMatchObject({ verdict: 'accept', mark: judged });
    expect(verdict(open, established(again.mark, 'reply')).verdict).toBe('accept');
  });

  test('a connection that touches no isolated pod is not marked', () => {
    expect(verdict(open, {})).toMatchObject({ verdict: 'accept', mark: 0 });
  });
});

test('a pod whose rules cannot be compiled is closed, and no other pod', () => {
  const broken = {
    ...policyOf('x/broken', { policyTypes: ['ingress'] }),
    podSelector: [{ key: 'app', operator: 'In' as const, values: ['a'] }],
    get ingress(): never {
      throw new Error('a defect');
    },
  };
  const [a, ...others] = open.pods;
  const world = { ...open, pods: [{ ...a!, labels: { app: 'a' } }, ...others], policies: [broken] };
  expect(verdict(world, { source: address('10.244.1.6'), destination: address('10.244.1.5') }).verdict).toBe(
    'drop',
  );
  expect(verdict(world, {}).verdict).toBe('accept');
});
