import { auditsOf, type Denial, denialsOf } from '../analysis/explain/denial.ts';
import type { Cluster } from '../model/cluster.ts';
import { podKey } from '../model/pod.ts';
import type { LoggedPacket, PacketLogEvent } from '../nft/packet-log.ts';
import { type Endpoint, endpointAt, type Flow, type FlowProtocol } from '../policy/flow.ts';
import { logPrefixes } from '../ruleset/verdict-chains.ts';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';

/** Tells people which connections are denied, or would be by audit policies, by name and with the reason. */
export interface DenialLog {
  /** Takes in what the kernel logs until the events end. Never rejects. */
  run(events: AsyncIterable<PacketLogEvent>): Promise<void>;
  counts(): DenialCounts;
}

export interface DenialCounts {
  /** Denied connections that were told, by namespace of the pod whose policies deny and by direction. */
  readonly told: readonly DenialCount[];
  /** Allowed connections that were told as what audit policies would deny, by the same. */
  readonly audited: readonly DenialCount[];
  /** Over the limit, and so not told. */
  readonly suppressed: number;
  /** Times that packets may have gone by unseen. */
  readonly lost: number;
}

export interface DenialCount {
  readonly namespace: string;
  readonly direction: string;
  readonly count: number;
}

export interface DenialLogOptions {
  /** What is known of the two ends at present. */
  readonly clusterAround: (packet: LoggedPacket) => Cluster;
  readonly log: Log;
  readonly clock: Clock;
}

/** A client tries again: one flow is told once in this time. Milliseconds. */
const flowMemory = 60_000;
/** Flows that are remembered; tenants decide how many there are. */
const rememberedFlows = 10_000;
/** A burst of lines, then so many each second. */
const [burst, linesPerSecond] = [100, 10];
/** Namespaces with a series of their own; what comes later is counted under `other`. */
const countedNamespaces = 500;

export function createDenialLog({ clusterAround, log, clock }: DenialLogOptions): DenialLog {
  const toldAt = new Map<string, number>();
  const [told, audited] = [createTally(), createTally()];
  let [allowance, filledAt, suppressed, lost] = [burst, clock.now(), 0, 0];

  return {
    async run(events) {
      for await (const event of events) {
        try {
          take(event);
        } catch (error) {
          // What the compiler closes as a defect comes here next. Its rules stand whatever is said of them.
          take({
            kind: 'lost',
            reason: `not judged: ${error instanceof Error ? error.message : String(error)}`,
          });
        }
      }
    },
    counts: () => ({ told: told.counts(), audited: audited.counts(), suppressed, lost }),
  };

  function take(event: PacketLogEvent): void {
    switch (event.kind) {
      case 'listening':
        log.info({}, 'denied connections are logged');
        return;
      case 'lost':
        lost += 1;
        log.warn({ reason: event.reason }, 'denied connections went by unseen');
        return;
      case 'packet':
        if (!isNew(event)) return;
        if (!mayTell()) suppressed += 1;
        else if (event.prefix === logPrefixes.audited) tellAudit(event.packet);
        else tell(event.packet);
    }
  }

  function isNew({ prefix, packet }: Extract<PacketLogEvent, { readonly kind: 'packet' }>): boolean {
    const { source, destination, protocol, destinationPort } = packet;
    const now = clock.now();
    // Without the source port: a client that tries again takes another one.
    const flow = [prefix, source, destination, protocol, destinationPort].join(' ');
    const before = toldAt.get(flow);
    if (before !== undefined && now - before < flowMemory) return false;
    toldAt.delete(flow);
    toldAt.set(flow, now);
    const [oldest] = toldAt.keys();
    if (toldAt.size > rememberedFlows && oldest !== undefined) toldAt.delete(oldest);
    return true;
  }

  function mayTell(): boolean {
    const now = clock.now();
    allowance = Math.min(burst, allowance + ((now - filledAt) / 1000) * linesPerSecond);
    filledAt = now;
    if (allowance < 1) return false;
    allowance -= 1;
    return true;
  }

  function tell(packet: LoggedPacket): void {
    const cluster = clusterAround(packet);
    const flow = flowOf(cluster, packet);
    const facts = factsOf(flow, packet);
    const denials = denialsOf(cluster, flow);
    if (denials.length === 0) {
      // Closed for want of knowledge, or allowed meanwhile: no policy is to blame.
      told.count('', 'unknown');
      log.info({ ...facts, reason: reasonWithoutPolicy(flow) }, 'connection denied');
    }
    for (const { direction, isolatedBy, nearest } of denials) {
      told.count(subjectNamespace(flow, direction), direction);
      log.info(
        {
          ...facts,
          direction,
          isolatedBy: isolatedBy.slice(0, 20),
          ...(nearest === undefined ? {} : { nearest }),
        },
        'connection denied',
      );
    }
  }

  /** Not where another node's enforced policies deny it after all, or the policies have changed since. */
  function tellAudit(packet: LoggedPacket): void {
    const cluster = clusterAround(packet);
    const flow = flowOf(cluster, packet);
    for (const { direction, by } of auditsOf(cluster, flow)) {
      audited.count(subjectNamespace(flow, direction), direction);
      log.info({ ...factsOf(flow, packet), direction, audit: by.slice(0, 20) }, 'connection would be denied');
    }
  }
}

