import { type Address, familyOf } from '../../net/address.ts';
import {
  type Attempt,
  type Outcome,
  type StartAttempt,
  type Target,
  attempting,
  openClient,
  takeOutcome,
} from './attempt.ts';
import type { EventLoop } from './event-loop.ts';
import { encodeEcho, icmpProtocol, ipPayload, isEchoReply } from './icmp-packet.ts';
import { decodeOther, encodeOther, otherProtocol, otherRequestId } from './other-packet.ts';
import { decodeSctp, encodeSctp, sctpProtocol } from './sctp-packet.ts';
import { type SocketKind, closeSocket, connectSocket, receiveSocket, sendSocket } from './sockets.ts';

/** Sends a datagram; the listener answers with its name. */
export const startUdpAttempt: StartAttempt = (loop, target, done) =>
  startPacketAttempt(loop, target, done, 'udp', () => ({
    request: Buffer.from('?'),
    read: (bytes) => ({ verdict: 'allowed', name: bytes.toString('utf8').split('\n', 1)[0] ?? '' }),
  }));

/** Sends an INIT; the listener answers with an INIT ACK that holds its name, a closed port with an ABORT. */
export const startRawSctpAttempt: StartAttempt = (loop, target, done) =>
  startPacketAttempt(loop, target, done, { raw: sctpProtocol }, () => {
    const sourcePort = 32768 + (nextNumber() % 28000);
    const ports = { sourcePort, destinationPort: target.port };
    const request = encodeSctp({ ...ports, tag: 0, chunk: 'init', initiateTag: nextNumber(), cookie: '' });
    return {
      request,
      read(bytes) {
        const answer = decodeSctp(bytes);
        if (answer?.sourcePort !== target.port || answer.destinationPort !== sourcePort) return undefined;
        if (answer.chunk === 'abort') return { verdict: 'reset' };
        return answer.chunk === 'initAck' ? { verdict: 'allowed', name: answer.cookie } : undefined;
      },
      mine: (packet) => packet.length >= 2 && packet.readUInt16BE(0) === sourcePort,
    };
  });

/** Sends an echo request, which the kernel of whoever has the address answers. */
export const startIcmpAttempt: StartAttempt = (loop, target, done) => {
  const family = familyOf(target.address);
  return startPacketAttempt(loop, target, done, { raw: icmpProtocol[family] }, () => {
    const id = nextNumber() & 0xffff;
    return {
      request: encodeEcho(family, id, 1),
      read: (bytes, from) =>
        isEchoReply(family, bytes, id)
          ? { verdict: 'allowed', ...(from === undefined ? {} : { responder: from }) }
          : undefined,
      mine: (packet) => packet.length >= 6 && packet.readUInt16BE(4) === id,
    };
  });
};

/** Sends a packet of an IP protocol without ports. */
export const startOtherAttempt: StartAttempt = (loop, target, done) =>
  startPacketAttempt(loop, target, done, { raw: otherProtocol }, () => {
    const id = nextNumber();
    return {
      request: encodeOther(familyOf(target.address), { kind: 'request', id, name: '' }),
      read(bytes) {
        const answer = decodeOther(bytes);
        return answer?.kind === 'answer' && answer.id === id
          ? { verdict: 'allowed', name: answer.name }
          : undefined;
      },
      mine: (packet) => otherRequestId(packet) === id,
    };
  });

interface Exchange {
  readonly request: Buffer;
  /** What an arriving payload means; `undefined` where it is somebody else's. */
  readonly read: (bytes: Buffer, from: Address | undefined) => Outcome | undefined;
  /** Whether an ICMP error that quotes this payload is about the request. */
  readonly mine?: (packet: Buffer) => boolean;
}

function startPacketAttempt(
  loop: EventLoop,
  target: Target,
  done: (outcome: Outcome) => void,
  kind: SocketKind,
  prepare: () => Exchange,
): Attempt {
  const raw = typeof kind !== 'string';
  const exchange = prepare();
  let socket: number | undefined;

  const listen = (fd: number): void => {
    attempting(done, () => {
      for (let next = receiveSocket(fd); next !== undefined; next = receiveSocket(fd)) {
        const bytes = raw ? ipPayload(familyOf(target.address), next.bytes) : next.bytes;
        const outcome = exchange.read(bytes, next.from?.address);
        if (outcome === undefined) continue;
        done(outcome);
        return;
      }
    });
  };
  const send = (fd: number): void => {
    attempting(done, () => {
      sendSocket(fd, exchange.request);
    });
  };
  attempting(done, () => {
    const fd = openClient(target, kind);
    socket = fd;
    connectSocket(fd, { address: target.address, port: raw ? 0 : target.port });
    loop.watch(fd, () => {
      const outcome = takeOutcome(fd, exchange.mine);
      if (outcome === undefined) listen(fd);
      else done(outcome);
    });
    send(fd);
  });

  return {
    again() {
      if (socket !== undefined) send(socket);
    },
    stop() {
      if (socket === undefined) return;
      loop.unwatch(socket);
      closeSocket(socket);
      socket = undefined;
    },
  };
}

// Starts anywhere, so that two runs in one lab do not meet in the connection tracking of the nodes.
let lastNumber = Math.floor(Math.random() * 2 ** 31);

function nextNumber(): number {
  lastNumber = (lastNumber + 1) % 2 ** 31;
  return lastNumber + 1;
}
