import type { Cell, CellState } from '../../../analysis/picture/cell.ts';
import type { Group, Picture } from '../../../analysis/picture/picture.ts';
import { everything, type Traffic, trafficOf, trafficText } from '../../../net/traffic.ts';
import { xmlText } from '../xml.ts';
import { groupText, legendOf, shortTraffic } from '../../../analysis/picture/labels.ts';

/** Colours that people who see red and green alike tell apart; every state has a shape of its own besides. */
export const svgStyle = `
  svg.matrix { font: 12px ui-sans-serif, system-ui, sans-serif; background: #fff; }
  .matrix text { fill: #1b1f24; }
  .matrix .small { font-size: 10px; }
  .matrix .rule { fill: #1f4e9e; }
  .matrix .every { fill: none; stroke: #fff; stroke-width: 1.5; }
  .matrix text.ports { fill: #fff; font-size: 10px; text-anchor: middle; }
  .matrix .open { fill: url(#open); stroke: #b45f06; stroke-width: 0.5; }
  .matrix .lone { fill: #6b7280; }
  .matrix .denied { fill: #c5cad1; }
  .matrix .grid { stroke: #e4e7eb; stroke-width: 1; fill: none; }
  .matrix .space { stroke: #6b7280; stroke-width: 1; }
  .matrix .itself { fill: #f1f3f5; }
`;

const openPattern =
  '<defs><pattern id="open" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">' +
  '<rect width="6" height="6" fill="#fbe3b3"/><rect width="2.5" height="6" fill="#e09b20"/></pattern></defs>';

const size = 28;
const character = 6.8;

