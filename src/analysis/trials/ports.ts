import { directions, type NetworkPolicy } from '../../model/network-policy.ts';
import type { Pod } from '../../model/pod.ts';
import { type Protocol, protocols } from '../../net/protocol.ts';
import { portsOfProtocol, type Traffic } from '../../net/traffic.ts';
import type { Actor } from './actors.ts';
import type { Choice } from './sample.ts';

/** Where policies begin to speak of other ports, ascending, by protocol. */
export type PortCuts = Readonly<Record<Protocol, readonly number[]>>;

export interface TrialPort {
  readonly protocol: Protocol | 'ICMP';
  readonly port: number;
}

/** Ports of one protocol at one receiver; more of them would be tried in vain. */
const mostPorts = 8;

export function portCutsOf(policies: readonly NetworkPolicy[], pods: readonly Pod[]): PortCuts {
  const cuts: Record<Protocol, Set<number>> = { TCP: new Set(), UDP: new Set(), SCTP: new Set() };
  const add = (protocol: Protocol, first: number, last: number): void => {
    cuts[protocol].add(first).add(last + 1);
  };
  for (const policy of policies) {
    for (const port of directions.flatMap((direction) =>
      policy[direction].flatMap((rule) => rule.ports ?? []),
    )) {
      if (port.kind === 'range') add(port.protocol, port.first, port.last);
      if (port.kind !== 'named') continue;
      for (const { name, number, protocol } of pods.flatMap(({ ports }) => ports)) {
        if (name === port.name && protocol === port.protocol) add(protocol, number, number);
      }
    }
  }
  const ascending = (protocol: Protocol): readonly number[] => [...cuts[protocol]].sort((a, b) => a - b);
  return { TCP: ascending('TCP'), UDP: ascending('UDP'), SCTP: ascending('SCTP') };
}

/** Ports at one receiver. */
export interface TrialPorts {
  readonly chosen: readonly TrialPort[];
  readonly choices: readonly Choice[];
}

/**
 * Ports that stand for the traffic: both ends of each range that the policies do not tell apart, and what the receiver's
 * containers declare.
 */
export function trialPorts(
  traffic: Traffic,
  cuts: PortCuts,
  { host, ports: declared }: Pick<Actor, 'host' | 'ports'>,
): TrialPorts {
  const each = protocols.map((protocol) => {
    const all = portEnds(traffic, cuts, declared, protocol);
    const some = spread(all, mostPorts);
    return {
      chosen: some.map((port): TrialPort => ({ protocol, port })),
      choice: { what: 'ports', at: `${host} ${protocol}`, tried: some.length, of: all.length } as const,
    };
  });
  const chosen = each.flatMap((one) => one.chosen);
  return {
    chosen: traffic.others ? [...chosen, { protocol: 'ICMP', port: 0 }] : chosen,
    choices: each.flatMap(({ choice }) => (choice.tried < choice.of ? [choice] : [])),
  };
}

function portEnds(
  traffic: Traffic,
  cuts: PortCuts,
  declared: Actor['ports'],
  protocol: Protocol,
): readonly number[] {
  const ends = portsOfProtocol(traffic, protocol).flatMap(({ first, last }) => {
    const starts = [first, ...cuts[protocol].filter((cut) => cut > first && cut <= last)];
    const own = declared.filter(
      (port) => port.protocol === protocol && first <= port.number && port.number <= last,
    );
    return [
      ...starts.flatMap((start, at) => [start, (starts[at + 1] ?? last + 1) - 1]),
      ...own.map(({ number }) => number),
    ];
  });
  return [...new Set(ends)].sort((a, b) => a - b);
}

/** At most so many of a list, from its first to its last, evenly. */
export function spread<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list;
  return Array.from(
    { length: most },
    (_, at) => list.slice(Math.floor((at * (list.length - 1)) / Math.max(most - 1, 1)))[0],
  ).filter((one): one is T => one !== undefined);
}
