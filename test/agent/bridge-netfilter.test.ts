import { expect, test } from 'vitest';
import { type BridgeHost, bridgeNetfilterProblem } from '../../src/agent/bridge-netfilter.ts';
import type { Cidr } from '../../src/net/cidr.ts';

const podCIDRs = ['10.244.1.0/24', 'fd00:10:244:1::/64'] as Cidr[];

function host(
  addresses: readonly string[],
  values: Readonly<Record<string, string>>,
  bridges: readonly string[] = ['cni0'],
): BridgeHost {
  return {
    interfaces: () => ({
      lo: [{ address: '127.0.0.1' }],
      cni0: addresses.map((address) => ({ address })),
      docker0: [{ address: '172.17.0.1' }],
    }),
    isBridge: (name) => Promise.resolve([...bridges, 'docker0'].includes(name)),
    setting: (name) => Promise.resolve(values[name]),
  };
}

const on = { 'bridge-nf-call-iptables': '1\n', 'bridge-nf-call-ip6tables': '1\n' };

// what, addresses of cni0, settings, bridges, part of the message
const cases: readonly (readonly [
  string,
  readonly string[],
  Record<string, string>,
  readonly string[],
  RegExp | undefined,
])[] = [
  ['bridge and netfilter on', ['10.244.1.1', 'fd00:10:244:1::1'], on, ['cni0'], undefined],
  [
    'module not loaded',
    ['10.244.1.1'],
    {},
    ['cni0'],
    /cni0.*bridge-nf-call-iptables is absent.*modprobe br_netfilter/,
  ],
  ['switched off', ['10.244.1.1'], { ...on, 'bridge-nf-call-iptables': '0\n' }, ['cni0'], /is 0.*sysctl -w/],
  [
    'off for IPv6 alone',
    ['10.244.1.1', 'fd00:10:244:1::1'],
    { ...on, 'bridge-nf-call-ip6tables': '0' },
    ['cni0'],
    /ip6tables is 0/,
  ],
  [
    'off for IPv6, which the bridge has not',
    ['10.244.1.1'],
    { 'bridge-nf-call-iptables': '1' },
    ['cni0'],
    undefined,
  ],
  ['pods are routed', ['10.244.1.1'], {}, [], undefined],
  ['a bridge of somebody else', ['192.0.2.1'], {}, ['cni0'], undefined],
];

test.each(cases)('%s', async (_, addresses, values, bridges, message) => {
  const problem = await bridgeNetfilterProblem(podCIDRs, host(addresses, values, bridges));
  if (message === undefined) expect(problem).toBeUndefined();
  else expect(problem).toMatch(message);
});

test('reads the machine it runs on', async () => {
  await expect(bridgeNetfilterProblem([])).resolves.toBeUndefined();
  // Every address counts as a pod's, so each bridge of the machine is looked up.
  await expect(bridgeNetfilterProblem(['0.0.0.0/0' as Cidr])).resolves.toSatisfy(
    (problem: string | undefined) => problem === undefined || problem.includes('net.bridge.'),
  );
});
