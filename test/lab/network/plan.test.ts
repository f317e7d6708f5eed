import { expect, it } from 'vitest';
import { endpointsOf } from '../../../src/lab/network/endpoints.ts';
import { nodeNetns, podInterface, podNetns } from '../../../src/lab/network/host.ts';
import { planNetwork } from '../../../src/lab/network/plan.ts';
import { renderFilling, renderPair } from '../../../src/lab/network/render.ts';
import { familiesOf, schedule } from '../../../src/model/schedule.ts';
import { servicesRuleset } from '../../../src/lab/network/services.ts';
import type { Node } from '../../../src/model/cluster.ts';
import { readCidr } from '../../../src/net/cidr.ts';
import { address, cluster, pod, service } from './cluster.ts';

const options = {
  topology: 'bridge',
  interconnect: 'routes',
  families: ['IPv4', 'IPv6'],
  externals: [],
  masquerade: false,
} as const;

function node(name: string, blocks: readonly string[] = [], addresses: readonly string[] = []): Node {
  const podCIDRs = blocks.flatMap((text) => {
    const reading = readCidr(text);
    return reading.ok ? [reading.cidr] : [];
  });
  return { name, labels: {}, addresses: addresses.map(address), podCIDRs };
}

it('decides what manifests leave open, and nothing else', () => {
  const given = pod('x/given', { nodeName: 'n1', addresses: [address('10.1.0.2')] });
  const pods = [given, pod('x/open', { nodeName: 'n1' }), pod('x/done', { finished: true })];
  const placed = schedule(cluster(pods, { nodes: [node('n1', ['10.1.0.0/24'], ['192.0.2.1'])] }), ['IPv4']);
  expect(placed.nodes).toEqual([node('n1', ['10.1.0.0/24'], ['192.0.2.1'])]);
  expect(placed.pods.map((each) => each.addresses)).toEqual([['10.1.0.2'], ['10.1.0.3'], []]);
});

it('invents two nodes with pod CIDRs of both families that nobody has', () => {
  const pods = [pod('x/a', { addresses: [address('10.244.1.9')] }), pod('x/b')];
  const placed = schedule(cluster(pods), ['IPv4', 'IPv6'], { reserved: [address('172.18.0.1')] });
  expect(placed.nodes.map((each) => each.podCIDRs)).toEqual([
    ['10.244.2.0/24', 'fd00:10:244:1::/64'],
    ['10.244.3.0/24', 'fd00:10:244:2::/64'],
  ]);
  expect(placed.nodes.map((each) => each.addresses[0])).toEqual(['172.18.0.2', '172.18.0.3']);
  expect(placed.pods.map((each) => each.nodeName)).toEqual(['node-1', 'node-2']);
  expect(placed.pods[0]?.addresses[0]).toBe('10.244.1.9');
});

it('takes the families that the cluster speaks', () => {
  expect(familiesOf(cluster([]))).toEqual(['IPv4']);
  expect(familiesOf(cluster([pod('x/a', { addresses: [address('fd00::1')] })]))).toEqual(['IPv6']);
  expect(familiesOf(cluster([], { nodes: [node('n', ['10.0.0.0/24', 'fd00::/64'])] }))).toEqual([
    'IPv4',
    'IPv6',
  ]);
});

it('plans the same for the same cluster', () => {
  const placed = schedule(cluster([pod('x/a'), pod('x/b')]), options.families);
  expect(planNetwork(placed, options)).toEqual(planNetwork(placed, options));
});

it('gives the ends of every cable different indexes', () => {
  const placed = schedule(cluster([pod('x/a'), pod('x/b')]), options.families);
  for (const [a, b] of planNetwork(placed, options).setup.pairs) expect(a.index).not.toBe(b.index);
});

it('refuses two owners of one address, and a name that two have', () => {
  const twins = ['x/a', 'x/b'].map((key) => pod(key, { nodeName: 'n1', addresses: [address('10.1.0.2')] }));
  const placed = schedule(cluster(twins), ['IPv4']);
  const plan = () => planNetwork(placed, { ...options, families: ['IPv4'] });
  expect(plan).toThrow(expect.objectContaining({ code: 'LAB_INVALID' }));
  const named = schedule(cluster([], { nodes: [node('same')] }), ['IPv4']);
  const externals = [{ name: 'same', addresses: [address('203.0.113.1')] }];
  expect(() => planNetwork(named, { ...options, families: ['IPv4'], externals })).toThrow('two hosts');
});

it('lets no name reach a shell, ip(8) or a path', () => {
  const hostile = ['a\nlink delete dev eth0', '../../etc', '$(reboot)', 'a b', '-x', 'x'.repeat(300), ''];
  const names = hostile.flatMap((name) => [nodeNetns(name), podNetns({ namespace: name, name })]);
  expect(names.filter((name) => !/^(node|pod)-[a-z0-9_.-]{1,210}$/.test(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
  const pods = hostile.map((name, index) => ({
    ...pod('x/y'),
    name: `${name}${String(index)}`,
    nodeName: hostile[0]!,
  }));
  const { setup } = planNetwork(schedule(cluster(pods), ['IPv4']), { ...options, families: ['IPv4'] });
  const text = [...setup.pairs.map(renderPair), ...setup.fillings.map(renderFilling)].join('\n');
  expect(text).not.toMatch(/reboot|etc|link delete/);
});

it('keeps names apart that look alike joined', () => {
  const [one, two] = [
    { namespace: 'team', name: 'a.web' },
    { namespace: 'team-a', name: 'web' },
  ];
  expect(podNetns(one)).not.toBe(podNetns(two));
  expect(podInterface('bridge', one)).not.toBe(podInterface('bridge', two));
  expect(podInterface('routed', one)).toHaveLength(15);
});

it('resolves a named target port on each pod', () => {
  const pods = [
    pod('x/one', { labels: { app: 'pair' }, addresses: [address('10.0.0.1')] }),
    pod('x/two', {
      labels: { app: 'pair' },
      addresses: [address('10.0.0.2')],
      ports: [{ name: 'web', number: 8000, protocol: 'TCP' }],
    }),
    pod('x/none', { labels: { app: 'pair' }, addresses: [address('10.0.0.3')], ports: [] }),
    pod('y/foreign', { labels: { app: 'pair' }, addresses: [address('10.0.0.4')] }),
    pod('x/done', { labels: { app: 'pair' }, finished: true }),
  ];
  const [endpoints] = endpointsOf([service('pair', ['10.96.0.1'])], pods);
  expect(endpoints?.ready).toEqual([
    { address: '10.0.0.1', port: 80 },
    { address: '10.0.0.2', port: 8000 },
  ]);
});

it('renders a Service as one replacement, with families kept apart', () => {
  const services = [service('pair', ['10.96.0.1', 'fd00:96::1'])];
  const pods = [
    pod('x/one', { labels: { app: 'pair' }, addresses: [address('10.0.0.1'), address('fd00::1')] }),
  ];
  const ruleset = servicesRuleset(services, endpointsOf(services, pods));
  expect(ruleset.startsWith('table inet lab_services {}\ndelete table inet lab_services\n')).toBe(true);
  expect(ruleset).toContain('    ip daddr 10.96.0.1 tcp dport 8080 dnat ip to 10.0.0.1:80\n');
  expect(ruleset).toContain('    ip6 daddr fd00:96::1 tcp dport 8080 dnat ip6 to [fd00::1]:80\n');
  expect(ruleset).not.toContain('reject');
  expect(servicesRuleset(services, [])).toContain('    ip daddr 10.96.0.1 tcp dport 8080 reject\n');
});
