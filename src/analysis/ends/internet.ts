import { type AddressBlock, blockBounds, blockOf } from '../../net/address-block.ts';
import type { Cidr } from '../../net/cidr.ts';

/**
 * The addresses of the public internet: everything but what IANA's special-purpose registries keep for private, shared,
 * local and multicast use; of IPv6 the global unicast block (RFC 6890, RFC 4291). The blocks for documentation count, since
 * examples are written with them.
 */
export const internetBlocks: readonly AddressBlock[] = [
  ...complement([
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '224.0.0.0/3',
  ]),
  '2000::/3' as Cidr,
];

/** What is left of IPv4 without these blocks, which ascend. */
function complement(blocks: readonly string[]): readonly AddressBlock[] {
  const rest: AddressBlock[] = [];
  let first = 0n;
  for (const block of blocks) {
    const bounds = blockBounds(block as Cidr);
    if (bounds.first > first) rest.push(blockOf({ family: 'IPv4', first, last: bounds.first - 1n }));
    first = bounds.last + 1n;
  }
  return rest;
}
