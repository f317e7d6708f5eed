import { el } from './dom.ts';
import type { Kind, View } from './layout.ts';
import { swatch } from './legend.ts';

export interface ToolbarEvents {
  readonly view: (view: View) => void;
  readonly filter: (text: string) => void;
  readonly fold: (isOn: boolean) => void;
  readonly foldNamespaces: (isOn: boolean) => void;
  readonly only: (kind: Kind | undefined) => void;
  readonly zoom: (step: -1 | 0 | 1) => void;
}

export interface Toolbar {
  readonly element: HTMLElement;
  /** How many pairs are of each kind. */
  count(counts: ReadonlyMap<Kind, number>): void;
  /** Shows what was chosen elsewhere. */
  set(filter: string, namespacesFolded: boolean): void;
}

const kinds: readonly (readonly [Kind, string])[] = [
  ['opened', 'opened'],
  ['closed', 'closed'],
  ['rule', 'by a rule'],
  ['open', 'open'],
  ['egress-only', 'egress alone'],
  ['ingress-only', 'ingress alone'],
  ['denied', 'denied'],
];

/** What a reader can choose. */
export function createToolbar(
  views: readonly (readonly [View, string])[],
  first: View,
  namespacesFolded: boolean,
  events: ToolbarEvents,
): Toolbar {
  const radios = views.map(([view, text]) => {
    const input = el('input', { type: 'radio', name: 'view', value: view, checked: view === first });
    input.addEventListener('change', () => {
      events.view(view);
    });
    return el('label', { class: 'choice' }, input, el('span', {}, text));
  });
  const filter = el('input', {
    type: 'search',
    id: 'filter',
    placeholder: 'name, ns:shop, app=web, :443',
    spellcheck: 'false',
    autocomplete: 'off',
    'aria-describedby': 'filter-help',
  });
  filter.addEventListener('input', () => {
    events.filter(filter.value);
  });
  const [fold, foldNamespaces] = [
    checkbox('fold what is alike', true, events.fold),
    checkbox('fold namespaces', namespacesFolded, events.foldNamespaces),
  ];
  const chips = new Map(
    kinds.map(([kind, text]) => {
      const number = el('b', {});
      const chip = el(
        'button',
        { type: 'button', class: 'chip', 'aria-pressed': 'false' },
        swatch(kind),
        number,
        el('span', {}, text),
      );
      chip.addEventListener('click', () => {
        const isOn = chip.getAttribute('aria-pressed') !== 'true';
        for (const { chip: other } of chips.values())
          other.setAttribute('aria-pressed', String(isOn && other === chip));
        events.only(isOn ? kind : undefined);
      });
      return [kind, { chip, number }] as const;
    }),
  );
  const zoom = (text: string, label: string, step: -1 | 0 | 1): HTMLElement =>
    el(
      'button',
      {
        type: 'button',
        class: 'tool',
        'aria-label': label,
        title: label,
        click: () => {
          events.zoom(step);
        },
      },
      text,
    );
  return {
    element: el(
      'div',
      { class: 'toolbar' },
      el(
        'div',
        { class: 'tools' },
        ...(views.length > 1
          ? [
              el(
                'fieldset',
                { class: 'segments' },
                el('legend', { class: 'unseen' }, 'what is shown'),
                ...radios,
              ),
            ]
          : []),
        el('label', { class: 'filter', for: 'filter' }, el('span', { class: 'unseen' }, 'Filter'), filter),
        el(
          'span',
          { class: 'unseen', id: 'filter-help' },
          'Words that a name holds, ns: and a namespace, a label as key=value, or a colon and a port. All must hold.',
        ),
        fold.label,
        foldNamespaces.label,
        el(
          'span',
          { class: 'zoom', role: 'group', 'aria-label': 'size of cells' },
          zoom('−', 'smaller cells', -1),
          zoom('fit', 'fit to the width', 0),
          zoom('+', 'larger cells', 1),
        ),
      ),
      el(
        'div',
        { class: 'chips', role: 'group', 'aria-label': 'show one kind of cell alone' },
        ...[...chips.values()].map(({ chip }) => chip),
      ),
    ),
    count(counts) {
      for (const [kind, { chip, number }] of chips) {
        const count = counts.get(kind) ?? 0;
        chip.hidden = count === 0;
        number.textContent = count.toLocaleString('en');
      }
    },
    set(text, isFolded) {
      filter.value = text;
      foldNamespaces.input.checked = isFolded;
    },
  };
}

function checkbox(
  text: string,
  checked: boolean,
  changed: (isOn: boolean) => void,
): { label: HTMLElement; input: HTMLInputElement } {
  const input = el('input', { type: 'checkbox', checked });
  input.addEventListener('change', () => {
    changed(input.checked);
  });
  return { label: el('label', { class: 'choice' }, input, el('span', {}, text)), input };
}
