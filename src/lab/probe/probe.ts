import type { Address } from '../../net/address.ts';
import { familyOf } from '../../net/address.ts';
import { type LabHost, netnsPath } from '../network/host.ts';
import { runAll } from '../network/run.ts';
import type { Attempt, Outcome, StartAttempt, Target } from './attempt.ts';
import { type ProbeConnection, openConnection } from './connection.ts';
import { type EventLoop, startEventLoop } from './event-loop.ts';
import { type ProbeProtocol, startListeners } from './listeners.ts';
import {
  startIcmpAttempt,
  startOtherAttempt,
  startRawSctpAttempt,
  startUdpAttempt,
} from './packet-attempt.ts';
import { hasSctpSockets } from './sockets.ts';
import { startStreamAttempt } from './stream-attempt.ts';

/** A question: does this host reach that address? */
export interface ProbeFlow {
  /** The host's name in the lab. */
  readonly from: string;
  readonly to: Address;
  readonly protocol: ProbeProtocol;
  /** Of no account for ICMP and OTHER. */
  readonly port: number;
}

/**
 * - `allowed`: the listener answered.
 * - `dropped`: nothing came back, though the listener did answer somebody else.
 * - `reset`: a TCP reset or an SCTP abort: nobody listens, or a rule says so.
 * - `rejected`: an ICMP error refused it: administratively prohibited, or no such port or protocol.
 * - `unreachable`: no way to the address.
 * - `unknown`: nothing came back, from a listener that answered nobody.
 */
export type ProbeVerdict = 'allowed' | 'dropped' | 'reset' | 'rejected' | 'unreachable' | 'unknown';

export interface ProbeResult {
  readonly flow: ProbeFlow;
  readonly verdict: ProbeVerdict;
  /** The host that answered, by the name it said; of ICMP the owner of the address that the answer or error came from. */
  readonly answeredBy: string | undefined;
  /** From the first packet to the verdict, in milliseconds. */
  readonly ms: number;
}

export interface ProbeOptions {
  /** After how much silence a flow counts as dropped. */
  readonly timeoutMs: number;
  /** How often a flow is tried within that time. */
  readonly tries: number;
  /** How many flows are under way at once. */
  readonly width: number;
}

export const defaultProbeOptions: ProbeOptions = { timeoutMs: 350, tries: 3, width: 1000 };

/** Servers and clients in all namespaces of a lab. */
export interface Prober {
  /** Makes a host answer; see `Listeners.listen`. */
  listen(host: string, protocol: ProbeProtocol, port: number): void;
  /** Makes every host answer on the ports that its containers declare. */
  listenAsDeclared(): void;
  /** Makes whoever owns the flows' addresses answer them; a translated address has no owner. */
  listenFor(flows: readonly ProbeFlow[]): void;
  /** Stops a host's servers. Has to come before the host is removed from the network. */
  release(host: string): void;
  /** Tries all flows at once. Results are in the order of the flows. */
  probe(flows: readonly ProbeFlow[], options?: Partial<ProbeOptions>): Promise<readonly ProbeResult[]>;
  /** Opens a connection that stays; see `openConnection`. */
  connect(
    flow: ProbeFlow & { readonly protocol: 'TCP' | 'UDP' },
    timeoutMs?: number,
  ): Promise<ProbeConnection>;
  /** Ends all servers. Connections are closed by who opened them. */
  close(): Promise<void>;
}

/**
 * Starts probing among the hosts, which may come and go. The process must be the root process of the lab.
 *
 * @throws Error with code `LAB_UNKNOWN_HOST` from each method that is given a name that no host has, and SocketError
 * where the lab itself is broken.
 */
