import { type Address, familyOf } from '../../net/address.ts';
import { type LabHost, netnsPath } from '../network/host.ts';
import type { EventLoop } from './event-loop.ts';
import { ipPayload } from './icmp-packet.ts';
import { decodeOther, encodeOther, otherProtocol } from './other-packet.ts';
import { decodeSctp, encodeSctp, sctpProtocol } from './sctp-packet.ts';
import {
  type SocketError,
  type SocketKind,
  acceptSocket,
  bindSocket,
  closeSocket,
  hasSctpSockets,
  listenSocket,
  openSocket,
  receiveSocket,
  sendSocket,
} from './sockets.ts';

/** What a probe can send. `OTHER` stands for IP protocols without ports that no policy can name. */
export type ProbeProtocol = 'TCP' | 'UDP' | 'SCTP' | 'ICMP' | 'OTHER';

/** The servers of all hosts. Each answers with its host's name, so that a probe knows who is behind a translated address. */
export interface Listeners {
  /**
   * Makes a host answer on all of its addresses. Does nothing where it does already. The port of `OTHER` is of no
   * account; ICMP is answered by the kernel, always.
   *
   * @throws SocketError, with code `EADDRINUSE` where another host of the same namespace has the port.
   */
  listen(host: LabHost, protocol: ProbeProtocol, port: number): void;
  /** Closes what a host listens on, and the connections that it has. */
  release(host: LabHost): void;
  close(): void;
}

interface Server {
  readonly host: string;
  close(): void;
}

export function startListeners(loop: EventLoop): Listeners {
  const servers = new Map<string, Server>();
  const names: RawNames = new Map();

  const open = (
    host: LabHost,
    protocol: Exclude<ProbeProtocol, 'ICMP'>,
    port: number,
    address: Address,
  ): Server => {
    switch (protocol) {
      case 'TCP':
        return serveStream(loop, host, 'tcp', { address, port });
      case 'UDP':
        return serveDatagrams(loop, host, { address, port });
      case 'SCTP':
        return hasSctpSockets()
          ? serveStream(loop, host, 'sctp', { address, port })
          : serveRawSctp(loop, names, host, { address, port });
      case 'OTHER':
        return serveOther(loop, host, address);
    }
  };

  return {
    listen(host, protocol, port) {
      if (protocol === 'ICMP') return;
      for (const address of host.addresses) {
        const key = `${host.netns} ${address} ${protocol} ${protocol === 'OTHER' ? '' : String(port)}`;
        const present = servers.get(key);
        if (present?.host === host.name) continue;
        if (present !== undefined) throw inUse(host, present.host, protocol, port);
        servers.set(key, open(host, protocol, port, address));
      }
    },
    release(host) {
      for (const [key, server] of servers) {
        if (server.host !== host.name) continue;
        server.close();
        servers.delete(key);
      }
    },
    close() {
      for (const server of servers.values()) server.close();
      servers.clear();
    },
  };
}

interface Place {
  readonly address: Address;
  readonly port: number;
}

/** Says its name, then says everything again that it is told. */
function serveStream(loop: EventLoop, host: LabHost, kind: 'tcp' | 'sctp', place: Place): Server {
  const connections = new Set<number>();
  const end = (fd: number): void => {
    connections.delete(fd);
    loop.unwatch(fd);
    closeSocket(fd);
  };
  const serve = (fd: number): void => {
    connections.add(fd);
    loop.watch(fd, () => {
      const received = untilEnded(() => receiveSocket(fd));
      if (received === 'ended' || received?.bytes.length === 0) end(fd);
      else if (received !== undefined && untilEnded(() => sendSocket(fd, received.bytes)) === 'ended')
        end(fd);
    });
    if (untilEnded(() => sendSocket(fd, Buffer.from(`${host.name}\n`))) === 'ended') end(fd);
  };
  const listener = openServer(host, kind, place, (fd) => {
    listenSocket(fd);
    loop.watch(fd, () => {
      for (let next = acceptSocket(fd); next !== undefined; next = acceptSocket(fd)) serve(next);
    });
  });
  return {
    host: host.name,
    close() {
      for (const fd of [...connections]) end(fd);
      loop.unwatch(listener);
      closeSocket(listener);
    },
  };
}

