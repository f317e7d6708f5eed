import { everything, nothing, trafficOf } from '../net/traffic.ts';
import { el } from './dom.ts';
import type { Kind, Shown } from './layout.ts';
import { paintCell, paletteOf } from './paint.ts';

/** What the matrix draws in a way of its own. */
type Look = Kind | 'every-port';

const meanings: readonly (readonly [Look, string])[] = [
  ['rule', 'allowed by a rule; the number is the port, of TCP where no protocol stands'],
  ['every-port', 'allowed by a rule, on every port'],
  ['open', 'open: no policy isolates either end'],
  ['egress-only', 'the source’s rules allow it, the other side denies it: they never fire'],
  ['ingress-only', 'the destination’s rules allow it, the other side denies it'],
  ['denied', 'denied'],
  ['opened', 'opened by the change'],
  ['closed', 'closed by the change'],
];

/** What each shape means. */
export function legend(hasChanges: boolean): HTMLElement {
  const shown = meanings.filter(([kind]) => hasChanges || (kind !== 'opened' && kind !== 'closed'));
  return el(
    'ul',
    { class: 'legend' },
    ...shown.map(([kind, meaning]) => el('li', {}, swatch(kind), el('span', {}, meaning))),
  );
}

/** The shape of a kind of cell, as the matrix draws it. Drawn by `drawSwatches`, for the theme may change. */
export function swatch(kind: Look): HTMLCanvasElement {
  return el('canvas', { class: 'swatch', 'data-kind': kind, width: 44, height: 44, 'aria-hidden': 'true' });
}

export function drawSwatches(within: ParentNode): void {
  for (const canvas of within.querySelectorAll<HTMLCanvasElement>('canvas.swatch')) {
    const pen = canvas.getContext('2d');
    if (pen === null) continue;
    pen.setTransform(2, 0, 0, 2, 0, 0);
    pen.clearRect(0, 0, 22, 22);
    paintCell(pen, paletteOf(canvas), shownAs(canvas.dataset['kind'] as Look), 0, 0, 22);
  }
}

const onePort = trafficOf([{ protocol: 'TCP', first: 80, last: 80 }]);

function shownAs(kind: Look): Shown {
  const isChange = kind === 'opened' || kind === 'closed';
  return {
    cell: {
      state: kind === 'opened' || kind === 'every-port' ? 'rule' : kind === 'closed' ? 'denied' : kind,
      traffic: isChange ? nothing : kind === 'rule' ? onePort : everything,
    },
    opened: kind === 'opened',
    closed: kind === 'closed',
    dimmed: false,
  };
}
