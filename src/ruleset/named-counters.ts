import type { Chain, CounterName } from './objects.ts';

/** The counters that rules of the chains name, each once, in the order of the rules. */
export function namedCounters(chains: Iterable<Pick<Chain, 'rules'>>): ReadonlySet<CounterName> {
  const names = new Set<CounterName>();
  for (const { rules } of chains) {
    for (const { statements } of rules) {
      for (const statement of statements) {
        if (statement.kind === 'counter' && statement.name !== undefined) names.add(statement.name);
      }
    }
  }
  return names;
}
