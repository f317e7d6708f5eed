import type { IncomingMessage } from 'node:http';
import type { KubeClient, Query } from './client.ts';
import type { Clock } from './clock.ts';
import { KubeError, statusError } from './errors.ts';
import type { Watchdog } from './watchdog.ts';

/** What every exchange needs. */
export interface Exchange {
  readonly client: KubeClient;
  readonly clock: Clock;
}

/** More of an error page than this says nothing more. */
const longestErrorBody = 256 * 1024;

/** Sends a GET and resolves with the answer once it is known to be a success. Throws the error that another status is. */
export async function openResource(
  { client, clock }: Exchange,
  path: string,
  query: Query,
  watchdog: Watchdog,
): Promise<IncomingMessage> {
  const response = await client.request(path, query, { signal: watchdog.signal });
  watchdog.feed();
  if (response.statusCode === 200) return response;
  throw await responseError(response, clock, watchdog);
}

/** The error that an answer stands for; reads its body. */
export async function responseError(
  response: IncomingMessage,
  clock: Clock,
  watchdog: Watchdog,
): Promise<KubeError> {
  const text = await readBody(response, longestErrorBody, watchdog);
  return statusError(parseLoosely(text), response.statusCode, response.headers, clock.epochSeconds() * 1000);
}

/** The chunks of a body. Each feeds the watchdog; a broken connection is `unreachable`. Leaving the loop destroys the body. */
export async function* readChunks(
  response: IncomingMessage,
  watchdog: Watchdog,
): AsyncGenerator<Buffer, void> {
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      watchdog.feed();
      yield chunk;
    }
  } catch (cause) {
    watchdog.signal.throwIfAborted();
    if (cause instanceof KubeError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KubeError('unreachable', `the connection broke: ${why}`, { cause });
  }
}

/** The whole body as text. Throws `too-large` above `mostBytes`. */
export async function readBody(
  response: IncomingMessage,
  mostBytes: number,
  watchdog: Watchdog,
): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of readChunks(response, watchdog)) {
    bytes += chunk.length;
    if (bytes > mostBytes) {
      throw new KubeError('too-large', `a response is larger than ${String(mostBytes)} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** JSON, or the text itself: what stands between us and the API server answers as it likes. */
function parseLoosely(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text };
  }
}
