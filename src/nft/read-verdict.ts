import type { ChainName, Verdict } from '../ruleset/objects.ts';
import { isRecord } from './listing.ts';

/** `{accept: null}`, `{jump: {target: CHAIN}}`, ...; `undefined` for anything else. */
export function readVerdict(json: unknown): Verdict | undefined {
  if (!isRecord(json)) return undefined;
  const [entry, ...more] = Object.entries(json);
  if (entry === undefined || more.length > 0) return undefined;
  const [kind, value] = entry;
  switch (kind) {
    case 'accept':
    case 'drop':
    case 'return':
    case 'continue':
      return value === null ? { kind } : undefined;
    case 'jump':
    case 'goto': {
      const target = isRecord(value) ? value['target'] : undefined;
      return typeof target === 'string' ? { kind, chain: target as ChainName } : undefined;
    }
    default:
      return undefined;
  }
}
