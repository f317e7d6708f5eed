import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { NftError } from '../../src/nft/errors.ts';
import { checkHost, findingsOf, type HostFacts } from '../../src/nft/requirements.ts';
import { formatVersion, minimumVersion } from '../../src/nft/version.ts';

const good: HostFacts = {
  kernelRelease: '6.1.0-37-amd64',
  capabilities: 1n << 12n,
  bridgesWithPorts: [],
  bridgeNfCall: { iptables: undefined, ip6tables: undefined },
};
const denied = new NftError('NFT_NO_PERMISSION', 'Operation not permitted', { outcome: 'unchanged' });
const missing = new NftError('NFT_MISSING_BINARY', 'nft cannot be started: ENOENT', { outcome: 'unchanged' });

it.each<readonly [string, Partial<HostFacts>, readonly string[]]>([
  ['nothing', {}, []],
  ['an old kernel', { kernelRelease: '5.9.16' }, ['kernel-too-old']],
  ['a very old kernel', { kernelRelease: '4.19.0-27-amd64' }, ['kernel-too-old']],
  ['nothing at the oldest kernel', { kernelRelease: '5.10.0' }, []],
  ['a kernel without number', { kernelRelease: 'custom' }, ['kernel-unknown']],
  ['the capability', { capabilities: 0n }, ['no-net-admin']],
  ['the capability, said once', { capabilities: 0n, nftError: denied }, ['no-net-admin']],
  ['the capability here', { nftError: denied }, ['nft-unusable']],
  ['nft', { nftError: missing }, ['nft-unusable']],
  ['nothing where /proc is silent', { capabilities: undefined }, []],
  ['br_netfilter', { bridgesWithPorts: ['cni0'] }, ['bridge-netfilter-missing']],
  [
    'both sysctls',
    { bridgesWithPorts: ['cni0'], bridgeNfCall: { iptables: false, ip6tables: false } },
    ['bridge-netfilter-off', 'bridge-netfilter-off'],
  ],
  [
    'one sysctl',
    { bridgesWithPorts: ['cni0'], bridgeNfCall: { iptables: true, ip6tables: false } },
    ['bridge-netfilter-off'],
  ],
  ['nothing', { bridgesWithPorts: ['cni0'], bridgeNfCall: { iptables: true, ip6tables: true } }, []],
  ['nothing without bridges', { bridgeNfCall: { iptables: false, ip6tables: false } }, []],
])('misses %s', (_, facts, codes) => {
  expect(findingsOf({ ...good, ...facts }).map(({ code }) => code)).toEqual(codes);
});

it('says which nft to install', () => {
  const [finding] = findingsOf({ ...good, nftError: missing });
  expect(finding?.fix).toContain(`nftables ${formatVersion(minimumVersion)} or newer`);
});

it('says which sysctl to set', () => {
  const [finding] = findingsOf({
    ...good,
    bridgesWithPorts: ['cni0'],
    bridgeNfCall: { iptables: true, ip6tables: false },
  });
  expect(finding?.fix).toBe('sysctl -w net.bridge.bridge-nf-call-ip6tables=1');
  expect(finding?.message).toContain('cni0');
});

it('reads the host', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'ringfence-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const files = {
    'proc/sys/kernel/osrelease': '5.4.0-generic\n',
    'proc/self/status': 'Name:\tnode\nCapEff:\t0000000000000400\n',
    'proc/sys/net/bridge/bridge-nf-call-iptables': '1\n',
    'proc/sys/net/bridge/bridge-nf-call-ip6tables': '0\n',
    'sys/class/net/cni0/brif/veth1': '',
    'sys/class/net/eth0/mtu': '1500\n',
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
  await mkdir(path.join(root, 'sys/class/net/docker0/brif'), { recursive: true });
  const findings = await checkHost({ probe: () => Promise.reject(missing) }, { root });
  expect(findings.map(({ code }) => code)).toEqual([
    'kernel-too-old',
    'no-net-admin',
    'nft-unusable',
    'bridge-netfilter-off',
  ]);
});
