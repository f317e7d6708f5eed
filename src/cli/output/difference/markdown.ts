import type { Difference } from '../../../analysis/difference/difference.ts';
import { type ChangeGroup, groupsOf } from '../../../analysis/difference/report.ts';
import { trafficText } from '../../../net/traffic.ts';
import { bytesOf, commentBytes, fitting, markdownTable, markdownText } from '../markdown.ts';
import { countsText, endsText } from './text.ts';

/** A comment for a pull request. What does not fit is left out, and the comment says how much. */
export function differenceMarkdown(difference: Difference): string {
  const { opened, closed, added, removed } = difference;
  const head = `### Network policies: ${countsText(difference)}\n`;
  const ends = [
    ...(added.length === 0 ? [] : [`\nNew: ${markdownText(endsText(added))}\n`]),
    ...(removed.length === 0 ? [] : [`\nGone: ${markdownText(endsText(removed))}\n`]),
  ].join('');
  const rows = [
    ...groupsOf(difference, opened, 'opened').map((group) => rowOf('➕ opened', group)),
    ...groupsOf(difference, closed, 'closed').map((group) => rowOf('➖ closed', group)),
  ];
  if (rows.length === 0) return `${head}${ends}`;
  const columns = ['', 'from', 'to', 'ports', 'because'];
  const room = commentBytes - bytesOf(head) - bytesOf(ends) - bytesOf(markdownTable(columns, []));
  const { kept, left } = fitting(rows, room, (row) => `| ${row.join(' | ')} |\n`);
  const cut =
    left === 0
      ? ''
      : `\n**${String(left)} of ${String(rows.length)} rows do not fit into a comment and are left out**; \`ringfence diff\` in a terminal or with \`-o json\` shows them all.\n`;
  return `${head}\n${markdownTable(columns, kept)}${cut}${ends}`;
}

function rowOf(sign: string, { sources, destinations, traffic, because }: ChangeGroup): string[] {
  const ports = trafficText(traffic);
  return [
    sign,
    markdownText(endsText(sources)),
    markdownText(endsText(destinations)),
    markdownText(ports === 'all' ? 'every port and protocol' : shortened(ports, 300)),
    because.map((line) => markdownText(shortened(line, 600))).join('<br>'),
  ];
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}
