import type { Item, Layout } from './layout.ts';
import { paintCell, type Palette, roomForShape } from './paint.ts';
import { printable } from '../model/read/quote.ts';

/** Where things stand in the drawing as a whole, in pixels. */
export interface Frame {
  readonly size: number;
  /** Room for the names of rows, and of columns. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Runs of rows of one namespace. */
  readonly spaces: readonly { readonly name: string; readonly first: number; readonly count: number }[];
}

/** What of the drawing can be seen, and what is marked in it. */
export interface Window {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly active?: { readonly from: number; readonly to: number };
  readonly hover?: { readonly from: number; readonly to: number };
}

const letter = 6.6;
const longestName = 34;
const slope = Math.PI / 3.4;

export function frameOf(items: readonly Item[], size: number): Frame {
  const spaces = spacesOf(items);
  const names = size >= roomForShape ? items.map(({ label }) => label) : spaces.map(({ name }) => name);
  const longest = names.reduce((most, name) => Math.max(most, Math.min(longestName, name.length)), 4);
  const left = Math.ceil(longest * letter) + 20;
  const top = Math.ceil(longest * letter * Math.sin(slope)) + 22;
  const lean = Math.ceil(longest * letter * Math.cos(slope));
  const side = items.length * size;
  return { size, left, top, width: left + side + lean + 8, height: top + side + 8, spaces };
}

function spacesOf(items: readonly Item[]): Frame['spaces'] {
  const spaces: { name: string; first: number; count: number }[] = [];
  for (const [at, { namespace }] of items.entries()) {
    const last = spaces.at(-1);
    if (last?.name === namespace) last.count += 1;
    else spaces.push({ name: namespace, first: at, count: 1 });
  }
  return spaces;
}

/** Draws what can be seen of the matrix. The names of rows and columns stay in view. */
export function paintMatrix(
  pen: CanvasRenderingContext2D,
  palette: Palette,
  layout: Layout,
  frame: Frame,
  window: Window,
): void {
  const { size, left, top } = frame;
  const count = layout.items.length;
  const seen = (scroll: number, room: number): readonly [number, number] => [
    Math.max(0, Math.floor(scroll / size)),
    Math.min(count, Math.ceil((scroll + room) / size)),
  ];
  const rows = seen(window.y, window.height - top);
  const columns = seen(window.x, window.width - left);
  const at = {
    x: (column: number) => left + column * size - window.x,
    y: (row: number) => top + row * size - window.y,
  };
  pen.fillStyle = palette.paper;
  pen.fillRect(0, 0, window.width, window.height);

  pen.save();
  pen.beginPath();
  pen.rect(left, top, window.width - left, window.height - top);
  pen.clip();
  const side = (first: number, origin: number): number => count * size + origin - first;
  paintHover(pen, palette, window, { at, size, left, top, count });
  if (size >= roomForShape) {
    pen.strokeStyle = palette.line;
    pen.lineWidth = 1;
    pen.globalAlpha = 0.55;
    pen.beginPath();
    for (let row = rows[0]; row <= rows[1]; row += 1)
      lineTo(pen, left, at.y(row), side(window.x, left), at.y(row));
    for (let column = columns[0]; column <= columns[1]; column += 1)
      lineTo(pen, at.x(column), top, at.x(column), side(window.y, top));
    pen.stroke();
    pen.globalAlpha = 1;
  }
  for (let from = rows[0]; from < rows[1]; from += 1) {
    for (let to = columns[0]; to < columns[1]; to += 1) {
      paintCell(pen, palette, layout.cell(from, to), at.x(to), at.y(from), size);
    }
  }
  pen.strokeStyle = palette.space;
  pen.lineWidth = 1;
  pen.beginPath();
  for (const { first } of frame.spaces.slice(1)) {
    lineTo(pen, left, at.y(first), side(window.x, left), at.y(first));
    lineTo(pen, at.x(first), top, at.x(first), side(window.y, top));
  }
  pen.stroke();
  if (window.active !== undefined && count > 0) {
    const { from, to } = window.active;
    pen.strokeStyle = palette.paper;
    pen.lineWidth = 5;
    const margin = size < roomForShape ? 2 : 0;
    pen.strokeRect(at.x(to) - margin, at.y(from) - margin, size + 2 * margin, size + 2 * margin);
    pen.strokeStyle = palette.focus;
    pen.lineWidth = 2.5;
    pen.strokeRect(at.x(to) - margin, at.y(from) - margin, size + 2 * margin, size + 2 * margin);
  }
  pen.restore();
  paintNames(pen, palette, layout.items, frame, window, rows, columns);
}

