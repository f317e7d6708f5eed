import { describe, expect, test } from 'vitest';
import { readDestination } from '../../../src/analysis/ends/expression.ts';
import { type Finding, findClosed, findOpen, pairsBetween } from '../../../src/analysis/ends/pairs.ts';
import { resolveDestination, resolveEnd } from '../../../src/analysis/ends/resolve.ts';
import { somebodyText } from '../../../src/analysis/explain/text.ts';
import { createReach, type Reach } from '../../../src/analysis/reach/reach.ts';
import type { Cluster } from '../../../src/model/cluster.ts';
import type { PolicyRule } from '../../../src/model/network-policy.ts';
import { trafficText } from '../../../src/net/traffic.ts';
import { address, cidr, clusterOf, nodeOf, podOf, policyOf } from '../../cases/builders.ts';
import { endOf, shopReach, surroundings } from './shop.ts';

// Of all pairs that two ends have, one that is open, and one that is closed.

const deployment = (name: string) => ({ workload: { kind: 'Deployment', name }, labels: { app: name } });
const denyAll = (direction: 'ingress' | 'egress', namespace = 'shop') =>
  policyOf(`${namespace}/deny-${direction}`, { policyTypes: [direction] });
const allow = (app: string, rule: Omit<PolicyRule, 'index'>) =>
  policyOf(`shop/to-${app}`, {
    podSelector: [{ key: 'app', operator: 'In', values: [app] }],
    policyTypes: ['ingress'],
    ingress: [{ index: 0, ...rule }],
  });

const world: Partial<Cluster> = {
  nodes: [
    nodeOf('n1', { addresses: [address('192.168.0.1')] }),
    nodeOf('n2', { addresses: [address('192.168.0.2')] }),
  ],
  pods: [
    podOf('shop/web-1', { ...deployment('web'), nodeName: 'n1', addresses: [address('10.1.0.1')] }),
    podOf('shop/web-2', { ...deployment('web'), nodeName: 'n2', addresses: [address('10.1.0.2')] }),
    podOf('shop/one-1', { ...deployment('one'), nodeName: 'n1', addresses: [address('10.1.0.3')] }),
    podOf('shop/bare', { labels: { app: 'bare' }, nodeName: 'n1', addresses: [address('10.1.0.4')] }),
    podOf('shop/host-1', { nodeName: 'n1', hostNetwork: true, addresses: [address('192.168.0.1')] }),
  ],
};

