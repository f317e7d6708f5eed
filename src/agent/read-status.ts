import { once } from 'node:events';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { AgentStatus } from './status.ts';
import { agentStatusSchema } from './status-schema.ts';

/** Nobody listens where the agent should. */
export interface AgentAwayError extends Error {
  readonly code: 'AGENT_AWAY';
}

/** Milliseconds. */
const patience = 5000;
/** As much as a page of a list: 10,000 policies that select 20 pods of the node each make 8 MB. */
const longest = 32;
const MiB = 1024 * 1024;

/**
 * What the agent at this address says of itself.
 *
 * @throws {AgentAwayError} where nobody listens; Error where somebody else does, or the agent does not answer
 */
export async function readAgentStatus(url: string, signal: AbortSignal): Promise<AgentStatus> {
  const where = `${url}/status`;
  let answer: Answer;
  try {
    answer = await get(where, AbortSignal.any([signal, AbortSignal.timeout(patience)]));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED') {
      throw Object.assign(new Error(`no agent listens at ${url}`, { cause }), {
        code: 'AGENT_AWAY' as const,
      });
    }
    throw new Error(`${where} does not answer`, { cause });
  }
  const { code, body } = answer;
  if (body === undefined) throw new Error(`${where} answers more than ${String(longest)} MiB`);
  const { data, error } = code === 200 ? readStatusBody(body) : {};
  if (data === undefined) throw new Error(`${where} is not that of a Ringfence agent`, { cause: error });
  return data;
}

interface Answer {
  readonly code: number | undefined;
  /** Absent where it is too long. */
  readonly body?: string;
}

/** A connection of its own: a kept one may be to an agent that has ended since. */
async function get(url: string, signal: AbortSignal): Promise<Answer> {
  const request = httpGet(url, { agent: false, signal });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const { statusCode: code } = response;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop ends the connection.
    if (bytes > longest * MiB) return { code };
    chunks.push(chunk);
  }
  return { code, body: Buffer.concat(chunks).toString('utf8') };
}

/** The status in the body of an answer, or what is wrong with it. Whoever listens may answer anything. */
export function readStatusBody(body: string): { readonly data?: AgentStatus; readonly error?: Error } {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    // Whoever answers is no agent, and what it said is nothing to repeat.
    return {};
  }
  const { data, error } = agentStatusSchema.safeParse(json);
  if (data !== undefined) return { data };
  const [first] = error.issues;
  return { error: new Error(`${z.core.toDotPath(first?.path ?? [])}: ${first?.message ?? 'invalid'}`) };
}

export function isAgentAway(error: unknown): error is AgentAwayError {
  return error instanceof Error && 'code' in error && error.code === 'AGENT_AWAY';
}
