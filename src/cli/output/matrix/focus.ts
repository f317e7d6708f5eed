import pc from 'picocolors';
import type { Cell } from '../../../analysis/picture/cell.ts';
import type { Focus, Side } from '../../../analysis/picture/focus.ts';
import { trafficText } from '../../../net/traffic.ts';
import { markdownTable, markdownText } from '../markdown.ts';
import { xmlText } from '../xml.ts';
import { groupText, shortTraffic } from '../../../analysis/picture/labels.ts';
import type { TextFormat } from './text.ts';

/** Three columns: who comes in, the endpoint, where it goes. Where they do not fit, one below the other. */
export function focusText(focus: Focus, { width, colour }: TextFormat): string {
  const { bold } = pc.createColors(colour);
  const paint = painting(colour);
  const left = focus.incoming.map((side) => ({
    side,
    text: `${groupText(side.group)}  ${saidOf(side.cell, 24)} ─▶`,
  }));
  const right = focus.outgoing.map((side) => ({
    side,
    text: `─▶ ${saidOf(side.cell, 24)}  ${groupText(side.group)}`,
  }));
  const name = groupText(focus.center);
  const heading = ['comes in', 'goes out'] as const;
  const before = Math.max(heading[0].length, ...left.map(({ text }) => text.length));
  const after = Math.max(heading[1].length, ...right.map(({ text }) => text.length));
  if (before + name.length + after + 4 > width) return stackedText(focus, { width, colour });
  const lines = Array.from({ length: Math.max(1, left.length, right.length) }, (_, at) => {
    const [a, b] = [left[at], right[at]];
    const incoming = (a?.text ?? '').padStart(before);
    const middle = at === 0 ? bold(name) : ' '.repeat(name.length);
    return `${a === undefined ? incoming : paint(a.side.cell, incoming)}  ${middle}  ${b === undefined ? '' : paint(b.side.cell, b.text)}`;
  });
  const head = `${heading[0].padStart(before)}  ${' '.repeat(name.length)}  ${heading[1]}`;
  return `${[head, ...lines].map((line) => line.trimEnd()).join('\n')}\n`;
}

/** A line for each side, in two where its name has no room beside the ports. */
function stackedText({ center, incoming, outgoing }: Focus, { width, colour }: TextFormat): string {
  const { bold } = pc.createColors(colour);
  const paint = painting(colour);
  const linesOf = (sides: readonly Side[], arrow: string): readonly string[] =>
    sides.length === 0
      ? ['  nobody']
      : sides.flatMap(({ group, cell }) => {
          const [name, said] = [groupText(group), saidOf(cell, 24)];
          const line = `  ${arrow} ${name}  ${said}`;
          const lines = line.length <= width ? [line] : [`  ${arrow} ${name}`, `       ${said}`];
          return lines.map((text) => paint(cell, text));
        });
  const name = bold(groupText(center));
  return [
    `comes in to ${name}`,
    ...linesOf(incoming, '◀─'),
    `goes out of ${name}`,
    ...linesOf(outgoing, '─▶'),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function painting(colour: boolean): (cell: Cell, text: string) => string {
  const { blue, yellow, magenta } = pc.createColors(colour);
  return ({ state }, text) =>
    state === 'rule' ? blue(text) : state === 'open' ? yellow(text) : magenta(text);
}

/** What passes, or why nothing does. */
function saidOf({ state, traffic }: Cell, longest: number): string {
  if (state === 'open') return 'open';
  if (state === 'egress-only') return 'denied there';
  if (state === 'ingress-only') return 'denied at the source';
  return shortTraffic(traffic, longest);
}

/** The same as two Markdown tables. */
export function focusMarkdown({ center, incoming, outgoing }: Focus): string {
  const table = (who: string, sides: readonly Side[]): string =>
    markdownTable(
      [who, 'ports'],
      sides.map(({ group, cell }) => [markdownText(groupText(group)), markdownText(fullText(cell))]),
    );
  const name = markdownText(groupText(center));
  return `### Who reaches ${name}\n\n${table('from', incoming)}\n### Whom ${name} reaches\n\n${table('to', outgoing)}`;
}

function fullText(cell: Cell): string {
  return cell.state === 'rule' ? trafficText(cell.traffic) : saidOf(cell, 24);
}

const lineHeight = 30;

/** The same as a drawing. */
export function focusSvg({ center, incoming, outgoing }: Focus): string {
  const rows = Math.max(1, incoming.length, outgoing.length);
  const height = rows * lineHeight + 60;
  const middle = 30 + (rows * lineHeight) / 2;
  const name = groupText(center);
  const box = Math.max(140, name.length * 7.5 + 24);
  const names = [...incoming, ...outgoing].map(({ group }) => groupText(group).length * 7);
  const margin = Math.max(120, ...names) + 24;
  const gap = 220;
  const width = 2 * margin + 2 * gap + box;
  const [start, end] = [margin + gap, margin + gap + box];
  const y = (at: number, count: number): number => middle + (at - (count - 1) / 2) * lineHeight;
  const one = (side: Side, at: number, count: number, isIncoming: boolean): string => {
    const own = y(at, count);
    const [from, to] = isIncoming ? [margin, start] : [end, width - margin];
    const [fromY, toY] = isIncoming ? [own, middle] : [middle, own];
    const bend = (from + to) / 2;
    const label = isIncoming ? margin - 8 : width - margin + 8;
    const portsAt = isIncoming ? from + 8 : to - 14;
    return [
      `<path class="edge ${side.cell.state}" d="M${String(from)} ${String(fromY)}C${String(bend)} ${String(fromY)} ${String(bend)} ${String(toY)} ${String(to)} ${String(toY)}" marker-end="url(#arrow)"/>`,
      `<text x="${String(label)}" y="${String(own + 4)}" text-anchor="${isIncoming ? 'end' : 'start'}">${xmlText(groupText(side.group))}</text>`,
      `<text class="small" x="${String(portsAt)}" y="${String(own - 5)}" text-anchor="${isIncoming ? 'start' : 'end'}">${xmlText(saidOf(side.cell, 24))}</text>`,
    ].join('');
  };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="focus" width="${String(width)}" height="${String(height)}" viewBox="0 0 ${String(width)} ${String(height)}" role="img" aria-label="${xmlText(`who reaches ${name}, and whom it reaches`)}">`,
    `<style>${focusStyle}</style>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8Z" fill="#4b5563"/></marker></defs>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...incoming.map((side, at) => one(side, at, incoming.length, true)),
    ...outgoing.map((side, at) => one(side, at, outgoing.length, false)),
    `<rect class="center" x="${String(start)}" y="${String(middle - 22)}" width="${String(box)}" height="44" rx="6"/>`,
    `<text class="name" x="${String(start + box / 2)}" y="${String(middle + 5)}" text-anchor="middle">${xmlText(name)}</text>`,
    '</svg>\n',
  ].join('\n');
}

const focusStyle = `
  svg.focus { font: 13px ui-sans-serif, system-ui, sans-serif; }
  .focus text { fill: #1b1f24; }
  .focus .small { font-size: 11px; }
  .focus .edge { fill: none; stroke-width: 2; stroke: #1f4e9e; }
  .focus .edge.open { stroke: #b45f06; stroke-dasharray: 7 4; }
  .focus .edge.egress-only, .focus .edge.ingress-only { stroke: #9aa1ab; stroke-dasharray: 2 4; }
  .focus .center { fill: #eef3fb; stroke: #1f4e9e; stroke-width: 2; }
  .focus .name { font-weight: 600; }
`;
