import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { createServer, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Lab } from '../../src/lab/lab.ts';
import { netnsPath } from '../../src/lab/network/host.ts';
import { ipPayload } from '../../src/lab/probe/icmp-packet.ts';
import { decodeSctp, encodeSctp, sctpProtocol } from '../../src/lab/probe/sctp-packet.ts';
import {
  type SocketKind,
  bindSocket,
  closeSocket,
  connectSocket,
  openSocket,
  receiveSocket,
  sendSocket,
} from '../../src/lab/probe/sockets.ts';
import { type Address, familyOf } from '../../src/net/address.ts';
import type { Family } from '../../src/net/protocol.ts';

// Programs of pods, as sockets of this process: opened where the pod stands, then used as any program of Node.js does.

/** One end of a TCP connection. It may go on listening after the other end has closed its half. */
export interface TcpEnd {
  received(): string;
  send(text: string): void;
  /** Closes this half. */
  finish(): void;
  /** `reset` whatever the program hears of it: ECONNRESET, or EPIPE where it wrote too late. */
  state(): 'open' | 'half-closed' | 'closed' | 'reset' | (string & {});
  destroy(): void;
}

/** A bound UDP socket. */
export interface UdpEnd {
  /** Everything that came, in its order. */
  received(): readonly string[];
  send(text: string, to: Address, port: number): void;
  close(): void;
}

/** The address of a pod or node in one family. */
export function addressOf(lab: Lab, host: string, family: Family): Address {
  const address = lab.network.hosts.get(host)?.addresses.find((own) => familyOf(own) === family);
  if (address === undefined) throw new RangeError(`${host} has no ${family} address`);
  return address;
}

/** Waits until the condition holds, at most so long, and says whether it does. */
export async function until(condition: () => boolean, milliseconds = 5000): Promise<boolean> {
  const end = Date.now() + milliseconds;
  while (!condition()) {
    if (Date.now() > end) return false;
    await delay(2);
  }
  return true;
}

/** Listens, and returns who connected by the client's address and port. */
export function serveTcp(
  lab: Lab,
  host: string,
  family: Family,
  port: number,
): (from: Address, fromPort: number) => Promise<TcpEnd> {
  const fd = open(lab, host, family, 'tcp');
  bindSocket(fd, { address: addressOf(lab, host, family), port });
  const ends = new Map<string, TcpEnd>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    ends.set(`${socket.remoteAddress} ${socket.remotePort}`, tcpEnd(socket));
  });
  server.listen({ fd });
  server.unref();
  return async (from, fromPort) => {
    const key = `${from} ${fromPort}`;
    await until(() => ends.has(key));
    const end = ends.get(key);
    if (end === undefined) throw new Error(`${key} did not connect to ${host}`);
    return end;
  };
}

/** Connects from a port of its own choice; whether it works out shows at the other end. */
export function connectTcp(lab: Lab, host: string, fromPort: number, to: Address, port: number): TcpEnd {
  const family = familyOf(to);
  const fd = open(lab, host, family, 'tcp');
  bindSocket(fd, { address: addressOf(lab, host, family), port: fromPort });
  connectSocket(fd, { address: to, port });
  return tcpEnd(new Socket({ fd, allowHalfOpen: true, readable: true, writable: true }));
}

/** Opens a UDP socket; `answer` is what it sends back for each datagram. */
export function openUdp(
  lab: Lab,
  host: string,
  family: Family,
  port: number,
  answer?: (text: string) => string,
): UdpEnd {
  const fd = open(lab, host, family, 'udp');
  bindSocket(fd, { address: addressOf(lab, host, family), port });
  const socket: DatagramSocket = createSocket(family === 'IPv4' ? 'udp4' : 'udp6');
  const received: string[] = [];
  socket.on('message', (bytes, from) => {
    received.push(bytes.toString());
    if (answer !== undefined) socket.send(answer(bytes.toString()), from.port, from.address, ignore);
  });
  socket.bind({ fd });
  return {
    received: () => received,
    send(text, to, toPort) {
      socket.send(text, toPort, to, ignore);
    },
    close() {
      socket.close();
    },
  };
}

/** An SCTP association that never gets further than its first two packets, always the same: enough for conntrack. */
export interface SctpEnd {
  /** Sends an INIT, and says whether an INIT ACK comes. */
  ask(milliseconds?: number): Promise<boolean>;
  close(): void;
}

/** Opens one, with a raw socket: not every kernel has SCTP sockets. */
export function openSctp(lab: Lab, host: string, fromPort: number, to: Address, port: number): SctpEnd {
  const family = familyOf(to);
  const fd = open(lab, host, family, { raw: sctpProtocol });
  connectSocket(fd, { address: to, port: 0 });
  const init = encodeSctp({
    ...{ sourcePort: fromPort, destinationPort: port, tag: 0 },
    ...{ chunk: 'init', initiateTag: fromPort, cookie: '' },
  });
  const isAnswered = (): boolean => {
    for (let next = receiveSocket(fd); next !== undefined; next = receiveSocket(fd)) {
      const answer = decodeSctp(ipPayload(family, next.bytes));
      if (answer?.chunk === 'initAck' && answer.destinationPort === fromPort) return true;
    }
    return false;
  };
  return {
    async ask(milliseconds) {
      sendSocket(fd, init);
      return until(isAnswered, milliseconds);
    },
    close() {
      closeSocket(fd);
    },
  };
}

/** What cannot be sent is lost, as on any network; the receiver counts. */
function ignore(): void {
  return undefined;
}

function open(lab: Lab, host: string, family: Family, kind: SocketKind): number {
  const netns = lab.network.hosts.get(host)?.netns;
  if (netns === undefined) throw new RangeError(`nobody is called ${host}`);
  return openSocket(netnsPath(netns), family, kind);
}

function tcpEnd(socket: Socket): TcpEnd {
  const seen = { text: '', peerFinished: false, error: '', closed: false };
  socket.setNoDelay(true);
  socket.on('data', (bytes: Buffer) => (seen.text += bytes.toString()));
  socket.on('end', () => (seen.peerFinished = true));
  socket.on('error', ({ code }: NodeJS.ErrnoException) => (seen.error ||= code ?? 'unknown'));
  socket.on('close', () => (seen.closed = true));
  return {
    received: () => seen.text,
    send(text) {
      if (!socket.destroyed) socket.write(text);
    },
    finish() {
      socket.end();
    },
    state() {
      if (seen.error !== '') return ['ECONNRESET', 'EPIPE'].includes(seen.error) ? 'reset' : seen.error;
      if (seen.closed) return 'closed';
      return seen.peerFinished ? 'half-closed' : 'open';
    },
    destroy() {
      socket.destroy();
    },
  };
}
