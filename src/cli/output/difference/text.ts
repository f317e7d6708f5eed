import pc from 'picocolors';
import type { Difference } from '../../../analysis/difference/difference.ts';
import { type ChangeGroup, groupsOf } from '../../../analysis/difference/report.ts';
import type { Piece } from '../../../analysis/difference/pieces.ts';
import { printable } from '../../../model/read/quote.ts';
import { trafficText } from '../../../net/traffic.ts';
import { endpointText } from '../../../analysis/picture/labels.ts';

/** What was opened and closed, for people; connections that changed for the same reasons together. */
export function differenceText(difference: Difference, colour: boolean): string {
  const { green, red, bold } = pc.createColors(colour);
  const { opened, closed, added, removed } = difference;
  const parts = [
    ...groupsOf(difference, opened, 'opened').map((group) => groupLines('+', group, green)),
    ...groupsOf(difference, closed, 'closed').map((group) => groupLines('-', group, red)),
  ].flat();
  return [
    ...parts,
    ...endLines('new', added),
    ...endLines('gone', removed),
    bold(countsText(difference)),
    '',
  ].join('\n');
}

/** `2 connections opened, 1 closed`; says it too where there are none. */
export function countsText({ opened, closed }: Difference): string {
  if (opened.length === 0 && closed.length === 0) return 'no connection opened or closed';
  const noun = opened.length === 1 ? 'connection' : 'connections';
  return `${String(opened.length)} ${noun} opened, ${String(closed.length)} closed`;
}

function groupLines(
  sign: '+' | '-',
  { sources, destinations, traffic, because }: ChangeGroup,
  paint: (text: string) => string,
): readonly string[] {
  const text = trafficText(traffic);
  const what = text === 'all' ? 'every port and protocol' : text;
  return [
    paint(`${sign} ${endsText(sources)} -> ${endsText(destinations)}: ${what}`),
    ...because.map((line) => `    ${printable(line)}`),
  ];
}

/** A few by name, of many how many. */
export function endsText(pieces: readonly Piece[]): string {
  const names = pieces.map(pieceText);
  return names.length <= 4
    ? names.join(', ')
    : `${names.slice(0, 3).join(', ')} and ${String(names.length - 3)} more`;
}

export function pieceText({ id, endpoint }: Piece): string {
  return endpoint.kind === 'external' ? endpointText(endpoint) : printable(id);
}

function endLines(word: string, pieces: readonly Piece[]): readonly string[] {
  return pieces.length === 0 ? [] : [`${word}: ${endsText(pieces)}`];
}
