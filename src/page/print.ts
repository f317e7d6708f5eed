import { el, fill } from './dom.ts';
import type { Layout } from './layout.ts';
import { drawSwatches } from './legend.ts';
import { frameOf, paintMatrix } from './matrix-painter.ts';
import { paletteOf } from './paint.ts';

/** A canvas of more pixels than that is nothing in some browsers. */
const mostPixels = 8000;

/**
 * Keeps a part of the page for paper: the matrix as a whole, whatever of it can be seen on the screen. What is folded is
 * unfolded first, and folded again afterwards.
 */
export function printedMatrix(current: () => Layout): HTMLElement {
  const element = el('div', { class: 'printed', 'aria-hidden': 'true' });
  let folded: readonly HTMLDetailsElement[] = [];
  window.addEventListener('beforeprint', () => {
    folded = [...document.querySelectorAll<HTMLDetailsElement>('details:not([open])')];
    for (const details of folded) {
      details.open = true;
      // Browsers tell it later, and then it is on paper already.
      details.dispatchEvent(new Event('toggle'));
    }
    document.documentElement.classList.add('on-paper');
    fill(element, [drawing(element, current())]);
    drawSwatches(document);
  });
  window.addEventListener('afterprint', () => {
    document.documentElement.classList.remove('on-paper');
    for (const details of folded) details.open = false;
    fill(element, []);
    drawSwatches(document);
  });
  return element;
}

function drawing(themed: Element, layout: Layout): HTMLCanvasElement {
  const count = Math.max(1, layout.items.length);
  const frame = frameOf(layout.items, Math.max(2, Math.min(26, Math.floor(1800 / count))));
  const density = Math.min(3, mostPixels / Math.max(frame.width, frame.height));
  const canvas = el('canvas', {
    width: Math.round(frame.width * density),
    height: Math.round(frame.height * density),
  });
  const pen = canvas.getContext('2d');
  if (pen === null) return canvas;
  pen.scale(density, density);
  paintMatrix(pen, paletteOf(themed), layout, frame, {
    x: 0,
    y: 0,
    width: frame.width,
    height: frame.height,
  });
  canvas.style.width = `${String(frame.width)}px`;
  return canvas;
}
