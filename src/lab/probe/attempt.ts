import { type Address, familyOf } from '../../net/address.ts';
import type { EventLoop } from './event-loop.ts';
import { icmpVerdict } from './icmp-packet.ts';
import {
  type SocketError,
  type SocketKind,
  bindSocket,
  closeSocket,
  keepIcmpErrors,
  openSocket,
  takeIcmpError,
  takeSocketError,
} from './sockets.ts';

/** One try to reach somebody, from one network namespace. */
export interface Target {
  /** The file of the namespace. */
  readonly namespace: string;
  readonly source: Address | undefined;
  readonly address: Address;
  readonly port: number;
}

/** How a try ended. One that gets no answer has no outcome: the caller stops waiting. */
export interface Outcome {
  readonly verdict: 'allowed' | 'reset' | 'rejected' | 'unreachable';
  /** The name that a listener said. */
  readonly name?: string;
  /** Who answered for somebody who says no name: a kernel that echoes, or whoever sent an ICMP error. */
  readonly responder?: Address;
}

/** A try under way. */
export interface Attempt {
  /** Sends once more: a single lost packet is no verdict. */
  again(): void;
  stop(): void;
}

export type StartAttempt = (loop: EventLoop, target: Target, done: (outcome: Outcome) => void) => Attempt;

/** Opens a socket where the target is tried from. */
export function openClient(target: Target, kind: SocketKind): number {
  const family = familyOf(target.address);
  const fd = openSocket(target.namespace, family, kind);
  try {
    keepIcmpErrors(fd, family);
    if (target.source !== undefined) bindSocket(fd, { address: target.source, port: 0 });
  } catch (error) {
    closeSocket(fd);
    throw error;
  }
  return fd;
}

/**
 * What errors on a socket say, taken from it. `mine` tells whether an ICMP error is about this try: a raw socket also
 * hears those of its neighbours.
 */
export function takeOutcome(fd: number, mine: (packet: Buffer) => boolean = () => true): Outcome | undefined {
  let outcome: Outcome | undefined;
  for (let error = takeIcmpError(fd); error !== undefined; error = takeIcmpError(fd)) {
    const verdict = icmpVerdict(error);
    if (verdict === undefined || !mine(error.packet)) continue;
    outcome ??= { verdict, ...(error.offender === undefined ? {} : { responder: error.offender.address }) };
  }
  const error = takeSocketError(fd);
  return outcome ?? (error === undefined ? undefined : errorOutcome(error));
}

/**
 * What a failed system call says about the way to the peer. `undefined`: nothing yet.
 *
 * @throws the error itself, where it is about the lab and not about the way.
 */
export function errorOutcome(error: unknown): Outcome | undefined {
  switch ((error as Partial<SocketError>).code ?? '') {
    case 'ECONNREFUSED':
    case 'ECONNRESET':
    case 'EPIPE':
      return { verdict: 'reset' };
    case 'EACCES':
      return { verdict: 'rejected' };
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
    case 'EADDRNOTAVAIL':
      return { verdict: 'unreachable' };
    case 'EPERM':
    case 'ETIMEDOUT':
      return undefined;
    default:
      throw error;
  }
}

/** Runs socket calls, and reports an error that ends the try as its outcome. */
export function attempting(done: (outcome: Outcome) => void, work: () => void): void {
  try {
    work();
  } catch (error) {
    const outcome = errorOutcome(error);
    if (outcome !== undefined) done(outcome);
  }
}
