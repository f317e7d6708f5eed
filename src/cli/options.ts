import { InvalidArgumentError } from 'commander';
import { isEpochMask } from '../ruleset/epoch.ts';

/** Collects a repeatable option. */
export function repeatable(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

/** A mask of the conntrack mark, decimal or hexadecimal. */
export function ctMarkMask(text: string): number {
  const mask = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : NaN;
  if (!isEpochMask(mask)) {
    throw new InvalidArgumentError('must be one run of at least 8 bits within 32, for example 0xffff0000');
  }
  return mask;
}
