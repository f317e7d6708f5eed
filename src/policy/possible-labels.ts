import type { Labels, Requirement } from '../model/label-selector.ts';

/** A requirement on the labels of something that does not exist yet. */
export interface Condition {
  /** Whose labels: one search may be about a pod, its namespace and the other end at once. */
  readonly of: string;
  readonly requirement: Requirement;
}

export type LabelSearch =
  /** Labels that meet everything, as few as possible; nothing for whom no condition speaks of. */
  | { readonly kind: 'found'; readonly labels: ReadonlyMap<string, Labels> }
  | { readonly kind: 'none' }
  /** Given up: the conditions branch too often. Nobody may take that for `none`. */
  | { readonly kind: 'undecided' };

/**
 * Branches to follow before giving up: policies of people need a few, only made-up ones need thousands. It also bounds how
 * deep the search nests.
 */
const mostSteps = 2_000;

/**
 * Searches labels that meet every condition of `wanted`, and of each list of `unwanted` fail at least one condition. An empty
 * list in `unwanted` is met by everything, so there are none. The same conditions give the same labels.
 */
export function findLabels(
  wanted: readonly Condition[],
  unwanted: readonly (readonly Condition[])[],
): LabelSearch {
  const start: Domains = new Map();
  for (const condition of wanted) if (!restrict(start, condition, true)) return { kind: 'none' };
  // The fewer ways to fail, the earlier: what leaves no choice prunes the rest.
  const open = [...unwanted].sort((a, b) => a.length - b.length);
  const steps = { left: mostSteps };
  const domains = search(start, open, 0, steps);
  if (domains === 'undecided') return { kind: 'undecided' };
  return domains === undefined ? { kind: 'none' } : { kind: 'found', labels: witness(domains) };
}

/** What a label may be: absent or not, one of some values or any but some. */
interface Domain {
  readonly absent: boolean;
  /** Absent: any value that is not excluded. Empty: no value. */
  readonly values?: readonly string[];
  readonly excluded: readonly string[];
}

type Domains = Map<string, { readonly of: string; readonly key: string; readonly domain: Domain }>;

const anything: Domain = { absent: true, excluded: [] };

function search(
  before: Domains,
  unwanted: readonly (readonly Condition[])[],
  start: number,
  steps: { left: number },
): Domains | undefined | 'undecided' {
  const domains = new Map(before);
  for (let at = start; at < unwanted.length; at += 1) {
    const clause = unwanted[at] ?? [];
    if (clause.some((condition) => fails(domains, condition))) continue;
    const [only, ...others] = clause;
    if (only === undefined) return undefined;
    if (others.length > 0) return branch(domains, clause, unwanted, at + 1, steps);
    if (!restrict(domains, only, false)) return undefined;
  }
  return domains;
}

/** Each condition in turn is the one that fails. */
function branch(
  domains: Domains,
  clause: readonly Condition[],
  unwanted: readonly (readonly Condition[])[],
  next: number,
  steps: { left: number },
): Domains | undefined | 'undecided' {
  for (const condition of clause) {
    steps.left -= 1;
    if (steps.left < 0) return 'undecided';
    const narrower = new Map(domains);
    if (!restrict(narrower, condition, false)) continue;
    const found = search(narrower, unwanted, next, steps);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether no labels that are left meet the condition. */
function fails(domains: Domains, { of, requirement }: Condition): boolean {
  const domain = domains.get(nameOf(of, requirement.key))?.domain ?? anything;
  return isEmpty(narrowed(domain, requirement));
}

/** Narrows what is left to labels that meet the condition, or that fail it. `false` where nothing is left. */
function restrict(domains: Domains, { of, requirement }: Condition, holds: boolean): boolean {
  const name = nameOf(of, requirement.key);
  const before = domains.get(name)?.domain ?? anything;
  const domain = narrowed(before, holds ? requirement : negated(requirement));
  domains.set(name, { of, key: requirement.key, domain });
  return !isEmpty(domain);
}

function nameOf(of: string, key: string): string {
  return `${of} ${key}`;
}

function negated(requirement: Requirement): Requirement {
  switch (requirement.operator) {
    case 'In':
      return { ...requirement, operator: 'NotIn' };
    case 'NotIn':
      return { ...requirement, operator: 'In' };
    case 'Exists':
      return { ...requirement, operator: 'DoesNotExist' };
    case 'DoesNotExist':
      return { ...requirement, operator: 'Exists' };
  }
}

function narrowed(domain: Domain, requirement: Requirement): Domain {
  switch (requirement.operator) {
    case 'In': {
      const { values, excluded } = domain;
      const rest = requirement.values.filter(
        (value) => !excluded.includes(value) && values?.includes(value) !== false,
      );
      return { ...domain, absent: false, values: rest };
    }
    case 'NotIn': {
      const excluded = [...new Set([...domain.excluded, ...requirement.values])];
      const values = domain.values?.filter((value) => !requirement.values.includes(value));
      return { absent: domain.absent, excluded, ...(values === undefined ? {} : { values }) };
    }
    case 'Exists':
      return { ...domain, absent: false };
    case 'DoesNotExist':
      return { ...domain, values: [] };
  }
}

function isEmpty({ absent, values }: Domain): boolean {
  return !absent && values?.length === 0;
}

function witness(domains: Domains): ReadonlyMap<string, Labels> {
  const found = new Map<string, Record<string, string>>();
  for (const [, { of, key, domain }] of [...domains].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const labels = found.get(of) ?? {};
    found.set(of, labels);
    if (!domain.absent) labels[key] = [...(domain.values ?? [])].sort()[0] ?? madeUp(domain.excluded);
  }
  return found;
}

/** A value that nobody names: `any`, or `any-2` where that is taken. */
function madeUp(excluded: readonly string[]): string {
  for (let number = 1; ; number += 1) {
    const value = number === 1 ? 'any' : `any-${String(number)}`;
    if (!excluded.includes(value)) return value;
  }
}
