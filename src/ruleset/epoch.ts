// The epoch lives in a run of bits of the conntrack mark: 0 = never judged, all ones = revoked, the rest are epochs. A
// connection whose mark holds the current epoch was judged under the present rules. Other bits belong to other programs.

/** The mark (within the mask) of a connection judged in the epoch. */
export function epochMark(mask: number, epoch: number): number {
  return (epoch * lowestBit(mask)) >>> 0;
}

/** The mark (within the mask) of a connection that was cut. */
export function revokedMark(mask: number): number {
  return mask >>> 0;
}

/** The bits of the mark that are not ours. */
export function keptBits(mask: number): number {
  return ~mask >>> 0;
}

/** The highest epoch that the mask has room for. */
export function lastEpoch(mask: number): number {
  return revokedMark(mask) / lowestBit(mask) - 1;
}

/** The epoch in a mark, 0 where it was never judged. */
export function epochOfMark(mask: number, mark: number): number {
  return ((mark & mask) >>> 0) / lowestBit(mask);
}

/** Whether the mask is one run of at least 8 bits within 32. */
export function isEpochMask(mask: number): boolean {
  if (!Number.isInteger(mask) || mask <= 0 || mask > 0xffffffff) return false;
  const run = mask / lowestBit(mask);
  return run >= 0xff && Number.isInteger(Math.log2(run + 1));
}

function lowestBit(mask: number): number {
  return (mask & -mask) >>> 0;
}
