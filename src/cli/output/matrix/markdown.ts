import type { Cell, CellState } from '../../../analysis/picture/cell.ts';
import type { Picture } from '../../../analysis/picture/picture.ts';
import { trafficText } from '../../../net/traffic.ts';
import { markdownTable, markdownText } from '../markdown.ts';
import { groupText, legendOf, shortTraffic } from '../../../analysis/picture/labels.ts';

/** More columns than that nobody reads; the pairs are listed then. */
const widest = 24;

const marks: Readonly<Record<CellState, string>> = {
  rule: '',
  open: '⚠ open',
  'egress-only': '◤',
  'ingress-only': '◢',
  denied: '·',
  itself: '',
};

/** The picture as a Markdown table; of many groups a table with a line for each pair that is not denied. */
export function matrixMarkdown(picture: Picture): string {
  const names = picture.groups.map((group) => markdownText(groupText(group)));
  const table = picture.groups.length <= widest ? squareOf(picture, names) : listOf(picture, names);
  const legend = legendOf(picture).map(
    ({ name, members }) => `- ${markdownText(name)}: ${markdownText(members)}\n`,
  );
  const key =
    'From a row to a column. `all`: a rule allows every port; a port without a protocol is one of TCP. `⚠ open`: no policy isolates either end. `◤`, `◢`: only the egress rules, only the ingress rules allow it, and it is denied. `·`: denied.\n';
  return [table, key, ...(legend.length === 0 ? [] : [legend.join('')])].join('\n');
}

function squareOf(picture: Picture, names: readonly string[]): string {
  const rows = names.map((name, from) => [
    `**${name}**`,
    ...names.map((_, to) => cellText(picture.cell(from, to))),
  ]);
  return markdownTable(['from \\ to', ...names], rows);
}

function cellText({ state, traffic }: Cell): string {
  return state === 'rule' ? shortTraffic(traffic, 24) : marks[state];
}

function listOf(picture: Picture, names: readonly string[]): string {
  const rows = names.flatMap((source, from) =>
    names.flatMap((destination, to) => {
      const { state, traffic } = picture.cell(from, to);
      if (state === 'denied' || state === 'itself') return [];
      return [[source, destination, state === 'rule' ? markdownText(trafficText(traffic)) : marks[state]]];
    }),
  );
  return markdownTable(['from', 'to', 'ports'], rows);
}
