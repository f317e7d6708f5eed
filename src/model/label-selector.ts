/** Labels of an object: keys and values as the API has them. */
export type Labels = Readonly<Record<string, string>>;

/** One requirement of a label selector (meta/v1 `LabelSelectorRequirement`). Values are sorted and unique. */
export type Requirement =
  | { readonly key: string; readonly operator: 'In' | 'NotIn'; readonly values: readonly string[] }
  | { readonly key: string; readonly operator: 'Exists' | 'DoesNotExist' };

/**
 * A label selector in normal form: `matchLabels` are `In` requirements with one value; requirements are sorted by key,
 * operator and values, without repeats. All must hold; none means that everything matches.
 */
export type LabelSelector = readonly Requirement[];

/**
 * Whether the labels meet every requirement. `NotIn` and `DoesNotExist` hold where the key is missing (apimachinery
 * `labels.Requirement.Matches`).
 */
export function matchesSelector(selector: LabelSelector, labels: Labels): boolean {
  return selector.every((requirement) => holds(requirement, labels));
}

function holds(requirement: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && requirement.values.includes(value);
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

/** Sorts requirements and drops repeats, so that selectors that say the same the same way are equal. */
export function normaliseSelector(requirements: readonly Requirement[]): LabelSelector {
  const byText = new Map(requirements.map((requirement) => [requirementText(requirement), requirement]));
  return [...byText.keys()].sort().flatMap((text) => byText.get(text) ?? []);
}

/** The selector in `kubectl -l` syntax: `app=web,tier notin (a,b),!gone`; the empty selector is the empty string. */
export function selectorText(selector: LabelSelector): string {
  return selector.map(requirementText).join(',');
}

function requirementText(requirement: Requirement): string {
  const { key } = requirement;
  switch (requirement.operator) {
    case 'In':
      return requirement.values.length === 1
        ? `${key}=${requirement.values[0] ?? ''}`
        : `${key} in (${requirement.values.join(',')})`;
    case 'NotIn':
      return requirement.values.length === 1
        ? `${key}!=${requirement.values[0] ?? ''}`
        : `${key} notin (${requirement.values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
  }
}
