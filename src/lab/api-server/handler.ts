import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Account, authorize, requestLabel } from './access.ts';
import { mediaTypeOf, readBody } from './body.ts';
import { deleteObject, type Deletion, deletionOptions } from './deletion.ts';
import { discoveryDocument, serverVersion } from './discovery.ts';
import type { AnswerFault, FaultBook } from './faults.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { openApiDocument } from './openapi.ts';
import { getObject, listObjects } from './read.ts';
import { encode, negotiate, present, presentList, type Representation } from './representation.ts';
import { parseRequest, type PathRequest, type ResourceRequest } from './request.ts';
import { ApiError, badRequest, methodNotAllowed, noSuchPath, statusObject } from './status.ts';
import type { Store } from './store.ts';
import { openWatch, type OpenWatch, type WatchOptions } from './watch.ts';
import { createWatchStream } from './watch-stream.ts';
import { createObject, patchObject, updateObject, type Written } from './write.ts';

/** What the handler of requests works with. */
export interface HandlerContext {
  readonly store: Store;
  readonly accounts?: readonly Account[] | undefined;
  readonly faults: FaultBook;
  readonly watchOptions: () => WatchOptions;
  readonly serviceCidrs: readonly string[];
  readonly podTermination: 'immediate' | 'grace';
  /** Numbers in [0, 1) that cut watch streams; absent: a piece a line. */
  readonly split?: (() => number) | undefined;
  /** Every request, before it is answered. */
  readonly count: (label: string) => void;
  readonly watches: Set<OpenWatch>;
  /** Called for a pod that lives on for some seconds. */
  readonly later: (deletion: Deletion) => void;
}

/** Answers one request; never throws. */
export async function handleRequest(
  context: HandlerContext,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const request = parseRequest(message.method ?? 'GET', message.url ?? '/');
    context.count(requestLabel(request));
    await context.faults.pass(request);
    // Whoever gave up while the request was held back is not served any more.
    if (response.destroyed) return;
    const fault = context.faults.takeAnswer(request);
    if (fault !== undefined) {
      answerFault(response, fault);
      return;
    }
    authorize(request, message.headers.authorization, context.accounts);
    if (request.kind === 'path') answerPath(request, message, response);
    else await answerResource(context, request, message, response);
  } catch (error) {
    answerError(response, error);
  }
}

async function answerResource(
  context: HandlerContext,
  request: ResourceRequest,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { store } = context;
  const { resource } = request;
  if (!['', ...(resource.status ? ['status'] : [])].includes(request.subresource)) throw noSuchPath();
  const how = negotiate(message.headers.accept, request.query);
  const options = { serviceCidrs: context.serviceCidrs };
  switch (request.verb) {
    case 'get':
      send(response, 200, present(getObject(store, request), resource, how), how);
      return;
    case 'list': {
      const { objects, metadata } = listObjects(store, request);
      send(response, 200, presentList(objects, resource, how, metadata), how);
      return;
    }
    case 'watch':
      startWatch(context, request, how, response);
      return;
    case 'create':
      sendWritten(response, createObject(store, request, await bodyOf(message), options), request, how);
      return;
    case 'update':
      sendWritten(response, updateObject(store, request, await bodyOf(message), options), request, how);
      return;
    case 'patch': {
      const type = mediaTypeOf(message);
      sendWritten(response, patchObject(store, request, type, await bodyOf(message), options), request, how);
      return;
    }
    case 'delete':
      await answerDelete(context, request, message, response, how);
      return;
    case 'deletecollection':
      await answerDeleteCollection(context, request, message, response, how);
      return;
  }
}

function startWatch(
  context: HandlerContext,
  request: ResourceRequest,
  how: Representation,
  response: ServerResponse,
): void {
  const watch = openWatch(context.store, request, how, context.watchOptions(), response, () => {
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    response.flushHeaders();
    return createWatchStream(response, {
      delay: () => context.faults.watchDelay(request.resource),
      heldBack: () => context.faults.heldBack(request),
      copies: () => (context.faults.duplicates(request) ? 2 : 1),
      split: context.split,
    });
  });
  context.watches.add(watch);
  response.once('close', () => context.watches.delete(watch));
}

