import { type AddressBlock, blockBounds, blockOf } from '../../net/address-block.ts';
import { addressBits, type Bounds } from '../../net/cidr.ts';
import { families, type Family } from '../../net/protocol.ts';

/**
 * Addresses as ends of lines: `10.0.0.0/8`, `0.0.0.0/0 except 10.0.0.0/8,192.168.0.0/16`. The same addresses give the same
 * texts, however the policies spell them; those with the fewest CIDRs.
 * @param blocks disjoint, ascending
 */
export function blockTexts(blocks: readonly AddressBlock[]): readonly string[] {
  return families.flatMap((family) => {
    const own = blocks.map(blockBounds).filter((bounds) => bounds.family === family);
    return describe(family, 0n, addressBits(family), own).terms.map(termText);
  });
}

/** A prefix without some of its addresses. Only what is chosen in the end is worth a text. */
interface Term {
  readonly prefix: Bounds;
  readonly except: readonly Bounds[];
}

interface Description {
  readonly terms: readonly Term[];
  /** How many CIDRs the terms name. */
  readonly cost: number;
  /** What of the prefix is left out, in the fewest CIDRs. */
  readonly holes: readonly Bounds[];
}

const nobody: Omit<Description, 'holes'> = { terms: [], cost: 0 };

/** Describes what of a prefix is in the ranges: as what its halves have, or as all of it with holes, whichever is shorter. */
function describe(family: Family, first: bigint, hostBits: number, ranges: readonly Bounds[]): Description {
  const last = first + (1n << BigInt(hostBits)) - 1n;
  const within = ranges.filter((range) => range.first <= last && range.last >= first);
  const prefix = { family, first, last };
  const [range] = within;
  if (range === undefined) return { ...nobody, holes: [prefix] };
  if (range.first <= first && range.last >= last)
    return { terms: [{ prefix, except: [] }], cost: 1, holes: [] };
  const half = hostBits - 1;
  const low = describe(family, first, half, within);
  const high = describe(family, first + (1n << BigInt(half)), half, within);
  const holes = [...low.holes, ...high.holes];
  const cost = low.cost + high.cost;
  return cost <= 1 + holes.length
    ? { terms: [...low.terms, ...high.terms], cost, holes }
    : { terms: [{ prefix, except: holes }], cost: 1 + holes.length, holes };
}

function termText({ prefix, except }: Term): string {
  const text = blockOf(prefix);
  return except.length === 0 ? text : `${text} except ${except.map(blockOf).join()}`;
}
