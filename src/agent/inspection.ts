import type { ListedObject } from '../nft/listing.ts';
import { type ForeignObject, readTable } from '../nft/read-table.ts';
import type { Ruleset } from '../ruleset/objects.ts';
import { differencesOf, type ObjectDifference } from '../ruleset/ruleset-difference.ts';

/** What the kernel holds, against what it should. */
export type Inspection =
  | { readonly kind: 'equal' }
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'different';
      /** As far as the kernel's objects are of our kind. */
      readonly actual: Ruleset;
      readonly differences: readonly ObjectDifference[];
      readonly foreign: readonly ForeignObject[];
    };

/**
 * Compares object by object: sets with their elements, chains with their rules. Handles, the values of counters and the
 * comments of sets do not count.
 * @param objects a full listing of the table; `undefined` where there is none
 */
export function inspectTable(objects: readonly ListedObject[] | undefined, desired: Ruleset): Inspection {
  if (objects === undefined) return { kind: 'missing' };
  const { ruleset, foreign } = readTable(desired.table, objects);
  const differences = differencesOf(ruleset, desired);
  return differences.length === 0 && foreign.length === 0
    ? { kind: 'equal' }
    : { kind: 'different', actual: ruleset, differences, foreign };
}
