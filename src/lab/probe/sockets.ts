import { closeSync, openSync } from 'node:fs';
import { constants, endianness } from 'node:os';
import type { Family } from '../../net/protocol.ts';
import { otherChecksumOffset, otherProtocol } from './other-packet.ts';
import {
  type SocketAddress,
  addressFamilies,
  decodeSocketAddress,
  encodeSocketAddress,
  longestSocketAddress,
} from './socket-address.ts';

// The only importer of koffi. Node opens sockets in the namespace of the process only, and the lab has dozens of
// namespaces. A socket stays in the namespace in which it was opened, so one process can have sockets in all of them:
// enter, open, come back, all without a pause in which another socket or thread could be made in the wrong place.

// koffi is optional, and a static import would be the bundle's: then no command would start without it.
const { default: koffi } = await import('koffi').catch((cause: unknown) => {
  throw Object.assign(new Error('the lab needs the npm package koffi, which is not installed', { cause }), {
    code: 'LAB_KOFFI_MISSING',
  });
});

const libc = koffi.load(null);
const c = {
  setns: libc.func('int setns(int fd, int type)'),
  socket: libc.func('int socket(int family, int type, int protocol)'),
  bind: libc.func('int bind(int fd, const void *address, uint32_t length)'),
  connect: libc.func('int connect(int fd, const void *address, uint32_t length)'),
  listen: libc.func('int listen(int fd, int backlog)'),
  accept4: libc.func('int accept4(int fd, void *address, void *length, int flags)'),
  sendto: libc.func(
    'long sendto(int fd, const void *bytes, size_t length, int flags, const void *address, uint32_t size)',
  ),
  recvfrom: libc.func(
    'long recvfrom(int fd, void *bytes, size_t length, int flags, void *address, void *size)',
  ),
  recvmsg: libc.func('long recvmsg(int fd, void *message, int flags)'),
  getsockopt: libc.func('int getsockopt(int fd, int level, int name, void *value, void *length)'),
  setsockopt: libc.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)'),
  close: libc.func('int close(int fd)'),
  epollCreate: libc.func('int epoll_create1(int flags)'),
  epollControl: libc.func('int epoll_ctl(int epoll, int operation, int fd, void *event)'),
  epollWait: libc.func('int epoll_wait(int epoll, void *events, int count, int timeout)'),
} satisfies Record<string, (...args: never[]) => unknown>;

/** What a socket speaks. Raw ones name their IP protocol. */
export type SocketKind = 'tcp' | 'udp' | 'sctp' | { readonly raw: number };

/** A system call that failed; `code` is the name of the errno. */
export interface SocketError extends Error {
  readonly code: string;
  readonly syscall: string;
}

/** What an ICMP error said about a packet that a socket had sent. */
export interface IcmpError {
  readonly family: Family;
  readonly type: number;
  readonly code: number;
  /** Who sent the error. */
  readonly offender: SocketAddress | undefined;
  /** The start of the packet in question: of raw sockets its transport header, otherwise its payload. */
  readonly packet: Buffer;
}

const flags = { nonblock: 0o4000, cloexec: 0o2000000, noSignal: 0x4000, errorQueue: 0x2000 };
const networkNamespace = 0x40000000;
const types = { tcp: [1, 6], udp: [2, 17], sctp: [1, 132] } as const;
const options = {
  reuseAddress: [1, 2],
  error: [1, 4],
  linger: [1, 13],
  receiveErrors: { IPv4: [0, 11], IPv6: [41, 25] },
  ipv6Only: [41, 26],
  ipv6Checksum: [255, 7],
} as const;
// Two errors have two names each on Linux; the more usual one comes first in the list.
const errnoNames = new Map(
  Object.entries(constants.errno)
    .map(([name, number]) => [number, name] as const)
    .reverse(),
);

const home = openSync('/proc/thread-self/ns/net', 'r');

/**
 * Opens a non-blocking socket in the network namespace that the file stands for (`/run/netns/x`).
 *
 * @throws SocketError, with code `EPROTONOSUPPORT` where the kernel has no such protocol.
 */
export function openSocket(namespace: string, family: Family, kind: SocketKind): number {
  const [type, protocol] = typeof kind === 'string' ? types[kind] : [3, kind.raw];
  const fd = within(namespace, () =>
    check(
      'socket',
      c.socket(addressFamilies[family], type | flags.nonblock | flags.cloexec, protocol) as number,
    ),
  );
  try {
    if (family === 'IPv6' && typeof kind === 'string') setOption(fd, options.ipv6Only, 1);
    if (family === 'IPv6' && protocol === otherProtocol)
      setOption(fd, options.ipv6Checksum, otherChecksumOffset);
  } catch (error) {
    closeSocket(fd);
    throw error;
  }
  return fd;
}