/** Answers each datagram with its name, a line end, and what it was sent. */
function serveDatagrams(loop: EventLoop, host: LabHost, place: Place): Server {
  return servePackets(loop, host, 'udp', place, (bytes) =>
    Buffer.concat([Buffer.from(`${host.name}\n`), bytes]),
  );
}

function serveOther(loop: EventLoop, host: LabHost, address: Address): Server {
  return servePackets(loop, host, { raw: otherProtocol }, { address, port: 0 }, (bytes) => {
    const request = decodeOther(ipPayload(familyOf(address), bytes));
    if (request?.kind !== 'request') return undefined;
    return encodeOther(familyOf(address), { kind: 'answer', id: request.id, name: host.name });
  });
}

/** Of each address that has a raw SCTP socket: who listens on which port, and the socket. */
type RawNames = Map<string, { readonly ports: Map<number, string>; readonly server: Server }>;

/** Sees the SCTP of all ports of its address, and answers as a real stack would: INIT ACK where somebody listens, else ABORT. */
function serveRawSctp(loop: EventLoop, names: RawNames, host: LabHost, { address, port }: Place): Server {
  const key = `${host.netns} ${address}`;
  const shared = names.get(key) ?? openRawSctp(loop, host, address);
  names.set(key, shared);
  shared.ports.set(port, host.name);
  return {
    host: host.name,
    close() {
      shared.ports.delete(port);
      if (shared.ports.size > 0) return;
      shared.server.close();
      names.delete(key);
    },
  };
}

function openRawSctp(
  loop: EventLoop,
  host: LabHost,
  address: Address,
): RawNames extends Map<string, infer V> ? V : never {
  const ports = new Map<number, string>();
  const server = servePackets(loop, host, { raw: sctpProtocol }, { address, port: 0 }, (bytes) => {
    const init = decodeSctp(ipPayload(familyOf(address), bytes));
    if (init?.chunk !== 'init') return undefined;
    const name = ports.get(init.destinationPort);
    const back = {
      sourcePort: init.destinationPort,
      destinationPort: init.sourcePort,
      tag: init.initiateTag,
    };
    if (name === undefined) return encodeSctp({ ...back, chunk: 'abort', initiateTag: 0, cookie: '' });
    return encodeSctp({ ...back, chunk: 'initAck', initiateTag: 1, cookie: name });
  });
  return { ports, server };
}

function servePackets(
  loop: EventLoop,
  host: LabHost,
  kind: SocketKind,
  place: Place,
  answer: (bytes: Buffer) => Buffer | undefined,
): Server {
  const fd = openServer(host, kind, place, (opened) => {
    loop.watch(opened, () => {
      for (let next = untilEnded(() => receiveSocket(opened)); typeof next === 'object';) {
        const reply = answer(next.bytes);
        const to = next.from;
        // Raw sockets of IPv6 take no port but 0.
        const port = typeof kind === 'string' ? to?.port : 0;
        if (reply !== undefined && to !== undefined && port !== undefined) {
          untilEnded(() => sendSocket(opened, reply, { ...to, port }));
        }
        next = untilEnded(() => receiveSocket(opened));
      }
    });
  });
  return {
    host: host.name,
    close() {
      loop.unwatch(fd);
      closeSocket(fd);
    },
  };
}

function openServer(host: LabHost, kind: SocketKind, place: Place, start: (fd: number) => void): number {
  const fd = openSocket(netnsPath(host.netns), familyOf(place.address), kind);
  try {
    bindSocket(fd, place);
    start(fd);
  } catch (error) {
    closeSocket(fd);
    throw error;
  }
  return fd;
}

/** A peer that is gone ends a connection or loses an answer, and nothing else. Other errors are the lab's own. */
function untilEnded<T>(work: () => T): T | 'ended' {
  try {
    return work();
  } catch (error) {
    const gone = [
      'ECONNRESET',
      'EPIPE',
      'ECONNREFUSED',
      'ETIMEDOUT',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'EACCES',
      'ECONNABORTED',
    ];
    if (gone.includes((error as Partial<SocketError>).code ?? '')) return 'ended';
    throw error;
  }
}

function inUse(host: LabHost, other: string, protocol: ProbeProtocol, port: number): Error {
  const message = `${host.name} cannot listen on ${protocol} ${String(port)}: ${other} does, in the same network namespace`;
  return Object.assign(new Error(message), { code: 'EADDRINUSE', syscall: 'bind' });
}