interface Places {
  readonly at: { readonly x: (column: number) => number; readonly y: (row: number) => number };
  readonly size: number;
  readonly left: number;
  readonly top: number;
  readonly count: number;
}

function paintHover(
  pen: CanvasRenderingContext2D,
  palette: Palette,
  window: Window,
  { at, size, left, top, count }: Places,
): void {
  if (window.hover === undefined) return;
  const { from, to } = window.hover;
  pen.fillStyle = palette.itself;
  if (from >= 0) pen.fillRect(left, at.y(from), count * size - window.x, size);
  if (to >= 0) pen.fillRect(at.x(to), top, size, count * size - window.y);
}

function paintNames(
  pen: CanvasRenderingContext2D,
  palette: Palette,
  items: readonly Item[],
  frame: Frame,
  window: Window,
  rows: readonly [number, number],
  columns: readonly [number, number],
): void {
  const { size, left, top } = frame;
  const isEach = size >= roomForShape;
  const named = isEach
    ? items.map(({ label, kind }, at) => ({
        text: label,
        middle: (at + 0.5) * size,
        at,
        isSpace: kind === 'namespace',
      }))
    : apart(frame);
  pen.direction = 'ltr';
  pen.textBaseline = 'middle';
  const [rowHeight, columnHeight] = isEach
    ? [Math.min(12, size - 1), Math.min(12, Math.floor(size * 0.8))]
    : [11, 11];
  const write = (
    height: number,
    text: string,
    isSpace: boolean,
    isMarked: boolean,
    draw: (text: string) => void,
  ): void => {
    pen.font = `${isSpace || isMarked ? '600 ' : ''}${String(height)}px ui-sans-serif, system-ui, sans-serif`;
    pen.fillStyle = isMarked ? palette.focus : isSpace && isEach ? palette.ink : palette.quiet;
    draw(cut(printable(text)));
  };
  const marks = [window.hover, window.active];
  pen.save();
  pen.beginPath();
  pen.rect(0, top - 1, left, window.height - top);
  pen.clip();
  pen.textAlign = 'right';
  for (const { text, middle, at, isSpace } of named) {
    if (isEach && (at < rows[0] || at >= rows[1])) continue;
    write(rowHeight, text, isSpace, isEach && marks.some((mark) => mark?.from === at), (short) => {
      pen.fillText(short, left - 8, top + middle - window.y, left - 12);
    });
  }
  pen.restore();
  pen.save();
  pen.beginPath();
  pen.rect(left - 2, 0, window.width - left, top);
  pen.clip();
  pen.textAlign = 'left';
  for (const { text, middle, at, isSpace } of named) {
    if (isEach && (at < columns[0] - 10 || at >= columns[1])) continue;
    write(columnHeight, text, isSpace, isEach && marks.some((mark) => mark?.to === at), (short) => {
      pen.save();
      pen.translate(left + middle - window.x + 1, top - 7);
      pen.rotate(-slope);
      pen.fillText(short, 0, 0);
      pen.restore();
    });
  }
  pen.restore();
}

/** Names of namespaces, as many as there is room for. */
function apart({
  spaces,
  size,
}: Frame): readonly { text: string; middle: number; at: number; isSpace: boolean }[] {
  let last = -Infinity;
  return spaces.flatMap(({ name, first, count }) => {
    const middle = (first + count / 2) * size;
    if (middle - last < 13) return [];
    last = middle;
    return [{ text: name === '' ? 'outside' : name, middle, at: first, isSpace: true }];
  });
}

function cut(text: string): string {
  return text.length <= longestName ? text : `${text.slice(0, longestName - 1)}…`;
}

function lineTo(pen: CanvasRenderingContext2D, ax: number, ay: number, bx: number, by: number): void {
  pen.moveTo(Math.round(ax) + 0.5, Math.round(ay) + 0.5);
  pen.lineTo(Math.round(bx) + 0.5, Math.round(by) + 0.5);
}
