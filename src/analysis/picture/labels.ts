import type { Endpoint, ExternalEndpoint } from '../connectivity/endpoints.ts';
import type { Group, Picture } from './picture.ts';
import { nothing, trafficText, type Traffic } from '../../net/traffic.ts';
import { printable } from '../../model/read/quote.ts';

// What the pictures call things: the same words in a terminal, a table and a drawing.

/** An endpoint as people know it; addresses by their blocks. */
export function endpointText(endpoint: Endpoint): string {
  return printable(endpoint.kind === 'external' ? externalText(endpoint) : endpoint.id);
}

function externalText({ id, blocks }: ExternalEndpoint): string {
  if (blocks.join() === '0.0.0.0/0,::/0') return 'every address';
  return blocks.length <= 2 ? blocks.join(', ') : `other addresses (${id})`;
}

/** A group by its first member. */
export function groupText({ endpoints: [first, ...others] }: Group): string {
  const more = others.length === 0 ? '' : ` +${String(others.length)}`;
  return `${endpointText(first)}${more}`;
}

/** What passes, in few characters: a port, or how many there are. */
export function shortTraffic(traffic: Traffic, longest: number): string {
  if (traffic === nothing) return '';
  const text = trafficText(traffic);
  const short = text === 'all' ? 'all' : text.replaceAll('/tcp', '');
  if (short.length <= longest) return short;
  const count = traffic.ports.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const said = count > 999 ? 'many' : `${String(count)} ports`;
  return said.length <= longest ? said : '…';
}

/** The members of groups of several, and the blocks of addresses that do not fit into a label. */
export function legendOf({
  groups,
}: Picture): readonly { readonly name: string; readonly members: string }[] {
  return groups.flatMap((group) => {
    const [first, ...others] = group.endpoints;
    if (others.length > 0) {
      const names = group.endpoints.map(endpointText);
      return [{ name: groupText(group), members: listText(names, 12) }];
    }
    if (first.kind === 'external' && first.blocks.length > 2) {
      return [{ name: groupText(group), members: listText(first.blocks, 12) }];
    }
    return [];
  });
}

function listText(names: readonly string[], most: number): string {
  const rest = names.length - most;
  return rest <= 0 ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${String(rest)} more`;
}
