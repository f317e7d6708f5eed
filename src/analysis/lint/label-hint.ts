import type { LabelSelector } from '../../model/label-selector.ts';
import type { Pod } from '../../model/pod.ts';
import { quote } from '../../model/read/quote.ts';
import { closest } from '../../model/read/suggestion.ts';

const mostShown = 5;

/** What the pods have instead of the labels that a selector asks for, where one key tells; values that are near first. */
export function labelHint(selector: LabelSelector, pods: readonly Pod[]): string | undefined {
  for (const requirement of selector) {
    if (requirement.operator !== 'In') continue;
    const { key, values } = requirement;
    const there = [
      ...new Set(pods.flatMap(({ labels }) => (Object.hasOwn(labels, key) ? [labels[key] ?? ''] : []))),
    ].sort();
    if (there.some((value) => values.includes(value))) continue;
    const meant = values.map((value) => closest(value, there)).find((value) => value !== undefined);
    if (meant !== undefined) return `did you mean ${quote(`${key}=${meant}`)}?`;
    if (there.length > 0) {
      const more = there.length > mostShown ? ', ...' : '';
      return `the pods have ${there
        .slice(0, mostShown)
        .map((value) => quote(`${key}=${value}`))
        .join(', ')}${more}`;
    }
    const keys = [...new Set(pods.flatMap(({ labels }) => Object.keys(labels)))].sort();
    const meantKey = closest(key, keys);
    return meantKey === undefined
      ? `no pod there has a label ${quote(key)}`
      : `no pod there has a label ${quote(key)}: did you mean ${quote(meantKey)}?`;
  }
  return undefined;
}
