import { type EpollEvent, createEpoll, epollEvents } from './sockets.ts';

/** Calls handlers when sockets are ready. A handler must bear being called when nothing is there. */
export interface EventLoop {
  /** Watches for input and errors, and with `writable` for room to send, too. */
  watch(fd: number, handler: (events: number) => void, writable?: boolean): void;
  /** Changes whether room to send is watched for. */
  interest(fd: number, writable: boolean): void;
  /** Has to come before the socket is closed. */
  unwatch(fd: number): void;
  /**
   * Handles at once what is ready, and what becomes ready by that. Whoever runs out of patience, or has kept the thread
   * busy, calls it before it takes silence for an answer. Not to be called by a handler.
   */
  drain(): void;
  /** Settles when the loop has ended; sockets that are watched still are not closed. */
  close(): Promise<void>;
}

// How long the kernel is asked to wait at a time. It bounds how long a process takes to exit, and nothing else: sockets
// that are added while it waits are waited for.
const waitMilliseconds = 100;

const drainRounds = 100;

/** Starts a loop. It keeps the process alive while it watches something. */
export function startEventLoop(onError: (error: unknown) => void): EventLoop {
  const epoll = createEpoll();
  const watched = new Map<
    number,
    { readonly generation: number; readonly handler: (events: number) => void }
  >();
  let generations = 0;
  let closed = false;
  let running: Promise<void> | undefined;

  const handle = (events: readonly EpollEvent[]): void => {
    for (const event of events) {
      const entry = watched.get(event.fd);
      if (entry?.generation !== event.generation) continue;
      try {
        entry.handler(event.events);
      } catch (error) {
        onError(error);
      }
    }
  };
  const turn = async (): Promise<void> => {
    while (!closed && watched.size > 0) handle(await epoll.wait(waitMilliseconds));
  };
  const start = (): void => {
    running ??= turn()
      .catch(onError)
      .finally(() => {
        running = undefined;
        if (!closed && watched.size > 0) start();
      });
  };

  return {
    watch(fd, handler, writable = false) {
      const generation = ++generations;
      epoll.control('add', fd, interests(writable), generation);
      watched.set(fd, { generation, handler });
      start();
    },
    interest(fd, writable) {
      const entry = watched.get(fd);
      if (entry !== undefined) epoll.control('modify', fd, interests(writable), entry.generation);
    },
    unwatch(fd) {
      if (watched.delete(fd)) epoll.control('delete', fd, 0, 0);
    },
    drain() {
      // Bounded, for a socket that stays ready whatever its handler does must not stop everything.
      for (let round = 0; round < drainRounds; round += 1) {
        const events = epoll.poll();
        if (events.length === 0) return;
        handle(events);
      }
    },
    async close() {
      closed = true;
      await running;
      epoll.close();
    },
  };
}

function interests(writable: boolean): number {
  return epollEvents.readable | (writable ? epollEvents.writable : 0);
}
