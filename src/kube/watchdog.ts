import type { Clock } from './clock.ts';
import { KubeError } from './errors.ts';

/** A signal that aborts when nothing has come for too long. */
export interface Watchdog {
  /** Aborts with a `stalled` KubeError, or with the reason of the signal that it was made from. */
  readonly signal: AbortSignal;
  /** Something came. */
  feed(): void;
  /** From now on `milliseconds` of silence are too long. */
  allow(milliseconds: number): void;
  stop(): void;
}

/**
 * Watches over one request: a connection that is open but silent looks like a quiet cluster. TCP keepalive finds dead
 * hosts; only this finds a proxy or an API server that holds the connection and sends nothing.
 */
export function createWatchdog(clock: Clock, milliseconds: number, parent: AbortSignal): Watchdog {
  const controller = new AbortController();
  let limit = milliseconds;
  let fedAt = clock.now();
  let cancel = (): void => undefined;

  // Feeding happens for every chunk; moving a timer each time would cost more than reading a clock.
  const check = (): void => {
    const left = fedAt + limit - clock.now();
    if (left > 0) {
      cancel = clock.after(left, check);
      return;
    }
    const waited = String(Math.round(limit / 1000));
    controller.abort(new KubeError('stalled', `nothing came from the API server for ${waited} s`));
  };
  const passOn = (): void => {
    controller.abort(parent.reason);
  };

  if (parent.aborted) passOn();
  else parent.addEventListener('abort', passOn, { once: true });
  cancel = clock.after(limit, check);

  return {
    signal: controller.signal,
    feed: () => {
      fedAt = clock.now();
    },
    allow: (next) => {
      limit = next;
      fedAt = clock.now();
      cancel();
      cancel = clock.after(limit, check);
    },
    stop: () => {
      cancel();
      parent.removeEventListener('abort', passOn);
    },
  };
}
