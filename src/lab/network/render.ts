import { familyOf } from '../../net/address.ts';
import type { Filling, Link, Route, Sysctl, VethEnd, VethPair } from './setup.ts';

/** A veth pair as one line for `ip -batch`, its ends at once in their namespaces. */
export function renderPair([a, b]: VethPair): string {
  return `link add ${renderEnd(a)} type veth peer ${renderEnd(b)}`;
}

function renderEnd(end: VethEnd): string {
  const mac = end.mac === undefined ? '' : ` address ${end.mac}`;
  const mtu = end.mtu === undefined ? '' : ` mtu ${String(end.mtu)}`;
  const netns = end.netns === undefined ? '' : ` netns ${end.netns}`;
  const index = end.index === undefined ? '' : ` index ${String(end.index)}`;
  return `name ${end.name}${index}${mac}${mtu}${netns}`;
}

/** What `ip -batch`, run in the namespace, reads. */
export function renderFilling(filling: Filling): string {
  const lines = [
    ...(filling.links ?? []).map(renderLink),
    ...(filling.ports ?? []).flatMap((port) => [
      `link set dev ${port.name} master ${port.bridge}`,
      `link set dev ${port.name} type bridge_slave hairpin ${port.hairpin ? 'on' : 'off'}`,
    ]),
    ...(filling.addresses ?? []).map((address) => {
      // Duplicate address detection would keep an IPv6 address out of use for a second.
      const nodad = familyOf(address.address) === 'IPv6' ? ' nodad' : '';
      return `addr add ${address.address}/${String(address.prefix)} dev ${address.device}${nodad}`;
    }),
    ...(filling.up ?? []).map((device) => `link set dev ${device} up`),
    ...(filling.neighbours ?? []).map(
      (entry) => `neigh replace ${entry.address} lladdr ${entry.mac} dev ${entry.device} nud permanent`,
    ),
    ...(filling.routes ?? []).map((route) => `route replace ${renderRoute(route)}`),
    ...(filling.rules ?? []).map((rule) => `rule add ${rule}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** A route as `ip route` takes it, to add or to delete. */
export function renderRoute(route: Route): string {
  const to = route.to ?? (route.via !== undefined && familyOf(route.via) === 'IPv6' ? '::/0' : '0.0.0.0/0');
  const via = route.via === undefined ? '' : ` via ${route.via}`;
  const source = route.source === undefined ? '' : ` src ${route.source}`;
  const onlink = route.via === undefined ? '' : ' onlink';
  return `${to}${via} dev ${route.device}${source}${onlink}`;
}

function renderLink(link: Link): string {
  switch (link.kind) {
    case 'bridge':
      return `link add name ${link.name} address ${link.mac} type bridge`;
    case 'vxlan':
      return (
        `link add name ${link.name} address ${link.mac} mtu ${String(link.mtu)} type vxlan id 1 ` +
        `local ${link.local} dev ${link.device} dstport 8472 nolearning`
      );
  }
}

/** What `bridge -batch` reads. */
export function renderForwarding(filling: Filling): string {
  return (filling.forwarding ?? [])
    .map((entry) => `fdb append ${entry.mac} dev ${entry.device} dst ${entry.destination}\n`)
    .join('');
}

/** Shell commands, for ip(8) knows no sysctls. They hold paths and values of the plan's own making only. */
export function renderSysctls(sysctls: readonly Sysctl[]): string {
  return sysctls
    .map(({ path, value, optional }) => {
      const file = `/proc/sys/net/${path}`;
      return optional === true
        ? `[ ! -w ${file} ] || echo ${value} > ${file}`
        : `echo ${value} > ${file} || exit 1`;
    })
    .join('\n');
}
