import { type Protocol, protocols } from './protocol.ts';

/** Ports of one protocol, both ends included. */
export interface PortRange {
  readonly protocol: Protocol;
  readonly first: number;
  readonly last: number;
}

/** Every port of a protocol. Port 0 is no port to listen on, but packets may carry it. */
export function protocolPorts(protocol: Protocol): PortRange {
  return { protocol, first: 0, last: 65535 };
}

/** Whether the range is the whole protocol. */
export function isWholeProtocol(range: PortRange): boolean {
  return range.first === 0 && range.last === 65535;
}

/** The union as disjoint ascending ranges that do not touch, TCP before UDP before SCTP. */
export function mergePorts(ranges: readonly PortRange[]): readonly PortRange[] {
  return protocols.flatMap((protocol) => {
    const merged: PortRange[] = [];
    const ascending = ranges
      .filter((range) => range.protocol === protocol)
      .sort((a, b) => a.first - b.first || a.last - b.last);
    for (const range of ascending) {
      const previous = merged.at(-1);
      if (previous !== undefined && range.first <= previous.last + 1) {
        merged[merged.length - 1] = { ...previous, last: Math.max(previous.last, range.last) };
      } else {
        merged.push(range);
      }
    }
    return merged;
  });
}
