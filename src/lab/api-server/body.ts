import type { IncomingMessage } from 'node:http';
import { parse, YAMLParseError } from 'yaml';
import type { JsonValue } from './json.ts';
import { ApiError, badRequest, unsupportedMediaType } from './status.ts';

const maxBytes = 3 * 1024 * 1024;

/** The media type of a request's body, without parameters; JSON where none is named. */
export function mediaTypeOf(request: IncomingMessage): string {
  return request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() || 'application/json';
}

/** Reads a body of JSON or YAML; `undefined` where it is empty. Throws `ApiError` 400, 413 and 415. */
export async function readBody(request: IncomingMessage): Promise<JsonValue | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new ApiError({
        code: 413,
        reason: 'RequestEntityTooLarge',
        message: `Request entity too large: limit is ${String(maxBytes)}`,
      });
    }
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  if (text.trim() === '') return undefined;
  const type = mediaTypeOf(request);
  if (type === 'application/yaml') return parseYaml(text);
  if (type !== 'application/json' && !type.endsWith('+json')) {
    throw unsupportedMediaType(['application/json', 'application/yaml']);
  }
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badRequest(`the object provided is unrecognized (must be of type JSON): ${error.message}`);
  }
}

function parseYaml(text: string): JsonValue {
  try {
    return parse(text) as JsonValue;
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw badRequest(`error converting YAML to JSON: ${error.message}`);
  }
}
