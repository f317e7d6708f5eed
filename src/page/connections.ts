import { el, name } from './dom.ts';
import type { Layout } from './layout.ts';
import { stateText } from './reasons.ts';

/** Beyond that nobody reads a table. */
const mostRows = 2000;

/** What the matrix shows, as a table: for screen readers, for paper, and to be copied. */
export function connectionsTable({ items, cell }: Layout): HTMLElement {
  const rows: HTMLElement[] = [];
  let left = 0;
  for (const [from, source] of items.entries()) {
    for (const [to, destination] of items.entries()) {
      const shown = cell(from, to);
      const { state } = shown.cell;
      const isTold = shown.opened || shown.closed || (state !== 'denied' && state !== 'itself');
      if (!isTold || shown.dimmed) continue;
      if (rows.length === mostRows) left += 1;
      else {
        const { mix } = shown;
        const said =
          mix === undefined
            ? stateText(shown)
            : `${String(mix.rule)} of ${String(mix.pairs)} pairs by a rule, ${String(mix.open)} open`;
        rows.push(
          el(
            'tr',
            {},
            el('th', { scope: 'row' }, name(source.label)),
            el('td', {}, name(destination.label)),
            el('td', {}, said),
          ),
        );
      }
    }
  }
  const more =
    left === 0 ? [] : [el('p', {}, `and ${String(left)} more: filter, or use ringfence matrix -o csv`)];
  return el(
    'div',
    { class: 'table' },
    el(
      'table',
      {},
      el(
        'thead',
        {},
        el('tr', {}, ...['from', 'to', 'what passes'].map((title) => el('th', { scope: 'col' }, title))),
      ),
      el('tbody', {}, ...rows),
    ),
    ...more,
  );
}
