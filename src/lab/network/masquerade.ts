import { familyOf } from '../../net/address.ts';
import { mergeBlocks } from '../../net/address-block.ts';
import { families } from '../../net/protocol.ts';
import type { NodePlace } from './terrain.ts';

/**
 * Hides pod addresses from whoever is not a pod, as flannel's ip-masq and Calico's natOutgoing do: what leaves a node
 * over the underlay from a pod CIDR to no pod CIDR gets the node's address.
 */
export function masqueradeRuleset(places: readonly NodePlace[]): string {
  const blocks = mergeBlocks(places.flatMap((place) => [...place.node.podCIDRs]));
  const rules = families.flatMap((family) => {
    const own = blocks.filter((block) => familyOf(block) === family).join(', ');
    const ip = family === 'IPv4' ? 'ip' : 'ip6';
    return own === ''
      ? []
      : [`    oifname "eth0" ${ip} saddr { ${own} } ${ip} daddr != { ${own} } masquerade`];
  });
  return [
    'table inet lab_masquerade {',
    '  chain postrouting {',
    '    type nat hook postrouting priority srcnat; policy accept;',
    ...rules,
    '  }',
    '}',
    '',
  ].join('\n');
}
