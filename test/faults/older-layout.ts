import type { Ruleset } from '../../src/ruleset/objects.ts';

/** The name that a chain or set of today has in the older layout. */
export function olderName(name: string): string {
  return `v0-${name}`;
}

/**
 * The ruleset as a version with another layout would have written it: every chain and every set has another name, and
 * with the names nothing is where today's version looks for it. What it does to packets is the same.
 */
export function olderLayout(ruleset: Ruleset): Ruleset {
  const names = new Set<string>([...ruleset.chains.keys(), ...ruleset.sets.keys()]);
  const words = new Set(['comment', 'direction', 'hook', 'kind', 'side', 'state']);
  const rename = (value: unknown, key = ''): unknown => {
    // Words that may be equal to a name and are none.
    if (typeof value === 'string') return names.has(value) && !words.has(key) ? olderName(value) : value;
    if (value instanceof Map) {
      return new Map([...value].map(([of, one]: [unknown, unknown]) => [rename(of), rename(one)]));
    }
    if (Array.isArray(value)) return value.map((one) => rename(one));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([of, one]) => [of, rename(one, of)]));
  };
  return {
    table: ruleset.table,
    chains: rename(ruleset.chains) as Ruleset['chains'],
    sets: rename(ruleset.sets) as Ruleset['sets'],
  };
}
