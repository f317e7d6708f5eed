import { protocols, type Protocol } from '../../net/protocol.ts';
import { portsOfProtocol, type Traffic } from '../../net/traffic.ts';

/** Traffic as every JSON document of this program has it. */
export interface TrafficJson {
  /** By protocol: disjoint ascending ranges, both ends included; no key where there are none. */
  readonly ports: Readonly<Partial<Record<Protocol, readonly (readonly [number, number])[]>>>;
  /** Whether every protocol passes that policies cannot name. */
  readonly otherProtocols: boolean;
}

const made = new Map<Traffic, TrafficJson>();

export function trafficJson(traffic: Traffic): TrafficJson {
  const known = made.get(traffic) ?? {
    ports: Object.fromEntries(
      protocols.flatMap((protocol) => {
        const ranges = portsOfProtocol(traffic, protocol).map(({ first, last }) => [first, last] as const);
        return ranges.length === 0 ? [] : [[protocol, ranges]];
      }),
    ),
    otherProtocols: traffic.others,
  };
  made.set(traffic, known);
  return known;
}

/** What every JSON document begins with. */
export const apiVersion = 'ringfence.dev/v1alpha1';