describe('who makes a pair', () => {
  test.for<[string, string, readonly string[]]>([
    ['shop/web', 'shop/one', ['apart shop/web-1 shop/one-1']],
    // Replicas are two pods; where only one is known, there may be another.
    ['shop/web', 'shop/web', ['apart shop/web-1 shop/web-2']],
    ['shop/one', 'shop/one', ['apart shop/one-1 shop/one-1 (another replica)']],
    ['shop/one-1', 'shop/one', ['apart shop/one-1 shop/one-1 (another replica)']],
    // A pod that is named, or that nobody makes more of, has none.
    ['shop/one-1', 'shop/one-1', []],
    ['10.1.0.3', 'shop/one-1', []],
    ['shop/bare', 'shop/bare', []],
    ['shop/web-1', 'shop/web', ['apart shop/web-1 shop/web-2']],
    ['shop/web-1', 'shop/web-1', []],
    // A pod and its own node are a pair of their own kind.
    [
      '192.168.0.1',
      'shop/web',
      ['apart node n1 (192.168.0.1) shop/web-2', 'on one node node n1 (192.168.0.1) shop/web-1'],
    ],
    [
      'shop/web',
      '192.168.0.2',
      ['apart shop/web-1 node n2 (192.168.0.2)', 'on one node shop/web-2 node n2 (192.168.0.2)'],
    ],
    ['192.168.0.1', 'shop/bare', ['on one node node n1 (192.168.0.1) shop/bare']],
    ['shop/host-1', 'shop/bare', ['on one node shop/host-1 shop/bare']],
    ['shop/bare', 'shop/host-1', ['on one node shop/bare shop/host-1']],
    ['shop/host-1', '192.168.0.1', ['apart shop/host-1 node n1 (192.168.0.1)']],
    ['8.8.8.8', '192.168.0.1', ['apart 8.8.8.8 node n1 (192.168.0.1)']],
    ['8.8.8.8', 'shop/one', ['apart 8.8.8.8 shop/one-1']],
  ])('%s -> %s', ([from, to, pairs]) => {
    const reach = createReach(clusterOf(world));
    expect(pairsOf(reach, from, to)).toEqual(pairs);
  });

  test('node and any say nothing of a pod and its own node', () => {
    const reach = createReach(clusterOf(world));
    expect(pairsOf(reach, 'node', 'shop/bare')).toEqual(['apart node n2 (192.168.0.2) shop/bare']);
    expect(pairsOf(reach, 'shop/bare', 'node')).toEqual(['apart shop/bare node n2 (192.168.0.2)']);
    expect(pairsOf(reach, 'any', 'shop/bare')).not.toContainEqual(expect.stringContaining('on one node'));
  });

  test('a stranger speaks the family of the other end', () => {
    const pods = [
      podOf('shop/four', { addresses: [address('10.1.0.1')] }),
      podOf('shop/six', { addresses: [address('fd00::1')] }),
    ];
    const reach = createReach(clusterOf({ pods }));
    expect(pairsOf(reach, 'internet', 'shop/four')).toEqual(['apart 1.0.0.0 shop/four']);
    expect(pairsOf(reach, 'internet', 'shop/six')).toEqual(['apart 2000:: shop/six']);
    expect(pairsOf(reach, 'shop/six', 'internet')).toEqual(['apart shop/six 2000::']);
  });
});

