import { shortTraffic } from '../analysis/picture/labels.ts';
import { everything } from '../net/traffic.ts';
import type { Shown } from './layout.ts';

/** The colours of the page's theme, from its style. */
export interface Palette {
  readonly ink: string;
  readonly quiet: string;
  readonly line: string;
  readonly space: string;
  readonly paper: string;
  readonly rule: string;
  readonly onRule: string;
  readonly open: string;
  readonly openInk: string;
  readonly lone: string;
  readonly itself: string;
  readonly opened: string;
  readonly closed: string;
  readonly focus: string;
}

/** What the style says now: it changes with the theme, in forced colours and on paper. */
export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: colour('ink'),
    quiet: colour('quiet'),
    line: colour('line'),
    space: colour('space'),
    paper: colour('paper'),
    rule: colour('rule'),
    onRule: colour('on-rule'),
    open: colour('open'),
    openInk: colour('open-ink'),
    lone: colour('lone'),
    itself: colour('itself'),
    opened: colour('opened'),
    closed: colour('closed'),
    focus: colour('focus'),
  };
}

/** Below that many pixels a cell has room for its colour alone. */
export const roomForShape = 9;

type Pen = CanvasRenderingContext2D;

/** Draws one cell. Each state has a shape of its own, so that nobody needs the colours. */
export function paintCell(
  pen: Pen,
  palette: Palette,
  shown: Shown,
  x: number,
  y: number,
  size: number,
): void {
  const { cell, opened, closed, mix } = shown;
  const isChanged = opened || closed;
  pen.globalAlpha = shown.dimmed ? 0.16 : 1;
  const gap = size >= roomForShape ? Math.max(1, Math.round(size / 14)) : 0;
  const box = { x: x + gap, y: y + gap, size: size - 2 * gap - (gap === 0 && size > 3 ? 1 : 0) };
  if (mix !== undefined) paintMix(pen, palette, mix, box);
  else if (!(closed && cell.state === 'denied')) paintState(pen, palette, shown, box);
  if (isChanged) paintChange(pen, palette, shown, { x: x + 0.5, y: y + 0.5, size: size - 1 });
  pen.globalAlpha = 1;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

function paintState(pen: Pen, palette: Palette, { cell, opened, closed }: Shown, box: Box): void {
  const { x, y, size } = box;
  const isTold = !(opened || closed);
  switch (cell.state) {
    case 'rule':
      pen.fillStyle = palette.rule;
      pen.fillRect(x, y, size, size);
      if (isTold && cell.traffic === everything) paintFrame(pen, palette, box);
      if (isTold) paintPorts(pen, palette, shortTraffic(cell.traffic, 7), box);
      return;
    case 'open':
      paintHatched(pen, palette, box);
      return;
    case 'egress-only':
      paintTriangle(pen, palette, [x, y, x + size, y, x, y + size]);
      return;
    case 'ingress-only':
      paintTriangle(pen, palette, [x + size, y + size, x + size, y, x, y + size]);
      return;
    case 'denied':
      if (size < roomForShape || !isTold) return;
      pen.fillStyle = palette.line;
      pen.beginPath();
      pen.arc(x + size / 2, y + size / 2, Math.max(1, size / 14), 0, 2 * Math.PI);
      pen.fill();
      return;
    case 'itself':
      pen.fillStyle = palette.itself;
      pen.fillRect(x, y, size, size);
  }
}

/** Every port looks like more than some, where nobody can read the ports. */
function paintFrame(pen: Pen, palette: Palette, { x, y, size }: Box): void {
  if (size < 5) return;
  const [inset, width] = [size / 6, Math.max(1, size / 16)];
  pen.strokeStyle = palette.onRule;
  pen.lineWidth = width;
  pen.strokeRect(x + inset, y + inset, size - 2 * inset, size - 2 * inset);
}

function paintPorts(pen: Pen, palette: Palette, text: string, { x, y, size }: Box): void {
  if (size < 22) return;
  const height = Math.min(11, Math.floor((size * 1.5) / Math.max(3, text.length)));
  if (height < 7) return;
  pen.fillStyle = palette.onRule;
  pen.font = `600 ${String(height)}px ui-sans-serif, system-ui, sans-serif`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.fillText(text, x + size / 2, y + size / 2 + 0.5, size - 2);
}

function paintHatched(pen: Pen, palette: Palette, { x, y, size }: Box): void {
  pen.fillStyle = palette.open;
  pen.fillRect(x, y, size, size);
  if (size < 4) return;
  pen.save();
  pen.beginPath();
  pen.rect(x, y, size, size);
  pen.clip();
  pen.strokeStyle = palette.openInk;
  pen.lineWidth = Math.max(1, size / 12);
  const step = Math.max(3, size / 3.5);
  pen.beginPath();
  for (let at = -size + step / 2; at < size; at += step) {
    pen.moveTo(x + at, y + size);
    pen.lineTo(x + at + size, y);
  }
  pen.stroke();
  pen.restore();
}

function paintTriangle(
  pen: Pen,
  palette: Palette,
  [ax, ay, bx, by, cx, cy]: [number, number, number, number, number, number],
): void {
  pen.fillStyle = palette.lone;
  pen.beginPath();
  pen.moveTo(ax, ay);
  pen.lineTo(bx, by);
  pen.lineTo(cx, cy);
  pen.closePath();
  pen.fill();
}

/** How many of the pairs pass: allowed by a rule from below, open on top of that. */
function paintMix(
  pen: Pen,
  palette: Palette,
  { rule, open, pairs }: NonNullable<Shown['mix']>,
  box: Box,
): void {
  const { x, y, size } = box;
  pen.fillStyle = palette.itself;
  pen.fillRect(x, y, size, size);
  if (pairs === 0) return;
  const height = (count: number): number =>
    count === 0 ? 0 : Math.max(2, Math.round((size * count) / pairs));
  const [low, high] = [Math.min(size, height(rule)), height(open)];
  pen.fillStyle = palette.rule;
  pen.fillRect(x, y + size - low, size, low);
  const top = Math.min(high, size - low);
  if (top <= 0) return;
  pen.save();
  pen.beginPath();
  pen.rect(x, y + size - low - top, size, top);
  pen.clip();
  paintHatched(pen, palette, box);
  pen.restore();
}

/** A whole frame with a plus for what was opened, a broken one with a minus for what was closed. */
function paintChange(pen: Pen, palette: Palette, { opened, closed }: Shown, { x, y, size }: Box): void {
  const colour = closed ? palette.closed : palette.opened;
  if (size < roomForShape) {
    pen.fillStyle = colour;
    pen.fillRect(x - 0.5, y - 0.5, size + 1, opened ? size + 1 : Math.max(1, size / 2));
    return;
  }
  const width = Math.max(1.5, size / 11);
  const inner = { x: x + width / 2, y: y + width / 2, size: size - width };
  pen.fillStyle = palette.paper;
  pen.fillRect(inner.x + width, inner.y + width, inner.size - 2 * width, inner.size - 2 * width);
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash(opened ? [] : [size / 5, size / 8]);
  pen.strokeRect(inner.x, inner.y, inner.size, inner.size);
  pen.setLineDash([]);
  const [cx, cy, arm] = [x + size / 2, y + size / 2, size / 4.5];
  const half = opened && closed ? arm * 1.1 : 0;
  pen.strokeStyle = colour;
  pen.lineWidth = width * 1.15;
  pen.beginPath();
  if (opened) {
    pen.moveTo(cx - arm, cy - half);
    pen.lineTo(cx + arm, cy - half);
    pen.moveTo(cx, cy - half - arm);
    pen.lineTo(cx, cy - half + arm);
  }
  if (closed) {
    pen.moveTo(cx - arm, cy + half);
    pen.lineTo(cx + arm, cy + half);
  }
  pen.stroke();
}
