import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../src/model/cluster.ts';
import { cidrContains, hostCidr, readCidr } from '../../src/net/cidr.ts';
import { type DirectionVerdict, evaluate, type Evaluation } from '../../src/policy/evaluate.ts';
import { endpointAt, endpointOf, ownerOf } from '../../src/policy/flow.ts';
import { address, cidr, clusterOf, nodeOf, podOf, policyOf } from '../cases/builders.ts';

const web = podOf('shop/web', { labels: { app: 'web' }, nodeName: 'n1', addresses: [address('10.0.1.1')] });
const db = podOf('shop/db', { labels: { app: 'db' }, nodeName: 'n2', addresses: [address('10.0.2.1')] });
const nodes = [
  nodeOf('n1', { addresses: [address('192.0.2.1')] }),
  nodeOf('n2', { addresses: [address('192.0.2.2')] }),
];
const base = { pods: [web, db], nodes };

function judge(
  cluster: Cluster,
  from: string,
  to: string,
  nodeEgress: 'allow' | 'enforce' = 'allow',
): Evaluation {
  const flow = {
    source: endpointAt(cluster, address(from)),
    destination: endpointAt(cluster, address(to)),
    protocol: 'TCP' as const,
    port: 80,
  };
  return evaluate(cluster, flow, { nodeEgress });
}

describe('evaluate says why', () => {
  const closed = policyOf('shop/closed', { policyTypes: ['ingress', 'egress'] });
  const cluster = clusterOf({ ...base, policies: [closed] });

  it('not a pod, not isolated', () => {
    const open = clusterOf(base);
    expect(judge(open, '192.0.2.1', '10.0.2.1')).toEqual({
      allowed: true,
      egress: { kind: 'not-a-pod' },
      ingress: { kind: 'not-isolated' },
    });
    expect(judge(open, '10.0.1.1', '203.0.113.1').ingress).toEqual({ kind: 'not-a-pod' });
  });

  it('itself', () => {
    const itself: DirectionVerdict = { kind: 'itself' };
    expect(judge(cluster, '10.0.1.1', '10.0.1.1')).toEqual({
      allowed: true,
      egress: itself,
      ingress: itself,
    });
  });

  it('own node, but no other node, and in egress only while that is allowed', () => {
    expect(judge(cluster, '192.0.2.1', '10.0.1.1').ingress).toEqual({ kind: 'own-node' });
    expect(judge(cluster, '192.0.2.2', '10.0.1.1').ingress.kind).toBe('denied');
    expect(judge(cluster, '10.0.1.1', '192.0.2.1').egress).toEqual({ kind: 'own-node' });
    expect(judge(cluster, '10.0.1.1', '192.0.2.1', 'enforce').egress.kind).toBe('denied');
    expect(judge(cluster, '192.0.2.1', '10.0.1.1', 'enforce').ingress).toEqual({ kind: 'own-node' });
  });

  it('a pod that is not scheduled has no own node', () => {
    const lost = podOf('shop/lost', { nodeName: '', addresses: [address('10.0.9.9')] });
    const found = clusterOf({ ...base, pods: [web, lost], policies: [closed] });
    expect(judge(found, '192.0.2.1', '10.0.9.9').allowed).toBe(false);
  });

  it('denied, by every policy that isolates', () => {
    const also = policyOf('shop/also', { podSelector: [], policyTypes: ['ingress'] });
    const other = policyOf('shop/other', {
      podSelector: [{ key: 'app', operator: 'In', values: ['web'] }],
      policyTypes: ['ingress'],
    });
    const many = clusterOf({ ...base, policies: [closed, also, other] });
    expect(judge(many, '10.0.1.1', '10.0.2.1')).toEqual({
      allowed: false,
      egress: { kind: 'denied', by: ['shop/closed'] },
      ingress: { kind: 'denied', by: ['shop/also', 'shop/closed'] },
    });
  });

  it('allowed, by every rule that allows, at its position as written', () => {
    const some = policyOf('shop/some', {
      policyTypes: ['ingress'],
      ingress: [
        { index: 1, ports: [{ kind: 'all', protocol: 'UDP' }] },
        { index: 3, ports: [{ kind: 'all', protocol: 'TCP' }] },
        { index: 7 },
      ],
    });
    const more = policyOf('shop/more', { policyTypes: ['ingress'], ingress: [{ index: 0 }] });
    const many = clusterOf({ ...base, policies: [some, more] });
    expect(judge(many, '10.0.1.1', '10.0.2.1').ingress).toEqual({
      kind: 'allowed',
      by: [
        { policy: 'shop/more', rule: 0 },
        { policy: 'shop/some', rule: 3 },
        { policy: 'shop/some', rule: 7 },
      ],
    });
  });
});

