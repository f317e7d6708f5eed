import type { Connectivity } from '../../../analysis/connectivity/connectivity.ts';
import type { Endpoint } from '../../../analysis/connectivity/endpoints.ts';
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
  for (const [at, from] of endpoints.entries()) {
    const lines: string[] = [];
    for (const [position, { traffic, egress, ingress }] of connectivity.row(at).entries()) {
      const to = endpoints[position];
      if (to === undefined || position === at || traffic === nothing || !isMeant(from, to)) continue;
      lines.push(
        line([
          from.id,
          to.id,
          trafficText(traffic),
          egress.basis,
          ingress.basis,
          addressesOf(from),
          addressesOf(to),
        ]),
      );
    }
    yield lines.join('');
  }
}

function addressesOf(endpoint: Endpoint): string {
  return endpoint.kind === 'external' ? endpoint.blocks.join(' ') : '';
}

function line(cells: readonly string[]): string {
  return `${cells.map(cellText).join(',')}\r\n`;
}

function cellText(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
