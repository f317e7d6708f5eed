import { familyOf } from '../../net/address.ts';
import { type Cidr, addressBits, bounds, hostCidr, prefixLength } from '../../net/cidr.ts';
import type { Family } from '../../net/protocol.ts';
import { masqueradeRuleset } from './masquerade.ts';
import type { NodePlace, Terrain } from './terrain.ts';
import { addressOfNumber } from '../../net/cidr.ts';
import type { Filling, Link, Route, Setup } from './setup.ts';
import { bridgeNetfilterSysctls, everySysctl, interfaceSysctls, routerSysctls } from './sysctl.ts';

/** The bridge that pods of a node share, by the name that the bridge plugin gives it. */
export const podBridge = 'cni0';

/** VXLAN takes 50 bytes of each packet over IPv4 and 70 over IPv6. */
export const overlayMtu = 1430;

/** One node: the links to the underlay and to the lab, the bridge of its pods, the way to the pods of other nodes. */
export function planNode(terrain: Terrain, place: NodePlace): Setup {
  const bridged = terrain.options.topology === 'bridge';
  const overlay = terrain.options.interconnect === 'vxlan';
  const filling: Filling = {
    netns: place.netns,
    sysctls: [
      ...everySysctl,
      ...['eth0', 'mgmt0'].flatMap(interfaceSysctls),
      ...routerSysctls,
      ...(bridged ? bridgeNetfilterSysctls : []),
    ],
    links: [
      ...(bridged ? [{ kind: 'bridge', name: podBridge, mac: hardware('c0', place) } as const] : []),
      ...(overlay ? terrain.options.families.map((family) => vxlan(family, place)) : []),
    ],
    addresses: [
      { device: 'mgmt0', address: place.management, prefix: 24 },
      ...place.node.addresses.map((address) => ({
        device: 'eth0',
        address,
        prefix: addressBits(familyOf(address)),
      })),
      ...(bridged ? bridgeAddresses(place) : []),
      ...(overlay ? overlayAddresses(place) : []),
    ],
    up: [
      ...['lo', 'eth0', 'mgmt0'],
      ...(bridged ? [podBridge] : []),
      ...(overlay ? terrain.options.families.map(vxlanName) : []),
    ],
    routes: [
      ...[...terrain.routers].flatMap(([family, router]): Route[] => [
        { to: undefined, device: 'eth0', via: router, ...sourceOf(place, family) },
      ]),
      ...others(terrain, place).flatMap((other) => routesToNode(place, other)),
    ],
    // The management link is the node's own: what a pod sends there is not forwarded.
    rules: ['to 169.254.77.0/24 iif lo lookup main pref 90', 'to 169.254.77.0/24 unreachable pref 91'],
    ...(terrain.options.masquerade ? { ruleset: masqueradeRuleset(terrain.places) } : {}),
  };
  const tunnels = others(terrain, place).map((other) =>
    overlay ? overlayToNode(place, other) : plainRoutesToNode(place, other),
  );
  return { namespaces: [], pairs: [], fillings: [filling, ...tunnels] };
}

/** How a node reaches an address behind another node: over the underlay, or through the tunnel. */
export function routeBehind(terrain: Terrain, from: NodePlace, behind: NodePlace, to: Cidr): Route {
  const family = familyOf(to);
  const block = behind.node.podCIDRs.find((candidate) => familyOf(candidate) === family);
  if (terrain.options.interconnect === 'vxlan' && block !== undefined) {
    return { to, device: vxlanName(family), via: networkAddress(block) };
  }
  const via = behind.underlay.get(family);
  if (via === undefined) throw new RangeError(`node ${behind.node.name} has no ${family} address`);
  return { to, device: 'eth0', via, ...sourceOf(from, family) };
}

function routesToNode(place: NodePlace, other: NodePlace): readonly Route[] {
  return other.node.addresses.map((address) => ({
    to: hostCidr(address),
    device: 'eth0',
    ...sourceOf(place, familyOf(address)),
  }));
}

function plainRoutesToNode(place: NodePlace, other: NodePlace): Filling {
  const routes = other.node.podCIDRs.flatMap((block): Route[] => {
    const via = other.underlay.get(familyOf(block));
    return via === undefined ? [] : [{ to: block, device: 'eth0', via, ...sourceOf(place, familyOf(block)) }];
  });
  return { netns: place.netns, routes };
}

/** As flannel does it: a route to each remote pod CIDR, a neighbour for its gateway, a tunnel end for that neighbour. */
function overlayToNode(place: NodePlace, other: NodePlace): Filling {
  const blocks = other.node.podCIDRs;
  return {
    netns: place.netns,
    neighbours: blocks.map((block) => ({
      device: vxlanName(familyOf(block)),
      address: networkAddress(block),
      mac: hardware(familyOf(block) === 'IPv4' ? 'f4' : 'f6', other),
    })),
    routes: blocks.map((block) => ({
      to: block,
      device: vxlanName(familyOf(block)),
      via: networkAddress(block),
    })),
    forwarding: [...other.underlay].map(([family, destination]) => ({
      device: vxlanName(family),
      mac: hardware(family === 'IPv4' ? 'f4' : 'f6', other),
      destination,
    })),
  };
}

function vxlan(family: Family, place: NodePlace): Link {
  const local = place.underlay.get(family);
  if (local === undefined) throw new RangeError(`node ${place.node.name} has no ${family} address`);
  const mac = hardware(family === 'IPv4' ? 'f4' : 'f6', place);
  return { kind: 'vxlan', name: vxlanName(family), mac, local, device: 'eth0', mtu: overlayMtu };
}

function vxlanName(family: Family): string {
  return family === 'IPv4' ? 'flannel.1' : 'flannel-v6.1';
}

function bridgeAddresses(place: NodePlace): Filling['addresses'] & object {
  return place.node.podCIDRs.map((block, index) => ({
    device: podBridge,
    address: place.gateways[index] ?? networkAddress(block),
    prefix: prefixLength(block),
  }));
}

function overlayAddresses(place: NodePlace): Filling['addresses'] & object {
  return place.node.podCIDRs.map((block) => ({
    device: vxlanName(familyOf(block)),
    address: networkAddress(block),
    prefix: addressBits(familyOf(block)),
  }));
}

/** The first address of a block; flannel gives it to the tunnel's end. */
function networkAddress(block: Cidr): ReturnType<typeof addressOfNumber> {
  const { family, first } = bounds(block);
  return addressOfNumber(family, first);
}

function sourceOf(place: NodePlace, family: Family): Pick<Route, 'source'> {
  const source = place.underlay.get(family);
  return source === undefined ? {} : { source };
}

function hardware(kind: string, place: NodePlace): string {
  return `02:${kind}:00:00:00:${(place.index + 1).toString(16).padStart(2, '0')}`;
}

function others(terrain: Terrain, place: NodePlace): readonly NodePlace[] {
  return terrain.places.filter((other) => other !== place);
}