describe('who owns an address', () => {
  const old = podOf('a/old', { addresses: [address('10.0.1.1')], created: '2025-01-01T00:00:00Z' });
  const young = podOf('z/young', { addresses: [address('10.0.1.1')], created: '2025-01-01T00:00:01Z' });

  it('the newest pod, then the first by key', () => {
    expect(ownerOf(clusterOf({ pods: [old, young] }), address('10.0.1.1'))).toBe(young);
    const twin = { ...young, namespace: 'b' };
    expect(ownerOf(clusterOf({ pods: [old, young, twin] }), address('10.0.1.1'))).toBe(twin);
  });

  it('a pod that stays before one that is being deleted', () => {
    const leaving = { ...young, terminating: true };
    expect(ownerOf(clusterOf({ pods: [old, leaving] }), address('10.0.1.1'))).toBe(old);
    expect(ownerOf(clusterOf({ pods: [leaving] }), address('10.0.1.1'))).toBe(leaving);
  });

  it('no finished pod, even the newest', () => {
    const pods = [old, { ...young, finished: true }];
    expect(ownerOf(clusterOf({ pods }), address('10.0.1.1'))).toBe(old);
  });

  it('a node for its own addresses and those of its hostNetwork pods', () => {
    const host = podOf('a/host', { hostNetwork: true, nodeName: 'n7', addresses: [address('192.0.2.7')] });
    const cluster = clusterOf({ pods: [host], nodes });
    expect(endpointOf(cluster, '192.0.2.1')).toEqual({ kind: 'node', node: 'n1', address: '192.0.2.1' });
    expect(endpointOf(cluster, '192.0.2.7')).toEqual({ kind: 'node', node: 'n7', address: '192.0.2.7' });
    expect(ownerOf(cluster, address('192.0.2.7'))).toBeUndefined();
  });

  it('the world for the rest, and nobody for what is no address', () => {
    const cluster = clusterOf(base);
    expect(endpointOf(cluster, '203.0.113.1')).toEqual({ kind: 'external', address: '203.0.113.1' });
    expect(endpointOf(cluster, '2001:DB8::0:1')).toEqual({ kind: 'external', address: '2001:db8::1' });
    expect(endpointOf(cluster, '010.0.1.1')).toBeUndefined();
    expect(endpointOf(cluster, 'web')).toBeUndefined();
  });
});

describe('ipBlock', () => {
  const ipv4 = fc.ipV4();
  const ipv6 = fc.ipV6();
  const blocks = fc.oneof(
    fc.tuple(ipv4, fc.integer({ min: 0, max: 32 })),
    fc.tuple(ipv6, fc.integer({ min: 0, max: 128 })),
  );

  it('is matched bit by bit as the address arithmetic of src/net does', () => {
    fc.assert(
      fc.property(blocks, fc.oneof(ipv4, ipv6), fc.boolean(), ([first, prefix], other, inside) => {
        const reading = readCidr(`${first}/${String(prefix)}`);
        const source = endpointOf(clusterOf({}), inside ? first : other);
        fc.pre(reading.ok && source !== undefined);
        const peer = { kind: 'ipBlock' as const, cidr: cidr(reading.cidr), except: [] };
        const policy = policyOf('shop/p', {
          policyTypes: ['ingress'],
          ingress: [{ index: 0, peers: [peer] }],
        });
        const cluster = clusterOf({ ...base, policies: [policy] });
        const destination = endpointAt(cluster, address('10.0.1.1'));
        const { allowed } = evaluate(cluster, { source, destination, protocol: 'ICMP' });
        expect(allowed, `${source.address} in ${reading.cidr}`).toBe(
          cidrContains(reading.cidr, source.address),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('of one address holds that address', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), (text) => {
        const source = endpointOf(clusterOf({}), text);
        fc.pre(source !== undefined);
        const peer = { kind: 'ipBlock' as const, cidr: hostCidr(source.address), except: [] };
        const policy = policyOf('shop/p', {
          policyTypes: ['ingress'],
          ingress: [{ index: 0, peers: [peer] }],
        });
        const cluster = clusterOf({ ...base, policies: [policy] });
        const destination = endpointAt(cluster, address('10.0.1.1'));
        expect(evaluate(cluster, { source, destination, protocol: 'other' }).allowed).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
