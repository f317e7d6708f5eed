import type { Endpoint, ExternalEndpoint } from '../connectivity/endpoints.ts';
import type { Group, Picture } from './picture.ts';
import { everything, nothing, trafficText, type Traffic } from '../../net/traffic.ts';
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

/**
 * What passes, in few characters: the ports, how many there are, or the first of them and an ellipsis. `all` is everything
 * and nothing less; an ellipsis alone is some of it that has no room to be said.
 */
export function shortTraffic(traffic: Traffic, longest: number): string {
  if (traffic === nothing) return '';
  if (traffic === everything) return 'all';
  const said = [portsText(traffic), ...abbreviations(traffic)];
  return said.find((text) => text.length <= longest) ?? '…';
}

/** A port without a protocol is one of TCP. */
function portsText(traffic: Traffic): string {
  return trafficText(traffic).replaceAll(/(\d)\/tcp/g, '$1');
}

/** The best first. */
function abbreviations({ ports, others }: Traffic): readonly string[] {
  const [one] = ports;
  if (one === undefined) return [];
  const begun = `${String(one.first)}…`;
  // DNS, above all: the number says more than that it stands for two ports.
  if (ports.every(({ first, last }) => first === one.first && last === one.first)) return [begun];
  const count = ports.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  // The first of so many would look like a few.
  if (count > 999) return ['many'];
  return others ? [begun] : [`${String(count)} ports`, begun];
}

/** What a label leaves out. */
export interface LegendEntry {
  /** The position of the group. */
  readonly at: number;
  readonly name: string;
  readonly members: string;
}

/** The members of groups of several, and the blocks of addresses that do not fit into a label. */
export function legendOf({ groups }: Picture): readonly LegendEntry[] {
  return groups.flatMap((group, at) => {
    const [first, ...others] = group.endpoints;
    if (others.length > 0) {
      const names = group.endpoints.map(endpointText);
      return [{ at, name: groupText(group), members: listText(names, 12) }];
    }
    if (first.kind === 'external' && first.blocks.length > 2) {
      return [{ at, name: groupText(group), members: listText(first.blocks, 12) }];
    }
    return [];
  });
}

function listText(names: readonly string[], most: number): string {
  const rest = names.length - most;
  return rest <= 0 ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${String(rest)} more`;
}
