import { createServer, type IncomingMessage, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import type { ControlCall, ControlCalls, ControlFailure } from './control-calls.ts';

export type ControlHandlers = {
  readonly [Call in ControlCall]: (ask: ControlCalls[Call]['ask']) => Promise<ControlCalls[Call]['answer']>;
};

const asks = {
  status: z.strictObject({}),
  probe: z.strictObject({ from: z.string().exactOptional(), to: z.string().exactOptional() }),
  place: z.strictObject({ host: z.string() }),
  down: z.strictObject({}),
} satisfies { readonly [Call in ControlCall]: z.ZodType<ControlCalls[Call]['ask']> };

/** Serves the calls on a socket in the file system, for whoever may open it. Throws what `listen` throws. */
export async function serveControl(path: string, handlers: ControlHandlers): Promise<Server> {
  const server = createServer((request, response) => {
    void answer(request, handlers).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return server;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function answer(request: IncomingMessage, handlers: ControlHandlers): Promise<Answer> {
  const call = (request.url ?? '').slice(1);
  if (!isCall(call)) return { status: 404, body: { message: `no such call: ${call}` } };
  if (request.method !== 'POST') return { status: 405, body: { message: 'calls are POST requests' } };
  try {
    return { status: 200, body: await handle(call, await json(request), handlers) };
  } catch (error) {
    return { status: error instanceof z.ZodError ? 400 : 500, body: failureOf(error) };
  }
}

function handle(call: ControlCall, body: unknown, handlers: ControlHandlers): Promise<unknown> {
  switch (call) {
    case 'status':
      return handlers.status(asks.status.parse(body));
    case 'probe':
      return handlers.probe(asks.probe.parse(body));
    case 'place':
      return handlers.place(asks.place.parse(body));
    case 'down':
      return handlers.down(asks.down.parse(body));
  }
}

function isCall(text: string): text is ControlCall {
  return Object.hasOwn(asks, text);
}

export function failureOf(error: unknown): ControlFailure {
  const { code, hint } = error as { readonly code?: unknown; readonly hint?: unknown };
  return {
    message: error instanceof Error ? error.message : String(error),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof hint === 'string' ? { hint } : {}),
  };
}
