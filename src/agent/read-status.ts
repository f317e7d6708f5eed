import { once } from 'node:events';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AgentStatus } from './status.ts';

/** Nobody listens where the agent should. */
export interface AgentAwayError extends Error {
  readonly code: 'AGENT_AWAY';
}

/** Milliseconds. */
const patience = 5000;

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
  const status = answer.code === 200 ? parsed(answer.body) : undefined;
  if (!isAgentStatus(status)) throw new Error(`${where} is not that of a Ringfence agent`);
  return status;
}

interface Answer {
  readonly code: number | undefined;
  readonly body: string;
}

/** A connection of its own: a kept one may be to an agent that has ended since. */
async function get(url: string, signal: AbortSignal): Promise<Answer> {
  const request = httpGet(url, { agent: false, signal });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { code: response.statusCode, body: await text(response) };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // Whoever answers is no agent; the caller says so.
    return undefined;
  }
}

export function isAgentAway(error: unknown): error is AgentAwayError {
  return error instanceof Error && 'code' in error && error.code === 'AGENT_AWAY';
}

function isAgentStatus(value: unknown): value is AgentStatus {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    value.kind === 'AgentStatus' &&
    'apiVersion' in value &&
    value.apiVersion === 'ringfence.dev/v1alpha1'
  );
}
