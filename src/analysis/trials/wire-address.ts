import type { Cluster } from '../../model/cluster.ts';
import type { Address } from '../../net/address.ts';
import { type AddressBlock, blockBounds, withoutBlocks } from '../../net/address-block.ts';
import { addressOfNumber, type Cidr, hostCidr } from '../../net/cidr.ts';
import { type Family, families } from '../../net/protocol.ts';

/** What no host may be given: its own meaning to the IP stack keeps packets to it off the wire (RFC 6890, RFC 4291). */
const unroutable = [
  ...['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'],
  ...['::/96', '::ffff:0:0/96', 'fe80::/10', 'ff00::/8'],
] as readonly string[] as readonly Cidr[];

/**
 * An address of the blocks in each family that a host outside of the cluster can have: nobody has it, and nobody in the
 * cluster would be taken for it.
 */
export function wireAddresses(
  blocks: readonly AddressBlock[],
  { nodes, pods, services }: Cluster,
  spoken: readonly Family[],
): readonly Address[] {
  const taken = [
    ...nodes.flatMap(({ podCIDRs }) => podCIDRs),
    ...[...nodes, ...pods].flatMap(({ addresses }) => addresses.map(hostCidr)),
    ...services.flatMap(({ clusterIPs }) => clusterIPs.map(hostCidr)),
  ];
  const free = withoutBlocks(blocks, [...unroutable, ...taken]).map(blockBounds);
  return families
    .filter((family) => spoken.includes(family))
    .flatMap((family) => {
      const block = free.find((one) => one.family === family);
      return block === undefined ? [] : [addressOfNumber(family, block.first)];
    });
}
