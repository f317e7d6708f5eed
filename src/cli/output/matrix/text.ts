import pc from 'picocolors';
import type { Cell, CellState } from '../../../analysis/picture/cell.ts';
import type { Picture } from '../../../analysis/picture/picture.ts';
import { everything, trafficText } from '../../../net/traffic.ts';
import { groupText, legendOf, shortTraffic } from '../../../analysis/picture/labels.ts';

/** What a cell looks like: its state, and of rules whether they let everything through, and whether there is room for less. */
type Look = Exclude<CellState, 'rule'> | 'everything' | 'ports' | 'some';

/** Two characters wide; a cell with ports has room for more. */
const marks: Readonly<Record<Exclude<Look, 'ports'>, string>> = {
  everything: '██',
  some: '▄▄',
  open: '▒▒',
  'egress-only': '◤ ',
  'ingress-only': ' ◢',
  denied: ' ·',
  itself: '  ',
};

const meanings: readonly (readonly [Look, string, string])[] = [
  ['ports', '80', 'allowed by a rule, on these ports alone; TCP where no protocol stands'],
  ['some', marks.some, 'allowed by a rule, on some ports: -o csv and a wider terminal say which'],
  ['everything', marks.everything, 'allowed by a rule, on every port'],
  ['open', marks.open, 'open: no policy isolates either end'],
  ['denied', marks.denied, 'denied'],
  ['egress-only', marks['egress-only'], 'the egress rules allow it, the other side denies it'],
  ['ingress-only', marks['ingress-only'], 'the ingress rules allow it, the other side denies it'],
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
  const full = groups.map(groupText);
  const names = full.map((name) => cut(name, longest));
  const digits = String(groups.length).length;
  const head = Math.max(...names.map((name) => name.length), 0) + digits + 1;
  const cells = groups.map((_, from) => groups.map((__, to) => picture.cell(from, to)));
  const room = width - head;
  const wide = cellWidth(cells, 9);
  const fitting = Math.floor(room / Math.max(1, groups.length));
  const cellSize = Math.max(3, digits + 1, Math.min(wide, fitting));
  const perBlock = Math.max(1, Math.floor(room / cellSize));
  const blocks: string[] = [];
  for (let start = 0; start < groups.length; start += perBlock) {
    const columns = [...groups.keys()].slice(start, start + perBlock);
    const heading = columns.map((at) => String(at + 1).padStart(cellSize)).join('');
    const rows = groups.map((_, from) => {
      const own = columns.map((to) => {
        const cell = cells[from]?.[to];
        if (cell === undefined) return '';
        return paint(cell.state, cellText(cell, cellSize - 1).padStart(cellSize));
      });
      return `${String(from + 1).padStart(digits)} ${(names[from] ?? '').padEnd(head - digits - 1)}${own.join('')}`;
    });
    blocks.push([`${' '.repeat(head)}${heading}`, ...rows].map((line) => `${line.trimEnd()}\n`).join(''));
  }
  const shown = new Set(cells.flat().map((cell) => lookOf(cell, cellSize - 1)));
  const keys = meanings
    .filter(([look]) => shown.has(look))
    .map(([look, mark, meaning]) => `  ${paint(stateOf(look), mark)} ${meaning}\n`);
  const notes = [portNotes(cells.flat(), cellSize - 1), nameNotes(picture, full, names)];
  return [
    ...blocks,
    ['  from a row to a column\n', ...keys].join(''),
    ...notes.flatMap((lines) => (lines.length === 0 ? [] : [lines.join('')])),
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

function cellText(cell: Cell, room: number): string {
  const look = lookOf(cell, room);
  return look === 'ports' ? shortTraffic(cell.traffic, room) : marks[look];
}

function lookOf({ state, traffic }: Cell, room: number): Look {
  if (state !== 'rule') return state;
  if (traffic === everything) return 'everything';
  return shortTraffic(traffic, room) === '…' ? 'some' : 'ports';
}

function stateOf(look: Look): CellState {
  return look === 'everything' || look === 'ports' || look === 'some' ? 'rule' : look;
}

/** More ports than that behind a short form, or more sets of them, are for the other formats to say. */
const mostListed = 8;

/** What stands behind the short forms of ports. */
function portNotes(cells: readonly Cell[], room: number): readonly string[] {
  const sets = new Map<string, Set<string>>();
  for (const cell of cells) {
    if (lookOf(cell, room) !== 'ports') continue;
    const short = shortTraffic(cell.traffic, room);
    if (short === shortTraffic(cell.traffic, Infinity)) continue;
    sets.set(short, (sets.get(short) ?? new Set()).add(listText(trafficText(cell.traffic).split(','), ',')));
  }
  return [...sets].map(([short, texts]) => `  ${short}: ${listText([...texts], ' or ')}\n`);
}

function listText(texts: readonly string[], between: string): string {
  const rest = texts.length - mostListed;
  const shown = texts.slice(0, mostListed).join(between);
  return rest <= 0 ? shown : `${shown}${between}${String(rest)} more`;
}

/** What the names of rows leave out, by their numbers. */
function nameNotes(picture: Picture, full: readonly string[], names: readonly string[]): readonly string[] {
  const members = new Map(legendOf(picture).map((entry) => [entry.at, entry.members]));
  return full.flatMap((name, at) => {
    const own = members.get(at);
    if (own === undefined && name === names[at]) return [];
    return [`  ${String(at + 1)} ${name}${own === undefined ? '' : `: ${own}`}\n`];
  });
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1).toWellFormed()}…`;
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
