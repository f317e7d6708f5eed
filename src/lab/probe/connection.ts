import { familyOf } from '../../net/address.ts';
import { type Target, errorOutcome } from './attempt.ts';
import type { EventLoop } from './event-loop.ts';
import {
  bindSocket,
  closeSocket,
  connectSocket,
  epollEvents,
  openSocket,
  receiveSocket,
  sendSocket,
  takeSocketError,
} from './sockets.ts';

/** How a connection stands. UDP knows no end of its own: it is open until an error comes back. */
export type ConnectionState = 'open' | 'closed' | 'reset' | 'rejected' | 'unreachable';

/** A connection that outlives a probe, to see what a change of policy does to it. */
export interface ProbeConnection {
  readonly answeredBy: string;
  state(): ConnectionState;
  /**
   * Sends a text and waits until the listener has said it again. `dropped`: it has not, within the time, and the
   * connection still stands.
   */
  exchange(
    text: string,
    timeoutMs?: number,
  ): Promise<'answered' | 'dropped' | Exclude<ConnectionState, 'open'>>;
  /** Sends without waiting. Does nothing on a connection that has ended. */
  send(text: string): void;
  /** Everything that arrived since the last call; waits for something until the time is over. */
  receive(timeoutMs?: number): Promise<string>;
  /** Waits for the end of the connection, until the time is over, and returns the state then. */
  ended(timeoutMs?: number): Promise<ConnectionState>;
  close(): void;
}

/**
 * Opens a connection with a listener of the lab. Unlike a probe it uses its socket as a program does: an ICMP error does
 * not end an established TCP connection.
 *
 * @throws Error with code `LAB_NOT_CONNECTED` where the listener's name does not come within the time; then nothing
 * stays open.
 */
export async function openConnection(
  loop: EventLoop,
  target: Target,
  kind: 'tcp' | 'udp',
  timeoutMs: number,
): Promise<ProbeConnection> {
  const fd = openSocket(target.namespace, familyOf(target.address), kind);
  const wire = { state: 'open' as ConnectionState, said: '', changed: (): void => undefined };

  const end = (state: ConnectionState): void => {
    if (wire.state !== 'open') return;
    wire.state = state;
    loop.unwatch(fd);
    closeSocket(fd);
    wire.changed();
  };
  const attempt = (work: () => void): void => {
    try {
      if (wire.state === 'open') work();
    } catch (error) {
      const outcome = errorOutcome(error);
      if (outcome !== undefined) end(outcome.verdict === 'allowed' ? 'closed' : outcome.verdict);
    }
  };
  const onReady = (events: number): void => {
    attempt(() => {
      const error = takeSocketError(fd);
      if (error !== undefined) throw error;
      if ((events & epollEvents.writable) !== 0) loop.interest(fd, false);
      const received = (events & epollEvents.readable) === 0 ? undefined : receiveSocket(fd);
      if (received === undefined) return;
      wire.said += received.bytes.toString('utf8');
      if (kind === 'tcp' && received.bytes.length === 0) end('closed');
      else wire.changed();
    });
  };
  const until = async (condition: () => boolean, milliseconds: number): Promise<void> => {
    if (condition() || wire.state !== 'open') return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      wire.changed = () => {
        if (!condition() && wire.state === 'open') return;
        clearTimeout(timer);
        resolve();
      };
    });
    wire.changed = () => undefined;
  };
  const send = (text: string): void => {
    attempt(() => {
      sendSocket(fd, Buffer.from(text));
    });
  };

  try {
    if (target.source !== undefined) bindSocket(fd, { address: target.source, port: 0 });
  } catch (error) {
    closeSocket(fd);
    throw error;
  }
  attempt(() => {
    connectSocket(fd, { address: target.address, port: target.port });
    loop.watch(fd, onReady, kind === 'tcp');
    if (kind === 'udp') sendSocket(fd, Buffer.from('?'));
  });
  await until(() => wire.said.includes('\n'), timeoutMs);
  const line = wire.said.indexOf('\n');
  if (line < 0) {
    const why = wire.state === 'open' ? 'dropped' : wire.state;
    end('closed');
    throw Object.assign(new Error(`no connection with ${target.address} ${String(target.port)}: ${why}`), {
      code: 'LAB_NOT_CONNECTED',
      verdict: why,
    });
  }
  const answeredBy = wire.said.slice(0, line);
  wire.said = kind === 'tcp' ? wire.said.slice(line + 1) : '';

  return {
    answeredBy,
    state: () => wire.state,
    async exchange(text, milliseconds = 400) {
      wire.said = '';
      send(text);
      await until(() => wire.said.includes(text), milliseconds);
      if (wire.said.includes(text)) return 'answered';
      return wire.state === 'open' ? 'dropped' : wire.state;
    },
    send,
    async receive(milliseconds = 400) {
      await until(() => wire.said !== '', milliseconds);
      const said = wire.said;
      wire.said = '';
      return said;
    },
    async ended(milliseconds = 400) {
      await until(() => false, milliseconds);
      return wire.state;
    },
    close() {
      end('closed');
    },
  };
}
