import type { Chain, ElementKey, Match, NftSet, Rule, Ruleset, Statement, Verdict } from './objects.ts';
import { sameBase, sameDeclaration, sameVerdict } from './transaction.ts';
import { readKey } from './well-formed.ts';

/** How one object of a table differs from what it should be. */
export interface ObjectDifference {
  /** `missing`: the other has it. `extra`: only this one has it. */
  readonly kind: 'missing' | 'extra' | 'changed';
  /** `chain forward`, `set known-ipv4`, `map ingress-ipv4`. */
  readonly object: string;
  /** What of it, where it is `changed`: elements and rules by their place. */
  readonly details: readonly string[];
}

/**
 * How the actual ruleset differs from the desired one, object by object, sorted. Empty: the kernel does the same with every
 * packet. The comments of sets say nothing, and two ways to write one change of a mark are equal.
 */
export function differencesOf(actual: Ruleset, desired: Ruleset): readonly ObjectDifference[] {
  return [
    ...compare(actual.sets, desired.sets, (set) => `${set.kind} ${set.name}`, setDetails),
    ...compare(actual.chains, desired.chains, (chain) => `chain ${chain.name}`, chainDetails),
  ].sort((a, b) => (a.object < b.object ? -1 : a.object > b.object ? 1 : 0));
}

function compare<Name, T>(
  actual: ReadonlyMap<Name, T>,
  desired: ReadonlyMap<Name, T>,
  nameOf: (object: T) => string,
  detailsOf: (actual: T, desired: T) => readonly string[],
): readonly ObjectDifference[] {
  const found: ObjectDifference[] = [];
  for (const [name, wanted] of desired) {
    const there = actual.get(name);
    if (there === undefined) {
      found.push({ kind: 'missing', object: nameOf(wanted), details: [] });
      continue;
    }
    const details = detailsOf(there, wanted);
    if (details.length > 0) found.push({ kind: 'changed', object: nameOf(wanted), details });
  }
  for (const [name, there] of actual) {
    if (!desired.has(name)) found.push({ kind: 'extra', object: nameOf(there), details: [] });
  }
  return found;
}

function setDetails(actual: NftSet, desired: NftSet): readonly string[] {
  if (!sameDeclaration(actual, desired)) {
    return [`declared as ${declaration(actual)}, not ${declaration(desired)}`];
  }
  const details: string[] = [];
  const [there, wanted] = [elementsOf(actual), elementsOf(desired)];
  for (const [place, { key, verdict }] of wanted) {
    const found = there.get(place);
    if (found === undefined) details.push(`element ${key} is missing`);
    else if (!sameVerdict(found.verdict, verdict)) details.push(`element ${key} has another verdict`);
  }
  for (const [place, { key }] of there) if (!wanted.has(place)) details.push(`element ${key} is extra`);
  return details.sort();
}

interface PlacedElement {
  readonly key: ElementKey;
  readonly verdict: Verdict | null;
}

/** By what they cover: in an interval set, `10.0.0.1` and `10.0.0.1/32` are one element. */
function elementsOf(set: NftSet): ReadonlyMap<string, PlacedElement> {
  return new Map(
    [...set.elements].map(([key, verdict]) => [set.interval ? coverage(set, key) : key, { key, verdict }]),
  );
}

function coverage(set: NftSet, key: ElementKey): string {
  return (
    readKey(set, key)
      ?.map(({ first, last }) => `${String(first)}-${String(last)}`)
      .join(' . ') ?? key
  );
}

function declaration({ kind, keyType, interval }: NftSet): string {
  return `${kind} of ${keyType}${interval ? ', interval' : ''}`;
}

function chainDetails(actual: Chain, desired: Chain): readonly string[] {
  if (!sameBase(actual, desired)) {
    return ['stands at another hook or priority'];
  }
  if (actual.rules === desired.rules) return [];
  const [there, wanted] = [actual.rules.map(ruleKey), desired.rules.map(ruleKey)];
  if (there.length !== wanted.length) {
    return [`has ${String(there.length)} rules, not ${String(wanted.length)}`];
  }
  return wanted.flatMap((key, index) =>
    there[index] === key ? [] : [`rule ${String(index + 1)} is another one`],
  );
}

/** Equal for rules that do the same. Counters keep their place, their values are no part of a rule. */
function ruleKey({ matches, statements, comment = '' }: Rule): string {
  return JSON.stringify([comment, matches.map(ordered), statements.map(normal).map(ordered)]);
}

/** Bits that `value` sets need not be kept. */
function normal(statement: Statement): Statement {
  return statement.kind === 'set-ct-mark'
    ? { ...statement, keep: (statement.keep & ~statement.value) >>> 0 }
    : statement;
}

function ordered(part: Match | Statement): unknown {
  const whole = part.kind === 'ct-state' ? { ...part, states: [...part.states].sort() } : part;
  return Object.entries(whole).sort(([a], [b]) => (a < b ? -1 : 1));
}