/** Whether the kernel has SCTP sockets. It may load a module to answer. */
export function hasSctpSockets(): boolean {
  const fd = c.socket(addressFamilies.IPv4, types.sctp[0] | flags.cloexec, types.sctp[1]) as number;
  if (fd >= 0) closeSocket(fd);
  return fd >= 0;
}

function within<T>(namespace: string, work: () => T): T {
  const file = openSync(namespace, 'r');
  try {
    check('setns', c.setns(file, networkNamespace) as number);
    try {
      return work();
    } finally {
      // Not to come back would put everything that follows into a pod. There is no way on from here.
      if ((c.setns(home, networkNamespace) as number) !== 0) process.abort();
    }
  } finally {
    closeSync(file);
  }
}

export function bindSocket(fd: number, address: SocketAddress): void {
  const structure = encodeSocketAddress(address);
  setOption(fd, options.reuseAddress, 1);
  check('bind', c.bind(fd, structure, structure.length) as number);
}

export function listenSocket(fd: number): void {
  check('listen', c.listen(fd, 1024) as number);
}

/** The next waiting connection, non-blocking too; `undefined` where none waits, or the one that did is gone. */
export function acceptSocket(fd: number): number | undefined {
  const accepted = c.accept4(fd, null, null, flags.nonblock | flags.cloexec) as number;
  return orWaiting('accept', accepted, ['ECONNABORTED', 'ENETDOWN', 'EHOSTUNREACH', 'ENETUNREACH', 'EPROTO']);
}

/** Starts to connect. Whether it worked out shows in `takeSocketError` once the socket is writable. */
export function connectSocket(fd: number, address: SocketAddress): void {
  const structure = encodeSocketAddress(address);
  if ((c.connect(fd, structure, structure.length) as number) === 0) return;
  const error = lastError('connect');
  if (error.code !== 'EINPROGRESS') throw error;
}

/**
 * Sends what fits, to the connected peer or to `to`. Returns the number of bytes, or `undefined` where nothing fits now
 * or the host's own rules dropped the packet (EPERM): both are for the caller to try again.
 */
export function sendSocket(fd: number, bytes: Buffer, to?: SocketAddress): number | undefined {
  const structure = to === undefined ? null : encodeSocketAddress(to);
  const sent = c.sendto(fd, bytes, bytes.length, flags.noSignal, structure, structure?.length ?? 0) as number;
  return orWaiting('send', sent, ['EPERM', 'ENOBUFS']);
}

export interface Received {
  /** Empty: the peer of a stream has closed it. */
  readonly bytes: Buffer;
  readonly from: SocketAddress | undefined;
}

const receiveBuffer = Buffer.alloc(65536);
const receiveAddress = Buffer.alloc(longestSocketAddress);
const receiveLength = Buffer.alloc(4);

/** What has arrived; `undefined` where nothing has. */
export function receiveSocket(fd: number): Received | undefined {
  receiveLength.writeUInt32LE(longestSocketAddress);
  receiveAddress.fill(0);
  const length = orWaiting(
    'receive',
    Number(c.recvfrom(fd, receiveBuffer, receiveBuffer.length, 0, receiveAddress, receiveLength)),
  );
  if (length === undefined) return undefined;
  return { bytes: Buffer.from(receiveBuffer.subarray(0, length)), from: decodeSocketAddress(receiveAddress) };
}

/** The error that waits on a socket, which this takes away; `undefined` where there is none. */
export function takeSocketError(fd: number): SocketError | undefined {
  const value = Buffer.alloc(4);
  receiveLength.writeUInt32LE(4);
  check('getsockopt', c.getsockopt(fd, ...options.error, value, receiveLength) as number);
  const number = value.readInt32LE();
  return number === 0 ? undefined : socketError('socket', number);
}

/**
 * Makes `takeIcmpError` work: errors with their ICMP type and their sender, not just an errno. An established TCP
 * connection ends by such an error then, which it does not otherwise.
 */
export function keepIcmpErrors(fd: number, family: Family): void {
  setOption(fd, options.receiveErrors[family], 1);
}

/** The next ICMP error that came back for what this socket sent; `undefined` where there is none. */
export function takeIcmpError(fd: number): IcmpError | undefined {
  const control = Buffer.alloc(256);
  const bytes = Buffer.alloc(64);
  const vector = Buffer.alloc(16);
  vector.writeBigUInt64LE(koffi.address(bytes), 0);
  vector.writeBigUInt64LE(64n, 8);
  // struct msghdr of a 64-bit machine: name, its length, vectors, their count, control, its length, flags.
  const message = Buffer.alloc(56);
  message.writeBigUInt64LE(koffi.address(vector), 16);
  message.writeBigUInt64LE(1n, 24);
  message.writeBigUInt64LE(koffi.address(control), 32);
  message.writeBigUInt64LE(BigInt(control.length), 40);
  const read = orWaiting('receive', Number(c.recvmsg(fd, message, flags.errorQueue)));
  if (read === undefined) return undefined;
  return decodeIcmpError(control.subarray(0, Number(message.readBigUInt64LE(40))), bytes.subarray(0, read));
}

