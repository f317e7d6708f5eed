import pc from 'picocolors';
import type { Cell, CellState } from '../../../analysis/picture/cell.ts';
import type { Picture } from '../../../analysis/picture/picture.ts';
import { groupText, legendOf, shortTraffic } from '../../../analysis/picture/labels.ts';

/** Two characters wide; a cell with ports has room for more. */
const marks: Readonly<Record<CellState, string>> = {
  rule: '██',
  open: '▒▒',
  'egress-only': '◤ ',
  'ingress-only': ' ◢',
  denied: ' ·',
  itself: '  ',
};

const meanings: readonly (readonly [CellState, string])[] = [
  ['rule', 'allowed by a rule'],
  ['open', 'open: no policy isolates either end'],
  ['denied', 'denied'],
  ['egress-only', 'the egress rules allow it, the other side denies it'],
  ['ingress-only', 'the ingress rules allow it, the other side denies it'],
];

export interface TextFormat {
  /** Columns of the terminal. */
  readonly width: number;
  readonly colour: boolean;
}

/** The picture for a terminal: sources down, destinations across, in blocks that are no wider than the terminal. */
export function matrixText(picture: Picture, { width, colour }: TextFormat): string {
  const { groups } = picture;
  const paint = painting(colour);
  const longest = Math.max(12, Math.min(40, Math.floor(width / 3)));
  const names = groups.map((group) => cut(groupText(group), longest));
  const digits = String(groups.length).length;
  const head = Math.max(...names.map((name) => name.length), 0) + digits + 1;
  const cells = groups.map((_, from) => groups.map((__, to) => picture.cell(from, to)));
  const room = width - head;
  const wide = cellWidth(cells, 9);
  const fitting = Math.floor(room / Math.max(1, groups.length));
  const cellSize = Math.max(3, digits + 1, Math.min(wide, fitting));
  const perBlock = Math.max(1, Math.floor(room / cellSize));
  const shown = new Set<CellState>();
  const blocks: string[] = [];
  for (let start = 0; start < groups.length; start += perBlock) {
    const columns = [...groups.keys()].slice(start, start + perBlock);
    const heading = columns.map((at) => String(at + 1).padStart(cellSize)).join('');
    const rows = groups.map((_, from) => {
      const own = columns.map((to) => {
        const cell = cells[from]?.[to];
        if (cell === undefined) return '';
        shown.add(cell.state);
        return paint(cell.state, cellText(cell, cellSize - 1).padStart(cellSize));
      });
      return `${String(from + 1).padStart(digits)} ${(names[from] ?? '').padEnd(head - digits - 1)}${own.join('')}`;
    });
    blocks.push([`${' '.repeat(head)}${heading}`, ...rows].map((line) => `${line.trimEnd()}\n`).join(''));
  }
  const keys = meanings
    .filter(([state]) => shown.has(state))
    .map(([state, meaning]) => `  ${paint(state, marks[state])} ${meaning}\n`);
  const legend = legendOf(picture).map(({ name, members }) => `  ${name}: ${members}\n`);
  return [
    ...blocks,
    ['  from a row to a column\n', ...keys].join(''),
    ...(legend.length === 0 ? [] : [legend.join('')]),
  ].join('\n');
}

/** The width at which every cell could say its ports. */
function cellWidth(cells: readonly (readonly Cell[])[], most: number): number {
  const widest = cells
    .flat()
    .reduce(
      (width, cell) => Math.max(width, cell.state === 'rule' ? shortTraffic(cell.traffic, most).length : 2),
      2,
    );
  return widest + 1;
}

function cellText({ state, traffic }: Cell, room: number): string {
  if (state !== 'rule') return marks[state];
  const ports = shortTraffic(traffic, room);
  return ports === 'all' || ports === '…' || room < 3 ? marks.rule : ports;
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

function painting(colour: boolean): (state: CellState, text: string) => string {
  const { blue, yellow, dim, magenta } = pc.createColors(colour);
  const paints: Readonly<Record<CellState, (text: string) => string>> = {
    rule: blue,
    open: yellow,
    'egress-only': magenta,
    'ingress-only': magenta,
    denied: dim,
    itself: (text) => text,
  };
  return (state, text) => paints[state](text);
}
