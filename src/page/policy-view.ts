import type { RuleReference } from '../analysis/explain/explanation.ts';
import { type Direction, directions, policyKey } from '../model/network-policy.ts';
import { selects } from '../policy/isolation.ts';
import { el } from './dom.ts';
import type { Side } from './world.ts';

/** How a rule is named beside its lines, and in the comments of the nftables rules. */
export type RuleName = string;

export function ruleName(policy: string, direction: Direction, rule: number): RuleName {
  return `${policy} ${direction}[${String(rule)}]`;
}

/** Lines around what is marked. */
const around = 3;

/**
 * The lines of a policy, those of the rules marked. With `excerpt` just the head of the policy and what is near a mark.
 */
export function policyLines(
  side: Side,
  key: string,
  marked: readonly RuleName[],
  excerpt: boolean,
): HTMLElement {
  const at = side.policyAt.get(key);
  const policy = at === undefined ? undefined : side.cluster.policies[at];
  const text = at === undefined ? undefined : side.data.texts[at];
  if (policy === undefined) return el('p', { class: 'quiet' }, 'not among the policies');
  if (text == null) {
    return el(
      'p',
      { class: 'quiet' },
      'read from a running cluster: ',
      el('code', {}, `kubectl get networkpolicy -n ${policy.namespace} ${policy.name} -o yaml`),
    );
  }
  const ruleOf = new Map<number, RuleName>();
  for (const direction of directions) {
    for (const { index, source } of policy[direction]) {
      const last = text.ruleEnds[direction][index];
      if (source === undefined || last === undefined) continue;
      for (let line = source.line; line <= last; line += 1) ruleOf.set(line, ruleName(key, direction, index));
    }
  }
  const isMarked = (line: number): boolean => marked.includes(ruleOf.get(line) ?? '');
  const numbers = text.lines.map((_, offset) => text.first + offset);
  const isShown = (line: number): boolean =>
    !excerpt ||
    text.lines.length <= 14 ||
    numbers.some((one) => isMarked(one) && Math.abs(one - line) <= around) ||
    line < text.first + 4;
  const shown = numbers.filter(isShown);
  const lines = shown.flatMap((line, position) => {
    const before = shown[position - 1];
    const rule = ruleOf.get(line);
    const gap =
      before !== undefined && before !== line - 1
        ? [el('div', { class: 'line gap', 'aria-hidden': 'true' }, '⋯')]
        : [];
    return [
      ...gap,
      el(
        'div',
        { class: `line${isMarked(line) ? ' marked' : ''}`, 'data-rule': rule },
        el(
          'span',
          { class: 'number', 'aria-hidden': 'true' },
          `${isMarked(line) ? '▸ ' : ''}${String(line)}`,
        ),
        el('code', {}, text.lines[line - text.first] ?? ''),
      ),
    ];
  });
  const cut = text.cut ? [el('p', { class: 'quiet' }, 'cut here; the file has more')] : [];
  return el(
    'div',
    { class: 'listing', role: 'group', 'aria-label': `lines of policy ${key}`, tabindex: 0 },
    ...lines,
    ...cut,
  );
}

/** The nftables rules that judge a pod in one direction; those that some rules become are marked. */
export function kernelLines(side: Side, body: number, marked: readonly RuleName[]): HTMLElement {
  const lines = side.data.kernel.bodies[body] ?? [];
  return el(
    'div',
    { class: 'listing kernel', role: 'group', 'aria-label': 'nftables rules', tabindex: 0 },
    ...lines.map((line) => {
      const rule = /comment "([^"]*)"$/.exec(line)?.[1];
      const isMarked = rule !== undefined && marked.some((one) => rule.split(', ').includes(one));
      return el(
        'div',
        { class: `line${isMarked ? ' marked' : ''}`, 'data-rule': rule },
        el('code', {}, line),
      );
    }),
  );
}

/** Where the rules of a pod stand; -1 where nothing judges it, or it has no address. */
export function bodyOfPod(
  { data, cluster }: Side,
  pod: { readonly namespace: string; readonly name: string },
  direction: Direction,
): number {
  const at = cluster.pods.findIndex(
    ({ namespace, name }) => namespace === pod.namespace && name === pod.name,
  );
  return data.kernel.ofPod[at]?.[direction === 'ingress' ? 0 : 1] ?? -1;
}

/** The rules of a reference, by the name that lines are marked with. */
export function nameOfRule({ policy, direction, rule }: RuleReference): RuleName {
  return ruleName(policy, direction, rule);
}

/** A policy beside the nftables rules that it becomes: what belongs together lights up together. */
export function policyBesideKernel(side: Side, at: number): HTMLElement {
  const policy = side.cluster.policies[at];
  if (policy === undefined) return el('p', {}, 'no such policy');
  const selected = side.cluster.pods.filter((pod) => selects(policy, pod));
  const { isolations } = side.connectivity.reach;
  const bodies = directions.flatMap((direction) => {
    if (!policy.policyTypes.includes(direction)) return [];
    // Where enforced policies isolate the pod, audit policies become nothing.
    const judged = selected.filter(
      (pod) => policy.audit !== true || isolations.of(pod, direction) === undefined,
    );
    const own = judged
      .map((pod) => ({ pod, body: bodyOfPod(side, pod, direction) }))
      .filter(({ body }) => body >= 0);
    return [...new Map(own.map((one) => [one.body, one])).values()].map((one) => ({ ...one, direction }));
  });
  const panes = bodies
    .slice(0, mostBodies)
    .map(({ pod, body, direction }) =>
      el(
        'div',
        {},
        el('h4', {}, `${direction} of `, el('bdi', {}, `${pod.namespace}/${pod.workload?.name ?? pod.name}`)),
        kernelLines(side, body, []),
      ),
    );
  const more = bodies.length - panes.length;
  const notes = [
    ...(more > 0 ? [`and ${String(more)} more, where other policies select the pods too`] : []),
    ...(bodies.length === 0
      ? [
          selected.length === 0
            ? 'It selects no pod, so it becomes no rule.'
            : policy.audit === true
              ? 'No rule: the pods have no address, or other policies isolate them already.'
              : 'No rule: the pods have no address.',
        ]
      : []),
    ...(bodies.length > 0 && side.data.kernel.assigned
      ? ['Addresses are made up where the input has none.']
      : []),
  ];
  const element = el(
    'div',
    { class: 'panes' },
    el('div', {}, el('h4', {}, 'as written'), policyLines(side, policyKey(policy), [], false)),
    el('div', {}, ...panes, ...notes.map((note) => el('p', { class: 'quiet' }, note))),
  );
  lightTogether(element);
  return element;
}

const mostBodies = 4;

function lightTogether(element: HTMLElement): void {
  const lines = [...element.querySelectorAll<HTMLElement>('.line[data-rule]')];
  const names = (line: HTMLElement): readonly string[] => (line.dataset['rule'] ?? '').split(', ');
  element.addEventListener('mouseover', ({ target }) => {
    const line = target instanceof Element ? target.closest<HTMLElement>('.line') : null;
    const lit = line === null ? [] : names(line).filter((name) => name !== '');
    for (const one of lines)
      one.classList.toggle(
        'lit',
        names(one).some((name) => lit.includes(name)),
      );
  });
  element.addEventListener('mouseleave', () => {
    for (const one of lines) one.classList.remove('lit');
  });
}
