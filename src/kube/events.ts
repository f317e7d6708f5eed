import { createHash } from 'node:crypto';
import { createBackoff } from './backoff.ts';
import { type Clock, sleep, systemClock } from './clock.ts';
import { KubeError } from './errors.ts';
import { createEventRate } from './event-rate.ts';
import type { Log } from './log.ts';
import { readBody, responseError } from './response.ts';
import type { KubeClient } from './client.ts';
import { createWatchdog } from './watchdog.ts';

/** Something to tell the owner of an object, shown by `kubectl describe` and `kubectl events`. */
export interface ObjectEvent {
  readonly type: 'Normal' | 'Warning';
  /** Upper camel case, for programs: `InvalidPolicy`. */
  readonly reason: string;
  /** What was done about it, upper camel case: `FailClosed`. */
  readonly action: string;
  /** For people. What is above 1,024 bytes is cut. */
  readonly note: string;
  readonly regarding: EventObject;
}

export interface EventObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface EventRecorderStats {
  readonly recorded: number;
  /** Said by us within the hour, or by another node: not said again. */
  readonly repeated: number;
  /** Over the rate limit, or the queue was full. */
  readonly dropped: number;
  /** Refused by the API server, or given up. */
  readonly failed: number;
}

export interface EventRecorder {
  /** Queues the event. Never waits, never throws. */
  record(event: ObjectEvent): void;
  stats(): EventRecorderStats;
  /** Sends what is queued until the signal aborts. Never rejects. Call once. */
  run(signal: AbortSignal): Promise<void>;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  /** A qualified name: `ringfence.dev/agent`. */
  readonly controller: string;
  /** Which of the controllers: the node's name. */
  readonly instance: string;
  readonly log: Log;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** The API server keeps events this long by default; saying it again later renews it. Milliseconds. */
const repeatAfter = 3_600_000;
/** Tenants decide how many broken objects there are. Events are a courtesy; none of these may grow with them. */
const longestQueue = 200;
const rememberedEvents = 5_000;
const attempts = 4;
/** Milliseconds that the API server has for an answer. */
const patience = 30_000;

/**
 * Records `events.k8s.io/v1` Events with nothing but the right to create them. An event's name is made of what it says, so
 * that the thousand nodes that see one broken policy make one event: the second to say it hears 409.
 */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, log, clock = systemClock, random = Math.random } = options;
  const queue: ObjectEvent[] = [];
  const saidAt = new Map<string, number>();
  const counts = { recorded: 0, repeated: 0, dropped: 0, failed: 0 };
  const maySend = createEventRate();
  let wake = (): void => undefined;

  const record = (event: ObjectEvent): void => {
    const name = eventName(event);
    const now = clock.now();
    const before = saidAt.get(name);
    if (before !== undefined && now - before < repeatAfter) {
      counts.repeated += 1;
    } else if (queue.length >= longestQueue || !maySend(event.regarding.namespace, now)) {
      counts.dropped += 1;
    } else {
      remember(name, now);
      queue.push(event);
      wake();
    }
  };

  /** Deleted and set anew, so that the oldest comes first and can make room. */
  const remember = (name: string, now: number): void => {
    saidAt.delete(name);
    saidAt.set(name, now);
    const [oldest] = saidAt.keys();
    if (saidAt.size > rememberedEvents && oldest !== undefined) saidAt.delete(oldest);
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    const stopped = (): boolean => signal.aborted;
    while (!stopped()) {
      const event = queue.shift();
      if (event === undefined) await untilWoken(signal);
      else await deliver(event, signal);
    }
  };

  const untilWoken = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      wake = () => {
        signal.removeEventListener('abort', wake);
        resolve();
      };
      signal.addEventListener('abort', wake, { once: true });
    });

  const deliver = async (event: ObjectEvent, signal: AbortSignal): Promise<void> => {
    const backoff = createBackoff(random);
    for (let attempt = 1; ; attempt += 1) {
      try {
        counts[await send(event, signal)] += 1;
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (attempt === attempts || !isPassing(error)) {
          counts.failed += 1;
          const { kind, namespace, name } = event.regarding;
          log.warn({ kind, namespace, name, reason: event.reason, error }, 'event not recorded');
          return;
        }
        await sleep(clock, backoff.next(error.retryAfter), signal);
      }
    }
  };

  const send = async (event: ObjectEvent, signal: AbortSignal): Promise<'recorded' | 'repeated'> => {
    const body = eventObject(event, options.controller, options.instance, clock.epochSeconds());
    const path = `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(body.metadata.namespace)}/events`;
    const watchdog = createWatchdog(clock, patience, signal);
    try {
      const response = await client.request(path, {}, { signal: watchdog.signal, method: 'POST', body });
      if (response.statusCode === 409) {
        response.resume();
        return 'repeated';
      }
      if (response.statusCode !== 201) throw await responseError(response, clock, watchdog);
      await readBody(response, Infinity, watchdog);
      return 'recorded';
    } finally {
      watchdog.stop();
    }
  };

  return { record, run, stats: () => ({ ...counts }) };
}

/** Whether trying again may help: a namespace that is being deleted or a missing right will not come back by asking. */
function isPassing(error: unknown): error is KubeError {
  if (!(error instanceof KubeError)) return false;
  if (error.code === 'unreachable' || error.code === 'stalled') return true;
  const status = error.status ?? 0;
  return status === 401 || status === 429 || status >= 500;
}

/** A DNS subdomain of at most 253 characters, the same on each node for the same words about the same object. */
function eventName({ regarding, type, reason, action, note }: ObjectEvent): string {
  const words = JSON.stringify([
    regarding.kind,
    regarding.namespace,
    regarding.name,
    regarding.uid,
    type,
    reason,
    action,
    note,
  ]);
  const hash = createHash('sha256').update(words).digest('hex').slice(0, 16);
  const readable = regarding.name.slice(0, 230).replace(/[^a-z0-9]+$/, '');
  return readable === '' ? hash : `${readable}.${hash}`;
}

function eventObject(event: ObjectEvent, controller: string, instance: string, epochSeconds: number) {
  const { regarding } = event;
  const optional = {
    ...(regarding.namespace === '' ? {} : { namespace: regarding.namespace }),
    ...(regarding.uid === '' ? {} : { uid: regarding.uid }),
  };
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    // Events about cluster-scoped objects live in the default namespace.
    metadata: { name: eventName(event), namespace: regarding.namespace || 'default' },
    // A MicroTime: exactly six digits.
    eventTime: new Date(epochSeconds * 1000).toISOString().replace('Z', '000Z'),
    reportingController: controller,
    // Limits of the API server's validation, in bytes.
    reportingInstance: cutToBytes(instance, 128),
    action: cutToBytes(event.action, 128),
    reason: cutToBytes(event.reason, 128),
    type: event.type,
    note: cutToBytes(event.note, 1024),
    regarding: {
      apiVersion: regarding.apiVersion,
      kind: regarding.kind,
      name: regarding.name,
      ...optional,
    },
  };
}

/** The text, or as many whole characters of it as fit. */
function cutToBytes(text: string, most: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= most) return text;
  let end = most;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