async function answerDelete(
  context: HandlerContext,
  request: ResourceRequest,
  message: IncomingMessage,
  response: ServerResponse,
  how: Representation,
): Promise<void> {
  const { resource, query } = request;
  if (request.subresource !== '') throw methodNotAllowed(resource, 'delete');
  const options = deletionOptions(await readBody(message), query, context.podTermination);
  const object = getObject(context.store, request);
  if (options.dryRun) {
    send(response, 200, present(object, resource, how), how);
    return;
  }
  const deletion = deleteObject(context.store, resource, object, options);
  if (!deletion.gone) {
    context.later(deletion);
    send(response, 200, present(deletion.object, resource, how), how);
    return;
  }
  const { name, uid = '' } = object.metadata;
  const group = resource.group === '' ? {} : { group: resource.group };
  const details: JsonObject = { name, ...group, kind: resource.plural, uid };
  send(response, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }, how);
}

async function answerDeleteCollection(
  context: HandlerContext,
  request: ResourceRequest,
  message: IncomingMessage,
  response: ServerResponse,
  how: Representation,
): Promise<void> {
  const { resource, query } = request;
  if (resource.kind === 'Namespace') throw methodNotAllowed(resource, 'deletecollection');
  const options = deletionOptions(await readBody(message), query, context.podTermination);
  const { objects } = listObjects(context.store, request);
  const deleted = options.dryRun
    ? objects
    : objects.map((object) => {
        const deletion = deleteObject(context.store, resource, object, options);
        if (!deletion.gone) context.later(deletion);
        return deletion.object;
      });
  const metadata = { resourceVersion: String(context.store.revision()) };
  send(response, 200, presentList(deleted, resource, how, metadata), how);
}

function answerPath(request: PathRequest, message: IncomingMessage, response: ServerResponse): void {
  const { path, query } = request;
  if (request.verb !== 'get' && request.verb !== 'head') throw noSuchPath();
  if (/^\/(healthz|livez|readyz)$/.test(path)) {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('ok');
    return;
  }
  const schema = openApiDocument(path, message.headers.accept ?? '');
  if (schema !== undefined) {
    response.writeHead(200, { 'content-type': schema.contentType }).end(schema.body);
    return;
  }
  const document = path === '/version' ? serverVersion : discoveryDocument(path);
  if (document === undefined) throw noSuchPath();
  send(response, 200, document, negotiate(message.headers.accept, query));
}

function answerFault(response: ServerResponse, fault: AnswerFault): void {
  const reasons: Readonly<Record<number, string>> = {
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'NotFound',
    409: 'Conflict',
    410: 'Expired',
    429: 'TooManyRequests',
    500: 'InternalError',
    503: 'ServiceUnavailable',
    504: 'Timeout',
  };
  const { retryAfter } = fault;
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  answerError(
    response,
    new ApiError({
      code: fault.code,
      reason: fault.reason ?? reasons[fault.code] ?? '',
      message: fault.message ?? `an error on command: ${String(fault.code)}`,
      ...(retryAfter === undefined ? {} : { details: { retryAfterSeconds: retryAfter } }),
    }),
  );
}

function answerError(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    // Nothing sensible can follow a half-sent answer.
    response.destroy();
    return;
  }
  const facts =
    error instanceof ApiError
      ? error.facts
      : {
          code: 500,
          reason: 'InternalError',
          message: `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`,
        };
  send(response, facts.code, statusObject(facts), { encoding: 'json' });
}

async function bodyOf(message: IncomingMessage): Promise<JsonValue> {
  const body = await readBody(message);
  if (body === undefined) throw badRequest('the request has no body');
  return body;
}

function sendWritten(
  response: ServerResponse,
  written: Written,
  { resource }: ResourceRequest,
  how: Representation,
): void {
  if (written.warnings.length > 0) {
    const quoted = written.warnings.map((text) => `299 - ${JSON.stringify(asciiOf(text))}`);
    response.setHeader('warning', quoted);
  }
  send(response, written.code, present(written.object, resource, how), how);
}

// A tenant's field name may hold anything; a header may not.
function asciiOf(text: string): string {
  return text.replaceAll(/[^ -~]/g, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

function send(
  response: ServerResponse,
  code: number,
  value: JsonValue,
  how: Pick<Representation, 'encoding'>,
): void {
  const body = Buffer.from(encode(value, how));
  response.writeHead(code, {
    'content-type': how.encoding === 'yaml' ? 'application/yaml' : 'application/json',
    'content-length': body.length,
    'cache-control': 'no-cache, private',
  });
  response.end(body);
}
