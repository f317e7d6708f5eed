import { readFile, stat } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { parseAddress, familyOf } from '../net/address.ts';
import { type Cidr, cidrContains } from '../net/cidr.ts';
import { type Family, families } from '../net/protocol.ts';

/** The host, as far as this check looks at it. */
export interface BridgeHost {
  /** Addresses of the interfaces that are up, by name. */
  readonly interfaces: () => Readonly<Record<string, readonly { readonly address: string }[] | undefined>>;
  /** Whether the interface is a bridge. */
  readonly isBridge: (name: string) => Promise<boolean>;
  /** The text of a setting under `net.bridge`; `undefined` where br_netfilter is not loaded. */
  readonly setting: (name: string) => Promise<string | undefined>;
}

const settings: Readonly<Record<Family, string>> = {
  IPv4: 'bridge-nf-call-iptables',
  IPv6: 'bridge-nf-call-ip6tables',
};

/**
 * Why traffic between this node's pods would pass unseen, or `undefined`: where pods share a bridge (a bridge that owns an
 * address out of the node's pod CIDRs), packets between them reach the `inet` hooks only through br_netfilter.
 */
export async function bridgeNetfilterProblem(
  podCIDRs: readonly Cidr[],
  host: BridgeHost = thisHost,
): Promise<string | undefined> {
  for (const [name, addresses = []] of Object.entries(host.interfaces())) {
    const shared = families.filter((family) =>
      addresses.some(({ address }) => isPodAddress(address, family)),
    );
    if (shared.length === 0 || !(await host.isBridge(name))) continue;
    for (const family of shared) {
      const value = await host.setting(settings[family]);
      if (value?.trim() === '1') continue;
      return (
        `pods share the bridge ${name}, and net.bridge.${settings[family]} is ${value?.trim() ?? 'absent'}: packets between ` +
        `them would not be judged; on the node run "modprobe br_netfilter" and "sysctl -w net.bridge.${settings[family]}=1"`
      );
    }
  }
  return undefined;

  function isPodAddress(text: string, family: Family): boolean {
    const address = parseAddress(text);
    return (
      address !== undefined &&
      familyOf(address) === family &&
      podCIDRs.some((cidr) => cidrContains(cidr, address))
    );
  }
}

const thisHost: BridgeHost = {
  interfaces: networkInterfaces,
  isBridge: async (name) => (await ifExists(stat(`/sys/class/net/${name}/bridge`))) !== undefined,
  setting: (name) => ifExists(readFile(`/proc/sys/net/bridge/${name}`, 'utf8')),
};

async function ifExists<Value>(reading: Promise<Value>): Promise<Value | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
