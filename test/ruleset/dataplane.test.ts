import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/model/cluster.ts';
import { compile, defaultCompilerOptions } from '../../src/ruleset/compiler.ts';
import type { InterfacePattern } from '../../src/ruleset/objects.ts';
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
    podOf('x/b', {
      ...{ nodeName: 'n1', labels: { app: 'b' } },
      addresses: [address('10.244.1.6'), address('fd00:244:1::6')],
    }),
    podOf('x/neighbour', { nodeName: 'n2', addresses: [address('10.244.1.200')] }),
  ],
});
const closed: Cluster = {
  ...open,
  policies: [policyOf('x/deny', { policyTypes: ['ingress', 'egress'] })],
};

function verdict(
  cluster: Cluster,
  packet: Partial<Packet>,
  nodeEgress: 'allow' | 'enforce' = 'allow',
  podInterfaces: readonly InterfacePattern[] = [],
) {
  const ruleset = compile(cluster, { ...defaultCompilerOptions, nodeName: 'n1', nodeEgress, podInterfaces });
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
      hopLimit: 255,
    };
    expect(verdict(closed, packet).verdict).toBe('accept');
  });

  test.each([
    ['neighbour discovery', 135, 64],
    ['neighbour discovery', 135, 254],
    ['a redirect', 137, 64],
    ['a multicast listener report', 143, 64],
    ['a multicast listener report', 143, 255],
  ])('%s (type %i) with hop limit %i is a packet like any other', (_, icmpv6Type, hopLimit) => {
    const [source, destination] = [address('fd00:244:1::5'), address('fd00:244:1::6')];
    const packet: Partial<Packet> = { source, destination, protocol: 'ICMPv6', icmpv6Type, hopLimit };
    expect(verdict(closed, packet).verdict).toBe('drop');
    expect(verdict(open, packet).verdict).toBe('accept');
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

describe('interfaces of pods, where no pod CIDR tells who is one', () => {
  const patterns = ['cali*', 'cni0'] as InterfacePattern[];
  const elsewhere: Cluster = { ...open, nodes: [nodeOf('n1', { podCIDRs: [] })] };
  const [known, unknown] = [address('10.244.1.5'), address('10.99.0.1')];
  const judge = (packet: Partial<Packet>, nodeEgress?: 'enforce') =>
    verdict(elsewhere, { destination: address('203.0.113.9'), ...packet }, nodeEgress, patterns).verdict;

  test.each(['cali12ab', 'cni0'])('from %s, only known addresses', (inInterface) => {
    expect(judge({ source: unknown, inInterface })).toBe('drop');
    expect(judge({ source: address('2001:db8::1'), destination: address('2001:db8::2'), inInterface })).toBe(
      'drop',
    );
    expect(judge({ source: known, inInterface })).toBe('accept');
    expect(judge({ source: known, inInterface, sourceUnrouted: true })).toBe('drop');
  });

  test.each(['cali12ab', 'cni0'])('to %s, only known addresses', (outInterface) => {
    expect(judge({ source: unknown, destination: address('10.99.0.2'), outInterface })).toBe('drop');
    expect(judge({ source: unknown, destination: known, outInterface })).toBe('accept');
  });

  test('other interfaces are open', () => {
    expect(judge({ source: unknown, inInterface: 'eth0', outInterface: 'eth0' })).toBe('accept');
  });

  test('to the own node, where its egress rules are enforced', () => {
    const packet: Partial<Packet> = { hook: 'input', source: unknown, inInterface: 'cni0' };
    expect(judge(packet)).toBe('accept');
    expect(judge(packet, 'enforce')).toBe('drop');
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

  test('replies of a TCP connection that was cut stop, until the client may speak again', () => {
    const tcp = { protocol: 'TCP' as const };
    const reply = { ...established(revoked, 'reply'), ...tcp };
    expect(verdict(closed, reply).verdict).toBe('reject-tcp-reset');
    expect(verdict(open, reply).verdict).toBe('reject-tcp-reset');
    const again = verdict(open, { ...established(revoked), ...tcp });
    expect(again).toMatchObject({ verdict: 'accept', mark: judged });
    expect(verdict(open, { ...established(again.mark, 'reply'), ...tcp }).verdict).toBe('accept');
  });

  test('only what both ends allow is marked, in one go', () => {
    const oneSided: Cluster = {
      ...open,
      policies: [
        policyOf('x/out', { policyTypes: ['egress'], egress: [{ index: 0 }] }),
        policyOf('x/in', { policyTypes: ['ingress'] }),
      ],
    };
    const { trace, mark } = verdict(oneSided, established(0x70000));
    expect(mark).toBe(revoked);
    expect(trace.map(({ chain }) => chain)).not.toContain('judged');
  });

  test('a connection that touches no isolated pod is not marked', () => {
    expect(verdict(open, {})).toMatchObject({ verdict: 'accept', mark: 0 });
  });
});

describe('a datagram flow that was cut', () => {
  const [a, b] = [address('10.244.1.5'), address('10.244.1.6')];
  // a may not send to b; b may send to a.
  const oneWay: Cluster = {
    ...open,
    policies: [
      policyOf('x/deny', {
        podSelector: [{ key: 'app', operator: 'In', values: ['b'] }],
        policyTypes: ['ingress'],
      }),
    ],
  };
  const fromClient = (mark: number): Partial<Packet> => ({
    ct: { state: 'established', direction: 'original', mark },
  });
  const fromServer = (mark: number): Partial<Packet> => ({
    ...{ source: b, destination: a },
    ct: { state: 'established', direction: 'reply', mark },
  });

  test('leaves the other end what it may begin, and the client nothing', () => {
    expect(verdict(oneWay, fromServer(revoked))).toMatchObject({ verdict: 'accept', mark: revoked });
    // A reply under way when the flow was cut looks the same: it must not open the flow for the client.
    expect(verdict(oneWay, fromClient(revoked))).toMatchObject({ verdict: 'drop', mark: revoked });
  });

  test('stays cut for both where neither may begin', () => {
    for (const packet of [fromServer(revoked), fromClient(revoked)]) {
      expect(verdict(closed, packet)).toMatchObject({ verdict: 'drop', mark: revoked });
    }
  });

  test('goes on for both ends as soon as nothing forbids it', () => {
    expect(verdict(open, fromServer(revoked))).toMatchObject({ verdict: 'accept', mark: revoked });
    expect(verdict(open, fromClient(revoked))).toMatchObject({ verdict: 'accept', mark: judged });
  });

  test('does not let an ICMP error pass, nor take it for the other end', () => {
    const error: Partial<Packet> = {
      ...{ source: b, destination: a, protocol: 'ICMP' as const },
      ct: { state: 'related', direction: 'reply', mark: revoked },
    };
    expect(verdict(oneWay, error)).toMatchObject({ verdict: 'drop', mark: revoked });
  });
});

describe('related packets', () => {
  const related = (mark = 0, helper = false): Partial<Packet> => ({
    ct: { state: 'related', direction: 'original', mark, helper },
  });

  test('ICMP errors of an allowed connection pass', () => {
    expect(verdict(closed, { ...related(), protocol: 'ICMP' }).verdict).toBe('accept');
    const [source, destination] = [address('fd00:244:1::5'), address('fd00:244:1::6')];
    const error: Partial<Packet> = { source, destination, protocol: 'ICMPv6', icmpv6Type: 1 };
    expect(verdict(closed, { ...related(), ...error }).verdict).toBe('accept');
  });

  test('a connection that a helper expects is judged like a new one', () => {
    expect(verdict(closed, { ...related(), protocol: 'TCP' }).verdict).toBe('drop');
    expect(verdict(open, { ...related(), protocol: 'TCP' }).verdict).toBe('accept');
  });

  test('a connection with a helper has no mark to hand on', () => {
    const allowed: Cluster = {
      ...open,
      policies: [policyOf('x/all', { policyTypes: ['ingress'], ingress: [{ index: 0 }] })],
    };
    const withHelper = (mark: number): Partial<Packet> => ({
      ...{ protocol: 'TCP' as const, destinationPort: 21 },
      ct: { state: 'established', direction: 'original', mark, helper: true },
    });
    expect(verdict(allowed, withHelper(0x1234))).toMatchObject({ verdict: 'accept', mark: 0x1234 });
    expect(verdict(allowed, withHelper((revoked | 0x1234) >>> 0))).toMatchObject({
      ...{ verdict: 'accept', mark: 0x1234 },
    });
    expect(verdict(closed, withHelper(0)).mark).toBe(revoked);
  });
});

test('a chain whose rules are not there yet lets nothing pass', () => {
  const ruleset = compile(closed, { ...defaultCompilerOptions, nodeName: 'n1' });
  const chains = [...ruleset.chains].map(([name, chain]) =>
    /^(in|e)gress-/.test(name) ? ([name, { ...chain, rules: [] }] as const) : ([name, chain] as const),
  );
  const ct = { state: 'new' as const, direction: 'original' as const, mark: 0 };
  const packet: Packet = {
    ...{ hook: 'forward', source: address('203.0.113.9'), destination: address('10.244.1.6') },
    ...{ sourceIsLocal: false, protocol: 'UDP', destinationPort: 80, ct },
  };
  expect(interpret({ ...ruleset, chains: new Map(chains) }, packet).verdict).toBe('drop');
});

describe('forged sources', () => {
  test('an address of this node on an interface that does not lead to it', () => {
    expect(verdict(open, { sourceUnrouted: true }).verdict).toBe('drop');
    const foreign = { source: address('203.0.113.9'), sourceUnrouted: true };
    // Others may well come by another way than they are answered.
    expect(verdict(open, foreign).verdict).toBe('accept');
  });

  test('a pod meets itself behind a Service only', () => {
    const self = address('10.244.1.6');
    const packet: Partial<Packet> = { source: self, destination: self };
    const ct = { state: 'new' as const, direction: 'original' as const, mark: 0 };
    expect(verdict(closed, packet).verdict).toBe('drop');
    const redirected = { ...packet, ct: { ...ct, originalDestination: address('10.96.0.1') } };
    expect(verdict(closed, redirected).verdict).toBe('accept');
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
