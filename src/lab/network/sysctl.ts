import type { Sysctl } from './setup.ts';

/**
 * What every namespace of the lab needs before its interfaces exist. A new namespace may take over values of the host,
 * so that everything that matters is set.
 */
export const everySysctl: readonly Sysctl[] = [
  ...['all', 'default'].flatMap(interfaceSysctls),
  // Errors answer probes, and probes come in hundreds at once.
  { path: 'ipv4/icmp_ratemask', value: '0' },
  { path: 'ipv6/icmp/ratelimit', value: '0' },
  { path: 'ipv4/icmp_msgs_per_sec', value: '1000000', optional: true },
  { path: 'ipv4/icmp_msgs_burst', value: '100000', optional: true },
];

/** What an interface needs that was there before the defaults were set. */
export function interfaceSysctls(name: string): readonly Sysctl[] {
  return [
    { path: `ipv4/conf/${name}/rp_filter`, value: '0' },
    // A Service's address is reached over the interface that the packet came from: no reason to tell the pod a shorter way.
    { path: `ipv4/conf/${name}/send_redirects`, value: '0' },
    { path: `ipv4/conf/${name}/accept_redirects`, value: '0' },
    { path: `ipv6/conf/${name}/disable_ipv6`, value: '0' },
    { path: `ipv6/conf/${name}/accept_redirects`, value: '0' },
    { path: `ipv6/conf/${name}/accept_ra`, value: '0' },
    // IPv6 addresses are usable at once.
    { path: `ipv6/conf/${name}/accept_dad`, value: '0' },
  ];
}

export const routerSysctls: readonly Sysctl[] = [
  { path: 'ipv4/ip_forward', value: '1' },
  { path: 'ipv6/conf/all/forwarding', value: '1' },
];

/** Lets the rules of the namespace see what its bridge forwards (br_netfilter). */
export const bridgeNetfilterSysctls: readonly Sysctl[] = [
  { path: 'bridge/bridge-nf-call-iptables', value: '1' },
  { path: 'bridge/bridge-nf-call-ip6tables', value: '1' },
];

/** The node answers ARP requests of its pods for their gateway, at once. */
export function proxySysctls(name: string): readonly Sysctl[] {
  return [
    { path: `ipv4/conf/${name}/proxy_arp`, value: '1' },
    { path: `ipv4/neigh/${name}/proxy_delay`, value: '0' },
  ];
}
