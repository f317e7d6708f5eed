import type { EventLoop } from './event-loop.ts';
import { type Attempt, type Outcome, type Target, attempting, openClient, takeOutcome } from './attempt.ts';
import { closeSocket, connectSocket, epollEvents, receiveSocket, resetOnClose } from './sockets.ts';

/**
 * Connects, and waits for the listener's name. To try again is a new connection beside the first one: the kernel would
 * wait a second before it sends a lost first packet again.
 */
export function startStreamAttempt(
  kind: 'tcp' | 'sctp',
  loop: EventLoop,
  target: Target,
  done: (outcome: Outcome) => void,
): Attempt {
  const sockets = new Set<number>();

  const again = (): void => {
    attempting(done, () => {
      const fd = openClient(target, kind);
      sockets.add(fd);
      resetOnClose(fd);
      connectSocket(fd, { address: target.address, port: target.port });
      let said = '';
      loop.watch(
        fd,
        (events) => {
          attempting(done, () => {
            const outcome = takeOutcome(fd);
            if (outcome !== undefined) {
              done(outcome);
              return;
            }
            if ((events & epollEvents.writable) !== 0) loop.interest(fd, false);
            if ((events & epollEvents.readable) === 0) return;
            const received = receiveSocket(fd);
            said += received?.bytes.toString('utf8') ?? '';
            const end = said.indexOf('\n');
            if (end >= 0) done({ verdict: 'allowed', name: said.slice(0, end) });
            else if (received?.bytes.length === 0) done({ verdict: 'reset' });
          });
        },
        true,
      );
    });
  };
  again();

  return {
    again,
    stop() {
      for (const fd of sockets) {
        loop.unwatch(fd);
        closeSocket(fd);
      }
      sockets.clear();
    },
  };
}
