import { familyOf } from '../../net/address.ts';
import { addressBits, hostCidr } from '../../net/cidr.ts';
import { outsideNetns } from './host.ts';
import { type Terrain, managementAddress } from './terrain.ts';
import { type Filling, type Route, type Setup, innerIndex } from './setup.ts';
import { everySysctl, interfaceSysctls, routerSysctls } from './sysctl.ts';

/** The underlay bridge. It stands in the outside world: one wire between the nodes and everything that is not a node. */
export const underlayBridge = 'underlay0';

/** The outside world, the underlay that joins it with the nodes, and the management link in the lab's own namespace. */
export function planOutside(terrain: Terrain): Setup {
  return {
    namespaces: [outsideNetns, ...terrain.places.map((place) => place.netns)],
    pairs: terrain.places.flatMap((place) => [
      [
        { netns: place.netns, name: 'eth0', index: innerIndex },
        { netns: outsideNetns, name: `node${String(place.index)}` },
      ],
      [{ netns: place.netns, name: 'mgmt0', index: innerIndex + 1 }, { name: `node${String(place.index)}` }],
    ]),
    fillings: [outside(terrain), management(terrain)],
  };
}

function outside(terrain: Terrain): Filling {
  const ports = terrain.places.map((place) => `node${String(place.index)}`);
  const addresses = [
    ...[...terrain.routers.values()].map((address) => ({ device: underlayBridge, address })),
    ...terrain.options.externals
      .flatMap((external) => external.addresses)
      .map((address) => ({ device: 'lo', address })),
  ];
  return {
    netns: outsideNetns,
    // It forwards so that it says so where there is no way on.
    sysctls: [...everySysctl, ...ports.flatMap(interfaceSysctls), ...routerSysctls],
    links: [{ kind: 'bridge', name: underlayBridge, mac: '02:00:00:00:00:01' }],
    ports: ports.map((name) => ({ name, bridge: underlayBridge, hairpin: false })),
    addresses: addresses.map((entry) => ({ ...entry, prefix: addressBits(familyOf(entry.address)) })),
    up: ['lo', underlayBridge, ...ports],
    routes: terrain.places.flatMap((place) => [
      ...place.node.addresses.map((address): Route => ({ to: hostCidr(address), device: underlayBridge })),
      ...place.node.podCIDRs.flatMap((block): Route[] => {
        const via = place.underlay.get(familyOf(block));
        return via === undefined ? [] : [{ to: block, device: underlayBridge, via }];
      }),
    ]),
  };
}

function management(terrain: Terrain): Filling {
  const ports = terrain.places.map((place) => `node${String(place.index)}`);
  return {
    links: [{ kind: 'bridge', name: 'mgmt0', mac: '02:00:00:00:00:02' }],
    ports: ports.map((name) => ({ name, bridge: 'mgmt0', hairpin: false })),
    addresses: [{ device: 'mgmt0', address: managementAddress, prefix: 24 }],
    up: ['lo', 'mgmt0', ...ports],
  };
}
