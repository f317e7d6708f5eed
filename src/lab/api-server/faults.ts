import type { ApiRequest } from './request.ts';
import type { Resource } from './resources.ts';

export type RequestFilter = (request: ApiRequest) => boolean;

/** Ends a fault that lasts. */
export type Release = () => void;

export interface AnswerFault {
  /** HTTP status code to answer with, as a Status object. */
  readonly code: number;
  readonly reason?: string;
  readonly message?: string;
  /** How many matching requests; default 1. */
  readonly times?: number;
  readonly when?: RequestFilter;
  /** Seconds, as header and in the Status. */
  readonly retryAfter?: number;
}

/** Faults that stand until they are released or used up. */
export interface StandingFaults {
  /** Matching requests get no answer, and matching open watches send nothing, until released. */
  stall(when?: RequestFilter): Release;
  /** Matching requests are answered late. */
  delay(milliseconds: number, when?: RequestFilter): Release;
  /** The next matching requests are answered with an error. */
  answer(fault: AnswerFault): Release;
  /** Events of one kind (its plural name) come late, so that kinds overtake each other. Order within the kind stays. */
  delayWatch(resource: string, milliseconds: number): Release;
  /** Matching watches get every event twice. */
  duplicate(when?: RequestFilter): Release;
  /** Ends every standing fault. */
  clear(): void;
}

/** Everything that can be made to go wrong on command. Nothing is lost: what is held back comes when released. */
export interface Faults extends StandingFaults {
  /** In which form a watch learns that its resourceVersion is too old: inside a 200 stream, or as the HTTP status. */
  goneAs: 'event' | 'status';
  /** Cuts every open connection; returns how many there were. */
  dropConnections(): number;
  /**
   * Takes no connections until called with `false`: the port is closed, so that clients see a refusal. On an inherited
   * file descriptor, which could not be opened again, connections are reset instead. Open connections are cut.
   */
  refuse(on: boolean): Promise<void>;
  /** Forgets the history: watches and continue tokens from before now get 410. Open watches live on. */
  expireHistory(): void;
  /**
   * The next line of each matching open watch comes broken: after a line of garbage, or cut in the middle with the end of
   * the connection. Returns how many watches there were.
   */
  corruptWatch(how: 'garbage' | 'truncated', when?: RequestFilter): number;
  /** Ends every matching watch in an orderly way, as a restarting server does. Returns how many there were. */
  endWatches(when?: RequestFilter): number;
}

interface Held {
  readonly when: RequestFilter;
  readonly released: Promise<void>;
  readonly release: Release;
}

/** The standing faults, as the request path asks for them. */
export interface FaultBook {
  readonly standing: StandingFaults;
  /** Resolves when nothing holds the request back any more. */
  pass(request: ApiRequest): Promise<void>;
  /** The stall that holds the request at this moment. */
  heldBack(request: ApiRequest): Promise<void> | undefined;
  /** Takes the next error for this request. */
  takeAnswer(request: ApiRequest): AnswerFault | undefined;
  /** Whether this watch gets everything twice. */
  duplicates(request: ApiRequest): boolean;
  /** Milliseconds by which events of this kind are late. */
  watchDelay(resource: Resource): number;
}

export function createFaultBook(): FaultBook {
  const stalls = new Set<Held>();
  const delays = new Set<{ readonly milliseconds: number; readonly when: RequestFilter }>();
  const answers = new Set<{ readonly fault: AnswerFault; left: number }>();
  const watchDelays = new Set<{ readonly resource: string; readonly milliseconds: number }>();
  const doubled = new Set<{ readonly when: RequestFilter }>();
  const always: RequestFilter = () => true;
  const held = (request: ApiRequest): Held | undefined => [...stalls].find(({ when }) => when(request));
  const enter = <T>(set: Set<T>, entry: T): Release => {
    set.add(entry);
    return () => {
      set.delete(entry);
    };
  };

  const standing: StandingFaults = {
    stall: (when = always) => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const entry: Held = {
        when,
        released: promise,
        release: () => {
          stalls.delete(entry);
          resolve(undefined);
        },
      };
      stalls.add(entry);
      return entry.release;
    },
    delay: (milliseconds, when = always) => enter(delays, { milliseconds, when }),
    answer: (fault) => enter(answers, { fault, left: fault.times ?? 1 }),
    delayWatch: (resource, milliseconds) => enter(watchDelays, { resource, milliseconds }),
    duplicate: (when = always) => enter(doubled, { when }),
    clear: () => {
      for (const { release } of [...stalls]) release();
      for (const set of [delays, answers, watchDelays, doubled]) set.clear();
    },
  };

  return {
    standing,
    pass: async (request) => {
      const late = [...delays].filter(({ when }) => when(request)).map(({ milliseconds }) => milliseconds);
      if (late.length > 0) await new Promise((resolve) => setTimeout(resolve, Math.max(...late)));
      for (let stall = held(request); stall !== undefined; stall = held(request)) await stall.released;
    },
    heldBack: (request) => held(request)?.released,
    takeAnswer: (request) => {
      const entry = [...answers].find(({ fault }) => fault.when?.(request) ?? true);
      if (entry === undefined) return undefined;
      entry.left -= 1;
      if (entry.left <= 0) answers.delete(entry);
      return entry.fault;
    },
    duplicates: (request) => [...doubled].some(({ when }) => when(request)),
    watchDelay: (resource) =>
      Math.max(
        0,
        ...[...watchDelays].filter((one) => one.resource === resource.plural).map((one) => one.milliseconds),
      ),
  };
}