interface Tally {
  count(namespace: string, direction: Denial['direction'] | 'unknown'): void;
  counts(): readonly DenialCount[];
}

/** Bounded: tenants decide how many namespaces there are. */
function createTally(): Tally {
  const entries = new Map<string, { namespace: string; direction: string; count: number }>();
  return {
    count(namespace, direction) {
      const own = `${namespace} ${direction}`;
      const isKnown = entries.has(own) || entries.size < 2 * countedNamespaces;
      const key = isKnown ? own : `other ${direction}`;
      const entry = entries.get(key) ?? { namespace: isKnown ? namespace : 'other', direction, count: 0 };
      entry.count += 1;
      entries.set(key, entry);
    },
    counts: () => [...entries.values()],
  };
}

function subjectNamespace({ source, destination }: Flow, direction: Denial['direction']): string {
  const subject = direction === 'egress' ? source : destination;
  return subject.kind === 'pod' ? subject.pod.namespace : '';
}

function factsOf({ source, destination, protocol, port }: Flow, packet: LoggedPacket): object {
  return {
    source: nameOf(source),
    sourceAddress: packet.source,
    destination: nameOf(destination),
    destinationAddress: packet.destination,
    protocol: protocol === 'other' ? String(packet.protocol) : protocol,
    ...(port === undefined ? {} : { port }),
  };
}

function flowOf(cluster: Cluster, { source, destination, protocol, destinationPort }: LoggedPacket): Flow {
  const named = protocolNames.get(protocol) ?? 'other';
  return {
    source: endpointAt(cluster, source),
    destination: endpointAt(cluster, destination),
    protocol: named,
    ...(named === 'ICMP' || named === 'other' || destinationPort === undefined
      ? {}
      : { port: destinationPort }),
  };
}

/** IANA protocol numbers. */
const protocolNames: ReadonlyMap<number, FlowProtocol> = new Map([
  [1, 'ICMP'],
  [6, 'TCP'],
  [17, 'UDP'],
  [58, 'ICMP'],
  [132, 'SCTP'],
]);

function nameOf(end: Endpoint): string {
  switch (end.kind) {
    case 'pod':
      return podKey(end.pod);
    case 'node':
      return `node ${end.node}`;
    case 'external':
      return end.address;
  }
}

/** An address of this node that no pod owns is closed; a policy may have changed between the packet and its line. */
function reasonWithoutPolicy({ source, destination }: Flow): string {
  return source.kind === 'external' || destination.kind === 'external'
    ? 'an address of this node whose pod is not known'
    : 'no policy denies it any more';
}
