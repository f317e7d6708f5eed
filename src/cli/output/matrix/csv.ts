import type { Connectivity } from '../../../analysis/connectivity/connectivity.ts';
import type { Endpoint } from '../../../analysis/connectivity/endpoints.ts';
import type { Passage } from '../../../analysis/reach/passage.ts';
import { printable } from '../../../model/read/quote.ts';
import { nothing, trafficText } from '../../../net/traffic.ts';

/**
 * A line for each connection, by RFC 4180. A cell that a spreadsheet would take for a formula begins with an apostrophe.
 * @param isMeant pairs that are listed
 */
export function* connectivityCsv(
  connectivity: Connectivity,
  isMeant: (from: Endpoint, to: Endpoint) => boolean,
): Generator<string> {
  const { endpoints } = connectivity;
  yield line(['from', 'to', 'ports', 'egress', 'ingress', 'from addresses', 'to addresses']);
  const ids = endpoints.map(({ id }) => cellText(id));
  const addresses = endpoints.map((endpoint) => cellText(addressesOf(endpoint)));
  const texts = new Map<Passage, string>();
  for (const [at, from] of endpoints.entries()) {
    const lines: string[] = [];
    for (const [position, passage] of connectivity.row(at).entries()) {
      const to = endpoints[position];
      if (to === undefined || position === at || passage.traffic === nothing || !isMeant(from, to)) continue;
      const middle = texts.get(passage) ?? passageText(passage);
      texts.set(passage, middle);
      lines.push([ids[at], ids[position], middle, addresses[at], addresses[position]].join());
    }
    yield lines.map((text) => `${text}\r\n`).join('');
  }
}

/** Its cells: what passes, and who says so on either side. */
function passageText({ traffic, egress, ingress }: Passage): string {
  return [trafficText(traffic), egress.basis, ingress.basis].map(cellText).join();
}

function addressesOf(endpoint: Endpoint): string {
  return endpoint.kind === 'external' ? endpoint.blocks.join(' ') : '';
}

function line(cells: readonly string[]): string {
  return `${cells.map(cellText).join(',')}\r\n`;
}

function cellText(text: string): string {
  const safe = printable(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