/** The picture as a drawing without scripts or references: a cell's title says what passes. */
export function matrixSvg(picture: Picture): string {
  const { groups } = picture;
  const names = groups.map(groupText);
  const cells = groups.map((_, from) => groups.map((__, to) => picture.cell(from, to)));
  // One by one: as arguments of one call, the cells of some hundred rows overflow the stack.
  const ports = cells.flat().reduce((most, cell) => Math.max(most, portsOf(cell).length), 0);
  const cellSize = Math.min(64, Math.max(size, Math.ceil(ports * 5.8) + 6));
  const longest = Math.max(4, ...names.map((name) => name.length)) * character;
  const left = Math.ceil(longest) + 12;
  const top = Math.ceil(longest * 0.72) + 24;
  const side = groups.length * cellSize;
  const legend = legendLines(picture);
  const width = Math.max(left + side + Math.ceil(longest * 0.72) + 16, 520);
  const height = top + groups.length * size + 24 + (legend.length + states.length) * 20 + 12;
  const grid = groups.length * size;
  const drawn = cells.flatMap((row, from) =>
    row.map((cell, to) =>
      cellSvg(
        cell,
        left + to * cellSize,
        top + from * size,
        cellSize,
        titleOf(cell, names[from] ?? '', names[to] ?? ''),
      ),
    ),
  );
  const rows = names.map(
    (name, at) =>
      `<text x="${String(left - 8)}" y="${String(top + at * size + 18)}" text-anchor="end">${xmlText(name)}</text>`,
  );
  const columns = names.map((name, at) => {
    const [x, y] = [left + at * cellSize + cellSize / 2 + 2, top - 8];
    return `<text x="${String(x)}" y="${String(y)}" transform="rotate(-45 ${String(x)} ${String(y)})">${xmlText(name)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="matrix" width="${String(width)}" height="${String(height)}" viewBox="0 0 ${String(width)} ${String(height)}" role="img" aria-label="who reaches whom">`,
    `<style>${svgStyle}</style>${openPattern}`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    ...rows,
    ...columns,
    ...drawn,
    ...spaceLines(groups, { left, top, side, cellSize, grid }),
    ...keySvg(16, top + grid + 24, legend),
    '</svg>\n',
  ].join('\n');
}

const onePort = trafficOf([{ protocol: 'TCP', first: 80, last: 80 }]);

const states: readonly (readonly [CellState, string, Traffic?])[] = [
  ['rule', 'allowed by a rule, on these ports alone; TCP where no protocol stands', onePort],
  ['rule', 'allowed by a rule, on every port'],
  ['open', 'open: no policy isolates either end'],
  ['egress-only', 'the egress rules allow it, the other side denies it'],
  ['ingress-only', 'the ingress rules allow it, the other side denies it'],
  ['denied', 'denied'],
];

function portsOf({ state, traffic }: Cell): string {
  return state === 'rule' ? shortTraffic(traffic, 9) : '';
}

function cellSvg(cell: Cell, x: number, y: number, width: number, title: string): string {
  return `<g transform="translate(${String(x)} ${String(y)})"><title>${xmlText(title)}</title><rect class="grid" width="${String(width)}" height="${String(size)}"/>${shapeOf(cell, width)}</g>`;
}

function shapeOf(cell: Cell, width: number): string {
  const [w, h] = [String(width - 4), String(size - 4)];
  switch (cell.state) {
    case 'rule':
      return `<rect class="rule" x="2" y="2" width="${w}" height="${h}"/>${cell.traffic === everything ? frameSvg(width) : ''}<text class="ports" x="${String(width / 2)}" y="18">${xmlText(portsOf(cell))}</text>`;
    case 'open':
      return `<rect class="open" x="2" y="2" width="${w}" height="${h}"/>`;
    case 'egress-only':
      return `<path class="lone" d="M2 2H${String(width - 2)}L2 ${String(size - 2)}Z"/>`;
    case 'ingress-only':
      return `<path class="lone" d="M${String(width - 2)} ${String(size - 2)}V2L2 ${String(size - 2)}Z"/>`;
    case 'denied':
      return `<circle class="denied" cx="${String(width / 2)}" cy="${String(size / 2)}" r="2.5"/>`;
    case 'itself':
      return `<rect class="itself" x="2" y="2" width="${w}" height="${h}"/>`;
  }
}

/** Every port looks like more than some, where nobody can read the ports. */
function frameSvg(width: number): string {
  return `<rect class="every" x="4.5" y="4.5" width="${String(width - 9)}" height="${String(size - 9)}"/>`;
}

function titleOf({ state, traffic }: Cell, from: string, to: string): string {
  const said =
    state === 'rule'
      ? traffic === everything
        ? 'every port'
        : trafficText(traffic)
      : (states.find(([one]) => one === state)?.[1] ?? 'one pod');
  return `${from} -> ${to}: ${said}`;
}

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly side: number;
  readonly cellSize: number;
  readonly grid: number;
}

/** Lines where one namespace ends and the next begins. */
function spaceLines(groups: readonly Group[], { left, top, side, cellSize, grid }: Frame): readonly string[] {
  return groups.flatMap((group, at) => {
    const before = groups[at - 1];
    if (before === undefined || spaceOf(before) === spaceOf(group)) return [];
    const [x, y] = [left + at * cellSize, top + at * size];
    return [
      `<path class="space" d="M${String(x)} ${String(top - 4)}V${String(top + grid)}M${String(left - 4)} ${String(y)}H${String(left + side)}"/>`,
    ];
  });
}

function spaceOf({ endpoints: [endpoint] }: Group): string {
  return endpoint.kind === 'external' ? '' : endpoint.namespace;
}

function keySvg(x: number, y: number, legend: readonly string[]): readonly string[] {
  const keys = states.map(([state, meaning, traffic = everything], at) => {
    const cell: Cell = { state, traffic };
    return `<g transform="translate(${String(x)} ${String(y + at * 20)}) scale(0.6)">${shapeOf(cell, size)}</g><text class="small" x="${String(x + 26)}" y="${String(y + at * 20 + 12)}">${meaning}</text>`;
  });
  const lines = legend.map(
    (text, at) =>
      `<text class="small" x="${String(x)}" y="${String(y + (states.length + at) * 20 + 12)}">${xmlText(text)}</text>`,
  );
  return [...keys, ...lines];
}

function legendLines(picture: Picture): readonly string[] {
  return legendOf(picture).map(({ name, members }) => `${name}: ${members}`);
}
