/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access --
   answers are read as whatever the server sent: the expectation is their type */
import { request as httpRequest, type IncomingMessage } from 'node:http';

export interface Answer {
  readonly code: number;
  readonly headers: Headers;
  // The tests look into all kinds of objects; a type for each would only repeat the expectation.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

/** One request with a JSON body and a JSON answer. */
export async function call(
  url: string,
  method = 'GET',
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') === true;
  return { code: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
}

export interface WatchEvent {
  readonly type: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly object: any;
}

export interface WatchReader {
  readonly code: number;
  /** Sizes of the pieces in which the body arrived. */
  readonly pieces: readonly number[];
  /** The next line as text; `undefined` at the end of the stream. Fails after three seconds. */
  line(): Promise<string | undefined>;
  /** The next event; fails at the end of the stream. */
  next(): Promise<WatchEvent>;
  /** The next `count` events as `TYPE name`. */
  names(count: number): Promise<readonly string[]>;
  /** Whether nothing at all arrives for the time. */
  quiet(milliseconds: number): Promise<boolean>;
  /** What arrived after the last whole line. */
  rest(): string;
  close(): void;
}

/** Opens a watch with nothing between the test and the bytes. */
export async function watch(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<WatchReader> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(url, { headers, agent: false }, resolve).on('error', reject).end();
  });
  const lines: string[] = [];
  const pieces: number[] = [];
  let buffered = Buffer.alloc(0);
  let ended = false;
  let wake: () => void = () => undefined;
  response.on('data', (chunk: Buffer) => {
    pieces.push(chunk.length);
    buffered = Buffer.concat([buffered, chunk]);
    for (let end = buffered.indexOf(10); end >= 0; end = buffered.indexOf(10)) {
      lines.push(buffered.subarray(0, end).toString());
      buffered = buffered.subarray(end + 1);
    }
    wake();
  });
  const finish = (): void => {
    ended = true;
    wake();
  };
  // A connection that is cut is an end like any other here.
  response.on('error', finish).on('close', finish);

  const line = async (): Promise<string | undefined> => {
    const deadline = performance.now() + 3000;
    for (;;) {
      const first = lines.shift();
      if (first !== undefined) return first;
      if (ended) return undefined;
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`no line within 3 s from ${url}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const next = async (): Promise<WatchEvent> => {
    const text = await line();
    if (text === undefined) throw new Error(`the watch ended: ${url}`);
    return JSON.parse(text) as WatchEvent;
  };
  return {
    code: response.statusCode ?? 0,
    pieces,
    line,
    next,
    names: async (count) => {
      const names: string[] = [];
      while (names.length < count) {
        const { type, object } = await next();
        names.push(`${type} ${object.metadata.name ?? object.metadata.resourceVersion}`);
      }
      return names;
    },
    quiet: async (milliseconds) => {
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      return lines.length === 0;
    },
    rest: () => buffered.toString(),
    close: () => {
      response.destroy();
    },
  };
}

/** A pod as a manifest has it. */
export function pod(name: string, labels: Readonly<Record<string, string>> = {}, namespace = 'default') {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: { containers: [{ name: 'main', image: 'registry.example/main:1' }] },
  };
}

/** A NetworkPolicy with this spec. */
export function policy(name: string, spec: unknown, namespace = 'default') {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace }, spec };
}
