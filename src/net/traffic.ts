import { mergePorts, type PortRange } from './port-range.ts';
import { type Protocol, protocols } from './protocol.ts';

declare const brand: unique symbol;

/**
 * A set of what may pass between two ends: destination ports of the protocols that a policy can name, and all other
 * protocols (ICMP and the rest) together, since no policy tells them apart. Ports are 1 to 65535, ranges disjoint and
 * ascending, TCP before UDP before SCTP. Equal sets are the same object, so they are compared with `===`.
 */
export interface Traffic {
  readonly [brand]: 'Traffic';
  readonly ports: readonly PortRange[];
  /** Whether every other protocol passes. */
  readonly others: boolean;
}

// Few different sets occur, each very often: a matrix has one for each of its cells.
const known = new Map<string, Traffic>();

/** The set of these ports, and of the other protocols where `others` is true. Port 0 is left out: nobody listens there. */
export function trafficOf(ports: readonly PortRange[], others = false): Traffic {
  const legal = ports.flatMap((range) =>
    range.last < 1 ? [] : [range.first < 1 ? { ...range, first: 1 } : range],
  );
  return canonical(mergePorts(legal), others);
}

/** Nothing passes. */
export const nothing: Traffic = trafficOf([]);

/** Everything passes: every port of every protocol, and every other protocol. */
export const everything: Traffic = trafficOf(
  protocols.map((protocol) => ({ protocol, first: 1, last: 65535 })),
  true,
);

/** The other protocols alone. */
export const otherProtocols: Traffic = trafficOf([], true);

/** What passes by either. */
export function unionTraffic(a: Traffic, b: Traffic): Traffic {
  if (a === b || b === nothing || a === everything) return a;
  if (a === nothing || b === everything) return b;
  return canonical(mergePorts([...a.ports, ...b.ports]), a.others || b.others);
}

/** What passes by both. */
export function intersectTraffic(a: Traffic, b: Traffic): Traffic {
  if (a === b || b === everything || a === nothing) return a;
  if (a === everything || b === nothing) return b;
  const ports = a.ports.flatMap((x) =>
    b.ports.flatMap((y): readonly PortRange[] => {
      if (x.protocol !== y.protocol) return [];
      const [first, last] = [Math.max(x.first, y.first), Math.min(x.last, y.last)];
      return first <= last ? [{ protocol: x.protocol, first, last }] : [];
    }),
  );
  return canonical(mergePorts(ports), a.others && b.others);
}

/** What passes by `a` and not by `b`. */
export function subtractTraffic(a: Traffic, b: Traffic): Traffic {
  if (a === nothing || b === nothing) return a;
  if (a === b || b === everything) return nothing;
  const ports = a.ports.flatMap((range) => withoutPorts(range, b.ports));
  return canonical(ports, a.others && !b.others);
}

/** Whether everything of `inner` is in `outer`. */
export function coversTraffic(outer: Traffic, inner: Traffic): boolean {
  return subtractTraffic(inner, outer) === nothing;
}

/** The traffic, cut where one of the others begins or ends. */
export function splitTraffic(traffic: Traffic, others: readonly Traffic[]): readonly Traffic[] {
  let parts: readonly Traffic[] = traffic === nothing ? [] : [traffic];
  for (const other of new Set(others)) {
    parts = parts
      .flatMap((part) => [intersectTraffic(part, other), subtractTraffic(part, other)])
      .filter((part) => part !== nothing);
  }
  return parts;
}

/** The ranges of one protocol. */
export function portsOfProtocol(traffic: Traffic, protocol: Protocol): readonly PortRange[] {
  return traffic.ports.filter((range) => range.protocol === protocol);
}

/**
 * The ports as the policy test file writes them, for people too: `80/tcp,8000-8080/tcp,53/udp`. Every port of a protocol, and
 * the other protocols, are a star in the place of the number; `all` where everything passes, `none` where nothing does.
 */
export function trafficText(traffic: Traffic): string {
  if (traffic === everything) return 'all';
  if (traffic === nothing) return 'none';
  return [...traffic.ports.map(rangeText), ...(traffic.others ? ['*/other'] : [])].join(',');
}

function rangeText({ protocol, first, last }: PortRange): string {
  const name = protocol.toLowerCase();
  if (first === 1 && last === 65535) return `*/${name}`;
  return `${first === last ? String(first) : `${String(first)}-${String(last)}`}/${name}`;
}

function withoutPorts(range: PortRange, holes: readonly PortRange[]): readonly PortRange[] {
  const rest: PortRange[] = [];
  let first = range.first;
  for (const hole of holes) {
    if (hole.protocol !== range.protocol || hole.last < first || hole.first > range.last) continue;
    if (hole.first > first) rest.push({ ...range, first, last: hole.first - 1 });
    first = hole.last + 1;
  }
  if (first <= range.last) rest.push({ ...range, first });
  return rest;
}

function canonical(ports: readonly PortRange[], others: boolean): Traffic {
  const key = `${ports.map((range) => `${range.protocol}${String(range.first)}-${String(range.last)}`).join()}${others ? '+' : ''}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const traffic = { ports, others } as Traffic;
  known.set(key, traffic);
  return traffic;
}