describe('open and closed', () => {
  test('nothing is isolated: all open', () => {
    const reach = createReach(clusterOf(world));
    expect(answer(reach, 'shop/web', 'shop/one:80')).toEqual({
      open: 'shop/web-1 -> shop/one-1: 80/tcp',
      closed: 'none',
    });
    expect(answer(reach, 'any', 'any').closed).toBe('none');
  });

  test('ports: what is open and what is closed of what was asked for', () => {
    const rule = { ports: [{ kind: 'range', protocol: 'TCP', first: 80, last: 443 }] } as const;
    const reach = createReach(clusterOf({ ...world, policies: [allow('one', rule)] }));
    expect(answer(reach, 'shop/web', 'shop/one:80')).toMatchObject({ closed: 'none' });
    expect(answer(reach, 'shop/web', 'shop/one:81,8080/udp,400-500')).toEqual({
      open: 'shop/web-1 -> shop/one-1: 81/tcp,400-443/tcp',
      closed: 'shop/web-1 -> shop/one-1: 444-500/tcp,8080/udp',
    });
    expect(answer(reach, 'shop/web', 'shop/one')).toEqual({
      open: 'shop/web-1 -> shop/one-1: 80-443/tcp',
      closed: 'shop/web-1 -> shop/one-1: 1-79/tcp,444-65535/tcp,*/udp,*/sctp,*/other',
    });
  });

  test('a pod reaches itself, and its own node; replicas are judged', () => {
    const closed = createReach(clusterOf({ ...world, policies: [denyAll('ingress'), denyAll('egress')] }));
    expect(answer(closed, 'shop/bare', 'shop/bare')).toEqual({ open: 'none', closed: 'none' });
    expect(answer(closed, 'shop/one-1', 'shop/one-1')).toEqual({ open: 'none', closed: 'none' });
    expect(answer(closed, 'shop/one', 'shop/one:80')).toEqual({
      open: 'none',
      closed: 'shop/one-1 -> shop/one-1 (another replica): 80/tcp',
    });
    expect(answer(closed, '192.168.0.1', 'shop/bare:80')).toEqual({
      open: 'node n1 (192.168.0.1) -> shop/bare: 80/tcp',
      closed: 'none',
    });
    expect(answer(closed, '192.168.0.1', 'shop/web:80')).toEqual({
      open: 'node n1 (192.168.0.1) -> shop/web-1: 80/tcp',
      closed: 'node n1 (192.168.0.1) -> shop/web-2: 80/tcp',
    });
    expect(answer(closed, 'node', 'shop/bare:80')).toEqual({
      open: 'none',
      closed: 'node n2 (192.168.0.2) -> shop/bare: 80/tcp',
    });
  });

  test('where the families differ, the one that it is about', () => {
    const pods = ['a', 'b'].map((name, index) =>
      podOf(`shop/${name}`, {
        labels: { app: name },
        addresses: [address(`10.1.0.${index + 1}`), address(`fd00::${index + 1}`)],
      }),
    );
    const rule = { peers: [{ kind: 'ipBlock', cidr: cidr('10.0.0.0/8'), except: [] }] } as const;
    const reach = createReach(clusterOf({ pods, policies: [allow('b', rule)] }));
    expect(answer(reach, 'shop/a', 'shop/b:80')).toEqual({
      open: 'shop/a -> shop/b: 80/tcp IPv4',
      closed: 'shop/a -> shop/b: 80/tcp IPv6',
    });
  });

  test('pods of different families: nothing passes, whatever the policies say', () => {
    const pods = [
      podOf('shop/four', { addresses: [address('10.1.0.1')] }),
      podOf('shop/six', { addresses: [address('fd00::1')] }),
    ];
    const reach = createReach(clusterOf({ pods }));
    expect(answer(reach, 'shop/four', 'shop/six:80')).toEqual({
      open: 'none',
      closed: 'shop/four -> shop/six: 80/tcp',
    });
  });

  test('between two that are no pods policies have no say', () => {
    const reach = createReach(clusterOf({ ...world, policies: [denyAll('ingress'), denyAll('egress')] }));
    expect(answer(reach, 'internet', '192.168.0.1:22')).toEqual({ open: 'none', closed: 'none' });
    expect(answer(reach, 'node', '8.8.8.8')).toEqual({ open: 'none', closed: 'none' });
  });

  test('pods to come', () => {
    const reach = shopReach;
    expect(answer(reach, 'ns:empty', 'shop/db:5432')).toEqual({
      open: 'none',
      closed: 'a pod without labels, created in namespace empty -> shop/db-0: 5432/tcp',
    });
    expect(answer(reach, 'shop/web', 'ns:empty:5432')).toEqual({
      open: 'shop/web-1 -> a pod without labels, created in namespace empty: 5432/tcp',
      closed: 'none',
    });
  });
});

test('a rule for each family denies nothing to a pod that has both', () => {
  const pods = [podOf('shop/a', { addresses: [address('10.1.0.1'), address('fd00::1')] })];
  const everybody = (block: string, port?: number) => ({
    peers: [{ kind: 'ipBlock', cidr: cidr(block), except: [] }] as const,
    ...(port === undefined
      ? {}
      : { ports: [{ kind: 'range', protocol: 'TCP', first: port, last: port }] as const }),
  });
  const policy = (...rules: readonly Omit<PolicyRule, 'index'>[]) =>
    policyOf('late/in', {
      policyTypes: ['ingress'],
      ingress: rules.map((rule, index) => ({ index, ...rule })),
    });
  const whole = createReach(
    clusterOf({ pods, policies: [policy(everybody('0.0.0.0/0'), everybody('::/0'))] }),
  );
  expect(answer(whole, 'shop/a', 'ns:late:80')).toMatchObject({ closed: 'none' });
  // What each family may do on its own is said with the family.
  const parted = createReach(
    clusterOf({ pods, policies: [policy(everybody('0.0.0.0/0', 80), everybody('::/0', 81))] }),
  );
  const late = 'a pod without labels, created in namespace late';
  expect(answer(parted, 'shop/a', 'ns:late:80,81')).toEqual({
    open: `shop/a -> ${late}: 80/tcp IPv4`,
    closed: `shop/a -> ${late}: 81/tcp IPv4`,
  });
  expect(answer(parted, 'shop/a', 'ns:late:80')).toMatchObject({
    closed: `shop/a -> ${late}: 80/tcp IPv6`,
  });
});

