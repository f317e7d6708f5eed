import { isRecord, type ListedObject } from '../nft/listing.ts';
import { epochOfMark, lastEpoch } from '../ruleset/epoch.ts';
import type { Ruleset } from '../ruleset/objects.ts';
import { sharedChains } from '../ruleset/verdict-chains.ts';

/**
 * The epoch in which the kernel's table judges, from its listing: the chain `judged` writes it into the conntrack mark.
 * `undefined` where the table has no such rule.
 */
export function kernelEpoch(objects: readonly ListedObject[], ctMarkMask: number): number | undefined {
  for (const { kind, body } of objects) {
    if (kind !== 'rule' || body['chain'] !== sharedChains.judged || !Array.isArray(body['expr'])) continue;
    for (const statement of body['expr'] as readonly unknown[]) {
      const mark = markSetBy(statement);
      if (mark === undefined) continue;
      const epoch = epochOfMark(ctMarkMask, mark);
      // Another mask wrote it: the number says nothing, and neither do the marks.
      if (Number.isInteger(epoch) && epoch >= 1 && epoch <= lastEpoch(ctMarkMask)) return epoch;
    }
  }
  return undefined;
}

/** The epoch in which a desired ruleset judges; `undefined` where it does not judge at all. */
export function rulesetEpoch({ chains }: Ruleset, ctMarkMask: number): number | undefined {
  const statements = chains.get(sharedChains.judged)?.rules.flatMap((rule) => rule.statements) ?? [];
  return statements
    .flatMap((statement) =>
      statement.kind === 'set-ct-mark' ? [epochOfMark(ctMarkMask, statement.value)] : [],
    )
    .find((epoch) => epoch >= 1 && epoch <= lastEpoch(ctMarkMask));
}

/**
 * An epoch for a kernel without a table of ours. Connections may still carry marks of a table that was removed; the clock
 * makes it unlikely that one of them is taken for judged.
 * @param seconds since 1970
 */
export function epochOfClock(seconds: number, ctMarkMask: number): number {
  return 1 + (Math.floor(seconds) % Math.min(60_000, lastEpoch(ctMarkMask)));
}

/** `ct mark set ct mark & KEEP | MARK` as nft lists it: `{mangle: {key, value: {"|": [{"&": ...}, MARK]}}}`. */
function markSetBy(statement: unknown): number | undefined {
  const mangle = fieldOf(statement, 'mangle');
  if (fieldOf(fieldOf(fieldOf(mangle, 'key'), 'ct'), 'key') !== 'mark') return undefined;
  const operands = fieldOf(fieldOf(mangle, 'value'), '|');
  const mark: unknown = Array.isArray(operands) ? operands[1] : undefined;
  return typeof mark === 'number' ? mark : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}
