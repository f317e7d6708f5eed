import type { Lab } from '../../src/lab/lab.ts';
import type { Family } from '../../src/net/protocol.ts';
import { addressOf, openUdp } from './sockets-in-pods.ts';

/** A client that sends all the time, and a server that answers. */
export interface Stream {
  readonly sent: () => number;
  /** Datagrams that came to the server. */
  readonly arrived: () => number;
  /** When each of them came, by `performance.now()`. */
  readonly arrivals: readonly number[];
  readonly firstAt: () => number;
  /** Datagrams that came back. */
  readonly answered: () => number;
  /** What did not come back, of all but those that are still on their way. */
  readonly lost: () => number;
  readonly close: () => void;
}

let lastPort = 20_000;

/** Datagrams from one host to the other, all the time, each with its answer. Listens where nobody does yet. */
export function openStream(lab: Lab, from: string, to: string, family: Family): Stream {
  const own = ++lastPort;
  const arrivals: number[] = [];
  const counts = { sent: 0, arrived: 0, firstAt: Infinity };
  const target = ++lastPort;
  const server = openUdp(lab, to, family, target, (text) => {
    counts.arrived += 1;
    const now = performance.now();
    counts.firstAt = Math.min(counts.firstAt, now);
    arrivals.push(now);
    return text;
  });
  const client = openUdp(lab, from, family, own);
  const toAddress = addressOf(lab, to, family);
  const timer = setInterval(() => {
    client.send(String(++counts.sent), toAddress, target);
  }, 3);
  return {
    sent: () => counts.sent,
    arrived: () => counts.arrived,
    arrivals,
    firstAt: () => counts.firstAt,
    answered: () => client.received().length,
    lost() {
      const last = Number(client.received().at(-1) ?? 0);
      return last - client.received().length;
    },
    close() {
      clearInterval(timer);
      client.close();
      server.close();
    },
  };
}