export function startProber(hosts: ReadonlyMap<string, LabHost>): Prober {
  const failures: unknown[] = [];
  const loop = startEventLoop((error) => failures.push(error));
  const listeners = startListeners(loop);
  const attempts = attemptStarters();

  const hostOf = (name: string): LabHost => {
    const host = hosts.get(name);
    if (host !== undefined) return host;
    throw Object.assign(new Error(`nobody in the lab is called ${name}`), { code: 'LAB_UNKNOWN_HOST' });
  };
  const targetOf = (host: LabHost, { to, port }: ProbeFlow): Target => {
    const own = host.addresses.find((address) => familyOf(address) === familyOf(to));
    const source = host.bindSource ? own : undefined;
    return { namespace: netnsPath(host.netns), source, address: to, port };
  };
  const ask = (flow: ProbeFlow, from: LabHost, options: ProbeOptions): Promise<Outcome | undefined> =>
    attempt(loop, (done) => attempts[flow.protocol](loop, targetOf(from, flow), done), options);

  /** Whether somebody gets an answer: the owner's own namespace, or for an address without owner any node. */
  const answersSomebody = async (flow: ProbeFlow, options: ProbeOptions): Promise<boolean> => {
    const owners = ownersOf(hosts, flow.to).slice(0, 1);
    const askers = owners.length > 0 ? owners : [...hosts.values()].filter((host) => host.kind === 'node');
    const outcomes = await Promise.all(
      askers.map((host) => ask(flow, { ...host, bindSource: false }, options)),
    );
    return outcomes.some((outcome) => outcome?.verdict === 'allowed');
  };

  return {
    listen(host, protocol, port) {
      listeners.listen(hostOf(host), protocol, port);
    },
    listenAsDeclared() {
      for (const host of hosts.values()) {
        for (const { protocol, number } of host.ports) listeners.listen(host, protocol, number);
      }
    },
    listenFor(flows) {
      for (const flow of flows) {
        const owners = ownersOf(hosts, flow.to);
        const declared = owners.find((host) => declares(host, flow));
        const owner = declared ?? owners[0];
        if (owner !== undefined) listeners.listen(owner, flow.protocol, flow.port);
      }
    },
    release(host) {
      listeners.release(hostOf(host));
    },
    async probe(flows, options = {}) {
      const settings = { ...defaultProbeOptions, ...options };
      const results: ProbeResult[] = [];
      await runAll([...flows.entries()], settings.width, async ([index, flow]) => {
        // To start hundreds takes a while, in which the servers of this thread have to answer.
        if (index % 32 === 0) loop.drain();
        const start = performance.now();
        const outcome = await ask(flow, hostOf(flow.from), settings);
        results[index] = resultOf(hosts, flow, outcome, performance.now() - start);
      });
      const answered = new Map<string, boolean>();
      for (const { flow, verdict } of results)
        if (verdict === 'allowed') answered.set(destination(flow), true);
      const silent = new Map(
        results
          .filter(({ flow, verdict }) => verdict === 'dropped' && !answered.has(destination(flow)))
          .map(({ flow }) => [destination(flow), flow]),
      );
      await runAll([...silent], settings.width, async ([key, flow]) => {
        answered.set(key, await answersSomebody(flow, settings));
      });
      if (failures.length > 0) throw new AggregateError(failures.splice(0), 'the lab failed while it probed');
      return results.map((result) =>
        result.verdict === 'dropped' && answered.get(destination(result.flow)) !== true
          ? { ...result, verdict: 'unknown' }
          : result,
      );
    },
    connect(flow, timeoutMs = 1000) {
      const kind = flow.protocol === 'TCP' ? 'tcp' : 'udp';
      return openConnection(loop, targetOf(hostOf(flow.from), flow), kind, timeoutMs);
    },
    async close() {
      listeners.close();
      await loop.close();
    },
  };
}

function attemptStarters(): Readonly<Record<ProbeProtocol, StartAttempt>> {
  return {
    TCP: (loop, target, done) => startStreamAttempt('tcp', loop, target, done),
    UDP: startUdpAttempt,
    SCTP: hasSctpSockets()
      ? (loop, target, done) => startStreamAttempt('sctp', loop, target, done)
      : startRawSctpAttempt,
    ICMP: startIcmpAttempt,
    OTHER: startOtherAttempt,
  };
}

/** Runs a try to its outcome; `undefined` after the time is over. */
function attempt(
  loop: EventLoop,
  start: (done: (outcome: Outcome) => void) => Attempt,
  { timeoutMs, tries }: ProbeOptions,
): Promise<Outcome | undefined> {
  return new Promise((resolve, reject) => {
    // A try may be over before its start has returned.
    const running: { attempt?: Attempt; over: boolean } = { over: false };
    const stop = (): void => {
      running.over = true;
      clearInterval(repeat);
      clearTimeout(end);
      running.attempt?.stop();
    };
    const finish = (outcome: Outcome | undefined): void => {
      if (running.over) return;
      stop();
      resolve(outcome);
    };
    const orFail = (work: () => void): void => {
      try {
        work();
      } catch (error) {
        stop();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const repeat = setInterval(() => {
      orFail(() => running.attempt?.again());
    }, timeoutMs / tries);
    const end = setTimeout(() => {
      // The answer may have come while this thread was busy.
      loop.drain();
      finish(undefined);
    }, timeoutMs);
    orFail(() => {
      running.attempt = start(finish);
      if (running.over) running.attempt.stop();
    });
  });
}

function resultOf(
  hosts: ReadonlyMap<string, LabHost>,
  flow: ProbeFlow,
  outcome: Outcome | undefined,
  ms: number,
): ProbeResult {
  if (outcome === undefined) return { flow, verdict: 'dropped', answeredBy: undefined, ms };
  const { responder } = outcome;
  const who =
    responder === undefined
      ? undefined
      : (ownersOf(hosts, responder)[0] ??
        [...hosts.values()].find((host) => host.gateways.includes(responder)));
  return { flow, verdict: outcome.verdict, answeredBy: outcome.name ?? who?.name, ms };
}

/** Whose address it is; a node before the pods of its host network. */
function ownersOf(hosts: ReadonlyMap<string, LabHost>, address: Address): readonly LabHost[] {
  const owners = [...hosts.values()].filter((host) => host.addresses.includes(address));
  return [...owners.filter((host) => host.kind === 'node'), ...owners.filter((host) => host.kind !== 'node')];
}

function declares(host: LabHost, flow: ProbeFlow): boolean {
  return host.ports.some((port) => port.number === flow.port && port.protocol === flow.protocol);
}

function destination(flow: ProbeFlow): string {
  return `${flow.to} ${flow.protocol} ${String(flow.port)}`;
}
