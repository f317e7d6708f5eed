import { el, fill } from './dom.ts';
import { type Item, type Layout, spaceText } from './layout.ts';
import { paintMatrix, type Frame, frameOf } from './matrix-painter.ts';
import { paletteOf } from './paint.ts';

/** A row and a column. */
export interface Spot {
  readonly from: number;
  readonly to: number;
}

export interface MatrixEvents {
  /** The words for a cell: what a screen reader says, and the note beside the pointer. */
  readonly describe: (layout: Layout, spot: Spot) => readonly string[];
  readonly choose: (layout: Layout, spot: Spot, byKey: boolean) => void;
  readonly chooseNamespace: (item: Item) => void;
}

export interface Matrix {
  readonly element: HTMLElement;
  show(layout: Layout, cellSize: number | 'fit'): void;
  redraw(): void;
  zoom(factor: number): void;
  /** Marks a cell and brings it into view. */
  goTo(spot: Spot): void;
  focus(): void;
}

const sizes = [2, 3, 4, 6, 8, 11, 15, 20, 26, 32, 38, 44];

/**
 * The square of cells on a canvas that is as large as what can be seen of it, so that a million cells cost no more than those.
 * For keys and screen readers it is a grid with one cell that says where they are.
 */
export function createMatrix(events: MatrixEvents): Matrix {
  const canvas = el('canvas', { 'aria-hidden': 'true' });
  const spacer = el('div', { class: 'spacer', 'aria-hidden': 'true' }, canvas);
  const scroller = el('div', { class: 'scroller', tabindex: -1 }, spacer);
  const cell = el('div', { role: 'gridcell', id: 'grid-cell', 'aria-selected': 'true' });
  const grid = el(
    'div',
    {
      role: 'grid',
      class: 'grid-proxy',
      tabindex: 0,
      'aria-label':
        'Who reaches whom: sources down, destinations across. Arrow keys move, Enter shows the reason.',
      'aria-activedescendant': 'grid-cell',
    },
    el('div', { role: 'row', id: 'grid-row' }, cell),
  );
  const live = el('div', { class: 'unseen', 'aria-live': 'polite' });
  const note = el('div', { class: 'note', hidden: true, 'aria-hidden': 'true' });
  const element = el('div', { class: 'matrix' }, grid, scroller, note, live);

  let layout: Layout = {
    items: [],
    cell: () => {
      throw new RangeError('no such row');
    },
  };
  let frame: Frame = frameOf([], 20);
  let active: Spot = { from: 0, to: 0 };
  let hover: Spot | undefined;
  let isMarked = false;
  let pending = 0;

  const draw = (): void => {
    pending = 0;
    const [width, height] = [scroller.clientWidth, scroller.clientHeight];
    const density = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * density);
    canvas.height = Math.round(height * density);
    canvas.style.width = `${String(width)}px`;
    canvas.style.height = `${String(height)}px`;
    const pen = canvas.getContext('2d');
    if (pen === null) return;
    pen.scale(density, density);
    const marks = isMarked ? { active } : {};
    paintMatrix(pen, paletteOf(element), layout, frame, {
      x: scroller.scrollLeft,
      y: scroller.scrollTop,
      width,
      height,
      ...marks,
      ...(hover === undefined ? {} : { hover }),
    });
  };
  const redraw = (): void => {
    if (pending === 0) pending = requestAnimationFrame(draw);
  };

  const resize = (size: number): void => {
    frame = frameOf(layout.items, size);
    element.style.width = `${String(frame.width + scrollbar)}px`;
    spacer.style.width = `${String(frame.width)}px`;
    spacer.style.height = `${String(frame.height)}px`;
    redraw();
  };

  const say = (): void => {
    const count = layout.items.length;
    grid.setAttribute('aria-rowcount', String(count));
    grid.setAttribute('aria-colcount', String(count));
    if (count === 0) return;
    cell.parentElement?.setAttribute('aria-rowindex', String(active.from + 1));
    cell.setAttribute('aria-colindex', String(active.to + 1));
    const words = events.describe(layout, active).slice(0, 2).join('. ');
    fill(cell, [words]);
    fill(live, [words]);
  };

  const reveal = ({ from, to }: Spot): void => {
    const { left, top, size } = frame;
    const [x, y] = [to * size, from * size];
    const [width, height] = [scroller.clientWidth - left - size, scroller.clientHeight - top - size];
    if (x < scroller.scrollLeft) scroller.scrollLeft = x;
    else if (x > scroller.scrollLeft + width) scroller.scrollLeft = x - width;
    if (y < scroller.scrollTop) scroller.scrollTop = y;
    else if (y > scroller.scrollTop + height) scroller.scrollTop = y - height;
  };

  const move = (spot: Spot): void => {
    const last = layout.items.length - 1;
    const within = (at: number): number => Math.max(0, Math.min(last, at));
    active = { from: within(spot.from), to: within(spot.to) };
    isMarked = true;
    reveal(active);
    say();
    redraw();
  };

  grid.addEventListener('keydown', (event) => {
    const { from, to } = active;
    const [end, page] = [layout.items.length - 1, 10];
    const isFar = event.ctrlKey || event.metaKey;
    const moves: Readonly<Record<string, Spot>> = {
      ArrowLeft: { from, to: to - 1 },
      ArrowRight: { from, to: to + 1 },
      ArrowUp: { from: from - 1, to },
      ArrowDown: { from: from + 1, to },
      Home: isFar ? { from: 0, to: 0 } : { from, to: 0 },
      End: isFar ? { from: end, to: end } : { from, to: end },
      PageUp: { from: from - page, to },
      PageDown: { from: from + page, to },
    };
    const target = Object.hasOwn(moves, event.key) ? moves[event.key] : undefined;
    if (target !== undefined && !event.altKey) {
      event.preventDefault();
      move(target);
    } else if ((event.key === 'Enter' || event.key === ' ') && end >= 0) {
      event.preventDefault();
      events.choose(layout, active, true);
    }
  });
  grid.addEventListener('focus', () => {
    isMarked = true;
    say();
    redraw();
  });

  /** The cell below the pointer; a row's or a column's name has the other at -1. */
  const spotAt = (event: MouseEvent): Spot => {
    const box = scroller.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left - frame.left, event.clientY - box.top - frame.top];
    const at = (offset: number, scroll: number): number => {
      const found = Math.floor((offset + scroll) / frame.size);
      return offset < 0 || found >= layout.items.length ? -1 : found;
    };
    return { from: at(y, scroller.scrollTop), to: at(x, scroller.scrollLeft) };
  };
  const leave = (): void => {
    hover = undefined;
    note.hidden = true;
    redraw();
  };
  scroller.addEventListener('mousemove', (event) => {
    const spot = spotAt(event);
    if (spot.from < 0 || spot.to < 0) {
      const named = layout.items[Math.max(spot.from, spot.to)];
      if (named === undefined || (event.offsetX < 0 && event.offsetY < 0)) {
        leave();
        return;
      }
      hover = spot;
      fill(note, [
        el('strong', {}, named.label),
        el('span', {}, `click to fold or unfold ${spaceText(named.namespace)}`),
      ]);
    } else {
      hover = spot;
      const [title = '', ...lines] = events.describe(layout, spot);
      fill(note, [el('strong', {}, title), ...lines.map((line) => el('span', {}, line))]);
    }
    note.hidden = false;
    const box = element.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const isRight = x > box.width / 2;
    note.style.left = isRight ? 'auto' : `${String(x + 16)}px`;
    note.style.right = isRight ? `${String(box.width - x + 12)}px` : 'auto';
    note.style.top = y > box.height * 0.7 ? 'auto' : `${String(y + 16)}px`;
    note.style.bottom = y > box.height * 0.7 ? `${String(box.height - y + 12)}px` : 'auto';
    redraw();
  });
  scroller.addEventListener('mouseleave', leave);
  scroller.addEventListener('scroll', redraw);
  scroller.addEventListener('click', (event) => {
    const spot = spotAt(event);
    const item = layout.items[Math.max(spot.from, spot.to)];
    if (spot.from >= 0 && spot.to >= 0) {
      move(spot);
      grid.focus({ preventScroll: true });
      events.choose(layout, spot, false);
    } else if (item !== undefined) events.chooseNamespace(item);
  });
  new ResizeObserver(redraw).observe(scroller);

  return {
    element,
    show(next, size) {
      layout = next;
      active = { from: 0, to: 0 };
      isMarked = false;
      hover = undefined;
      note.hidden = true;
      resize(size === 'fit' ? fitting(next.items, roomFor(element)) : size);
      say();
    },
    redraw,
    zoom(direction) {
      const at = sizes.findIndex((size) => size >= frame.size);
      const next = sizes[Math.max(0, Math.min(sizes.length - 1, at + direction))];
      if (next !== undefined) resize(next);
      reveal(active);
    },
    goTo: move,
    focus: () => {
      grid.focus({ preventScroll: true });
    },
  };
}

/** Room for the bar with which the rest is brought into view, and for the border. */
const scrollbar = 18;

/** The panel beside the matrix needs some of the width. */
function roomFor(element: HTMLElement): number {
  const width = element.parentElement?.clientWidth ?? 0;
  return width > 1000 ? width - 440 - scrollbar : width - scrollbar;
}

/** The largest cells with which all columns can be seen, none larger than is pleasant. */
function fitting(items: readonly Item[], width: number): number {
  const fits = sizes.filter((size) => size <= 38 && frameOf(items, size).width <= width);
  return fits.at(-1) ?? 2;
}