/** Makes `closeSocket` tear a connection down with a reset, so that nothing of it lingers. */
export function resetOnClose(fd: number): void {
  const linger = Buffer.alloc(8);
  linger.writeInt32LE(1);
  check('setsockopt', c.setsockopt(fd, ...options.linger, linger, linger.length) as number);
}

export function closeSocket(fd: number): void {
  check('close', c.close(fd) as number);
}

export const epollEvents = { readable: 1, writable: 4, error: 8, hangup: 16 } as const;

// struct epoll_event is packed on x86-64 and nowhere else.
const epollData = process.arch === 'x64' ? 4 : 8;
const epollSize = epollData + 8;
const epollBatch = 256;

/** A readiness queue of the kernel (epoll). */
export interface Epoll {
  control(operation: 'add' | 'modify' | 'delete', fd: number, events: number, generation: number): void;
  /** Waits in another thread, so that this one goes on. */
  wait(milliseconds: number): Promise<readonly EpollEvent[]>;
  /** What is ready now, as far as one call tells. */
  poll(): readonly EpollEvent[];
  close(): void;
}

export interface EpollEvent {
  readonly fd: number;
  readonly events: number;
  /** As given when the socket was added: numbers of closed sockets are used again. */
  readonly generation: number;
}

export function createEpoll(): Epoll {
  const epoll = check('epoll_create1', c.epollCreate(flags.cloexec) as number);
  // Two, for one thread may poll while another waits.
  const waitBuffer = Buffer.alloc(epollSize * epollBatch);
  const pollBuffer = Buffer.alloc(epollSize * epollBatch);
  return {
    control(operation, fd, events, generation) {
      const event = Buffer.alloc(epollSize);
      event.writeUInt32LE(events, 0);
      event.writeUInt32LE(fd, epollData);
      event.writeUInt32LE(generation, epollData + 4);
      const number = { add: 1, delete: 2, modify: 3 }[operation];
      check('epoll_ctl', c.epollControl(epoll, number, fd, event) as number);
    },
    wait(milliseconds) {
      return new Promise((resolve, reject) => {
        c.epollWait.async(
          epoll,
          waitBuffer,
          epollBatch,
          milliseconds,
          (error: Error | null, count: number) => {
            if (error === null) resolve(decodeEvents(waitBuffer, count));
            else reject(error);
          },
        );
      });
    },
    poll() {
      return decodeEvents(pollBuffer, c.epollWait(epoll, pollBuffer, epollBatch, 0) as number);
    },
    close() {
      closeSocket(epoll);
    },
  };
}

/** The count is negative only where a signal came first: then nothing is known to be ready. */
function decodeEvents(buffer: Buffer, count: number): readonly EpollEvent[] {
  return Array.from({ length: Math.max(count, 0) }, (_, index) => {
    const at = index * epollSize;
    return {
      events: buffer.readUInt32LE(at),
      fd: buffer.readUInt32LE(at + epollData),
      generation: buffer.readUInt32LE(at + epollData + 4),
    };
  });
}

function decodeIcmpError(control: Buffer, packet: Buffer): IcmpError | undefined {
  // struct cmsghdr: length, level, type; then struct sock_extended_err and the offender's address.
  if (control.length < 16 + 16) return undefined;
  const family = control.readInt32LE(8) === options.receiveErrors.IPv4[0] ? 'IPv4' : 'IPv6';
  const [origin, type, code] = [control.readUInt8(20), control.readUInt8(21), control.readUInt8(22)];
  const [fromIcmp, fromIcmp6] = [2, 3];
  if (origin !== fromIcmp && origin !== fromIcmp6) return undefined;
  const address = control.subarray(32, 32 + longestSocketAddress);
  const offender = address.length < 16 ? undefined : decodeSocketAddress(address);
  return { family, type, code, offender, packet };
}

function setOption(fd: number, [level, name]: readonly [number, number], value: number): void {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  check('setsockopt', c.setsockopt(fd, level, name, bytes, bytes.length) as number);
}

function check(syscall: string, result: number): number {
  if (result < 0) throw lastError(syscall);
  return result;
}

function orWaiting(syscall: string, result: number, harmless: readonly string[] = []): number | undefined {
  if (result >= 0) return result;
  const number = koffi.errno();
  if (number === constants.errno.EAGAIN || number === constants.errno.EINTR) return undefined;
  const error = socketError(syscall, number);
  if (harmless.includes(error.code)) return undefined;
  throw error;
}

function lastError(syscall: string): SocketError {
  return socketError(syscall, koffi.errno());
}

function socketError(syscall: string, number: number): SocketError {
  const code = errnoNames.get(number) ?? `E${String(number)}`;
  return Object.assign(new Error(`${syscall}: ${code}`), { code, syscall });
}

if (endianness() !== 'LE') throw new Error('the structures above are those of little-endian machines');
