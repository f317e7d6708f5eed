import { createHash } from 'node:crypto';
import type { Pod } from '../../model/pod.ts';
import { type Address, familyOf } from '../../net/address.ts';
import { addressBits, cidrContains, hostCidr, prefixLength } from '../../net/cidr.ts';
import { outsideNetns, podInterface, podNetns } from './host.ts';
import { overlayMtu, podBridge, routeBehind } from './node-plan.ts';
import { underlayBridge } from './outside-plan.ts';
import { type NodePlace, type Terrain, placeOf } from './terrain.ts';
import {
  type Filling,
  type InterfaceAddress,
  type Route,
  type Setup,
  type VethEnd,
  innerIndex,
} from './setup.ts';
import { everySysctl, interfaceSysctls, proxySysctls } from './sysctl.ts';

// Calico's gateway: no address that anybody has, answered by proxy ARP, and its link-local double of IPv6.
const calicoMac = 'ee:ee:ee:ee:ee:ee';
const calicoGateways = { IPv4: '169.254.1.1' as Address, IPv6: 'fe80::ecee:eeff:feee:eeee' as Address };

/** What a pod adds to the network. A hostNetwork pod adds nothing: it stands in its node's namespace. */
export function planPod(terrain: Terrain, pod: Pod): Setup {
  if (pod.hostNetwork) return { namespaces: [], pairs: [], fillings: [] };
  const place = placeOf(terrain, pod);
  const mtu = terrain.options.interconnect === 'vxlan' ? { mtu: overlayMtu } : {};
  const inside = { netns: podNetns(pod), name: 'eth0', index: innerIndex, ...podHardware(pod), ...mtu };
  const name = podInterface(terrain.options.topology, pod);
  const routed = terrain.options.topology === 'routed';
  const outer = { netns: place.netns, name, ...mtu, ...(routed ? { mac: calicoMac } : {}) };
  return {
    namespaces: [inside.netns],
    pairs: [[inside, outer]],
    fillings: [
      routed ? routedPod(pod) : bridgedPod(place, pod),
      routed ? routedPort(place, pod, name) : bridgedPort(place, pod, name),
      ...strayRoutes(terrain, pod),
    ],
  };
}

/**
 * The routes that lead other namespaces to those addresses of a pod that its node's pod CIDRs do not cover. They do not
 * go away with the pod's interface.
 */
export function strayRoutes(
  terrain: Terrain,
  pod: Pod,
): readonly (Filling & { readonly routes: readonly Route[] })[] {
  const place = placeOf(terrain, pod);
  const strays = pod.addresses.filter((address) => blockOf(place, address) === undefined);
  if (strays.length === 0 || pod.hostNetwork) return [];
  const others = terrain.places.filter((other) => other !== place);
  return [
    ...others.map((other) => ({
      netns: other.netns,
      routes: strays.map((address) => routeBehind(terrain, other, place, hostCidr(address))),
    })),
    {
      netns: outsideNetns,
      routes: strays.flatMap((address): Route[] => {
        const via = place.underlay.get(familyOf(address));
        return via === undefined ? [] : [{ to: hostCidr(address), device: underlayBridge, via }];
      }),
    },
  ];
}

/**
 * The address decides the MAC, as the bridge plugin has it (0a:58 and the IPv4 address). So whoever comes to an address
 * after another pod is reached at once: neighbours that know the old pod's MAC would lose packets for seconds.
 */
function podHardware({ addresses: [address] }: Pod): Pick<VethEnd, 'mac'> {
  if (address === undefined) return {};
  const bytes =
    familyOf(address) === 'IPv4'
      ? Buffer.from(address.split('.').map(Number))
      : createHash('sha256').update(address).digest().subarray(0, 4);
  const prefix = familyOf(address) === 'IPv4' ? '0a:58' : '0a:59';
  return { mac: `${prefix}:${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}` };
}

function bridgedPod(place: NodePlace, pod: Pod): Filling {
  const addresses = pod.addresses.map((address): InterfaceAddress => {
    const block = blockOf(place, address);
    const prefix = block === undefined ? addressBits(familyOf(address)) : prefixLength(block);
    return { device: 'eth0', address, prefix };
  });
  const routes = pod.addresses.flatMap((address): Route[] => {
    const via = place.gateways.find((gateway) => familyOf(gateway) === familyOf(address));
    return via === undefined ? [] : [{ to: undefined, device: 'eth0', via }];
  });
  return { ...podNamespace(pod), addresses, routes };
}

function bridgedPort(place: NodePlace, pod: Pod, name: string): Filling {
  const strays = pod.addresses.filter((address) => blockOf(place, address) === undefined);
  return {
    netns: place.netns,
    sysctls: interfaceSysctls(name),
    // A pod that reaches itself through a Service comes back by the port that it left by.
    ports: [{ name, bridge: podBridge, hairpin: true }],
    up: [name],
    routes: strays.map((address) => ({ to: hostCidr(address), device: podBridge })),
  };
}

function routedPod(pod: Pod): Filling {
  return {
    ...podNamespace(pod),
    addresses: pod.addresses.map((address) => ({
      device: 'eth0',
      address,
      prefix: addressBits(familyOf(address)),
    })),
    routes: pod.addresses.map((address) => ({
      to: undefined,
      device: 'eth0',
      via: calicoGateways[familyOf(address)],
    })),
  };
}

function routedPort(place: NodePlace, pod: Pod, name: string): Filling {
  return {
    netns: place.netns,
    sysctls: [...interfaceSysctls(name), ...proxySysctls(name)],
    up: [name],
    routes: pod.addresses.map((address) => {
      const source = place.underlay.get(familyOf(address));
      return { to: hostCidr(address), device: name, ...(source === undefined ? {} : { source }) };
    }),
  };
}

function podNamespace(pod: Pod): Filling {
  return {
    netns: podNetns(pod),
    sysctls: [...everySysctl, ...interfaceSysctls('eth0')],
    up: ['lo', 'eth0'],
  };
}

function blockOf(place: NodePlace, address: Address): ReturnType<typeof place.node.podCIDRs.find> {
  return place.node.podCIDRs.find((block) => cidrContains(block, address));
}