function pairsOf(reach: Reach, from: string, to: string): readonly string[] {
  const [sources, destinations] = [from, to].map((text) => {
    const places = resolveEnd(endOf(text), surroundings({ reach }));
    if (!places.ok) throw new Error(places.message);
    return places.value;
  });
  return (sources ?? []).flatMap((source) =>
    (destinations ?? []).flatMap((destination) =>
      source.kind === 'possible' || destination.kind === 'possible'
        ? []
        : pairsBetween(source, destination).map(
            (pair) => `${pair.where} ${somebodyText(pair.from)} ${somebodyText(pair.to)}`,
          ),
    ),
  );
}

/** The first that is open, and the first that is closed, of all pairs of places. */
function answer(reach: Reach, from: string, to: string): { open: string; closed: string } {
  const within = surroundings({ reach });
  const sources = resolveEnd(endOf(from), within);
  const destination = readDestination(to);
  if (!sources.ok || !destination.ok) throw new Error('no such end');
  const targets = resolveDestination(destination.value, within);
  if (!targets.ok) throw new Error(targets.message);
  const first = (find: typeof findClosed): string => {
    for (const source of sources.value) {
      for (const target of targets.value) {
        const text = findingText(find(reach, source, target));
        if (text !== 'none') return text;
      }
    }
    return 'none';
  };
  return { open: first(findOpen), closed: first(findClosed) };
}

function findingText(finding: Finding): string {
  if (finding.kind !== 'example') return finding.kind;
  const { from, to, traffic, family } = finding.example;
  return `${somebodyText(from)} -> ${somebodyText(to)}: ${trafficText(traffic)}${family === undefined ? '' : ` ${family}`}`;
}

describe('an address is of one family, and so is a pod that it means', () => {
  const anywhere = (text: string): PolicyRule => ({
    index: 0,
    peers: [{ kind: 'ipBlock', cidr: cidr(text), except: [] }],
  });
  const both = (nth: number) => ({
    addresses: [address(`10.1.0.${nth}`), address(`fd00::${nth}`)],
    nodeName: `n${nth}`,
  });
  const reach = createReach(
    clusterOf({
      nodes: [],
      pods: [podOf('shop/a', both(1)), podOf('shop/b', both(2))],
      policies: [
        policyOf('shop/four', {
          podSelector: [],
          policyTypes: ['ingress'],
          ingress: [anywhere('0.0.0.0/0')],
        }),
      ],
    }),
  );

  test.for<[string, string, 'open' | 'closed' | 'none']>([
    ['10.1.0.1', 'shop/b:80', 'open'],
    ['shop/a', '10.1.0.2:80', 'open'],
    ['10.1.0.0/24', '10.1.0.2:80', 'open'],
    ['fd00::1', 'shop/b:80', 'closed'],
    ['shop/a', '[fd00::2]:80', 'closed'],
    ['fd00::1', '[fd00::2]:80', 'closed'],
    ['10.1.0.1', '[fd00::2]:80', 'none'],
    ['8.8.8.8', '[fd00::2]:80', 'none'],
    ['fd00::1', 'ns:shop:80', 'closed'],
    ['ns:shop', '[fd00::2]:80', 'closed'],
  ])('%s -> %s', ([from, to, expected]) => {
    const { open, closed } = answer(reach, from, to);
    expect({ open: open !== 'none', closed: closed !== 'none' }).toEqual({
      open: expected === 'open',
      closed: expected === 'closed',
    });
  });
});
